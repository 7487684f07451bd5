//! Uses of neighbours: on whose word, and which rule about them is closer.

use super::*;
use crate::neighbour::{Neighbour, SshSignature};

const KEY: &str = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";

fn keys() -> Target {
    Target::Neighbour(Neighbour::SshKeys)
}

fn sign(purpose: &str) -> Target {
    Target::Neighbour(Neighbour::SshSign(Box::new(SshSignature {
        key: KEY.parse().unwrap(),
        comment: "ada@laptop".to_owned(),
        purpose: purpose.parse().unwrap(),
    })))
}

#[test]
fn a_neighbour_is_always_a_persons_to_allow() {
    Case::new()
        .says(keys(), "ask no rule")
        .preset(Preset::Development)
        .auto_approve(&[Kind::Network, Kind::Read, Kind::Write, Kind::Execute])
        .says(keys(), "ask no rule")
        .says(sign("git.test"), "ask no rule")
        .grant("allow neighbour ssh-agent")
        .says(keys(), "allow grant")
        .says(sign("git.test"), "ask no rule");
    Case::new().alone().says(keys(), "deny non-interactive");
    Case::new()
        .flags(&["allow neighbour ssh-agent"])
        .says(keys(), "allow flag")
        .managed(&["deny neighbour ssh-agent"])
        .says(keys(), "deny managed");
}

#[test]
fn a_project_opens_no_neighbour_and_may_close_one() {
    for trusted in [false, true] {
        Case::new()
            .project(&["allow neighbour ssh-sign * *"], trusted)
            .says(sign("git.test"), "ask no rule")
            .project(&["deny neighbour ssh-sign * bank.test"], trusted)
            .rules(&["allow neighbour ssh-sign * *"])
            .says(sign("git.test"), "allow rule")
            .says(sign("bank.test"), "deny rule");
    }
}

#[test]
fn what_names_more_is_closer() {
    Case::new()
        .rules(&[
            "allow neighbour ssh-sign * *",
            "deny neighbour ssh-sign * bank.test",
            "ask neighbour ssh-sign * @unknown-host",
        ])
        .says(sign("git.test"), "allow rule")
        .says(sign("bank.test"), "deny rule")
        .says(sign("bank.test:2222"), "allow rule")
        .says(sign("@unknown-host"), "ask rule")
        .says(keys(), "ask no rule");
    let (any_host, any_key) = (
        format!("deny neighbour ssh-sign {KEY} *"),
        "allow neighbour ssh-sign * git.test",
    );
    Case::new()
        .rules(&[&any_host, any_key])
        .says(sign("git.test"), "allow rule")
        .says(sign("other.test"), "deny rule");
}
