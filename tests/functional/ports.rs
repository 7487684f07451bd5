//! Ports that a session and the host share: services of the host inside, servers of the session outside.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use askbox_tests::server::{Server, free_port};
use askbox_tests::{Running, World};
use serde_json::Value;

/// A server inside that says hello to each connection and echoes what it gets, at a port of 127.0.0.1 or `::1`.
const SERVE: &str = r#"
import socket, sys, threading
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=family)
open("ready", "w").close()
def serve(connection):
    connection.sendall(b"hello from inside\n")
    while data := connection.recv(4096):
        connection.sendall(data)
    connection.close()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"#;

/// Starts the server inside, and waits until it listens.
fn serve_inside(world: &World, options: &[&str], address: &str, port: u16) -> Running {
    world.write("serve.py", SERVE);
    let running = world.start_sh(options, &format!("exec python3 serve.py {address} {port}"));
    world.eventually("the server inside listens", || {
        world.project().join("ready").exists()
    });
    running
}

/// What the other end says first.
fn greeting(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with('\n') && stream.read(&mut byte).is_ok_and(|length| length == 1) {
        text.push(char::from(byte[0]));
    }
    text
}

fn session(world: &World) -> Value {
    let sessions: Vec<Value> = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    sessions.into_iter().next().unwrap()
}

fn id(world: &World) -> String {
    session(world)["id"].as_str().unwrap().to_owned()
}

/// A connection that ends without having been closed in order, or at all.
fn is_cut(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 16];
    stream.read(&mut bytes).map_or(true, |length| length == 0)
}

#[test]
fn a_service_of_the_host_is_reached_at_both_loopback_addresses() {
    let world = World::new();
    let server = Server::http("from the host");
    let port = server.port().to_string();
    let script = format!(
        "curl -sS http://127.0.0.1:{port}/; echo; curl -sS http://[::1]:{port}/; echo; curl -sS http://localhost:{port}/"
    );
    let finished = world.sh(&["--non-interactive", "--host-port", &port], &script);
    assert_eq!(
        finished.succeeded().stdout,
        "from the host\nfrom the host\nfrom the host",
    );
    assert_eq!(server.connections(), 3);
    let target = format!("127.0.0.1:{port}");
    let log = world.log();
    let verdicts: Vec<&Value> = log
        .iter()
        .filter(|event| event["target"] == target.as_str() && event["verdict"] == "allow")
        .collect();
    assert_eq!(verdicts.len(), 3, "every connection is an event: {log:#?}");
    assert_eq!(verdicts[0]["by"], format!("flag --host-port {port}"));
    let carried = log
        .iter()
        .filter(|event| event["kind"] == "traffic" && event["target"] == target.as_str());
    assert!(
        carried.clone().count() == 3 && carried.clone().all(|event| event["bytes_in"].as_u64() > Some(0))
    );
    assert!(
        log.iter()
            .any(|event| event["detail"] == format!("--host-port {port}"))
    );
}

#[test]
fn a_service_of_the_host_that_listens_in_ipv6_alone_is_reached_too() {
    let world = World::new();
    let server = Server::http_at("[::1]:0", "six");
    let port = server.port().to_string();
    let finished = world.sh(
        &["--non-interactive", "--host-port", &port],
        &format!("curl -sS http://127.0.0.1:{port}/"),
    );
    assert_eq!(finished.succeeded().stdout, "six");
}

#[test]
fn a_server_of_the_session_is_reached_at_the_hosts_loopback_in_both_families() {
    let world = World::new();
    let outside = free_port();
    let publish = format!("{outside}:3000");
    let _running = serve_inside(&world, &["--publish", &publish], "127.0.0.1", 3000);
    for address in ["127.0.0.1", "::1"] {
        let mut stream = TcpStream::connect((address, outside)).unwrap();
        assert_eq!(greeting(&mut stream), "hello from inside\n", "{address}");
        stream.write_all(b"and back\n").unwrap();
        assert_eq!(greeting(&mut stream), "and back\n");
    }
    world.eventually("both connections and what they carried are in the log", || {
        let log = world.log();
        let of = |kind: &str| {
            log.iter()
                .filter(|event| event["kind"] == kind && event["target"] == "published port 3000")
                .count()
        };
        of("network") == 2 && of("traffic") == 2
    });
    let log = world.log();
    let carried = log
        .iter()
        .find(|event| event["kind"] == "traffic" && event["target"] == "published port 3000")
        .unwrap();
    assert_eq!(
        (&carried["bytes_in"], &carried["bytes_out"]),
        (&9.into(), &27.into())
    );
    let ports = &session(&world)["ports"][0];
    assert_eq!(
        (
            &ports["served_by"],
            &ports["port"],
            &ports["inside"],
            &ports["address"]
        ),
        (&"session".into(), &outside.into(), &3000.into(), &Value::Null)
    );
}

#[test]
fn a_server_that_listens_in_ipv6_alone_is_published_too() {
    let world = World::new();
    let outside = free_port();
    let publish = format!("{outside}:3000");
    let _running = serve_inside(&world, &["--publish", &publish], "::1", 3000);
    let mut stream = TcpStream::connect(("127.0.0.1", outside)).unwrap();
    assert_eq!(greeting(&mut stream), "hello from inside\n");
}

#[test]
fn ports_are_added_and_removed_while_the_session_runs() {
    let world = World::new();
    let server = Server::banner("the host greets\n");
    let outside = free_port();
    let (host, publish) = (server.port().to_string(), format!("{outside}:3000"));
    let _running = serve_inside(&world, &[], "127.0.0.1", 3000);
    let id = id(&world);
    assert_eq!(world.ok(&["ports"]), "no port is shared\n");
    assert!(TcpStream::connect(("127.0.0.1", outside)).is_err());

    let listed = world.ok(&["ports", "add", &id, "--publish", &publish, "--host-port", &host]);
    assert!(listed.contains(&format!("{id}  reaches 127.0.0.1:{host} of this machine\n")));
    assert!(listed.contains(&format!(
        "{id}  is reached at 127.0.0.1:{outside}, its own port 3000\n"
    )));
    let mut stream = TcpStream::connect(("127.0.0.1", outside)).unwrap();
    assert_eq!(greeting(&mut stream), "hello from inside\n");

    world.ok(&["ports", "remove", &id, "--publish", &publish]);
    assert!(is_cut(&mut stream), "what is open is cut");
    assert!(TcpStream::connect(("127.0.0.1", outside)).is_err());
    let left: Vec<Value> = serde_json::from_str(&world.ok(&["ports", "--json"])).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(
        (&left[0]["session"], &left[0]["served_by"]),
        (&id.as_str().into(), &"host".into())
    );
    // The port can be used by others, and shared again.
    drop(TcpListener::bind(("127.0.0.1", outside)).unwrap());
    world.ok(&["ports", "add", &id, "--publish", &publish]);
    assert_eq!(
        greeting(&mut TcpStream::connect(("127.0.0.1", outside)).unwrap()),
        "hello from inside\n"
    );
    let changes: Vec<String> = world
        .log()
        .iter()
        .filter_map(|event| Some(event["action"].as_str()?.to_owned()))
        .filter(|action| action.starts_with("port "))
        .collect();
    assert_eq!(
        changes,
        ["port opened", "port opened", "port closed", "port opened"]
    );
}

#[test]
fn a_port_that_cannot_be_shared_says_why_and_nothing_starts() {
    let world = World::new();
    let taken = Server::banner("mine\n");
    let publish = taken.port().to_string();
    let finished = world.sh(&["--publish", &publish], "touch started");
    assert_eq!(finished.code, Some(125), "{finished:?}");
    let reason =
        format!("--publish {publish}: something on this machine listens at 127.0.0.1:{publish} already");
    assert!(finished.stderr.contains(&reason), "{finished:?}");
    assert!(!world.project().join("started").exists());
    let free = free_port().to_string();
    world.sh(&["--publish", &free], "touch started").succeeded();
    assert!(world.project().join("started").exists());
}

#[test]
fn a_port_that_a_program_inside_has_is_not_shared_and_says_so() {
    let world = World::new();
    let _running = serve_inside(&world, &[], "127.0.0.1", 3000);
    let id = id(&world);
    let finished = Running::start(world.askbox(&["ports", "add", &id, "--host-port", "3000"])).finish();
    assert_eq!(finished.code, Some(125));
    assert!(
        finished
            .stderr
            .contains("a program inside listens at this port already"),
        "{finished:?}"
    );
    assert_eq!(world.ok(&["ports"]), "no port is shared\n");
}
