//! Every program's TCP is captured, without proxy variables; without a rule nothing of it leaves (threats 24 and 25).

use askbox_tests::server::Server;
use askbox_tests::{Machine, World};

use super::{allowing, outside, usual_names};

/// Programs that fetch <http://ok.test/> in their own ways, and succeed only with its answer.
const FETCHERS: &[(&str, &str)] = &[
    ("curl", "curl -sS --fail http://ok.test/ | grep -q hello"),
    (
        "python_raw_socket",
        "python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((socket.gethostbyname(\"ok.test\"), 80))
s.sendall(b\"GET / HTTP/1.1\\r\\nHost: ok.test\\r\\n\\r\\n\")
assert b\"hello\" in s.makefile(\"rb\").read()
'",
    ),
    (
        "python_urllib",
        "python3 -c 'import urllib.request as u; assert b\"hello\" in u.urlopen(\"http://ok.test/\").read()'",
    ),
    (
        "node_fetch",
        "node -e 'fetch(\"http://ok.test/\").then(r => r.ok ? r.text() : process.exit(3)).then(t => process.exit(t == \"hello\" ? 0 : 4), () => process.exit(5))'",
    ),
    (
        "node_socket",
        "node -e 'const s = require(\"net\").connect(80, \"ok.test\", () => s.write(\"GET / HTTP/1.1\\r\\nHost: ok.test\\r\\n\\r\\n\")); let all = \"\"; s.on(\"data\", d => all += d); s.on(\"end\", () => process.exit(all.includes(\"hello\") ? 0 : 4)); s.on(\"error\", () => process.exit(5)); s.on(\"close\", () => process.exit(6))'",
    ),
    (
        "getaddrinfo_and_bash",
        "bash -c 'getent ahosts ok.test >/dev/null; exec 3<>/dev/tcp/ok.test/80; printf \"GET / HTTP/1.1\\r\\nHost: ok.test\\r\\n\\r\\n\" >&3; grep -q hello <&3'",
    ),
    (
        "socat",
        "printf 'GET / HTTP/1.1\\r\\nHost: ok.test\\r\\n\\r\\n' | socat -t5 - TCP:ok.test:80 | grep -q hello",
    ),
    (
        "openssl",
        "echo | openssl s_client -connect ok.test:443 -servername ok.test 2>&1 | grep -q 'BEGIN CERTIFICATE'",
    ),
];

/// Runs every one, and prints its name and status.
fn script() -> String {
    FETCHERS.iter().fold(String::new(), |all, (name, command)| {
        format!("{all}( {command} ) >/dev/null 2>&1; echo {name} $?\n")
    })
}

fn statuses(text: &str) -> Vec<(&str, &str)> {
    let lines: Vec<_> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(lines.len(), FETCHERS.len(), "{text}");
    lines
}

#[test]
fn an_empty_allow_list_lets_no_program_out_and_a_rule_lets_every_one() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        let tls = super::tls::TlsServer::start(&world, 443);
        world.write_policy("auto_approve = []\n");

        let free = outside(&world, &script());
        assert!(
            statuses(&free.stdout).iter().all(|(_, status)| *status == "0"),
            "{free:?}"
        );
        let before = (server.connections(), tls.connections());
        assert!(before.0 >= FETCHERS.len() - 1 && before.1 >= 1, "{before:?}");

        let shut = world.sh(&["--non-interactive"], &script());
        assert!(
            statuses(&shut.stdout).iter().all(|(_, status)| *status != "0"),
            "{shut:?}"
        );
        assert_eq!((server.connections(), tls.connections()), before);
        assert!(world.has_logged("ok.test:80", "deny"));
        assert!(world.has_logged("ok.test:443", "deny"));
        assert!(!world.has_logged("ok.test:80", "allow"));

        let open = world.sh(&allowing(&["ok.test"]), &script());
        assert!(
            statuses(&open.stdout).iter().all(|(_, status)| *status == "0"),
            "{open:?}"
        );
    });
}

#[test]
fn a_question_that_nobody_answers_lets_nothing_out() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        world.write_policy("[questions]\ntimeout = \"1s\"\n");
        world.sh(&[], "curl -sS --fail http://ok.test/").failed();
        assert_eq!(server.connections(), 0);
        assert!(world.has_logged("ok.test:80", "deny"));
        world
            .sh(&["--allow-domain", "ok.test"], "curl -sS --fail http://ok.test/")
            .succeeded();
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn no_proxy_variable_is_set_and_a_set_one_changes_nothing() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        let mut command = world.askbox(&["run", "--non-interactive", "--", "env"]);
        command
            .env("http_proxy", "http://ok.test:80")
            .env("ALL_PROXY", "x");
        let finished = askbox_tests::Running::start(command).finish();
        assert!(!finished.succeeded().stdout.to_lowercase().contains("proxy"));

        // A program that is led to a proxy of its own choice is decided by that, and by what it asks the proxy for.
        let proxied = "http_proxy=http://ok.test:80 curl -sS --fail http://denied.test/";
        outside(&world, proxied).succeeded();
        let before = server.connections();
        world.sh(&["--non-interactive"], proxied).failed();
        assert_eq!(server.connections(), before);
        assert!(world.has_logged("ok.test:80", "deny"));
        world.sh(&allowing(&["ok.test"]), proxied).failed();
        assert!(world.has_logged("denied.test:80", "deny"));
        world
            .sh(&allowing(&["ok.test", "denied.test"]), proxied)
            .succeeded();
    });
}

#[test]
fn a_connection_to_an_address_is_captured_as_that_address() {
    Machine::alone(|_| {
        let world = World::new();
        let server = Server::http_at("0.0.0.0:8080", "hello");
        let v6 = Server::http_at("[2001:db8::5]:8081", "hello");
        for (target, url, count) in [
            ("203.0.113.5:8080", "http://203.0.113.5:8080/", &server),
            ("[2001:db8::5]:8081", "http://[2001:db8::5]:8081/", &v6),
        ] {
            let fetch = format!("curl -g -sS --fail '{url}'");
            outside(&world, &fetch).succeeded();
            world.sh(&["--non-interactive"], &fetch).failed();
            assert_eq!(count.connections(), 1, "{url}");
            assert!(world.has_logged(target, "deny"), "{:#?}", world.log());
            world.sh(&allowing(&[target]), &fetch).succeeded();
        }
    });
}
