//! The server name of a TLS connection is decided like the name connected to (threat 38).

use std::io::Read;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use askbox_tests::server::Server;
use askbox_tests::{Finished, Machine, Running, World};

use super::{allowing, outside, usual_names, was_denied};

/// `openssl s_server` with a certificate of its own making, behind a server that counts and listens to what arrives.
pub(super) struct TlsServer {
    front: Server,
    heard: Arc<AtomicUsize>,
    _openssl: Running,
}

impl TlsServer {
    /// On all addresses, at this port.
    pub(super) fn start(world: &World, port: u16) -> Self {
        let certificate = certificate(world);
        let back = free_port();
        let mut command = world.host("openssl");
        command.args(["s_server", "-quiet", "-www", "-accept"]);
        command.arg(format!("127.0.0.1:{back}"));
        command
            .arg("-cert")
            .arg(&certificate)
            .arg("-key")
            .arg(&certificate);
        let openssl = Running::start(command);
        world.eventually("openssl listens", || {
            TcpStream::connect(("127.0.0.1", back)).is_ok()
        });
        let heard: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&heard);
        let front = Server::listen(&format!("0.0.0.0:{port}"), move |client| {
            relay(&client, back, &count);
        });
        Self {
            front,
            heard,
            _openssl: openssl,
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.front.connections()
    }

    /// Bytes that clients sent.
    pub(super) fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }
}

fn relay(client: &TcpStream, back: u16, count: &AtomicUsize) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", back)) else {
        return;
    };
    let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let down = std::thread::spawn(move || {
        drop(std::io::copy(&mut from_server, &mut to_client));
        drop(to_client.shutdown(std::net::Shutdown::Write));
    });
    let mut buffer = [0; 4096];
    let (mut client, mut server) = (client, server);
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        count.fetch_add(length, Ordering::SeqCst);
        if std::io::Write::write_all(&mut server, &buffer[..length]).is_err() {
            break;
        }
    }
    drop(server.shutdown(std::net::Shutdown::Write));
    down.join().unwrap();
}

fn certificate(world: &World) -> PathBuf {
    let path = world.outside().join("certificate.pem");
    let text = path.to_str().unwrap();
    let mut command = world.host("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
    ]);
    command.args([
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=ok.test",
        "-keyout",
        text,
        "-out",
        text,
    ]);
    Running::start(command).finish().succeeded();
    path
}

/// A port that nothing listens on; on a machine of one's own nobody else takes it.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A handshake, to the end. The certificate is printed only when it came through.
fn handshake(connect: &str, name: &str) -> String {
    format!("echo | openssl s_client -connect {connect} {name} 2>&1")
}

fn came_through(finished: &Finished) -> bool {
    finished.stdout.contains("BEGIN CERTIFICATE")
}

#[test]
fn a_server_name_other_than_the_name_connected_to_is_its_own_request() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = TlsServer::start(&world, 443);
        for (options, name, passes) in [
            (allowing(&["ok.test"]), "ok.test", true),
            (allowing(&["ok.test"]), "OK.Test", true),
            (allowing(&["ok.test"]), "denied.test", false),
            (allowing(&["ok.test"]), "evilok.test", false),
            (allowing(&["ok.test"]), "a.ok.test", false),
            (allowing(&["ok.test", "denied.test"]), "denied.test", true),
            (allowing(&["ok.test", "denied.test:444"]), "denied.test", false),
        ] {
            let attack = handshake("ok.test:443", &format!("-servername {name}"));
            assert!(came_through(&outside(&world, &attack)), "{name}");
            let heard = server.heard();
            let inside = world.sh(&options, &attack);
            assert_eq!(came_through(&inside), passes, "{name} {options:?}: {inside:?}");
            if !passes {
                assert!(inside.stdout.contains("access denied"), "{inside:?}");
                assert_eq!(server.heard(), heard, "not a byte of {name} may reach the server");
                assert!(world.has_logged(&format!("{}:443", name.to_lowercase()), "deny"));
            }
        }
    });
}

#[test]
fn a_denied_name_is_told_as_access_denied_and_its_server_never_sees_a_connection() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = TlsServer::start(&world, 443);
        let fetch = "curl -sS -k https://denied.test/";
        outside(&world, fetch).succeeded();
        let before = server.connections();
        let shut = world.sh(&allowing(&["ok.test"]), fetch);
        assert!(shut.failed().stderr.contains("access denied"), "{shut:?}");
        // Whoever connects to a denied name and gives an allowed one gets no further.
        let fronting = handshake("denied.test:443", "-servername ok.test");
        assert!(!came_through(&world.sh(&allowing(&["ok.test"]), &fronting)));
        assert_eq!(server.connections(), before);
        world.sh(&allowing(&["denied.test"]), fetch).succeeded();
    });
}

#[test]
fn without_a_server_name_port_443_needs_a_rule_for_exactly_that_name_and_port() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = TlsServer::start(&world, 443);
        let attack = handshake("ok.test:443", "-noservername");
        assert!(came_through(&outside(&world, &attack)));
        for (rules, passes) in [
            (vec!["*"], false),
            (vec!["*:443"], false),
            (vec!["**.test:443"], false),
            (vec!["ok.test"], false),
            (vec!["**.ok.test:443"], false),
            (vec!["ok.test:1-1000"], false),
            (vec!["ok.test:443"], true),
            (vec!["*", "ok.test:443"], true),
        ] {
            let heard = server.heard();
            let inside = world.sh(&allowing(&rules), &attack);
            assert_eq!(came_through(&inside), passes, "{rules:?}: {inside:?}");
            if !passes {
                assert_eq!(server.heard(), heard, "{rules:?}");
                assert!(
                    was_denied(&world, "ok.test:443", "server name"),
                    "{:#?}",
                    world.log()
                );
            }
        }
    });
}

#[test]
fn what_is_not_tls_passes_port_443_only_by_a_rule_for_exactly_that_name_and_port() {
    const SAY: &str = "python3 -c '
import socket
s = socket.create_connection((\"ok.test\", 443))
s.sendall(b\"\\x00hello\")
assert s.recv(100) == b\"\\x00hello\"
'";
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let heard: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&heard);
        let _echo = Server::listen("0.0.0.0:443", move |mut stream| {
            let mut buffer = [0; 100];
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                count.fetch_add(length, Ordering::SeqCst);
                drop(std::io::Write::write_all(&mut stream, &buffer[..length]));
            }
        });
        outside(&world, SAY).succeeded();
        for rule in ["*", "ok.test", "**.ok.test:443"] {
            world.sh(&allowing(&[rule]), SAY).failed();
        }
        assert_eq!(heard.load(Ordering::SeqCst), 6);
        assert!(was_denied(&world, "ok.test:443", "server name"));
        world.sh(&allowing(&["ok.test:443"]), SAY).succeeded();
    });
}

#[test]
fn tls_to_port_80_is_refused_and_to_any_other_port_passes() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = TlsServer::start(&world, 80);
        let attack = handshake("ok.test:80", "-servername ok.test");
        assert!(came_through(&outside(&world, &attack)));
        let heard = server.heard();
        assert!(!came_through(&world.sh(&allowing(&["ok.test:80"]), &attack)));
        assert_eq!(server.heard(), heard);
        assert!(was_denied(&world, "ok.test:80", "HTTP"), "{:#?}", world.log());
        let _other = TlsServer::start(&world, 8443);
        let other = handshake("ok.test:8443", "-noservername");
        assert!(came_through(&world.sh(&allowing(&["ok.test"]), &other)));
    });
}

#[test]
fn a_client_hello_in_pieces_is_read_like_one_in_one_piece() {
    // Every byte in a segment of its own, and the record split in the middle of the name.
    const PIECES: &str = r#"
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(received, sent, server_hostname=sys.argv[1])
try:
    tls.do_handshake()
except ssl.SSLWantReadError:
    pass
hello = sent.read()
body = hello[5:]
middle = body.index(sys.argv[1].encode()) + 3
record = lambda part: hello[:3] + len(part).to_bytes(2, "big") + part
s = socket.create_connection(("ok.test", 443))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in record(body[:middle]) + record(body[middle:]):
    s.sendall(bytes([byte]))
answer = s.recv(1)
sys.exit(0 if answer == b"\x16" else 1)
"#;
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = TlsServer::start(&world, 443);
        world.write("pieces.py", PIECES);
        outside(&world, "python3 pieces.py denied.test").succeeded();
        let heard = server.heard();
        world
            .sh(&allowing(&["ok.test"]), "python3 pieces.py denied.test")
            .failed();
        assert_eq!(server.heard(), heard);
        assert!(world.has_logged("denied.test:443", "deny"));
        world
            .sh(&allowing(&["ok.test"]), "python3 pieces.py ok.test")
            .succeeded();
    });
}
