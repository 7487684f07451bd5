//! A program that opens as many connections as it can: it uses up its own share, and nothing that others need.

use std::fs;

use askbox_tests::server::Server;
use askbox_tests::{MARKER, Running, World};

/// Opens connections until none more is answered within a while, says how many there are, and holds them until its input
/// ends. The server greets, so a connection that waits in the backlog is told from one that is served.
const FLOOD: &str = "import select, socket, sys\n\
    host, port, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])\n\
    served, waiting = [], []\n\
    for _ in range(most):\n\
    \x20   client = socket.create_connection((host, port))\n\
    \x20   client.settimeout(float(sys.argv[4]))\n\
    \x20   try:\n\
    \x20       served.append(client) if client.recv(5) == b'hello' else waiting.append(client)\n\
    \x20   except TimeoutError:\n\
    \x20       waiting.append(client)\n\
    print(len(served), len(waiting), flush=True)\n\
    open('flooded', 'w').close()\n\
    sys.stdin.read()\n\
    served.clear()\n\
    sys.stdin.close()\n\
    if waiting:\n\
    \x20   waiting[0].settimeout(60)\n\
    \x20   print(waiting[0].recv(5).decode(), flush=True)\n";

/// Descriptors of the daemon in these tests: the fewest with which it runs.
const LIMIT: &str = "512";

/// Connections of a flood: more than a session's share, fewer than fit into the backlog behind it.
const MOST: usize = 120;

/// A world whose daemon may open few files.
fn scarce() -> World {
    let world = World::new();
    let start = format!("ulimit -n {LIMIT}; exec \"$ASKBOX\" daemon --restart");
    Running::start(world.host_script(&start)).finish().succeeded();
    world.write("flood.py", FLOOD);
    world
}

fn flood(world: &World, server: &Server, most: usize, patience: &str) -> Running {
    let mut command = world.askbox(&[
        "run",
        "--allow-domain",
        "ok.test",
        "--resolve",
        &server.pin("ok.test"),
    ]);
    let port = server.port().to_string();
    command
        .args([
            "--",
            "python3",
            "flood.py",
            "ok.test",
            &port,
            &most.to_string(),
            patience,
        ])
        .stdin(std::process::Stdio::piped());
    Running::start(command)
}

fn until_flooded(world: &World) {
    let done = world.project().join("flooded");
    world.eventually("all connections are made", || done.exists());
    fs::remove_file(done).unwrap();
}

#[test]
fn a_flood_of_one_session_is_held_back_and_holds_up_nobody_else() {
    let world = scarce();
    let server = Server::banner("hello");
    let mut attacker = flood(&world, &server, MOST, "0.05");
    until_flooded(&world);
    let open = fs::read_dir(format!("/proc/{}/fd", world.daemon_pid()))
        .unwrap()
        .count();
    assert!(open < 256, "{open} descriptors are open");

    // Another session connects, a question is asked and answered, and the policy is read.
    let mut command = world.askbox(&["run", "--resolve", &server.pin("asks.test")]);
    let script = format!("exec 3<>/dev/tcp/asks.test/{} && head -c 5 <&3", server.port());
    command.args(["--", "bash", "-c", &script]);
    let other = Running::start(command);
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    assert_eq!(other.finish().succeeded().stdout, "hello");
    world.ok(&["rules", "add", "allow", "network", "new.test"]);
    world.sh(&[], "true").succeeded();

    let full: Vec<_> = world
        .log()
        .into_iter()
        .filter(|event| event["action"] == "full")
        .collect();
    assert_eq!(full.len(), 1, "{full:#?}");
    // Who waited is served when others end.
    assert!(attacker.is_running());
    let attacker = attacker.finish();
    let mut lines = attacker.succeeded().stdout.lines();
    let counts = lines.next().unwrap().split(' ');
    let [at_once, later] = *counts.map(|count| count.parse().unwrap()).collect::<Vec<usize>>() else {
        panic!("two numbers");
    };
    assert!(
        10 < at_once && at_once < 50 && at_once + later == MOST,
        "{at_once} {later}"
    );
    assert_eq!(lines.next(), Some("hello"));
}

#[test]
fn below_its_share_every_connection_is_served_at_once() {
    let world = scarce();
    let server = Server::banner("hello");
    let running = flood(&world, &server, 15, "60");
    until_flooded(&world);
    assert_eq!(running.finish().succeeded().stdout, "15 0\n");
    assert!(!world.log().iter().any(|event| event["action"] == "full"));
}

#[test]
fn a_session_that_holds_all_it_may_can_be_stopped() {
    let world = scarce();
    let server = Server::banner("hello");
    let attacker = flood(&world, &server, MOST, "0.05");
    until_flooded(&world);
    let sessions: Vec<serde_json::Value> = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    world.ok(&["stop", sessions[0]["id"].as_str().unwrap()]);
    assert_eq!(attacker.finish().code, Some(125));
    let after = flood(&world, &server, 15, "60");
    until_flooded(&world);
    assert_eq!(after.finish().succeeded().stdout, "15 0\n");
}

#[test]
fn a_daemon_that_ran_out_of_descriptors_is_well_again_afterwards() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let daemon = world.daemon_pid();
    let limit = |limit: &str| {
        let mut command = world.host("prlimit");
        command.args([format!("--pid={daemon}"), format!("--nofile={limit}")]);
        Running::start(command).finish().succeeded();
    };
    let output = || {
        let files = fs::read_dir(world.root().join("state")).unwrap().flatten();
        let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
        texts.collect::<String>()
    };
    limit("3:");
    world.eventually("the policy was looked at", || {
        output().contains("cannot be listed")
    });
    limit("1024:");
    world.sh(&[], "true").succeeded();
    let refused = |event: &serde_json::Value| event["kind"] == "policy" && event["action"] == "rejected";
    assert!(!world.log().iter().any(refused));
}

#[test]
fn too_low_a_limit_is_refused_with_a_hint() {
    let world = World::new();
    let start = "ulimit -n 100; exec \"$ASKBOX\" daemon --restart";
    let refused = Running::start(world.host_script(start)).finish();
    assert_eq!(refused.code, Some(125), "{refused:#?}");
    assert!(refused.stderr.contains("the daemon needs 512"), "{refused:#?}");
    let enough =
        Running::start(world.host_script("ulimit -n 512; exec \"$ASKBOX\" daemon --restart")).finish();
    assert_eq!(enough.succeeded().code, Some(0));
}

#[test]
fn a_session_that_opens_all_the_files_it_can_leaves_others_their_descriptors() {
    let world = World::new();
    let hog = world.start_sh(
        &["--allow-read", "~/notes"],
        "for i in $(seq 30); do python3 -c '
import os, time
path, held = os.path.expanduser(\"~/notes/spec.md\"), []
try:
    while True: held.append(open(path))
except OSError as error: open(f\"full-{os.getpid()}\", \"w\").write(error.strerror)
while not os.path.exists(\"go\"): time.sleep(0.05)
' & done; wait",
    );
    let full = || {
        let names = fs::read_dir(world.project()).unwrap().flatten();
        names
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("full-"))
            .count()
    };
    world.eventually("all of them are full", || full() == 30);
    let other = world.sh(&["--allow-read", "~/notes"], "cat ~/notes/spec.md");
    assert!(other.succeeded().stdout.contains(MARKER));
    fs::write(world.project().join("go"), "").unwrap();
    hog.finish().succeeded();
}
