use std::error::Error as _;

use proptest::prelude::*;

use super::*;
use crate::message::{FromClient, FromDaemon, Hello, Request};

fn content(frame: &[u8]) -> &[u8] {
    let (prefix, content) = frame.split_first_chunk().unwrap();
    assert_eq!(length(*prefix).unwrap(), content.len());
    content
}

#[test]
fn a_frame_is_a_little_endian_length_and_json() {
    let frame = encode(&FromClient::Hello(Hello { version: "1".into() })).unwrap();
    let json = br#"{"hello":{"version":"1"}}"#;
    assert_eq!(frame, [&[25, 0, 0, 0][..], &json[..]].concat());
}

#[test]
fn lengths_outside_the_limits_are_errors() {
    let longest = u32::try_from(MAX_FRAME).unwrap();
    assert_eq!(length(longest.to_le_bytes()).unwrap(), MAX_FRAME);
    assert!(matches!(
        length((longest + 1).to_le_bytes()),
        Err(CodecError::TooLong { .. })
    ));
    assert!(matches!(
        length(u32::MAX.to_le_bytes()),
        Err(CodecError::TooLong { .. })
    ));
    assert!(matches!(length([0; PREFIX]), Err(CodecError::Empty)));
}

#[test]
fn a_message_that_is_too_long_is_refused_before_it_is_sent() {
    let longest = "x".repeat(MAX_FRAME - 2);
    assert!(encode(&longest).is_ok());
    let refused = encode(&(longest + "x"));
    assert!(matches!(refused, Err(CodecError::TooLong { length }) if length == MAX_FRAME + 1));
}

#[test]
fn an_unknown_request_is_an_error_with_its_cause() {
    let error = decode::<FromClient>(br#"{"call":{"id":1,"request":"fly"}}"#).unwrap_err();
    assert!(
        error
            .source()
            .unwrap()
            .to_string()
            .contains("unknown variant `fly`")
    );
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(id: u64, rule: String, revision: u32) {
        for request in [
            Request::RemoveRule { id: rule.clone() },
            Request::Answer {
                id: rule,
                revision,
                answer: askbox_policy::Answer {
                    allow: true,
                    duration: askbox_policy::Duration::For(id),
                    widen: false,
                    everywhere: true,
                },
                place: crate::Place::Window,
            },
        ] {
            let message = FromClient::Call { id, request };
            let frame = encode(&message).unwrap();
            prop_assert_eq!(decode::<FromClient>(content(&frame)).unwrap(), message);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, prefix: [u8; PREFIX]) {
        let _client = decode::<FromClient>(&bytes).is_ok();
        let _daemon = decode::<FromDaemon>(&bytes).is_ok();
        let _length = length(prefix).is_ok();
    }

    #[test]
    fn broken_messages_never_panic(at: prop::sample::Index, byte: u8) {
        let frame = encode(&FromClient::Call { id: 1, request: Request::Follow(crate::Follow {
            topics: vec![crate::Topic::Log],
            session: None,
        })}).unwrap();
        let mut broken = content(&frame).to_vec();
        let at = at.index(broken.len());
        broken[at] = byte;
        let _message = decode::<FromClient>(&broken).is_ok();
        let _cut = decode::<FromClient>(&broken[..at]).is_err();
    }
}
