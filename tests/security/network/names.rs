//! One spelling for every host, and nothing that only looks like an allowed one (threats 31 to 35).

use askbox_tests::machine::{OTHER_PUBLIC, PUBLIC};
use askbox_tests::server::Server;
use askbox_tests::{Machine, NameServer, Running, World};

use super::{allowing, outside, usual_names};

/// Fetches every URL and prints those that came through.
fn fetch_all(urls: &[&str]) -> String {
    urls.iter().fold(String::new(), |all, url| {
        format!("{all}curl -s --fail -m5 '{url}' >/dev/null && echo '{url}'\n")
    })
}

/// Checks which of the URLs come through inside with these options; outside all do.
fn check(options: &[&str], open: &[&str], shut: &[&str]) {
    let world = World::new();
    let script = fetch_all(&[open, shut].concat());
    let lines = |urls: &[&str]| {
        urls.iter()
            .fold(String::new(), |all, url| format!("{all}{url}\n"))
    };
    assert_eq!(
        outside(&world, &script).stdout,
        lines(&[open, shut].concat()),
        "outside"
    );
    assert_eq!(world.sh(options, &script).stdout, lines(open), "{options:?}");
}

#[test]
fn case_and_a_trailing_dot_make_no_other_host() {
    Machine::alone(|machine| {
        usual_names(machine);
        let _server = Server::http_at("0.0.0.0:80", "hello");
        // A hosts file knows no names with a trailing dot.
        let _names = NameServer::start(|name, _| match name {
            "ok.test" | "denied.test" => vec![PUBLIC.parse().unwrap()],
            _ => Vec::new(),
        });
        let spellings = [
            "http://ok.test/",
            "http://OK.TEST/",
            "http://Ok.TeSt/",
            "http://ok.test./",
            "http://OK.test.:80/",
        ];
        check(&allowing(&["ok.test"]), &spellings, &["http://denied.test/"]);
        check(&allowing(&["OK.Test."]), &spellings, &["http://DENIED.test./"]);
        let mut options = allowing(&["*"]);
        options.extend(["--block-domain", "ok.test"]);
        check(&options, &["http://denied.test/"], &spellings);
    });
}

#[test]
fn names_that_only_look_like_an_allowed_one_are_others() {
    Machine::alone(|machine| {
        usual_names(machine);
        let _server = Server::http_at("0.0.0.0:80", "hello");
        let lookalikes = [
            "http://evilok.test/",
            "http://ok.test.evil.test/",
            "http://denied.test/",
        ];
        let (apex, below) = ("http://ok.test/", ["http://a.ok.test/", "http://a.b.ok.test/"]);
        check(
            &allowing(&["ok.test"]),
            &[apex],
            &[&below[..], &lookalikes].concat(),
        );
        check(
            &allowing(&["*.ok.test"]),
            &below,
            &[&[apex][..], &lookalikes].concat(),
        );
        check(
            &allowing(&["**.ok.test"]),
            &[apex, below[0], below[1]],
            &lookalikes,
        );
    });
}

#[test]
fn another_port_of_an_allowed_name_is_denied() {
    Machine::alone(|machine| {
        usual_names(machine);
        let _servers = [22, 80, 81, 8080].map(|port| Server::http_at(&format!("0.0.0.0:{port}"), "hello"));
        let (web, others) = (
            "http://ok.test:80/",
            ["http://ok.test:22/", "http://ok.test:81/", "http://ok.test:8080/"],
        );
        check(&allowing(&["ok.test:80"]), &[web], &others);
        check(&allowing(&["ok.test:80", "ok.test:443"]), &[web], &others);
        check(
            &allowing(&["ok.test:20-81"]),
            &[others[0], web, others[1]],
            &others[2..],
        );
        check(
            &allowing(&["ok.test"]),
            &[web, others[0], others[1], others[2]],
            &[],
        );
    });
}

#[test]
fn a_user_in_an_address_is_not_its_host() {
    Machine::alone(|machine| {
        usual_names(machine);
        let _server = Server::http_at("0.0.0.0:80", "hello");
        check(
            &allowing(&["ok.test"]),
            &[
                "http://denied.test@ok.test/",
                "http://denied.test:80@ok.test/#@denied.test",
            ],
            &[
                "http://ok.test@denied.test/",
                "http://ok.test:80@denied.test:80/",
                "http://denied.test/?@ok.test",
                "http://denied.test/#@ok.test",
            ],
        );
        let world = World::new();
        world
            .sh(
                &allowing(&["ok.test"]),
                "curl -s --fail http://ok.test@127.0.0.1/",
            )
            .failed();
    });
}

#[test]
fn rules_and_pins_that_are_no_hosts_are_refused_and_nothing_starts() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let attempt = |option: &str, value: &str| {
            let words = [
                "run",
                "--non-interactive",
                option,
                value,
                "--",
                "touch",
                "started.txt",
            ];
            Running::start(world.askbox(&words)).finish()
        };
        for value in [
            "ok.test@127.0.0.1",
            "ok.test#x",
            "ok.test\tx",
            "ok.test\r\nHost: denied.test",
            "ok .test",
            "ok.test/",
            "http://ok.test",
            "ok.test:0",
            "ok.test:83424",
            "ok.test:",
            "ok.test:-1",
            "ok.test:90-80",
            ":80",
            "",
            "0x7f.0.0.1.",
            "o*.test",
        ] {
            let finished = attempt("--allow-domain", value);
            assert!(
                finished.code.is_some_and(|code| code == 125 || code == 2),
                "{value:?}: {finished:?}"
            );
        }
        for value in [
            "ok.test",
            "ok.test:80",
            "ok.test:0:127.0.0.1",
            "ok.test:83424:127.0.0.1",
            "ok.test:80:nowhere",
            "ok@test:80:127.0.0.1",
            ":80:127.0.0.1",
        ] {
            let finished = attempt("--resolve", value);
            assert!(
                finished.code.is_some_and(|code| code == 125 || code == 2),
                "{value:?}: {finished:?}"
            );
        }
        assert!(!world.project().join("started.txt").exists());
        attempt("--allow-domain", "ok.test:80").succeeded();
        assert!(world.project().join("started.txt").exists());
    });
}

#[test]
fn under_a_rule_with_a_nul_in_its_name_nothing_starts() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        let fetch = "curl -s --fail http://ok.test/";
        let rule = |name: &str| format!("[[rule]]\neffect = \"allow\"\nnetwork = \"{name}\"\n");
        world.write_policy(&rule("ok.test\\u0000.evil.test"));
        let refused = world.sh(&["--non-interactive"], fetch);
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(
            refused.stderr.contains("policy.toml: line 3") && refused.stderr.contains("hint: "),
            "{refused:#?}"
        );
        assert_eq!(server.connections(), 0);
        world.write_policy(&rule("ok.test"));
        world.sh(&["--non-interactive"], fetch).succeeded();
    });
}

#[test]
fn labels_that_no_host_has_get_no_address() {
    // Straight to the resolver: libc refuses most of these itself.
    const ASK: &str = r#"
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect(("198.18.0.1", 53))
def ask(*labels):
    query = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    s.send(query + struct.pack(">2H", 1, 1))
    reply = s.recv(4096)
    return struct.unpack(">H", reply[6:8])[0]
assert ask(b"ok", b"test") == 1
for labels in [(b"ok.test",), (b"ok.test\0", b"evil"), (b"ok", b"te\0st"), (b"ok test",), (b"ok", b"test#"), (b"a@ok", b"test"),
               (b"ok\r\n", b"test"), (b"\xff\xfe", b"test"), (b"127", b"0", b"0", b"1"), (b"0x7f", b"1"), (b"2130706433",)]:
    assert ask(*labels) == 0, labels
"#;
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("ask.py", ASK);
        world.sh(&allowing(&["*"]), "python3 ask.py").succeeded();
    });
}

#[test]
fn port_0_leads_nowhere() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at(&format!("{OTHER_PUBLIC}:80"), "hello");
        let connect = |port: u16| {
            format!(
                "python3 -c 'import socket; s = socket.create_connection((\"denied.test\", {port}), 5); s.sendall(b\"GET / HTTP/1.1\\r\\nHost: denied.test\\r\\n\\r\\n\"); assert s.recv(10)'"
            )
        };
        world.sh(&allowing(&["*"]), &connect(80)).succeeded();
        world.sh(&allowing(&["*"]), &connect(0)).failed();
        assert_eq!(server.connections(), 1);
    });
}
