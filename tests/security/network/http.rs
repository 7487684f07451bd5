//! HTTP in clear: what a request is really for is decided, and what has two meanings is refused (threats 34 to 37 and 39).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use askbox_tests::server::{Server, read_head};
use askbox_tests::{Machine, World};

use super::{allowing, outside, usual_names, was_denied};

/// A server that keeps everything it hears, and answers each head with 200.
struct Recorder {
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    fn start(address: &str) -> Self {
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let all = Arc::clone(&heard);
        Server::listen(address, move |mut stream| record(&mut stream, &all));
        Self { heard }
    }

    /// What was heard since the last time.
    fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.heard.lock().unwrap())).into_owned()
    }
}

fn record(stream: &mut TcpStream, all: &Mutex<Vec<u8>>) {
    let mut mine: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        all.lock().unwrap().extend(&buffer[..length]);
        mine.extend(&buffer[..length]);
        // As lenient as the most lenient server.
        while let Some(end) = ["\r\n\r\n", "\n\n"]
            .iter()
            .filter_map(|end| {
                let at = mine
                    .windows(end.len())
                    .position(|window| window == end.as_bytes())?;
                Some(at + end.len())
            })
            .min()
        {
            mine.drain(..end);
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        }
    }
}

/// Sends bytes, given in hexadecimal, to a host's port 80, ends its side, and prints the status line of every answer.
const SEND: &str = r#"
import re, socket, sys
s = socket.create_connection((sys.argv[1], 80), 10)
s.sendall(bytes.fromhex(sys.argv[2]))
s.shutdown(socket.SHUT_WR)
answer = b""
try:
    while piece := s.recv(65536):
        answer += piece
except OSError:
    pass
print(*[status.decode() for status in re.findall(rb"HTTP/1\.1 (\d+)", answer)])
"#;

fn send(host: &str, request: &str) -> String {
    let hex: String = request
        .bytes()
        .fold(String::new(), |all, byte| format!("{all}{byte:02x}"));
    format!("python3 send.py {host} {hex}")
}

/// Sends each request to ok.test: outside it reaches the server, inside it gets this status and does not.
fn refused(machine: &Machine, options: &[&str], requests: &[(&str, &str)]) {
    usual_names(machine);
    let world = World::new();
    world.write("send.py", SEND);
    let recorder = Recorder::start("0.0.0.0:80");
    let attacks: Vec<String> = requests
        .iter()
        .map(|(request, _)| send("ok.test", request))
        .collect();
    for ((request, _), attack) in requests.iter().zip(&attacks) {
        let free = outside(&world, attack);
        assert!(
            free.succeeded().stdout.starts_with("200"),
            "{request:?}: {free:?}"
        );
        assert!(!recorder.take().is_empty());
    }
    let inside = world.sh(options, &attacks.join("\n"));
    let statuses: Vec<&str> = inside.stdout.lines().collect();
    let expected: Vec<&str> = requests.iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, expected, "{requests:#?} {inside:?}");
    assert_eq!(recorder.take(), "", "something reached the server");
    let denials = world
        .log()
        .into_iter()
        .filter(|event| event["target"] == "ok.test:80" && event["verdict"] == "deny");
    // Equal ones that follow one another are an event and a count.
    let times = denials.map(|event| match event["detail"].as_str() {
        Some(detail) => detail.strip_suffix(" more times").unwrap().parse().unwrap(),
        None => 1,
    });
    assert_eq!(times.sum::<usize>(), requests.len());
    let twin = world.sh(
        options,
        &send("ok.test", "GET / HTTP/1.1\r\nHost: ok.test\r\n\r\n"),
    );
    assert_eq!(twin.stdout, "200\n");
    assert!(recorder.take().contains("ok.test"));
}

#[test]
fn a_host_that_is_none_is_refused() {
    Machine::alone(|machine| {
        let hosts = [
            "ok.test@127.0.0.1",
            "denied.test@ok.test",
            "ok.test#denied.test",
            "ok.test/denied.test",
            "ok.test?denied.test",
            "ok.test denied.test",
            "ok.test\tdenied.test",
            "ok.test,denied.test",
            "ok.test\\denied.test",
            "ok.test%2edenied.test",
            "ok.test:0",
            "ok.test:83424",
            "ok.test:80:80",
            "ok.test:+80",
            "ok.test:80x",
            ":80",
            "[::1",
        ];
        let requests: Vec<String> = hosts
            .iter()
            .map(|host| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"))
            .collect();
        let requests: Vec<(&str, &str)> = requests.iter().map(|request| (request.as_str(), "400")).collect();
        refused(machine, &allowing(&["*"]), &requests);
    });
}

#[test]
fn control_characters_in_a_head_are_refused() {
    Machine::alone(|machine| {
        let requests = [
            ("GET / HTTP/1.1\r\nHost: ok.test\0.denied.test\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: ok.test\rX: denied.test\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: ok.test\r\nX: a\0b\r\n\r\n", "400"),
            (
                "GET / HTTP/1.1\r\nHost: ok.test\r\nX: a\rHost: denied.test\r\n\r\n",
                "400",
            ),
        ];
        refused(machine, &allowing(&["*"]), &requests);
    });
}

#[test]
fn requests_that_two_programs_could_read_in_two_ways_are_refused() {
    Machine::alone(|machine| {
        let requests = [
            // Two hosts.
            (
                "GET / HTTP/1.1\r\nHost: ok.test\r\nHost: denied.test\r\n\r\n",
                "400",
            ),
            ("GET / HTTP/1.1\r\nHost: ok.test\r\nhost: ok.test\r\n\r\n", "400"),
            // Two lengths.
            (
                "POST / HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "400",
            ),
            (
                "POST / HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "400",
            ),
            // A header continued on the next line.
            ("GET / HTTP/1.1\r\nHost: ok.test\r\n denied.test\r\n\r\n", "400"),
            (
                "GET / HTTP/1.1\r\nX: a\r\n Host: denied.test\r\nHost: ok.test\r\n\r\n",
                "400",
            ),
            (
                "GET / HTTP/1.1\r\n Host: denied.test\r\nHost: ok.test\r\n\r\n",
                "400",
            ),
            // Lines that end without a carriage return.
            ("GET / HTTP/1.1\nHost: ok.test\n\n", "400"),
            (
                "GET / HTTP/1.1\r\nHost: ok.test\nHost: denied.test\r\n\r\n",
                "400",
            ),
            // White space before the colon, and no colon at all.
            (
                "GET / HTTP/1.1\r\nHost: ok.test\r\nHost : denied.test\r\n\r\n",
                "400",
            ),
            ("GET / HTTP/1.1\r\nHost: ok.test\r\nHost\r\n\r\n", "400"),
            // An address for one host and a header for another.
            ("GET http://denied.test/ HTTP/1.1\r\nHost: ok.test\r\n\r\n", "400"),
            ("GET http://ok.test/ HTTP/1.1\r\nHost: denied.test\r\n\r\n", "400"),
            ("GET http://ok.test:81/ HTTP/1.1\r\nHost: ok.test\r\n\r\n", "400"),
            ("GET ftp://ok.test/ HTTP/1.1\r\nHost: ok.test\r\n\r\n", "400"),
            ("CONNECT denied.test:443 HTTP/1.1\r\nHost: ok.test\r\n\r\n", "400"),
            // No host at all.
            ("GET / HTTP/1.1\r\n\r\n", "400"),
        ];
        refused(machine, &allowing(&["*"]), &requests);
    });
}

#[test]
fn an_ambiguous_request_behind_a_good_one_never_arrives() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("send.py", SEND);
        let recorder = Recorder::start("0.0.0.0:80");
        let good = "GET /good HTTP/1.1\r\nHost: ok.test\r\n\r\n";
        for second in [
            "GET /evil HTTP/1.1\r\nHost: denied.test\r\n\r\n",
            "GET /evil HTTP/1.1\r\nHost: ok.test\r\nHost: denied.test\r\n\r\n",
            "GET http://denied.test/evil HTTP/1.1\r\nHost: ok.test\r\n\r\n",
            "GET /evil HTTP/1.1\r\nHost: ok.test@denied.test\r\n\r\n",
            "POST /evil HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /evil HTTP/1.1\r\nHost: ok.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /evil HTTP/1.1\r\nHost: ok.test\r\n\r\n",
            "G.ET /evil HTTP/1.1\r\nHost: ok.test\r\n\r\n",
        ] {
            let attack = send("ok.test", &format!("{good}{second}"));
            assert!(outside(&world, &attack).stdout.starts_with("200 200"));
            assert!(recorder.take().contains("evil"), "{second:?}");
            let inside = world.sh(&allowing(&["ok.test"]), &attack);
            let heard = recorder.take();
            assert!(
                heard.contains("/good") && !heard.contains("evil"),
                "{second:?}: {heard}"
            );
            assert!(inside.stdout.starts_with("200 4"), "{second:?}: {inside:?}");
        }
        // What looks like a request in a body is a body, for us as for the server.
        let body = "GET /evil HTTP/1.1\r\nHost: denied.test\r\n\r\n";
        let posted = format!(
            "POST /good HTTP/1.1\r\nHost: ok.test\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        world
            .sh(&allowing(&["ok.test"]), &send("ok.test", &posted))
            .succeeded();
        assert!(
            recorder
                .take()
                .contains(&format!("Content-Length: {}", body.len()))
        );
    });
}

#[test]
fn a_host_other_than_the_name_connected_to_is_decided_by_itself() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        let fetch = "curl -s -o /dev/null -w '%{http_code}' -H 'Host: denied.test' http://ok.test/";
        assert_eq!(outside(&world, fetch).stdout, "200");
        for (rules, status) in [
            (vec!["ok.test"], "403"),
            (vec!["denied.test"], "403"),
            (vec!["ok.test", "denied.test:8080"], "403"),
            (vec!["ok.test", "denied.test"], "200"),
        ] {
            let inside = world.sh(&allowing(&rules), fetch);
            assert_eq!(inside.stdout, status, "{rules:?}");
        }
        assert!(was_denied(&world, "denied.test:80", "non-interactive"));
        // The same host in another spelling is no other host.
        let spelt = "curl -s -o /dev/null -w '%{http_code}' -H 'Host: OK.Test.:80' http://ok.test/";
        assert_eq!(world.sh(&allowing(&["ok.test"]), spelt).stdout, "200");
        // It asks like every other.
        let before = server.connections();
        let running = world.start_sh(&["--allow-domain", "ok.test"], fetch);
        let question = world.wait_for_question();
        assert_eq!(question["targets"][0], "denied.test:80");
        world.ok(&["deny", question["id"].as_str().unwrap(), "--once"]);
        assert_eq!(running.finish().stdout, "403");
        assert!(server.connections() <= before + 1);
    });
}

#[test]
fn an_absolute_address_is_decided_by_its_host() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("send.py", SEND);
        let recorder = Recorder::start("0.0.0.0:80");
        let to = |host: &str| {
            send(
                "ok.test",
                &format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            )
        };
        assert_eq!(outside(&world, &to("denied.test")).stdout, "200\n");
        recorder.take();
        assert_eq!(
            world.sh(&allowing(&["ok.test"]), &to("denied.test")).stdout,
            "403\n"
        );
        assert_eq!(recorder.take(), "");
        assert!(world.has_logged("denied.test:80", "deny"));
        assert_eq!(world.sh(&allowing(&["ok.test"]), &to("ok.test")).stdout, "200\n");
    });
}

#[test]
fn what_is_not_http_gets_nothing_through_port_80() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("send.py", SEND);
        let recorder = Recorder::start("0.0.0.0:80");
        for words in [
            "\0opaque",
            "SSH-2.0-x\r\n",
            "EHLO x\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ] {
            outside(&world, &send("ok.test", words));
            assert!(!recorder.take().is_empty());
            world.sh(&allowing(&["ok.test"]), &send("ok.test", words));
            assert_eq!(recorder.take(), "", "{words:?}");
        }
        assert!(was_denied(&world, "ok.test:80", "HTTP"));
        let good = send("ok.test", "GET / HTTP/1.1\r\nHost: ok.test\r\n\r\n");
        assert_eq!(world.sh(&allowing(&["ok.test"]), &good).stdout, "200\n");
    });
}

#[test]
fn a_redirect_to_a_denied_host_ends_there() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let _first = Server::listen("203.0.113.5:80", |mut stream| {
            read_head(&mut stream);
            drop(stream.write_all(
                b"HTTP/1.1 302 Found\r\nLocation: http://denied.test/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            ));
        });
        let second = Server::http_at("203.0.113.6:80", "secret");
        let fetch = "curl -sS --fail -L http://ok.test/";
        assert_eq!(outside(&world, fetch).stdout, "secret");
        world.sh(&allowing(&["ok.test"]), fetch).failed();
        assert_eq!(second.connections(), 1);
        assert!(world.has_logged("denied.test:80", "deny"));
        let open = world.sh(&allowing(&["ok.test", "denied.test"]), fetch);
        assert_eq!(open.succeeded().stdout, "secret");
    });
}
