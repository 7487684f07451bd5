//! Shared ports (threat 42): the host's loopback and the session's are closed to each other but for what a person shared, and a
//! port that is taken back takes its connections along.

use std::io::Read;
use std::net::TcpStream;

use askbox_tests::server::{Server, free_port};
use askbox_tests::{Machine, Running, World};
use serde_json::Value;

/// Connects from inside and says what it hears, in one line for each word.
const HEAR: &str = r#"
import socket, sys
try:
    connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
    while data := connection.recv(100):
        print(data.decode(), end="", flush=True)
    print("ended", flush=True)
except OSError as error:
    print("refused" if isinstance(error, ConnectionRefusedError) else "cut", flush=True)
"#;

/// Listens inside at 3000 and greets.
const SERVE: &str = r#"
import socket
server = socket.create_server(("127.0.0.1", 3000))
open("ready", "w").close()
kept = []
while True:
    connection = server.accept()[0]
    connection.sendall(b"secret")
    kept.append(connection)
"#;

fn id(world: &World) -> String {
    let sessions: Vec<Value> = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    sessions[0]["id"].as_str().unwrap().to_owned()
}

fn serve_inside(world: &World, options: &[&str]) -> Running {
    world.write("serve.py", SERVE);
    let running = world.start_sh(options, "exec python3 serve.py");
    world.eventually("the server inside listens", || {
        world.project().join("ready").exists()
    });
    running
}

/// Whether a published server answers on the host.
fn answers(port: u16) -> bool {
    let mut bytes = [0; 6];
    TcpStream::connect(("127.0.0.1", port))
        .and_then(|mut stream| stream.read_exact(&mut bytes))
        .is_ok()
        && &bytes == b"secret"
}

#[test]
fn the_hosts_loopback_is_reached_at_shared_ports_alone() {
    let world = World::new();
    let (shared, other) = (Server::banner("shared"), Server::banner("other"));
    world.write("hear.py", HEAR);
    let ports = (shared.port().to_string(), other.port().to_string());
    let script = format!(
        "python3 hear.py 127.0.0.1 {} & python3 hear.py 127.0.0.1 {}; python3 hear.py ::1 {}; sleep 0.2; kill %1",
        ports.0, ports.1, ports.1
    );
    let finished = world.sh(
        &["--non-interactive", "--host-port", &ports.0],
        &format!("bash -mc '{script}'"),
    );
    assert!(finished.stdout.contains("shared"), "{finished:?}");
    assert_eq!(finished.stdout.matches("refused").count(), 2, "{finished:?}");
    assert_eq!((shared.connections(), other.connections()), (1, 0));
}

#[test]
fn a_shared_port_opens_no_other_address_of_the_host() {
    // The same service is there at an address of the host's own, and behind a name that leads to it.
    Machine::alone(|machine| {
        let world = World::new();
        machine.hosts(&[("own.test", askbox_tests::machine::OWN)]);
        let server = Server::listen("0.0.0.0:0", |mut stream| {
            drop(std::io::Write::write_all(&mut stream, b"shared\n"));
        });
        let port = server.port().to_string();
        world.write("hear.py", HEAR);
        let options = [
            "--non-interactive",
            "--allow-domain",
            "own.test",
            "--host-port",
            &port,
        ];
        let script = format!(
            "python3 hear.py 127.0.0.1 {port}; python3 hear.py 192.0.2.77 {port}; python3 hear.py own.test {port}"
        );
        let finished = world.sh(&options, &script);
        assert!(finished.stdout.starts_with("shared\nended\n"), "{finished:?}");
        assert_eq!(finished.stdout.matches("shared").count(), 1, "{finished:?}");
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn a_server_inside_is_not_reached_unless_it_is_published() {
    let world = World::new();
    let port = free_port();
    let _running = serve_inside(&world, &[]);
    assert!(TcpStream::connect(("127.0.0.1", 3000)).is_err() && !answers(port));
    world.ok(&["ports", "add", &id(&world), "--publish", &format!("{port}:3000")]);
    assert!(answers(port));
}

#[test]
fn a_published_port_is_reached_from_this_machine_alone_unless_an_address_is_said() {
    Machine::alone(|_machine| {
        let world = World::new();
        let reach = |port: u16| TcpStream::connect((askbox_tests::machine::OWN, port)).is_ok();
        let _running = serve_inside(&world, &["--publish", "4000:3000"]);
        assert!(answers(4000) && !reach(4000));
        world.ok(&["ports", "add", &id(&world), "--publish", "192.0.2.77:4001:3000"]);
        assert!(reach(4001) && !answers(4001));
    });
}

#[test]
fn a_published_server_gives_no_way_to_another_port_inside() {
    let world = World::new();
    let port = free_port();
    let _running = serve_inside(&world, &["--publish", &format!("{port}:3001")]);
    let mut bytes = Vec::new();
    let heard = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| stream.read_to_end(&mut bytes));
    assert!(heard.is_err() || bytes.is_empty(), "{bytes:?}");
    world.ok(&[
        "ports",
        "add",
        &id(&world),
        "--publish",
        &format!("{}:3000", port - 1),
    ]);
    assert!(answers(port - 1));
}

#[test]
fn a_lockdown_cuts_what_came_by_shared_ports_and_lets_nothing_in() {
    let world = World::new();
    let server = Server::banner("shared\n");
    let (port, host) = (free_port(), server.port().to_string());
    world.write("hear.py", HEAR);
    let options = ["--publish", &format!("{port}:3000"), "--host-port", &host];
    world.write("serve.py", SERVE);
    let running = world.start_sh(
        &options,
        &format!(
            "python3 serve.py & python3 hear.py 127.0.0.1 {host}; until [ -e over ]; do sleep 0.1; done"
        ),
    );
    world.eventually("both are connected", || {
        server.connections() == 1 && answers(port)
    });
    let mut open = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut bytes = [0; 6];
    open.read_exact(&mut bytes).unwrap();

    world.ok(&["lockdown", "on"]);
    assert!(open.read(&mut bytes).map_or(true, |length| length == 0));
    assert!(!answers(port));
    assert!(world.has_logged("published port 3000", "deny"));
    world.write("over", "");
    assert!(running.finish().stdout.ends_with("cut\n"));
}

#[test]
fn a_port_that_is_taken_back_takes_its_connections_along() {
    let world = World::new();
    let (kept, taken) = (Server::banner("kept\n"), Server::banner("taken\n"));
    let ports = (kept.port().to_string(), taken.port().to_string());
    world.write("hear.py", HEAR);
    let script = format!(
        "python3 hear.py 127.0.0.1 {} > kept & exec python3 hear.py 127.0.0.1 {}",
        ports.0, ports.1
    );
    let options = ["--host-port", ports.0.as_str(), "--host-port", &ports.1];
    let running = world.start_sh(&options, &script);
    world.eventually("both are connected", || {
        kept.connections() + taken.connections() == 2
    });
    world.eventually("one has heard", || {
        std::fs::read_to_string(world.project().join("kept")).is_ok_and(|text| text == "kept\n")
    });
    world.ok(&["ports", "remove", &id(&world), "--host-port", &ports.1]);
    assert_eq!(running.finish().stdout, "taken\ncut\n");
    let other = std::fs::read_to_string(world.project().join("kept")).unwrap();
    assert_eq!(other, "kept\n", "the other was not cut");
}

#[test]
fn nothing_of_the_process_in_a_sessions_network_is_left_or_seen_inside() {
    let world = World::new();
    let port = free_port();
    let daemon = {
        world.sh(&[], "true").succeeded();
        world.daemon_pid()
    };
    let children = || -> Vec<String> {
        let list = std::fs::read_dir(format!("/proc/{daemon}/task")).unwrap();
        list.flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
            .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    assert_eq!(children(), Vec::<String>::new());
    let running = serve_inside(&world, &["--publish", &format!("{port}:3000")]);
    assert!(answers(port));
    let inside = children();
    assert_eq!(inside.len(), 1, "one process, only where ports are shared");
    let status = std::fs::read_to_string(format!("/proc/{}/status", inside[0])).unwrap();
    let value = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(
        value("CapEff:"),
        "0000000000000400",
        "to listen at low ports, and nothing else"
    );
    assert_eq!(value("CapPrm:"), "0000000000000400");
    assert_eq!(value("NoNewPrivs:"), "1");
    world.ok(&["stop", "--all"]);
    running.finish();
    world.eventually("it ends with the session", || children().is_empty());
}
