//! Names leave the machine only when they are allowed, and never stand for one another (threats 26 and 70).

use askbox_tests::machine::PUBLIC;
use askbox_tests::server::Server;
use askbox_tests::{Machine, NameServer, World};

use super::{allowing, outside};

/// Ways to ask for a name; each one sends a query when nobody stops it.
fn askers(name: &str) -> Vec<String> {
    [
        "getent hosts NAME",
        "getent ahostsv4 NAME",
        "ping -c1 -W1 NAME",
        "python3 -c 'import socket; socket.gethostbyname(\"NAME\")'",
        "node -e 'require(\"dns\").lookup(\"NAME\", () => 0)'",
        "node -e 'require(\"dns\").resolve4(\"NAME\", () => 0)'",
        "curl -s -m5 http://NAME/",
        "dig +tries=1 +time=2 NAME",
    ]
    .map(|words| words.replace("NAME", name))
    .to_vec()
}

#[test]
fn no_program_gets_a_name_out_that_is_not_allowed() {
    Machine::alone(|_| {
        let world = World::new();
        let names = NameServer::start(|_, _| vec![PUBLIC.parse().unwrap()]);
        for (number, asker) in askers("outside.test").iter().enumerate() {
            outside(&world, &format!("{asker} >/dev/null 2>&1"));
            assert!(names.asked("outside.test") > number, "{asker}");
        }
        let before = names.all();
        let script = askers("secret.data.test").join(";");
        world.sh(&["--non-interactive"], &script);
        world.sh(&["--non-interactive", "--block-domain", "**.data.test"], &script);
        world.sh(&allowing(&["ok.test", "*.other.test"]), &script);
        assert_eq!(names.all(), before, "nothing was looked up");

        let asker = &askers("ok.test")[0];
        world.sh(&allowing(&["ok.test"]), asker).succeeded();
        assert_eq!(names.asked("ok.test"), 1);
    });
}

#[test]
fn a_question_looks_nothing_up_before_its_answer() {
    Machine::alone(|_| {
        let world = World::new();
        let names = NameServer::start(|_, _| vec![PUBLIC.parse().unwrap()]);
        let server = Server::http_at("0.0.0.0:80", "hello");
        let running = world.start_sh(&[], "getent hosts new.test && curl -sS --fail http://new.test/");
        let question = world.wait_for_question();
        assert_eq!((names.all(), server.connections()), (Vec::new(), 0));
        world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
        running.finish().succeeded();
        assert_eq!(
            (names.all(), server.connections()),
            (vec!["new.test".to_owned()], 1)
        );
    });
}

#[test]
fn queries_to_other_resolvers_are_answered_by_ours() {
    Machine::prepared(
        "ip route add local 8.8.8.8/32 dev lo; ip -6 route add local 2001:4860:4860::8888/128 dev lo",
        |_| {
            let world = World::new();
            let udp = std::net::UdpSocket::bind("8.8.8.8:53").unwrap();
            udp.set_nonblocking(true).unwrap();
            let tcp = Server::listen("8.8.8.8:53", |_| {});
            let heard = || udp.recv_from(&mut [0; 512]).is_ok();
            let dig = |options: &str| format!("dig +tries=1 +time=2 +short {options} secret.data.test");
            outside(&world, &dig("@8.8.8.8"));
            assert!(heard());
            outside(&world, &dig("@8.8.8.8 +tcp"));
            assert_eq!(tcp.connections(), 1);
            while heard() {}

            for options in [
                "@8.8.8.8",
                "@8.8.8.8 +tcp",
                "@2001:4860:4860::8888",
                "@2001:4860:4860::8888 +tcp",
                "",
            ] {
                let inside = world.sh(&allowing(&["8.8.8.8"]), &dig(options));
                assert!(
                    inside.succeeded().stdout.starts_with("198.18."),
                    "{options}: {inside:?}"
                );
            }
            for kind in ["AAAA", "TXT", "MX", "NS", "SRV", "HTTPS", "ANY", "CNAME"] {
                let inside = world.sh(&["--non-interactive"], &dig(&format!("@8.8.8.8 {kind}")));
                assert_eq!(inside.succeeded().stdout, "", "{kind}");
            }
            assert!(!heard());
            assert_eq!(tcp.connections(), 1);
        },
    );
}

#[test]
fn an_allowed_name_that_does_not_exist_does_not_exist_inside_and_others_seem_to() {
    Machine::alone(|_| {
        let world = World::new();
        let names = NameServer::start(|name, _| match name {
            "ok.test" => vec![PUBLIC.parse().unwrap()],
            _ => Vec::new(),
        });
        let status = |name: &str| format!("dig +tries=1 +time=5 {name} | grep -o 'status: [A-Z]*'");
        let rules = allowing(&["**.ok.test"]);
        for (name, expected) in [
            ("ok.test", "NOERROR"),
            ("absent.ok.test", "NXDOMAIN"),
            ("absent.denied.test", "NOERROR"),
        ] {
            let inside = world.sh(&rules, &status(name));
            assert_eq!(
                inside.succeeded().stdout,
                format!("status: {expected}\n"),
                "{name}"
            );
        }
        assert_eq!(names.asked("absent.denied.test"), 0);
    });
}

/// Asks for 10,000 names at once, and then for those that got an address again, both ways round.
const FLOOD: &str = r#"
import collections, os, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect(("198.18.0.1", 53))

def ask(name, kind):
    query = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0)
    query += b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    s.send(query + struct.pack(">2H", kind, 1))
    reply = s.recv(4096)
    code, answers = reply[3] & 15, struct.unpack(">H", reply[6:8])[0]
    return code, reply[len(query) + 4 + 12:] if answers else None

addresses, codes = {}, collections.Counter()
for number in range(10000):
    name = f"n{number}.flood.test"
    code, data = ask(name, 1)
    codes[code] += 1
    if data:
        addresses[name] = data
assert set(codes) == {0, 2}, codes
assert len(addresses) == codes[0] and len(set(addresses.values())) == len(addresses), "an address for two names"
assert 100 <= len(addresses) < 9000, codes
for name, address in addresses.items():
    assert ask(name, 1) == (0, address), name
    assert ask(name.upper(), 1) == (0, address), name
    code, data = ask(".".join(str(byte) for byte in reversed(address)) + ".in-addr.arpa", 12)
    assert b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) in data, (name, data)
for number, address in enumerate(list(addresses.values())[:2]):
    try:
        c = socket.create_connection((socket.inet_ntoa(address), 7000 + number), 10)
        c.sendall(b"\0")
        c.recv(1)
    except OSError:
        pass
print(*list(addresses)[:2])
"#;

#[test]
fn ten_thousand_names_meet_the_limit_and_none_ever_stands_for_another() {
    Machine::alone(|_| {
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        world.write("flood.py", FLOOD);
        let script = "getent hosts ok.test >/dev/null && python3 flood.py && curl -sS --fail http://ok.test/";
        let mut options = allowing(&["ok.test"]);
        options.extend(["--resolve", "ok.test:80:127.0.0.1"]);
        let finished = world.sh(&options, script);
        let names = finished.succeeded().stdout.strip_suffix("\nhello").unwrap();
        let names: Vec<&str> = names.split(' ').collect();
        assert_eq!(server.connections(), 1);
        for (number, name) in names.iter().enumerate() {
            assert!(world.has_logged(&format!("{name}:{}", 7000 + number), "deny"));
        }
        let told = world.log().into_iter().filter(|event| {
            event["by"]
                .as_str()
                .is_some_and(|by| by.contains("too many names"))
        });
        assert_eq!(told.count(), 1);
    });
}

#[test]
fn an_address_that_stands_for_no_name_leads_nowhere() {
    Machine::prepared("ip route add local 198.18.0.0/15 dev lo", |machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        let rules = allowing(&["*", "198.18.0.0/15"]);
        for address in ["198.18.0.0", "198.18.0.1", "198.18.1.200", "198.19.255.255"] {
            let fetch = format!("curl -sS --fail -m5 -H 'Host: ok.test' http://{address}/");
            outside(&world, &fetch).succeeded();
            let before = server.connections();
            world.sh(&rules, &fetch).failed();
            assert_eq!(server.connections(), before, "{address}");
            assert!(world.has_logged(&format!("{address}:80"), "deny"));
        }
        // The first address of a session stands for the first name that it asked for, and for no other session's.
        let learn = "getent hosts ok.test | cut -d' ' -f1";
        let address = world.sh(&rules, learn).succeeded().stdout.trim().to_owned();
        let fetch = format!("curl -sS --fail -H 'Host: ok.test' http://{address}/");
        world.sh(&rules, &fetch).failed();
        world
            .sh(&rules, &format!("getent hosts ok.test >/dev/null; {fetch}"))
            .succeeded();
    });
}
