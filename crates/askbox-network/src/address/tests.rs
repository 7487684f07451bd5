use std::sync::Arc;

use super::Judged::{Forbidden, Given, Local, Public};
use super::*;
use crate::world::{World, destination, managed_policy, policy, rule};
use crate::{Ends, TCP};

const HERE: Judged = Forbidden("this computer");

fn caller(world: &World) -> Caller {
    let ends = Ends {
        protocol: TCP,
        client: "127.0.0.1:1".parse().unwrap(),
        server: None,
    };
    Caller::new(Arc::clone(&world.session), ends)
}

fn world(rules: &[(&str, &str)]) -> World {
    let rules = rules.iter().map(|(effect, pattern)| rule(effect, pattern));
    World::new(&rules.collect::<String>(), &[])
}

fn datagrams() -> Going<'static> {
    Going::Datagrams(Port::new(5000).unwrap())
}

async fn closed_by(world: &World, judged: Judged, going: Going<'_>, address: &str) -> Option<Basis> {
    judged
        .closed_by(&caller(world), going, address.parse().unwrap())
        .await
}

#[tokio::test]
async fn an_address_is_open_to_datagrams_by_what_names_it_and_closed_by_what_denies_it() {
    const NAMED: (&str, &str) = ("allow", "10.1.2.3:5000/udp");
    const RANGE: (&str, &str) = ("allow", "10.0.0.0/8:5000/udp");
    const ALL: (&str, &str) = ("allow", "*:5000/udp");
    for (judged, address, rules, expected) in [
        (Public, "192.0.2.1", &[][..], true),
        (Public, "192.0.2.1", &[("deny", "192.0.2.1")], false),
        (Public, "192.0.2.1", &[("deny", "192.0.2.0/24:5000")], false),
        (Public, "192.0.2.1", &[("deny", "192.0.2.1:5000/udp")], false),
        (Public, "192.0.2.1", &[("ask", "192.0.2.1")], false),
        (Public, "192.0.2.1", &[("deny", "192.0.2.1:443")], true),
        (Public, "192.0.2.2", &[("deny", "192.0.2.1")], true),
        // A rule for everything means what no other names, and a name was named.
        (Public, "192.0.2.1", &[("deny", "*")], true),
        (Public, "192.0.2.1", &[("deny", "0.0.0.0/0")], true),
        (
            Public,
            "192.0.2.1",
            &[("deny", "192.0.2.0/24"), ("allow", "192.0.2.1:5000/udp")],
            true,
        ),
        (Given, "10.1.2.3", &[("deny", "10.1.2.3")], true),
        (Local, "10.1.2.3", &[], false),
        (Local, "10.1.2.3", &[ALL], false),
        (Local, "10.1.2.3", &[NAMED], true),
        (Local, "10.1.2.3", &[RANGE], true),
        (Local, "10.1.2.3", &[RANGE, ("deny", "10.1.2.3")], false),
        (Local, "10.1.2.3", &[RANGE, ("ask", "10.1.2.3")], false),
        (HERE, "10.1.2.3", &[NAMED, RANGE], true),
        (HERE, "10.1.2.3", &[RANGE], false),
        // An own address that looks public.
        (HERE, "192.0.2.1", &[("allow", "192.0.2.1:5000/udp")], true),
        (HERE, "192.0.2.1", &[ALL], false),
        (HERE, "224.0.0.1", &[("allow", "224.0.0.1:5000/udp")], false),
    ] {
        let by = closed_by(&world(rules), judged, datagrams(), address).await;
        assert_eq!(by.is_none(), expected, "{judged:?} {address} {rules:?}: {by:?}");
    }
}

#[tokio::test]
async fn an_address_is_open_to_connections_by_what_names_it_and_closed_by_what_denies_it() {
    let name = destination("ok.test", 5000);
    for (judged, address, rules, expected) in [
        (Public, "192.0.2.1", &[][..], true),
        (Public, "192.0.2.1", &[("deny", "192.0.2.1")], false),
        (Public, "192.0.2.1", &[("deny", "192.0.2.0/24:5000")], false),
        (
            Public,
            "192.0.2.1",
            &[("allow", "ok.test"), ("deny", "192.0.2.0/24")],
            false,
        ),
        (Public, "2001:db8::1", &[("deny", "2001:db8::/32")], false),
        (Public, "192.0.2.1", &[("deny", "192.0.2.1:443")], true),
        (Public, "192.0.2.1", &[("deny", "192.0.2.1:5000/udp")], true),
        (Public, "192.0.2.2", &[("deny", "192.0.2.1")], true),
        // A person who is asked about an address was not asked about the name.
        (Public, "192.0.2.1", &[("ask", "192.0.2.1")], true),
        (Public, "192.0.2.1", &[("deny", "*")], true),
        (Public, "192.0.2.1", &[("deny", "0.0.0.0/0")], true),
        (Public, "2001:db8::1", &[("deny", "*")], true),
        (Public, "2001:db8::1", &[("deny", "2000::/3")], true),
        // Addresses that everything is told by can be denied like others.
        (Public, "198.41.0.4", &[("deny", "198.41.0.4")], false),
        (Public, "192.0.2.1", &[("deny", "128.0.0.0/1")], false),
        (Public, "2001:503:ba3e::2:30", &[("deny", "2001:503::/32")], false),
        (
            Public,
            "192.0.2.1",
            &[("deny", "192.0.2.0/24"), ("allow", "192.0.2.1")],
            true,
        ),
        (Given, "10.1.2.3", &[("deny", "10.1.2.3")], true),
        // What its own permit says counts.
        (Local, "10.1.2.3", &[("deny", "10.1.2.3")], true),
        (
            HERE,
            "127.0.0.1",
            &[("allow", "127.0.0.1"), ("allow", "127.0.0.0/8")],
            true,
        ),
        (HERE, "127.0.0.1", &[("allow", "127.0.0.0/8")], false),
        (HERE, "127.0.0.1", &[("allow", "ok.test"), ("allow", "*")], false),
        (HERE, "127.0.0.1", &[("allow", "127.0.0.2")], false),
    ] {
        let by = closed_by(&world(rules), judged, Going::Connection(&name), address).await;
        assert_eq!(by.is_none(), expected, "{judged:?} {address} {rules:?}: {by:?}");
    }
}

#[tokio::test]
async fn an_administrators_denial_closes_what_was_given_by_hand() {
    let name = destination("ok.test", 5000);
    for going in [datagrams(), Going::Connection(&name)] {
        let world = world(&[]);
        assert_eq!(closed_by(&world, Given, going, "10.1.2.3").await, None);
        world
            .gate
            .set_policy(managed_policy(&rule("deny", "10.1.2.3")))
            .await;
        let by = closed_by(&world, Given, going, "10.1.2.3").await;
        assert!(matches!(by, Some(Basis::Managed(_))), "{going:?}: {by:?}");
        world.gate.set_policy(policy("")).await;
        assert_eq!(closed_by(&world, Given, going, "10.1.2.3").await, None);
    }
}

#[tokio::test]
async fn a_denial_for_one_program_closes_an_address_to_that_alone() {
    let name = destination("ok.test", 5000);
    for (program, expected) in [("/usr/bin/held", false), ("/usr/bin/other", true)] {
        let denied = format!("{}program = \"{program}\"\n", rule("deny", "192.0.2.1"));
        let world = World::new(&denied, &[]);
        let by = closed_by(&world, Public, Going::Connection(&name), "192.0.2.1").await;
        assert_eq!(by.is_none(), expected, "{program}: {by:?}");
    }
}

#[tokio::test]
async fn a_route_loses_its_closed_addresses_and_the_first_is_named_where_none_is_left() {
    let name = destination("ok.test", 5000);
    let going = Going::Connection(&name);
    for (denied, expected) in [
        (&[][..], Ok(2)),
        (&["192.0.2.1"], Ok(1)),
        (&["192.0.2.0/24"], Err("192.0.2.1")),
    ] {
        let rules: String = denied.iter().map(|pattern| rule("deny", pattern)).collect();
        let world = World::new(&(rules + &rule("allow", "ok.test")), &[]);
        let caller = caller(&world);
        let permit = caller.admit(Target::Network(name.clone())).await.unwrap();
        let addresses = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let route = Route::judged(&permit, addresses.to_vec()).unwrap();
        let open = Public.open(&caller, going, route).await;
        let open = open
            .map(|route| route.addresses().len())
            .map_err(|closed| closed.target);
        let expected = expected.map_err(|address| Target::Network(destination(address, 5000)));
        assert_eq!(open, expected, "{denied:?}");
    }
}
