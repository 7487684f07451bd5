//! Signatures that OpenSSH has made, and what only looks like one.
#![expect(
    clippy::indexing_slicing,
    reason = "a test that looks at the wrong thing fails, and that is all"
)]

use super::*;
use crate::message::{Bind, Request, request};

const BINDS: [&[u8]; 4] = [
    include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_ed25519"),
    include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_ecdsa256"),
    include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_ecdsa384"),
    include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_rsa"),
];

fn binds() -> impl Iterator<Item = Bind<'static>> {
    BINDS.into_iter().map(|bytes| match request(bytes) {
        Ok(Request::Bind(bind)) => bind,
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_host_has_signed_its_session_and_no_other() {
    for bind in binds() {
        assert!(has_signed(bind.host_key, bind.session_id, bind.signature));
        assert!(!has_signed(bind.host_key, b"another", bind.signature));
        let mut changed = bind.signature.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        assert!(!has_signed(bind.host_key, bind.session_id, &changed));
    }
}

#[test]
fn no_host_has_signed_for_another() {
    for (number, bind) in binds().enumerate() {
        for other in binds()
            .enumerate()
            .filter(|(at, _)| *at != number)
            .map(|(_, bind)| bind)
        {
            assert!(!has_signed(other.host_key, bind.session_id, bind.signature));
        }
    }
}

#[test]
fn what_is_cut_off_was_not_signed() {
    for bind in binds() {
        for length in 0..bind.signature.len() {
            assert!(!has_signed(
                bind.host_key,
                bind.session_id,
                &bind.signature[..length]
            ));
        }
        for length in 0..bind.host_key.len() {
            assert!(!has_signed(
                &bind.host_key[..length],
                bind.session_id,
                bind.signature
            ));
        }
    }
}
