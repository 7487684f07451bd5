//! What fuzzers call: each function takes any bytes, and panics where a parser of this crate breaks a promise. The bytes that
//! once did, and some good ones, are in fuzz/corpus, and the tests here run them. No part of a program.

use askbox_policy::{Destination, Host, Port};
use hickory_proto::op::{Message, MessageType};
use hyper::http::request::Parts;
use hyper::{Request, Version};

use crate::classify::{Class, classify};
use crate::client_hello::{self, Hello};
use crate::dns::{self, Answer, Asked};
use crate::explicit_proxy::ProxyToken;
use crate::explicit_proxy::request::{self, Unfit, Wanted};
use crate::explicit_proxy::socks::{self, Parsed};
use crate::http_frames::Frames;
use crate::http_head::{self, RawHead};

/// A DNS message: whatever is replied is a reply, to this message, so that no two resolvers talk for ever.
pub fn dns(bytes: &[u8]) {
    let reply = match dns::read(bytes) {
        Err(reply) => reply,
        Ok(query) => {
            let answer = match &query.asked {
                Asked::Address(name) => {
                    assert_eq!(Host::parse(name.as_str()), Ok(Host::Name(name.clone())));
                    Answer::NoData
                }
                Asked::Other(_) | Asked::Reverse(_) => Answer::NoName,
                Asked::Fixed(answer) => answer.clone(),
            };
            dns::reply(&query, &answer)
        }
    };
    if let Some(reply) = reply {
        let reply = Message::from_vec(&reply).expect("a reply that can be read");
        assert_eq!(reply.metadata.message_type, MessageType::Response);
        assert_eq!(Some(reply.metadata.id.to_be_bytes().as_slice()), bytes.get(..2));
    }
}

/// A TLS client hello: a name that was read does not change with what comes behind or came in pieces.
pub fn client_hello(bytes: &[u8]) {
    let whole = client_hello::read(bytes);
    for cut in [bytes.len() / 3, bytes.len() / 2, bytes.len().saturating_sub(1)] {
        match client_hello::read(bytes.get(..cut).unwrap_or_default()) {
            Hello::Incomplete => {}
            decided @ (Hello::Name(_) | Hello::Nameless) => assert_eq!(decided, whole, "cut at {cut}"),
            Hello::Malformed(_) => assert!(matches!(whole, Hello::Malformed(_)), "cut at {cut}"),
        }
    }
}

/// The beginning of an HTTP connection: the same however the bytes are divided, and the same in both places that look at
/// heads; no destination but one that a connection can have.
pub fn http_head(bytes: &[u8]) {
    if classify(bytes) == Class::Undecided {
        assert!(!bytes.starts_with(b"GET /\r\n"));
    }
    let raw = http_head::check_raw(bytes);
    let whole = Frames::default().take(bytes).map_err(|refused| refused.reason);
    let mut frames = Frames::default();
    let pieces = bytes.chunks(1).try_for_each(|byte| frames.take(byte));
    assert_eq!(pieces.map_err(|refused| refused.reason), whole);
    if let RawHead::Refused(reason) = raw {
        assert_eq!(whole, Err(reason));
    }
    let (Some(head), Some(port)) = (parts(bytes), Port::new(8080)) else {
        return;
    };
    let connected = Destination {
        host: Host::parse("connected.test").expect("a name"),
        port,
    };
    if let Ok(meant) = http_head::destination_of(&head, &connected) {
        assert_eq!(Host::parse(&meant.host.to_string()), Ok(meant.host));
    }
}

/// The messages of a SOCKS client: decided by their own bytes, whatever comes behind, and not before all of them are there.
pub fn socks(bytes: &[u8]) {
    message(bytes, socks::greeting);
    message(bytes, socks::login);
    message(bytes, socks::request);
    if let Parsed::Whole(Ok(meant), _) = socks::request(bytes) {
        assert_eq!(Host::parse(&meant.host.to_string()), Ok(meant.host));
    }
}

fn message<T: PartialEq + std::fmt::Debug>(bytes: &[u8], read: impl Fn(&[u8]) -> Parsed<T>) {
    let whole = read(bytes);
    let end = match &whole {
        Parsed::Whole(_, length) => *length,
        Parsed::Incomplete => bytes.len(),
        Parsed::Broken => return,
    };
    let exact = bytes.get(..end).expect("no more bytes than there are");
    assert_eq!(read(exact), whole);
    if matches!(whole, Parsed::Whole(..)) {
        assert!(end <= socks::LONGEST);
        for cut in 0..end {
            assert_eq!(
                read(exact.get(..cut).unwrap_or_default()),
                Parsed::Incomplete,
                "cut at {cut}"
            );
        }
    } else {
        assert!(bytes.len() < socks::LONGEST);
    }
}

/// The first request to a session's proxy: nothing without the token, and no destination but one that a connection can have.
pub fn proxy_request(bytes: &[u8]) {
    let token = ProxyToken::new([7; ProxyToken::BYTES]);
    let head = request::end(bytes)
        .and_then(|end| bytes.get(..end))
        .unwrap_or(bytes);
    let read = request::read(head, &token);
    if let Ok(Wanted::Tunnel(meant) | Wanted::Forward(meant)) = read {
        assert!(head.ends_with(b"\r\n\r\n") && http_head::check_raw(head) == RawHead::Sound);
        assert_eq!(Host::parse(&meant.host.to_string()), Ok(meant.host));
        assert_eq!(
            request::read(head, &ProxyToken::new([8; ProxyToken::BYTES])),
            Err(Unfit::WithoutToken)
        );
    }
}

/// A head as a lenient parser takes it.
fn parts(bytes: &[u8]) -> Option<Parts> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut words = lines.next()?.split(|byte| *byte == b' ');
    let mut request = Request::builder().method(words.next()?).uri(words.next()?);
    request = request.version(match words.next() {
        Some(b"HTTP/1.0") => Version::HTTP_10,
        Some(_) | None => Version::HTTP_11,
    });
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            break;
        };
        let (name, value) = line.split_at(colon);
        request = request.header(name, value.get(1..)?.trim_ascii());
    }
    Some(request.body(()).ok()?.into_parts().0)
}

#[cfg(test)]
mod tests;
