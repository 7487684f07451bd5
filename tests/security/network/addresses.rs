//! Where a name or an address may lead: never to this machine, to its local network only by an answer of its own, and always to
//! what was judged (threats 28, 29 and 30).

use std::net::IpAddr;

use askbox_tests::machine::{OWN, PRIVATE, PUBLIC};
use askbox_tests::server::Server;
use askbox_tests::{Machine, NameServer, World};

use super::{allowing, outside, was_denied};

/// A server for everything that reaches this machine, however it was spelt.
fn canaries() -> [Server; 2] {
    [
        Server::http_at("0.0.0.0:8080", "reached"),
        Server::http_at("[::]:8081", "reached"),
    ]
}

fn reached(canaries: &[Server; 2]) -> usize {
    canaries.iter().map(Server::connections).sum()
}

/// Spellings of this machine and of metadata services that lead to IPv4 sockets.
const V4: &[&str] = &[
    "127.0.0.1",
    "localhost",
    "foo.localhost",
    "LOCALHOST.",
    "2130706433",
    "0x7f.0.0.1",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    OWN,
];

/// The same for IPv6 sockets.
const V6: &[&str] = &[
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[fe80::1%25lo]",
    "[fd00:ec2::254]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
];

#[test]
fn no_spelling_of_this_machine_or_a_metadata_service_leads_there() {
    Machine::alone(|machine| {
        machine.hosts(&[("LOCALHOST.", "127.0.0.1")]);
        let world = World::new();
        let canaries = canaries();
        let urls: Vec<String> = V4
            .iter()
            .map(|host| format!("http://{host}:8080/"))
            .chain(V6.iter().map(|host| format!("http://{host}:8081/")))
            .collect();
        let script = urls.iter().fold(String::new(), |all, url| {
            format!("{all}curl -g -s --fail -m5 '{url}' >/dev/null && echo '{url}'\n")
        });
        let all = urls
            .iter()
            .fold(String::new(), |all, url| format!("{all}{url}\n"));
        assert_eq!(outside(&world, &script).stdout, all);
        let before = reached(&canaries);
        let public = format!("{script}curl -s --fail http://{PUBLIC}:8080/");
        for options in [
            allowing(&["*", PUBLIC]),
            allowing(&["*", "0.0.0.0/0", "::/0", "169.254.0.0/16", "fd00:ec2::/32"]),
            vec!["--non-interactive", "--preset", "development"],
        ] {
            let inside = world.sh(&options, &public);
            assert_eq!(inside.succeeded().stdout, "reached", "{options:?}");
        }
        assert_eq!(
            reached(&canaries),
            before + 3,
            "only the public address was reached"
        );
        for target in [
            "169.254.169.254:8080",
            "100.100.100.200:8080",
            "[fd00:ec2::254]:8081",
            "[64:ff9b::7f00:1]:8081",
        ] {
            assert!(world.has_logged(target, "deny"), "{target}: {:#?}", world.log());
        }
    });
}

#[test]
fn a_rule_that_names_an_address_opens_it() {
    Machine::alone(|_| {
        let world = World::new();
        let _canaries = canaries();
        for address in ["169.254.169.254", OWN, PRIVATE] {
            let fetch = format!("curl -s --fail http://{address}:8080/");
            world.sh(&allowing(&["*"]), &fetch).failed();
            world.sh(&allowing(&[address]), &fetch).succeeded();
        }
    });
}

#[test]
fn the_sandboxs_own_listeners_and_interfaces_lead_nowhere() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:10080", "reached");
        let urls = [
            "http://127.0.0.1:10080/",
            "http://[::1]:10080/",
            "http://10.64.0.2:10080/",
            "http://[fd64::2]:10080/",
            "http://198.18.0.1:10080/",
        ];
        let script = urls.iter().fold(String::new(), |all, url| {
            format!(
                "{all}curl -g -s --fail -m5 -H 'Host: ok.test:10080' '{url}' >/dev/null && echo '{url}'\n"
            )
        });
        let inside = world.sh(
            &allowing(&["*"]),
            &format!("{script}curl -s --fail http://ok.test:10080/"),
        );
        assert_eq!(inside.succeeded().stdout, "reached");
        assert_eq!(server.connections(), 1);
        assert!(
            was_denied(&world, "127.0.0.1:10080", "listener"),
            "{:#?}",
            world.log()
        );
        assert!(was_denied(&world, "[::1]:10080", "listener"));
    });
}

#[test]
fn an_allowed_name_that_means_this_machine_is_refused() {
    Machine::alone(|machine| {
        let names = [
            ("loopback.test", "127.0.0.1"),
            ("loopback2.test", "127.9.9.9"),
            ("unspecified.test", "0.0.0.0"),
            ("linklocal.test", "169.254.1.1"),
            ("metadata.test", "169.254.169.254"),
            ("alibaba.test", "100.100.100.200"),
            ("own.test", OWN),
            ("mapped.test", "::ffff:127.0.0.1"),
        ];
        let names6 = [
            ("loopback6.test", "::1"),
            ("metadata6.test", "fd00:ec2::254"),
            ("nat64.test", "64:ff9b::7f00:1"),
            ("sixtofour.test", "2002:7f00:1::"),
        ];
        let all: Vec<(&str, &str)> = names
            .into_iter()
            .chain(names6)
            .chain([("ok.test", PUBLIC)])
            .collect();
        machine.hosts(&all);
        let world = World::new();
        let canaries = canaries();
        let hosts = names
            .map(|(name, _)| format!("{name}:8080"))
            .into_iter()
            .chain(names6.map(|(name, _)| format!("{name}:8081")));
        let hosts: Vec<String> = hosts.collect();
        let script = hosts.iter().fold(String::new(), |all, host| {
            format!("{all}curl -s --fail -m5 http://{host}/ >/dev/null && echo {host}\n")
        });
        let expected = hosts
            .iter()
            .fold(String::new(), |all, host| format!("{all}{host}\n"));
        assert_eq!(outside(&world, &script).stdout, expected);
        let before = reached(&canaries);
        // Interactive: nobody is even asked.
        let options = ["--allow-domain", "**.test"];
        let inside = world.sh(&options, &format!("{script}curl -s --fail http://ok.test:8080/"));
        assert_eq!(inside.succeeded().stdout, "reached");
        assert_eq!(reached(&canaries), before + 1);
        for host in &hosts {
            assert!(
                was_denied(&world, host, "forbidden address"),
                "{host}: {:#?}",
                world.log()
            );
        }
    });
}

#[test]
fn nobody_is_asked_about_an_address_that_no_answer_can_open() {
    Machine::alone(|_| {
        let world = World::new();
        let canaries = canaries();
        let running = world.start_sh(&[], "curl -sS --fail http://169.254.169.254:8080/");
        running.finish().failed();
        assert!(
            was_denied(&world, "169.254.169.254:8080", "forbidden address"),
            "{:#?}",
            world.log()
        );
        assert_eq!(reached(&canaries), 0);
    });
}

#[test]
fn an_allowed_name_on_the_local_network_is_a_second_question() {
    Machine::alone(|machine| {
        machine.hosts(&[("lan.test", PRIVATE)]);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:8080", "reached");
        let fetch = "curl -sS --fail http://lan.test:8080/";
        outside(&world, fetch).succeeded();
        world.sh(&allowing(&["lan.test"]), fetch).failed();
        assert_eq!(server.connections(), 1);

        for (answer, passes) in [("deny", false), ("allow", true)] {
            let running = world.start_sh(&["--allow-domain", "lan.test"], fetch);
            let question = world.wait_for_question();
            let target = question["targets"][0].as_str().unwrap();
            assert!(
                target.contains("lan.test:8080") && target.contains(PRIVATE),
                "{question}"
            );
            world.ok(&[answer, question["id"].as_str().unwrap(), "--once"]);
            assert_eq!(running.finish().code == Some(0), passes);
        }
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn the_answer_about_a_local_address_does_not_cover_another_one() {
    Machine::alone(|machine| {
        machine.hosts(&[("lan.test", PRIVATE)]);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:8080", "reached");
        let fetch = "curl -sS --fail http://lan.test:8080/";
        let running = world.start_sh(&["--allow-domain", "lan.test"], fetch);
        let question = world.wait_for_question();
        world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
        running.finish().succeeded();
        world.sh(&allowing(&["lan.test"]), fetch).succeeded();
        assert_eq!(server.connections(), 2);
        machine.hosts(&[("lan.test", "10.1.2.4")]);
        outside(&world, fetch).succeeded();
        world.sh(&allowing(&["lan.test"]), fetch).failed();
        assert_eq!(server.connections(), 3);
    });
}

#[test]
fn a_name_that_changes_its_meaning_is_judged_and_dialled_by_one_look() {
    Machine::alone(|_| {
        let world = World::new();
        let public = Server::http_at(&format!("{PUBLIC}:8080"), "public");
        let local = Server::http_at("127.0.0.1:8080", "local");
        // Public at the first look, this machine ever after.
        let names = NameServer::start(|_, before| {
            let address = if before == 0 { PUBLIC } else { "127.0.0.1" };
            vec![address.parse().unwrap()]
        });
        let fetch = |name: &str| format!("curl -sS --fail http://{name}:8080/");
        // Whoever looks again for the connection is led here.
        outside(&world, "getent ahostsv4 outside.test").succeeded();
        assert_eq!(outside(&world, &fetch("outside.test")).stdout, "local");
        let before = local.connections();
        let inside = world.sh(
            &allowing(&["rebind.test"]),
            &format!("getent ahostsv4 rebind.test; {}", fetch("rebind.test")),
        );
        assert!(inside.succeeded().stdout.ends_with("public"), "{inside:?}");
        assert_eq!(names.asked("rebind.test"), 1);
        // Another session has to look again, and what it finds is refused.
        world
            .sh(&allowing(&["rebind.test"]), &fetch("rebind.test"))
            .failed();
        assert_eq!((public.connections(), local.connections()), (1, before));
        assert!(was_denied(&world, "rebind.test:8080", "forbidden address"));
    });
}

#[test]
fn of_several_addresses_only_the_public_ones_are_dialled() {
    Machine::alone(|_| {
        let world = World::new();
        // Nothing listens at the public address, so whoever takes the next one ends up here.
        let local = Server::http_at("127.0.0.1:8080", "local");
        let lan = Server::http_at(&format!("{PRIVATE}:8080"), "lan");
        let _names = NameServer::start(|_, _| {
            [PUBLIC, "127.0.0.1", PRIVATE]
                .map(|address| address.parse::<IpAddr>().unwrap())
                .to_vec()
        });
        let fetch = "curl -sS --fail http://mixed.test:8080/";
        outside(&world, fetch).succeeded();
        let before = local.connections() + lan.connections();
        world.sh(&["--allow-domain", "mixed.test"], fetch).failed();
        assert_eq!(local.connections() + lan.connections(), before);
        let _public = Server::http_at(&format!("{PUBLIC}:8080"), "public");
        assert_eq!(
            world.sh(&allowing(&["mixed.test"]), fetch).succeeded().stdout,
            "public"
        );
    });
}
