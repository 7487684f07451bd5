//! The proxy of a session whose connections are not captured (threats 24, 25, 28, 37 and 38): it opens nothing that a capture
//! would not, and only to its own session.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use askbox_tests::machine::{PRIVATE, PUBLIC};
use askbox_tests::server::{Server, read_head};
use askbox_tests::{Machine, NameServer, Running, World};

use super::tls::TlsServer;
use super::{allowing, usual_names, was_denied};

/// The options of a session by the proxy that allows these hosts.
fn by_proxy<'a>(hosts: &[&'a str]) -> Vec<&'a str> {
    [vec!["--network", "proxy"], allowing(hosts)].concat()
}

/// Sends a head to the proxy with the session's token in the place of `TOKEN`, and what is to be said by TLS for a server
/// name behind it; prints the status and what comes of the rest.
const RAW: &str = r#"
import base64, os, socket, ssl, sys, urllib.parse
proxy = urllib.parse.urlsplit(os.environ["http_proxy"])
login = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
s = socket.create_connection((proxy.hostname, proxy.port))
s.settimeout(20)
head = sys.argv[1].encode().decode("unicode_escape").replace("TOKEN", "Proxy-Authorization: Basic " + login)
s.sendall(head.encode())
answer = b""
while not answer.endswith(b"\r\n\r\n"):
    piece = s.recv(1)
    if not piece: break
    answer += piece
print(answer.split(b"\r\n")[0].decode().split(" ")[1] if answer else "closed")
if len(sys.argv) > 2 and b" 200 " in answer:
    context = ssl._create_unverified_context()
    try:
        tls = context.wrap_socket(s, server_hostname=sys.argv[2])
        tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
        print("spoke", tls.recv(4).decode())
    except OSError as error:
        print("refused", getattr(error, "reason", error))
"#;

#[test]
fn a_tunnel_to_one_name_is_no_way_to_another() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("raw.py", RAW);
        let server = TlsServer::start(&world, 443);
        let tunnel = |hosts: &[&str], place: &str, name: &str| {
            let head = format!("CONNECT {place} HTTP/1.1\\r\\nHost: {place}\\r\\nTOKEN\\r\\n\\r\\n");
            world
                .sh(&by_proxy(hosts), &format!("python3 raw.py '{head}' {name}"))
                .stdout
        };
        assert_eq!(
            tunnel(&["ok.test"], "ok.test:443", "ok.test"),
            "200\nspoke HTTP\n"
        );
        let before = server.heard();
        let other = tunnel(&["ok.test"], "ok.test:443", "denied.test");
        assert!(other.starts_with("200\nrefused"), "{other}");
        assert!(other.contains("ACCESS_DENIED"), "{other}");
        assert_eq!(server.heard(), before, "not a byte of it went on");
        assert!(was_denied(&world, "denied.test:443", ""));
        // With a rule for the other name too it is carried.
        let both = tunnel(&["ok.test", "denied.test"], "ok.test:443", "denied.test");
        assert_eq!(both, "200\nspoke HTTP\n");
        assert_eq!(tunnel(&["ok.test"], "denied.test:443", "ok.test"), "403\n");
    });
}

#[test]
fn addresses_of_this_machine_and_of_its_network_need_rules_of_their_own() {
    Machine::alone(|machine| {
        machine.hosts(&[
            ("ok.test", PUBLIC),
            ("intra.test", PRIVATE),
            ("loop.test", "127.0.0.1"),
        ]);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:8080", "reached");
        let hosts = [
            "127.0.0.1",
            "169.254.169.254",
            "loop.test",
            "intra.test",
            "[::ffff:127.0.0.1]",
            PRIVATE,
        ];
        for host in hosts {
            for tunnel in ["", "--proxytunnel"] {
                let fetch = format!("curl -g -sS --noproxy '' --fail {tunnel} http://{host}:8080/");
                world.sh(&by_proxy(&["*"]), &fetch).failed();
            }
            let socks =
                format!("curl -g -sS --noproxy '' --fail --proxy $ASKBOX_SOCKS_PROXY http://{host}:8080/");
            world.sh(&by_proxy(&["*"]), &socks).failed();
        }
        assert_eq!(server.connections(), 0);
        for (rules, host) in [(&["*"][..], "ok.test"), (&["*", PRIVATE], "intra.test")] {
            let fetch = format!("curl -sS --fail http://{host}:8080/");
            assert_eq!(world.sh(&by_proxy(rules), &fetch).succeeded().stdout, "reached");
        }
    });
}

#[test]
fn threat_28_no_spelling_of_this_machine_is_a_place_to_connect_to() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let world = World::new();
        world.write("raw.py", RAW);
        let server = Server::http_at("0.0.0.0:8080", "reached");
        let spellings = "localhost foo.localhost LOCALHOST. 127.0.0.1 2130706433 0x7f.0.0.1 0x7f000001 0177.0.0.1 127.1 \
                         127.255.255.254 0 0.0.0.0 169.254.169.254 [::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] \
                         [fe80::1%25lo] [fe80::1%lo]";
        let connect = |hosts: &str| {
            format!(
                "for host in {hosts}; do \
                 python3 raw.py \"CONNECT $host:8080 HTTP/1.1\\r\\nHost: $host:8080\\r\\nTOKEN\\r\\n\\r\\n\"; done"
            )
        };
        let inside = world.sh(&by_proxy(&["*"]), &connect(spellings));
        let answers: Vec<&str> = inside.stdout.lines().collect();
        assert_eq!(answers.len(), spellings.split_whitespace().count(), "{inside:#?}");
        // Denied, not readable, or a name that does not exist here.
        assert!(
            answers
                .iter()
                .all(|answer| ["400", "403", "502"].contains(answer)),
            "{inside:#?}"
        );
        assert_eq!(server.connections(), 0);
        let twin = world.sh(&by_proxy(&["*"]), &connect("ok.test"));
        assert_eq!(twin.succeeded().stdout, "200\n");
    });
}

#[test]
fn no_session_can_use_the_token_of_another() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:8080", "reached");
        let script = "echo $http_proxy > proxy; echo $ASKBOX_SOCKS_PROXY > socks; \
            curl -sS --fail http://ok.test:8080/; touch up; read stop";
        let mut command = world.askbox(&["run"]);
        command
            .args(by_proxy(&["ok.test"]))
            .args(["--", "sh", "-c", script])
            .stdin(std::process::Stdio::piped());
        let mut first = Running::start(command);
        world.eventually("the first session wrote its token", || {
            world.project().join("up").exists()
        });
        let other = world.sh(
            &by_proxy(&["ok.test"]),
            "curl -sS -o /dev/null -w '%{http_code} ' --proxy $(cat proxy) http://ok.test:8080/; \
             curl -sS -o /dev/null -w '%{http_connect} ' --proxytunnel --proxy $(cat proxy) http://ok.test:8080/; \
             curl -sS --proxy $(cat socks) http://ok.test:8080/ 2>/dev/null || echo failed; \
             curl -sS --fail http://ok.test:8080/",
        );
        assert_eq!(other.succeeded().stdout, "407 407 failed\nreached");
        // Nor a session whose connections are captured, where nothing is a proxy.
        let captured = world.sh(
            &allowing(&["ok.test"]),
            "curl -sS --fail --proxy $(cat proxy) http://ok.test:8080/",
        );
        captured.failed();
        first.type_in("stop\n");
        assert_eq!(first.finish().stdout, "reached");
        assert_eq!(server.connections(), 2);
        assert!(
            !world.ok(&["log", "--json"]).contains("askbox:"),
            "no token is logged"
        );
    });
}

#[test]
fn a_request_that_two_could_read_in_two_ways_reaches_nobody() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("raw.py", RAW);
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&heads);
        let _server = Server::listen("0.0.0.0:8080", move |mut client| {
            let head = read_head(&mut client);
            seen.lock().unwrap().push(head);
            drop(client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        });
        let url = "http://ok.test:8080/ HTTP/1.1\\r\\nHost: ok.test:8080\\r\\nTOKEN";
        let table = [
            (
                format!("POST {url}\\r\\nContent-Length: 3\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"),
                "400",
            ),
            (
                format!("POST {url}\\r\\nContent-Length: 3\\r\\nContent-Length: 60\\r\\n\\r\\n"),
                "400",
            ),
            (format!("GET {url}\\r\\nHost: denied.test\\r\\n\\r\\n"), "400"),
            (format!("GET {url}\\r\\nX: y\\n\\r\\n"), "400"),
            (format!("GET {url}\\r\\nX : y\\r\\n\\r\\n"), "400"),
            (
                "CONNECT ok.test:8080 HTTP/1.1\\r\\nHost: denied.test:8080\\r\\nTOKEN\\r\\n\\r\\n".to_owned(),
                "400",
            ),
            (
                "CONNECT ok.test:8080 HTTP/1.1\\r\\nContent-Length: 60\\r\\nTOKEN\\r\\n\\r\\n".to_owned(),
                "400",
            ),
            (
                "GET / HTTP/1.1\\r\\nHost: ok.test:8080\\r\\nTOKEN\\r\\n\\r\\n".to_owned(),
                "400",
            ),
            (format!("GET {url}x\\r\\n\\r\\n"), "407"),
            (
                format!("GET {url}\\r\\nProxy-Authorization: Basic eDp5\\r\\n\\r\\n"),
                "407",
            ),
        ];
        for (head, expected) in &table {
            let inside = world.sh(&by_proxy(&["ok.test"]), &format!("python3 raw.py '{head}'"));
            assert_eq!(inside.stdout, format!("{expected}\n"), "{head}: {inside:#?}");
        }
        assert_eq!(*heads.lock().unwrap(), Vec::<String>::new());
        // Two requests at once: the second, which means another host, is nobody's.
        let two = format!(
            "GET {url}\\r\\nProxy-Connection: keep-alive\\r\\n\\r\\nGET http://denied.test:8080/ HTTP/1.1\\r\\nHost: denied.test:8080\\r\\nTOKEN\\r\\n\\r\\n"
        );
        let inside = world.sh(&by_proxy(&["ok.test"]), &format!("python3 raw.py '{two}'"));
        assert_eq!(inside.succeeded().stdout, "200\n");
        let heads = heads.lock().unwrap().clone();
        assert_eq!(heads.len(), 1, "{heads:?}");
        assert!(heads[0].starts_with("GET / HTTP/1.1\r\n"), "{heads:?}");
        assert!(
            !heads[0].to_lowercase().contains("proxy"),
            "the token went on: {heads:?}"
        );
    });
}

#[test]
fn a_denied_name_is_not_looked_up_for_the_proxy() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let world = World::new();
        let _server = Server::http_at("0.0.0.0:8080", "reached");
        let names = NameServer::start(|_, _| Vec::new());
        let fetch = |host: &str| format!("curl -sS --fail --proxytunnel http://{host}:8080/");
        world
            .sh(&by_proxy(&["ok.test"]), &fetch("secret.denied.test"))
            .failed();
        assert_eq!(names.asked("secret.denied.test"), 0);
        world.sh(&by_proxy(&["ok.test"]), &fetch("ok.test")).succeeded();
        // Allowed, the same name is looked up, and is not there.
        world
            .sh(&by_proxy(&["secret.denied.test"]), &fetch("secret.denied.test"))
            .failed();
        assert!(0 < names.asked("secret.denied.test"));
    });
}
