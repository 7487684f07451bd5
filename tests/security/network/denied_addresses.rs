//! An address that the rules deny, or open no more, whatever name leads there.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use askbox_tests::machine::{OTHER_PUBLIC, OWN, PRIVATE, PUBLIC};
use askbox_tests::server::Server;
use askbox_tests::{Machine, NameServer, World};
use serde_json::Value;

use super::{allowing, was_denied};

/// Has a byte echoed ten times a second until the connection ends, and says how it ended.
const GO_ON: &str = r"
import socket, sys, time
talk = socket.create_connection((sys.argv[1], 7777))
try:
    while True:
        talk.sendall(b'\0')
        if not talk.recv(1):
            print('ended')
            break
        time.sleep(0.1)
except ConnectionError:
    print('cut')
";

fn fetch(host: &str) -> String {
    format!("curl -sS -m20 http://{host}:8080/")
}

/// Echoes, and counts what it echoes.
fn echo() -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&count);
    Server::listen("0.0.0.0:7777", move |mut stream| {
        let mut byte = [0];
        while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {
            heard.fetch_add(1, Ordering::SeqCst);
        }
    });
    count
}

fn remove(world: &World, pattern: &str) {
    let rules: Value = serde_json::from_str(&world.ok(&["rules", "list", "--json"])).unwrap();
    let mut rules = rules["rules"].as_array().unwrap().iter();
    let rule = rules.find(|rule| rule["pattern"] == pattern).unwrap();
    world.ok(&["rules", "remove", rule["id"].as_str().unwrap()]);
}

#[test]
fn a_denied_address_is_reached_by_no_name() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC), ("other.test", OTHER_PUBLIC)]);
        let server = Server::http_at("0.0.0.0:8080", "reached");
        let options = allowing(&["**.test"]);
        for denied in [PUBLIC, "203.0.113.4/31", "203.0.113.5:8080"] {
            let world = World::new();
            let before = world.sh(&options, &fetch("ok.test"));
            assert_eq!(before.succeeded().stdout, "reached");
            world.ok(&["rules", "add", "deny", "network", denied]);
            let count = server.connections();
            let refused = world.sh(&options, &fetch("ok.test"));
            let reason = format!("{PUBLIC}:8080 denied: rule ");
            assert!(refused.stdout.contains(&reason), "{denied}: {refused:?}");
            assert!(was_denied(&world, &format!("{PUBLIC}:8080"), "rule "), "{denied}");
            assert_eq!(server.connections(), count, "{denied}");
            // What the rule is not about is there as before.
            let other = world.sh(&options, &fetch("other.test"));
            assert_eq!(other.succeeded().stdout, "reached", "{denied}");
            remove(&world, denied);
            let after = world.sh(&options, &fetch("ok.test"));
            assert_eq!(after.succeeded().stdout, "reached", "{denied}");
        }
    });
}

#[test]
fn of_several_addresses_the_denied_ones_are_not_dialled() {
    Machine::alone(|_| {
        let world = World::new();
        let first = Server::http_at(&format!("{PUBLIC}:8080"), "first");
        let second = Server::http_at(&format!("{OTHER_PUBLIC}:8080"), "second");
        let both = [PUBLIC, OTHER_PUBLIC].map(|address| address.parse().unwrap());
        let _names = NameServer::start(move |_, _| both.to_vec());
        let options = allowing(&["both.test"]);
        for (denied, answer) in [(PUBLIC, "second"), (OTHER_PUBLIC, "first")] {
            world.ok(&["rules", "add", "deny", "network", denied]);
            let inside = world.sh(&options, &fetch("both.test"));
            assert_eq!(inside.succeeded().stdout, answer);
            remove(&world, denied);
        }
        assert_eq!((first.connections(), second.connections()), (1, 1));
        for denied in [PUBLIC, OTHER_PUBLIC] {
            world.ok(&["rules", "add", "deny", "network", denied]);
        }
        let refused = world.sh(&options, &fetch("both.test"));
        assert!(refused.stdout.contains(":8080 denied: rule "), "{refused:?}");
        assert_eq!((first.connections(), second.connections()), (1, 1));
    });
}

#[test]
fn an_address_given_by_hand_is_closed_by_a_flag_and_not_by_a_rule() {
    Machine::alone(|_| {
        let world = World::new();
        let _server = Server::http_at("127.0.0.2:8080", "reached");
        let mut options = allowing(&["ok.test"]);
        options.extend(["--resolve", "ok.test:8080:127.0.0.2"]);
        world.ok(&["rules", "add", "deny", "network", "127.0.0.2"]);
        let inside = world.sh(&options, &fetch("ok.test"));
        assert_eq!(inside.succeeded().stdout, "reached");
        options.extend(["--block-domain", "127.0.0.2"]);
        let refused = world.sh(&options, &fetch("ok.test"));
        assert!(
            refused.stdout.contains("127.0.0.2:8080 denied: flag "),
            "{refused:?}"
        );
        assert!(
            was_denied(&world, "127.0.0.2:8080", "flag "),
            "{:#?}",
            world.log()
        );
    });
}

/// What is done to the rules while a connection is open.
type Change = fn(&World);

#[test]
fn a_connection_ends_with_what_opened_its_address() {
    Machine::alone(|machine| {
        machine.hosts(&[
            ("ok.test", PUBLIC),
            ("lan.test", PRIVATE),
            ("self.test", "127.0.0.1"),
            ("own.test", OWN),
        ]);
        let heard = echo();
        let heard = || heard.load(Ordering::SeqCst);
        let changes: [(&str, &[&str], Change); 4] = [
            // The range that stays would not have opened it.
            ("self.test", &["self.test", "127.0.0.1", "127.0.0.0/8"], |world| {
                remove(world, "127.0.0.1");
            }),
            ("own.test", &["*", OWN], |world| remove(world, OWN)),
            ("ok.test", &["ok.test"], |world| {
                world.ok(&["rules", "add", "deny", "network", PUBLIC]);
            }),
            ("lan.test", &["lan.test", "10.0.0.0/8"], |world| {
                world.ok(&["rules", "add", "deny", "network", PRIVATE]);
            }),
        ];
        for (host, allowed, change) in changes {
            let world = World::new();
            world.write("go_on.py", GO_ON);
            for pattern in allowed {
                world.ok(&["rules", "add", "allow", "network", pattern]);
            }
            let go_on = format!("python3 go_on.py {host}");
            let running = world.start_sh(&["--non-interactive"], &go_on);
            let before = heard();
            world.eventually("it is open", || before + 3 < heard());
            // What is about others ends nothing.
            world.ok(&["rules", "add", "deny", "network", OTHER_PUBLIC]);
            let before = heard();
            world.eventually("it goes on", || before + 3 < heard());
            change(&world);
            let ended = running.finish();
            assert_eq!(ended.succeeded().stdout, "cut\n", "{host}: {ended:?}");
            let before = heard();
            world.sh(&["--non-interactive"], &go_on);
            assert_eq!(heard(), before, "{host}");
        }
    });
}
