//! Growth on disk beyond a session's limit: on whose word.

use super::*;
use crate::growth::Growth;

fn growth() -> Target {
    Target::Growth(Growth {
        grown_bytes: 65 << 20,
        allowed_bytes: 64 << 20,
        free_bytes: Some(12 << 30),
    })
}

#[test]
fn growth_is_a_persons_to_allow() {
    Case::new()
        .says(growth(), "ask no rule")
        .preset(Preset::Development)
        .auto_approve(&Kind::ALL)
        .says(growth(), "ask no rule")
        .grant("allow growth disk")
        .says(growth(), "allow grant");
    Case::new()
        .rules(&["allow growth disk"])
        .says(growth(), "allow rule");
    Case::new().alone().says(growth(), "deny non-interactive");
}

#[test]
fn an_administrator_or_a_rule_makes_the_limit_a_wall() {
    Case::new()
        .managed(&["deny growth disk"])
        .rules(&["allow growth disk"])
        .grant("allow growth disk")
        .says(growth(), "deny managed");
    Case::new()
        .rules(&["deny growth disk"])
        .says(growth(), "deny rule");
}

#[test]
fn a_project_lifts_no_limit_and_may_make_one_a_wall() {
    for trusted in [false, true] {
        Case::new()
            .project(&["allow growth disk"], trusted)
            .says(growth(), "ask no rule");
    }
    Case::new()
        .project(&["deny growth disk"], false)
        .says(growth(), "deny rule");
}
