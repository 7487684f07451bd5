use askbox_policy::{Destination, GrantId, Host, Port, RuleId};

use super::*;

fn check(target: &Target, by: DeniedBy, question: Option<u64>, expected: Option<&str>) {
    let denial = Denial {
        target: target.clone(),
        by,
        question: question.map(QuestionId),
    };
    assert_eq!(denial.hint().as_deref(), expected, "{denial:?}");
}

#[test]
fn a_denial_says_how_to_allow() {
    let destination = |host| Destination {
        host: Host::parse(host).unwrap(),
        port: Port::new(443).unwrap(),
    };
    let network = Target::Network(destination("example.com"));
    let basis = DeniedBy::Basis;
    let rule = Some("askbox rules add allow network 'example.com:443'");
    check(&network, basis(Basis::NonInteractive), None, rule);
    check(&network, basis(Basis::BlockList("ads".to_owned())), None, rule);
    check(&network, DeniedBy::TimedOut, Some(7), Some("askbox allow 7"));
    check(&network, DeniedBy::SessionEnded, Some(7), Some("askbox allow 7"));
    check(
        &Target::Network(destination("2001:db8::1")),
        basis(Basis::NonInteractive),
        None,
        Some("askbox rules add allow network '[2001:db8::1]:443'"),
    );
    let local = Target::LocalNetwork {
        destination: destination("printer.test"),
        address: "10.1.2.3".parse().unwrap(),
    };
    check(
        &local,
        basis(Basis::NonInteractive),
        None,
        Some("askbox rules add allow network 'printer.test:443' --address 10.1.2.3"),
    );
    let grant = Basis::Grant(GrantId("abc".to_owned()));
    check(&network, basis(grant), None, Some("askbox revoke abc"));
    let managed = Basis::Managed(RuleId("m".to_owned()));
    check(&network, basis(managed), None, Some("ask your administrator"));
    check(
        &network,
        basis(Basis::Malformed("two hosts".to_owned())),
        None,
        None,
    );
}
