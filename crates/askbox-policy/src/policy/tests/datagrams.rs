//! UDP: what allows it, what denies it, and that nobody is asked.

use super::*;
use crate::rule::RuleId;
use crate::verdict::Transport;

pub(super) fn datagrams(text: &str) -> Target {
    let Target::Network(destination) = network(text) else {
        unreachable!()
    };
    Target::Datagrams(destination)
}

/// Denied as what no rule allows.
#[track_caller]
fn is_closed(case: &Case, target: Target) {
    assert_eq!(case.decide(target), Verdict::Deny(Basis::Unasked(None)));
}

#[test]
fn only_a_rule_for_udp_allows_it() {
    let closed = |case: &Case| is_closed(case, datagrams("game.test:5000"));
    closed(&Case::new());
    closed(&Case::new().alone());
    closed(&Case::new().preset(Preset::Development));
    closed(&Case::new().auto_approve(&[Kind::Network]));
    for rules in [
        &["allow network game.test:5000"][..],
        &["allow network *"],
        &[
            "allow network game.test:5001/udp",
            "allow network other.test:5000/udp",
        ],
    ] {
        closed(&Case::new().rules(rules));
    }
    let allowed = Case::new().rules(&["allow network game.test:5000/udp"]);
    allowed
        .says(datagrams("game.test:5000"), "allow rule")
        .says(network("game.test:5000"), "ask no rule")
        .alone()
        .says(datagrams("game.test:5000"), "allow rule");
    Case::new()
        .flags(&["allow network **.test:1-6000/udp"])
        .says(datagrams("game.test:5000"), "allow flag");
}

#[test]
fn a_denial_that_says_nothing_of_udp_means_it_too() {
    let game = || datagrams("game.test:5000");
    Case::new()
        .rules(&["allow network *:5000/udp", "deny network game.test"])
        .says(game(), "deny rule")
        .says(datagrams("other.test:5000"), "allow rule");
    Case::new()
        .rules(&["allow network game.test:5000/udp"])
        .flags(&["deny network *"])
        .says(game(), "deny flag");
    // A closer one decides.
    Case::new()
        .rules(&["deny network game.test", "allow network game.test:5000/udp"])
        .says(game(), "allow rule");
    // One of UDP leaves TCP alone.
    Case::new()
        .rules(&["allow network game.test", "deny network game.test:5000/udp"])
        .says(game(), "deny rule")
        .says(network("game.test:5000"), "allow rule");
}

#[test]
fn a_rule_that_asks_about_a_host_denies_its_udp_since_nobody_can_be_asked() {
    let asks = "ask network game.test";
    let game = || datagrams("game.test:5000");
    let asked = |rules: &[&str], ask: &str| {
        let id = rule(ask, Origin::Written).id;
        assert_eq!(
            Case::new().rules(rules).decide(game()),
            Verdict::Deny(Basis::Unasked(Some(id))),
            "{rules:?}"
        );
    };
    asked(&["allow network *:5000/udp", asks], asks);
    asked(&["allow network **.test:5000/udp", asks], asks);
    asked(
        &["allow network *:5000/udp", "ask network *:5000"],
        "ask network *:5000",
    );
    asked(&[asks], asks);
    asked(
        &["ask network game.test:5000/udp"],
        "ask network game.test:5000/udp",
    );
    let case = Case::new().rules(&["allow network *:5000/udp", asks]);
    case.says(datagrams("other.test:5000"), "allow rule")
        .says(network("game.test:5000"), "ask rule");
    // What names the host more closely decides, as about TCP.
    Case::new()
        .rules(&["allow network game.test:5000/udp", asks])
        .says(game(), "allow rule");
    Case::new()
        .rules(&["ask network *"])
        .flags(&["allow network *:5000/udp"])
        .says(game(), "allow flag");
}

#[test]
fn a_denial_of_udp_says_what_it_rests_on() {
    let id = RuleId("0123456789".to_owned());
    for (basis, said) in [
        (
            Basis::Unasked(Some(id)),
            "udp: rule 0123456789 asks, and nobody can be asked about UDP",
        ),
        // Its port is open, and so a rule counts at once.
        (
            Basis::Unasked(None),
            "udp: no rule with /udp allows it, and nobody is asked; one counts at once",
        ),
        // It was rejected, since its port is not open.
        (
            Basis::NotTcp(Transport::Udp),
            "udp: rejected, since no rule with /udp named the port when the session began; one counts from the next session on",
        ),
        (
            Basis::NotTcp(Transport::Sctp),
            "sctp: only TCP and UDP leave a session",
        ),
    ] {
        assert_eq!(basis.to_string(), said);
    }
}

#[test]
fn an_answer_that_blocks_a_host_blocks_its_udp() {
    let blocked = |scope| {
        let mut case = Case::new().rules(&["allow network *:5000/udp"]);
        case.grants.insert(grant("g", "deny network game.test", scope));
        case
    };
    blocked(Scope::Everywhere)
        .says(datagrams("game.test:5000"), "deny grant")
        .says(datagrams("other.test:5000"), "allow rule");
    // Blocked once is the connection that was asked about.
    let process = Process::unknown();
    let session = SessionId("s".to_owned());
    blocked(Scope::Once { session, process })
        .says(network("game.test:5000"), "deny grant")
        .says(datagrams("game.test:5000"), "allow rule");
}

#[test]
fn an_address_that_is_not_public_takes_a_rule_that_names_it() {
    let case = Case::new().rules(&["allow network *:5000/udp"]);
    is_closed(&case, datagrams("10.1.2.3:5000"));
    Case::new()
        .rules(&["allow network 10.1.2.3:5000/udp"])
        .says(datagrams("10.1.2.3:5000"), "allow rule")
        .says(local("game.test:5000", "10.1.2.3"), "ask no rule");
    // One of a range gives way to what denies the address, or asks about it.
    for other in ["deny network 10.1.2.3", "ask network 10.1.2.3"] {
        let rules = ["allow network 10.0.0.0/8:5000/udp", other];
        let case = Case::new().rules(&rules);
        let Verdict::Deny(_) = case.decide(datagrams("10.1.2.3:5000")) else {
            panic!("{other}")
        };
        case.says(datagrams("10.1.2.4:5000"), "allow rule");
    }
}

#[test]
fn a_project_opens_no_udp() {
    let case = Case::new().project(&["allow network game.test:5000/udp"], false);
    is_closed(&case, datagrams("game.test:5000"));
}
