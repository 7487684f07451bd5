//! What fuzzers call: each function takes any bytes, and panics where a parser of this crate breaks a promise. The bytes that
//! once did, and some good ones, are in fuzz/corpus, and the tests here run them. No part of a program.

use askbox_policy::Purpose;

use crate::{host_key, known_hosts, message, purpose, wayland};

/// A message of the ssh agent protocol, from either side: what was read is written as it was, and what is signed names a host
/// only where the host is known.
pub fn ssh_agent(bytes: &[u8]) {
    match message::request(bytes) {
        Ok(message::Request::Sign(sign)) => {
            assert_eq!(message::write_sign(sign), bytes);
            let purpose = purpose::of(&sign, &[], |_key| None);
            assert!(!matches!(purpose, Purpose::Host(_)), "{purpose}");
        }
        Ok(message::Request::Bind(bind)) => {
            let written = message::write_bind(bind);
            assert_eq!(message::request(&written), message::request(bytes));
            host_key::has_signed(bind.host_key, bind.session_id, bind.signature);
        }
        Ok(message::Request::List | message::Request::Other(_)) | Err(_) => {}
    }
    if let Ok(keys) = message::keys(bytes) {
        assert_eq!(message::write_keys(&keys), bytes);
    }
    if let Ok(signature) = message::signature(bytes) {
        assert_eq!(message::write_signature(signature), bytes);
    }
}

/// A list of known hosts: no host is found for no key.
pub fn known_hosts(bytes: &[u8]) {
    let list = String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(known_hosts::find(&[list], b"", &[]), None);
}

/// A talk over the Wayland protocol, of messages that each have a byte before them which says whose they are: nothing passes that
/// is not offered.
pub fn wayland(bytes: &[u8]) {
    wayland::fuzzing::talk(bytes);
}

#[cfg(test)]
mod tests;
