//! What flows by a rule is cut when the rule goes, when its time is over, and by a lockdown.

use std::time::{Duration, SystemTime};

use askbox_tests::machine::{PRIVATE, PUBLIC};
use askbox_tests::{Machine, World};
use serde_json::Value;

use super::{Echo, events, names};

/// Sends a word every tenth of a second and prints that it came back, until it does not any more or half a minute is over.
const GO_ON: &str = r"
import socket, sys, time
talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
talk.connect((sys.argv[1], 5000))
talk.settimeout(2)
for _ in range(300):
    talk.send(b'word')
    try:
        talk.recv(100)
    except TimeoutError:
        print('cut', flush=True)
        break
    print('back', flush=True)
    time.sleep(0.1)
";

/// The rule for the name, and the one for the address that it has on the local network; and the one for an address that no name leads to,
/// where another allows the same and would not have opened it.
const PAIRS: [(&str, &[&str], &str); 4] = [
    ("ok.test", &["ok.test:5000/udp"], "ok.test:5000/udp"),
    (
        "lan.test",
        &["lan.test:5000/udp", "10.1.2.3:5000/udp"],
        "10.1.2.3:5000/udp",
    ),
    (
        "self.test",
        &["self.test:5000/udp", "127.0.0.1:5000/udp", "127.0.0.0/8:5000/udp"],
        "127.0.0.1:5000/udp",
    ),
    (
        "own.test",
        &["*:5000/udp", "192.0.2.77:5000/udp"],
        "192.0.2.77:5000/udp",
    ),
];

/// Has words flow to a host by these rules, does something once they do, and sees that they do not any more.
fn is_cut(world: &World, echo: &Echo, host: &str, cut: impl FnOnce()) {
    let heard = echo.heard();
    let running = world.start_sh(&["--non-interactive"], &format!("python3 go_on.py {host}"));
    world.eventually("it flows", || heard + 3 < echo.heard());
    cut();
    let ended = running.finish();
    assert!(ended.succeeded().stdout.ends_with("back\ncut\n"), "{ended:?}");
    let events = events(world, &format!("{host}:5000/udp"));
    let ends = |name: &str| events.iter().filter(|event| event["verdict"] == name).count();
    assert!(0 < ends("deny"), "{events:?}");
    assert!(
        events.iter().any(|event| event["kind"] == "traffic"),
        "what it carried is in the log: {events:?}"
    );
}

#[test]
fn a_rule_that_is_removed_cuts_what_flows() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        for (host, patterns, removed) in PAIRS {
            let world = World::new();
            world.write("go_on.py", GO_ON);
            for pattern in patterns {
                world.ok(&["rules", "add", "allow", "network", pattern]);
            }
            is_cut(&world, &echo, host, || {
                let rules: Value = serde_json::from_str(&world.ok(&["rules", "list", "--json"])).unwrap();
                let mut rules = rules["rules"].as_array().unwrap().iter();
                let rule = rules.find(|rule| rule["pattern"] == removed).unwrap();
                world.ok(&["rules", "remove", rule["id"].as_str().unwrap()]);
            });
        }
    });
}

#[test]
fn a_rule_whose_time_is_over_cuts_what_flows() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        for (host, patterns, ending) in PAIRS {
            let world = World::new();
            world.write("go_on.py", GO_ON);
            // As they are before it flows, and as they are then: one of them ends by itself.
            let write = |end: Option<SystemTime>| {
                let rules = patterns.iter().map(|pattern| {
                    let expires = end.filter(|_| *pattern == ending).map(humantime::format_rfc3339);
                    let expires = expires
                        .map(|end| format!("expires = {end}\n"))
                        .unwrap_or_default();
                    format!("[[rule]]\neffect = \"allow\"\nnetwork = \"{pattern}\"\n{expires}\n")
                });
                // As a whole: an empty file in between would cut it too.
                let new = world.outside().join("policy.toml");
                std::fs::write(&new, rules.collect::<String>()).unwrap();
                std::fs::create_dir_all(world.policy().parent().unwrap()).unwrap();
                std::fs::rename(new, world.policy()).unwrap();
            };
            write(None);
            is_cut(&world, &echo, host, || {
                let end = SystemTime::now() + Duration::from_secs(3);
                write(Some(end));
                let heard = echo.heard();
                world.eventually("it flows on until then", || heard + 3 < echo.heard());
                assert!(SystemTime::now() < end, "too slow to tell");
            });
        }
    });
}

#[test]
fn a_rule_that_denies_the_address_cuts_what_flows_to_its_name() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        for (host, allowed, denied) in [
            ("ok.test", &["ok.test:5000/udp"][..], PUBLIC),
            ("lan.test", &["lan.test:5000/udp", "10.0.0.0/8:5000/udp"], PRIVATE),
        ] {
            let world = World::new();
            world.write("go_on.py", GO_ON);
            for pattern in allowed {
                world.ok(&["rules", "add", "allow", "network", pattern]);
            }
            let running = world.start_sh(&["--non-interactive"], &format!("python3 go_on.py {host}"));
            let heard = echo.heard();
            world.eventually("it flows", || heard + 3 < echo.heard());
            world.ok(&["rules", "add", "deny", "network", denied]);
            let ended = running.finish();
            assert!(ended.succeeded().stdout.ends_with("back\ncut\n"), "{ended:?}");
            // And what comes later is denied before anything is sent.
            let heard = echo.heard();
            let later = world.sh(&["--non-interactive"], &format!("python3 go_on.py {host}"));
            assert_eq!(later.succeeded().stdout, "cut\n");
            assert_eq!(echo.heard(), heard);
        }
    });
}

#[test]
fn a_lockdown_cuts_what_flows() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        let world = World::new();
        world.write("go_on.py", GO_ON);
        world.ok(&["rules", "add", "allow", "network", "ok.test:5000/udp"]);
        is_cut(&world, &echo, "ok.test", || {
            world.ok(&["lockdown", "on"]);
        });
        world.ok(&["lockdown", "off"]);
    });
}
