use askbox_policy::{Pin, Target};

use super::*;
use crate::Ends;
use crate::session::Caller;
use crate::world::{World, destination, rule};

async fn permit(world: &World, target: Target) -> Permit {
    let ends = Ends {
        protocol: crate::TCP,
        client: "127.0.0.1:1".parse().unwrap(),
        server: None,
    };
    let caller = Caller::new(Arc::clone(&world.session), ends);
    caller.admit(target).await.unwrap()
}

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
    Judgement::Dial(addresses(texts))
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
async fn a_route_leads_only_where_its_permit_does() {
    let world = World::new(&rule("allow", "*"), &[]);
    let named = permit(&world, Target::Network(destination("ok.test", 443))).await;
    let address = "192.0.2.1".parse().unwrap();
    let pin = |host, port| {
        let Destination { host, port } = destination(host, port);
        Pin { host, port, address }
    };
    let route = Route::pinned(&named, &pin("ok.test", 443)).unwrap();
    let expected: Vec<SocketAddr> = vec!["192.0.2.1:443".parse().unwrap()];
    assert_eq!(route.addresses().collect::<Vec<_>>(), expected);
    for other in [pin("other.test", 443), pin("ok.test", 444)] {
        assert!(Route::pinned(&named, &other).is_none(), "{other:?}");
    }
    assert!(Route::local(&named).is_none());

    let literal = permit(&world, Target::Network(destination("192.0.2.7", 22))).await;
    let Judgement::Dial(route) = world
        .session
        .resolver
        .route(&literal, &Settings::default())
        .await
        .unwrap()
    else {
        panic!("no route")
    };
    let expected: Vec<SocketAddr> = vec!["192.0.2.7:22".parse().unwrap()];
    assert_eq!(route.addresses().collect::<Vec<_>>(), expected);

    let world = World::new(
        &format!("{}address = \"10.1.2.3\"\n", rule("allow", "ok.test")),
        &[],
    );
    let target = Target::LocalNetwork {
        destination: destination("ok.test", 443),
        address: "10.1.2.3".parse().unwrap(),
    };
    let local = permit(&world, target).await;
    let expected: Vec<SocketAddr> = vec!["10.1.2.3:443".parse().unwrap()];
    assert_eq!(
        Route::local(&local).unwrap().addresses().collect::<Vec<_>>(),
        expected
    );
    assert!(Route::pinned(&local, &pin("ok.test", 443)).is_none());
    assert!(
        world
            .session
            .resolver
            .route(&local, &Settings::default())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_permit_for_datagrams_leads_to_one_judged_address_and_to_no_shared_port() {
    let rules = ["*:5000/udp", "127.0.0.1:5000/udp"].map(|pattern| rule("allow", pattern));
    let world = World::new(&rules.concat(), &[]);
    let datagrams = |host| Target::Datagrams(destination(host, 5000));
    let named = permit(&world, datagrams("ok.test")).await;
    assert!(Route::datagrams(&named).is_none() && Route::local(&named).is_none());
    let literal = permit(&world, datagrams("127.0.0.1")).await;
    assert!(Route::loopback(&literal).is_none());
    let expected: Vec<SocketAddr> = vec!["127.0.0.1:5000".parse().unwrap()];
    let route = Route::datagrams(&literal).unwrap();
    assert_eq!(route.addresses().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn the_hosts_file_is_asked_and_a_missing_name_is_no_failure() {
    let resolver = Resolver::new(Arc::new(Upstream::default()));
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

#[test]
fn the_families_take_turns() {
    let table: [(&[&str], &[&str]); 4] = [
        (
            &[
                "2001:db8::1",
                "2001:db8::2",
                "2001:db8::3",
                "192.0.2.1",
                "192.0.2.2",
            ],
            &[
                "2001:db8::1",
                "192.0.2.1",
                "2001:db8::2",
                "192.0.2.2",
                "2001:db8::3",
            ],
        ),
        (
            &["192.0.2.1", "192.0.2.2", "2001:db8::1"],
            &["192.0.2.1", "2001:db8::1", "192.0.2.2"],
        ),
        (&["192.0.2.1", "192.0.2.2"], &["192.0.2.1", "192.0.2.2"]),
        (&[], &[]),
    ];
    for (found, expected) in table {
        assert_eq!(interleaved(addresses(found)), addresses(expected), "{found:?}");
    }
}
