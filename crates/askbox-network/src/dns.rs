//! DNS messages: what a query asks, and the reply to it. Pure: bytes in, bytes out. Which address a name gets, and
//! whether it may be looked up at all, is decided by the caller (`dns_server`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use askbox_policy::HostName;
use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use crate::limits::DNS_DATAGRAM;

/// Seconds that a program may remember an answer: a name's standing can change with the next click.
const TTL: u32 = 1;

/// The bytes of a message's header (RFC 1035, section 4.1.1).
const HEADER: usize = 12;

/// The only names that mean this machine (RFC 6761, section 6.3).
const LOCALHOST: &str = "localhost";

/// A query that can be answered.
#[derive(Debug)]
pub(crate) struct Query {
    message: Message,
    /// What it asks.
    pub(crate) asked: Asked,
}

/// What a query asks, as far as the answer depends on the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The IPv4 address of a name.
    Address(HostName),
    /// Any other record of a name, which has none.
    Other(HostName),
    /// The name of an address.
    Reverse(Ipv4Addr),
    /// Something whose answer is always the same.
    Fixed(Answer),
}

/// What a reply says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The name's address.
    Address(IpAddr),
    /// The address's name.
    Name(HostName),
    /// The name exists, but has no record of this type.
    NoData,
    /// There is no such name.
    NoName,
    /// No answer now: too many names, or the look-up failed.
    Failure,
    /// The message is not a query as it should be.
    Malformed,
    /// A kind of message that we do not serve.
    NotImplemented,
}

/// Reads a query. `Err` holds the reply to one that cannot be read, and nothing where no reply is due.
pub(crate) fn read(bytes: &[u8]) -> Result<Query, Option<Vec<u8>>> {
    let Ok(message) = Message::from_vec(bytes) else {
        return Err(malformed(bytes));
    };
    // Answering a response would let two resolvers talk to each other for ever.
    if message.metadata.message_type == MessageType::Response {
        return Err(None);
    }
    let asked = if message.metadata.op_code == OpCode::Query {
        match message.queries.as_slice() {
            [query] if query.query_class == DNSClass::IN => asked(&query.name, query.query_type),
            [_] => Asked::Fixed(Answer::NotImplemented),
            _ => Asked::Fixed(Answer::Malformed),
        }
    } else {
        Asked::Fixed(Answer::NotImplemented)
    };
    Ok(Query { message, asked })
}

/// The reply to a query, ready to be sent.
pub(crate) fn reply(query: &Query, answer: &Answer) -> Option<Vec<u8>> {
    let mut reply = Message::new(query.message.metadata.id, MessageType::Response, OpCode::Query);
    reply.metadata = Metadata::response_from_request(&query.message.metadata);
    reply.metadata.recursion_available = true;
    reply.metadata.response_code = match answer {
        Answer::Address(_) | Answer::Name(_) | Answer::NoData => ResponseCode::NoError,
        Answer::NoName => ResponseCode::NXDomain,
        Answer::Failure => ResponseCode::ServFail,
        Answer::Malformed => ResponseCode::FormErr,
        Answer::NotImplemented => ResponseCode::NotImp,
    };
    if let Some(question) = query.message.queries.first() {
        reply.add_query(question.clone());
        let data = match answer {
            Answer::Address(IpAddr::V4(address)) => Some(RData::A(A(*address))),
            Answer::Address(IpAddr::V6(address)) => Some(RData::AAAA(AAAA(*address))),
            Answer::Name(name) => Name::from_ascii(format!("{name}."))
                .ok()
                .map(|name| RData::PTR(PTR(name))),
            Answer::NoData
            | Answer::NoName
            | Answer::Failure
            | Answer::Malformed
            | Answer::NotImplemented => None,
        };
        if let Some(data) = data {
            reply.add_answer(Record::from_rdata(question.name.clone(), TTL, data));
        }
    }
    if query.message.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(u16::try_from(DNS_DATAGRAM).unwrap_or(u16::MAX))
            .set_version(0);
        reply.set_edns(edns);
    }
    reply.to_vec().ok()
}

fn asked(name: &Name, kind: RecordType) -> Asked {
    let Some(text) = text_of(name) else {
        return Asked::Fixed(Answer::NoName);
    };
    if text.is_empty() {
        return Asked::Fixed(Answer::NoData);
    }
    if is_in(&text, "arpa") {
        return match (reverse(&text), kind) {
            (Some(address), RecordType::PTR) if address.is_loopback() => match HostName::parse(LOCALHOST) {
                Ok(name) => Asked::Fixed(Answer::Name(name)),
                Err(_) => Asked::Fixed(Answer::NoName),
            },
            (Some(address), RecordType::PTR) => Asked::Reverse(address),
            _ => Asked::Fixed(Answer::NoName),
        };
    }
    if is_in(&text, LOCALHOST) {
        let loopback: Option<IpAddr> = if kind == RecordType::A {
            Some(Ipv4Addr::LOCALHOST.into())
        } else {
            (kind == RecordType::AAAA).then_some(Ipv6Addr::LOCALHOST.into())
        };
        return Asked::Fixed(loopback.map_or(Answer::NoData, Answer::Address));
    }
    match (HostName::parse(&text), kind == RecordType::A) {
        (Err(_), _) => Asked::Fixed(Answer::NoName),
        (Ok(name), true) => Asked::Address(name),
        (Ok(name), false) => Asked::Other(name),
    }
}

/// The name as lower-case text without the last dot; `None` when a label holds something that no host name does. A dot
/// inside a label, for one, would make one name look like another.
fn text_of(name: &Name) -> Option<String> {
    let mut text = String::new();
    for label in name {
        if label.is_empty()
            || !label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        {
            return None;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(std::str::from_utf8(label).ok()?);
    }
    text.make_ascii_lowercase();
    Some(text)
}

/// Whether a name is a domain or below it.
fn is_in(name: &str, domain: &str) -> bool {
    let Some(rest) = name.strip_suffix(domain) else {
        return false;
    };
    rest.is_empty() || rest.ends_with('.')
}

/// The address in `4.3.2.1.in-addr.arpa`.
fn reverse(text: &str) -> Option<Ipv4Addr> {
    let octets: Vec<&str> = text.strip_suffix(".in-addr.arpa")?.split('.').rev().collect();
    if octets.len() != 4 {
        return None;
    }
    octets.join(".").parse().ok()
}

/// FORMERR to a message that has at least a header and is no response.
fn malformed(bytes: &[u8]) -> Option<Vec<u8>> {
    let [high, low, flags, ..] = bytes else {
        return None;
    };
    if bytes.len() < HEADER || flags & 0x80 != 0 {
        return None;
    }
    Message::error_msg(
        u16::from_be_bytes([*high, *low]),
        OpCode::Query,
        ResponseCode::FormErr,
    )
    .to_vec()
    .ok()
}

#[cfg(test)]
mod tests;
