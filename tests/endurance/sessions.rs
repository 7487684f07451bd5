//! A daemon that has served many sessions holds no more than one that has served one.

use std::fs;

use askbox_tests::World;
use askbox_tests::server::Server;

/// How many sessions.
const SESSIONS: usize = 200;

/// At the same time.
const AT_ONCE: usize = 4;

/// A session with an allowed connection and a denied one.
fn session(world: &World, server: &Server) {
    let port = server.port();
    let script = format!(
        "curl -sS --fail http://ok.test:{port}/ && ! curl -sS --fail http://no.test:{port}/ 2>/dev/null"
    );
    let options = [
        "--non-interactive",
        "--allow-domain",
        "ok.test",
        "--resolve",
        &server.pin("ok.test"),
    ];
    let finished = world.sh(&options, &script);
    assert!(finished.succeeded().stdout.starts_with("hello"), "{finished:#?}");
}

/// What a daemon without sessions has open, as links of /proc name it. The connections of clients that have just ended
/// are waited for.
fn open(world: &World, daemon: i32) -> Vec<String> {
    world.eventually("no session is left", || {
        world.ok(&["sessions", "--json"]).trim() == "[]"
    });
    let mut last = look(daemon);
    let mut unchanged = 0;
    world.eventually("the daemon is at rest", || {
        let now = look(daemon);
        unchanged = if now == last { unchanged + 1 } else { 0 };
        last = now;
        unchanged == 10
    });
    last
}

fn look(daemon: i32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{daemon}/fd")).unwrap().flatten();
    let mut open: Vec<String> = entries
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    open.sort();
    open
}

#[test]
fn two_hundred_sessions_leave_no_descriptor_open() {
    let world = World::new();
    let server = Server::http("hello");
    session(&world, &server);
    let daemon = world.daemon_pid();
    let first = open(&world, daemon);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| (0..SESSIONS / AT_ONCE).for_each(|_| session(&world, &server)));
        }
    });
    assert_eq!(world.daemon_pid(), daemon);
    assert_eq!(server.connections(), SESSIONS + 1);
    let last = open(&world, daemon);
    assert_eq!(last.len(), first.len(), "at first {first:#?}\nat last {last:#?}");
}
