use super::*;

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn network() -> HostNetwork {
    HostNetwork {
        own: addresses(&["203.0.113.9"]),
        ..HostNetwork::default()
    }
}

fn dial(texts: &[&str]) -> Judgement {
    Judgement::Dial(addresses(texts).into_iter().map(JudgedAddress).collect())
}

#[test]
fn public_addresses_are_used_and_others_left_alone() {
    let table: [(&[&str], Judgement); 4] = [
        (&["192.0.2.1", "2001:db8::1"], dial(&["192.0.2.1", "2001:db8::1"])),
        (&["127.0.0.1", "192.0.2.1"], dial(&["192.0.2.1"])),
        (&["10.1.2.3", "192.0.2.1"], dial(&["192.0.2.1"])),
        (&["::ffff:192.0.2.1"], dial(&["192.0.2.1"])),
    ];
    for (found, expected) in table {
        assert_eq!(judge(&addresses(found), &network()), Some(expected), "{found:?}");
    }
    assert_eq!(judge(&[], &network()), None);
}

#[test]
fn a_private_address_is_asked_about_and_a_forbidden_one_is_not() {
    let local = |text: &str| Some(Judgement::Local(text.parse().unwrap()));
    assert_eq!(judge(&addresses(&["10.1.2.3"]), &network()), local("10.1.2.3"));
    assert_eq!(
        judge(&addresses(&["127.0.0.1", "10.1.2.3"]), &network()),
        local("10.1.2.3")
    );
    for text in [
        "127.0.0.1",
        "::1",
        "169.254.169.254",
        "0.0.0.0",
        "::ffff:127.0.0.1",
        "203.0.113.9",
        "198.18.1.0",
    ] {
        let judgement = judge(&addresses(&[text]), &network());
        assert!(
            matches!(judgement, Some(Judgement::Forbidden { .. })),
            "{text}: {judgement:?}"
        );
    }
}

#[test]
fn an_address_that_the_program_named_raises_no_second_question() {
    let judged = |text: &str| judge_literal(text.parse().unwrap(), &network());
    assert_eq!(judged("10.1.2.3"), dial(&["10.1.2.3"]));
    assert_eq!(judged("192.0.2.1"), dial(&["192.0.2.1"]));
    assert!(matches!(judged("127.0.0.1"), Judgement::Forbidden { .. }));
    assert!(matches!(judged("203.0.113.9"), Judgement::Forbidden { .. }));
}

#[tokio::test]
async fn the_hosts_file_is_asked_and_a_missing_name_is_no_failure() {
    let resolver = Resolver::new(Arc::new(Upstream::new()));
    let found = resolver
        .lookup(&HostName::parse("localhost").unwrap())
        .await
        .unwrap();
    assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    assert_eq!(
        resolver.remembered(&HostName::parse("localhost").unwrap()),
        Some(found)
    );
}
