//! What fuzzers call: each function takes any bytes, and panics where a parser of this crate breaks a promise. The bytes that
//! once did, and some good ones, are in fuzz/corpus, and the tests here run them. No part of a program.

use askbox_policy::{Destination, Host, Port};
use hickory_proto::op::{Message, MessageType};
use hyper::http::request::Parts;
use hyper::{Request, Version};

use crate::classify::{Class, classify};
use crate::client_hello::{self, Hello};
use crate::dns::{self, Answer, Asked};
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
