//! Lists as ssh and people write them.

use askbox_policy::Purpose;

use super::*;
use crate::message::{Request, request};

const PLAIN: &str = include_str!("../../../../fuzz/corpus/known_hosts/plain");
const HASHED: &str = include_str!("../../../../fuzz/corpus/known_hosts/hashed");
const REVOKED: &str = include_str!("../../../../fuzz/corpus/known_hosts/revoked");
const AUTHORITY: &str = include_str!("../../../../fuzz/corpus/known_hosts/authority");
const WILDCARDS: &str = include_str!("../../../../fuzz/corpus/known_hosts/wildcards");
const BROKEN: &str = include_str!("../../../../fuzz/corpus/known_hosts/broken");

fn key(bind: &'static [u8]) -> &'static [u8] {
    match request(bind) {
        Ok(Request::Bind(bind)) => bind.host_key,
        other => panic!("{other:?}"),
    }
}

fn ed25519() -> &'static [u8] {
    key(include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_ed25519"))
}

fn ecdsa() -> &'static [u8] {
    key(include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_ecdsa256"))
}

fn rsa() -> &'static [u8] {
    key(include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_rsa"))
}

#[track_caller]
fn check(lists: &[&str], key: &[u8], connected: &[&str], expected: Option<&str>) {
    let lists: Vec<String> = lists.iter().map(|list| (*list).to_owned()).collect();
    let connected: Vec<Destination> = connected.iter().map(|text| parsed(text)).collect();
    assert_eq!(find(&lists, key, &connected), expected.map(parsed));
}

fn parsed(text: &str) -> Destination {
    match text.parse() {
        Ok(Purpose::Host(destination)) => destination,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_host_is_found_by_its_key() {
    check(&[PLAIN], ed25519(), &[], Some("git.test"));
    check(&[PLAIN], ed25519(), &["git.test"], Some("git.test"));
    check(&[PLAIN], b"another", &["git.test"], None);
    check(&[], ed25519(), &["git.test"], None);
}

#[test]
fn a_name_that_is_kept_as_a_digest_is_found_where_the_session_is_connected_to_it() {
    check(
        &[HASHED],
        ed25519(),
        &["other.test", "git.test:2222"],
        Some("git.test:2222"),
    );
    check(&[HASHED], ed25519(), &["git.test"], None);
    check(&[HASHED], ed25519(), &[], None);
    check(
        &[PLAIN, HASHED],
        ed25519(),
        &["git.test:2222"],
        Some("git.test:2222"),
    );
}

#[test]
fn a_key_that_is_revoked_is_nobodys() {
    check(&[PLAIN, REVOKED], ed25519(), &["git.test"], None);
    check(&[PLAIN, REVOKED], rsa(), &["git.test"], Some("git.test"));
}

#[test]
fn an_authority_is_no_host_and_a_wildcard_no_name() {
    check(&[AUTHORITY], rsa(), &["git.test"], None);
    check(&[WILDCARDS], ecdsa(), &[], Some("10.0.0.1"));
    check(&[WILDCARDS], ecdsa(), &["git.test"], Some("10.0.0.1"));
}

#[test]
fn a_line_that_cannot_be_read_takes_none_of_the_others_away() {
    check(&[BROKEN, PLAIN], ed25519(), &[], Some("git.test"));
    check(&[&format!("{BROKEN}{PLAIN}")], ed25519(), &[], Some("git.test"));
}
