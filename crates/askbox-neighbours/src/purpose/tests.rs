//! What is signed, by what it says of itself and by which hosts have signed the session.
#![expect(
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that looks at the wrong thing fails, and that is all"
)]

use super::*;
use crate::message::{Request, request};

const LOGIN: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/sign_login");
const HOSTBOUND: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/sign_hostbound");
const MESSAGE: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/sign_message");
const UNKNOWN: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/sign_unknown");
const BIND: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_ecdsa256");
const OTHER: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_rsa");

fn sign(message: &[u8]) -> Sign<'_> {
    match request(message) {
        Ok(Request::Sign(sign)) => sign,
        other => panic!("{other:?}"),
    }
}

fn bound(message: &[u8]) -> Bound {
    match request(message) {
        Ok(Request::Bind(bind)) => Bound {
            host_key: bind.host_key.to_owned(),
            session_id: bind.session_id.to_owned(),
            is_forwarding: bind.is_forwarding,
        },
        other => panic!("{other:?}"),
    }
}

/// Knows the host of [`BIND`].
fn purpose(sign: &Sign<'_>, bound_to: &[Bound]) -> String {
    let own = bound(BIND).host_key;
    let git = "git.test".parse::<Purpose>().unwrap();
    let find = |key: &[u8]| match &git {
        Purpose::Host(host) if key == own => Some(host.clone()),
        _ => None,
    };
    of(sign, bound_to, find).to_string()
}

#[test]
fn a_login_is_for_the_host_that_signed_its_session() {
    assert_eq!(purpose(&sign(LOGIN), &[bound(BIND)]), "git.test");
    assert_eq!(purpose(&sign(LOGIN), &[bound(OTHER)]), "@unknown-host");
    assert_eq!(purpose(&sign(LOGIN), &[]), "@unknown-host");
    let elsewhere = Bound {
        session_id: b"another".to_vec(),
        ..bound(BIND)
    };
    assert_eq!(purpose(&sign(LOGIN), &[elsewhere]), "@unknown-host");
    let forwarded = Bound {
        is_forwarding: true,
        ..bound(BIND)
    };
    assert_eq!(purpose(&sign(LOGIN), &[forwarded]), "@unknown-host");
}

#[test]
fn a_login_that_names_its_host_is_for_no_other() {
    assert_eq!(purpose(&sign(HOSTBOUND), &[]), "git.test");
    assert_eq!(purpose(&sign(HOSTBOUND), &[bound(BIND)]), "git.test");
    assert_eq!(purpose(&sign(HOSTBOUND), &[bound(OTHER)]), "@unknown-host");
}

#[test]
fn a_message_is_for_its_namespace() {
    assert_eq!(purpose(&sign(MESSAGE), &[bound(BIND)]), "@message/git");
    let strange = [b"SSHSIG".as_slice(), b"\0\0\0\x03a b", &[0; 12]].concat();
    let strange = Sign {
        data: &strange,
        ..sign(MESSAGE)
    };
    assert_eq!(purpose(&strange, &[]), "@unknown");
}

#[test]
fn anything_else_is_not_known() {
    assert_eq!(purpose(&sign(UNKNOWN), &[bound(BIND)]), "@unknown");
    for whole in [LOGIN, HOSTBOUND, MESSAGE] {
        let whole = sign(whole);
        for length in 0..whole.data.len() {
            let part = Sign {
                data: &whole.data[..length],
                ..whole
            };
            assert_eq!(purpose(&part, &[bound(BIND)]), "@unknown", "{length}");
        }
        let more = [whole.data, b"x"].concat();
        let more = Sign { data: &more, ..whole };
        assert_eq!(purpose(&more, &[bound(BIND)]), "@unknown");
    }
    let by_another_key = Sign {
        key: b"another",
        ..sign(LOGIN)
    };
    assert_eq!(purpose(&by_another_key, &[bound(BIND)]), "@unknown");
}
