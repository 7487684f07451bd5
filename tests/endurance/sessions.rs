//! A daemon that has served many sessions, one after another or at once, holds no more than one that has served a few; answers
//! and their end included.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use askbox_tests::server::Server;
use askbox_tests::{Running, World, eventually_or};
use serde_json::Value;

use crate::figures::Figures;

/// How many sessions.
const SESSIONS: usize = 2_000;

/// Before the first look: by then everything that is made once has been made.
const FIRST: usize = 100;

/// At the same time.
const AT_ONCE: usize = 4;

/// A session with an allowed connection and a denied one.
fn silent(world: &World, server: &Server) {
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

/// A session that asks about a host of its own, and does again after the answer has been taken back.
fn asking(world: &World, server: &Server, number: usize) {
    let host = format!("new{number}.test");
    let target = format!("{host}:{}", server.port());
    let script = format!(
        "curl -sS --fail http://{target}/ && touch {host} && read line && curl -sS --fail http://{target}/"
    );
    let mut command = world.askbox(&["run", "--resolve", &server.pin(&host), "--", "sh", "-c", &script]);
    command.stdin(Stdio::piped());
    let mut running = Running::start(command);
    answer(world, &target, "allow");
    // What is open when the answer is taken back would be cut.
    let first = world.project().join(&host);
    world.eventually("the first request is over", || first.exists());
    let rules: Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    let is_it = |grant: &&Value| grant.to_string().contains(&host);
    let grant = rules["grants"].as_array().unwrap().iter().find(is_it).unwrap();
    world.ok(&["revoke", grant["id"].as_str().unwrap()]);
    running.type_in("on\n");
    answer(world, &target, "deny");
    let finished = running.finish();
    assert_eq!(finished.failed().stdout, "hello", "{finished:#?}");
}

/// Waits for the question about this, and answers it for the session.
fn answer(world: &World, target: &str, command: &str) {
    let mut found = None;
    let ask = || {
        let is_it = |question: &Value| question["targets"] == serde_json::json!([target]);
        found = world.questions().into_iter().find(is_it);
        found.is_some()
    };
    eventually_or(ask, || {
        format!(
            "asked about {target}: {:#?}\n{}",
            world.questions(),
            world.ok(&["log", "--limit", "20"])
        )
    });
    let question = found.unwrap();
    world.ok(&[command, question["id"].as_str().unwrap(), "--session"]);
}

/// This many sessions, every tenth of which asks. Returns how many connections arrived.
fn many(world: &World, server: &Server, numbers: std::ops::Range<usize>) -> usize {
    let arrived = numbers.len();
    let next = AtomicUsize::new(numbers.start);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if numbers.end <= number {
                        break;
                    }
                    if number.is_multiple_of(10) {
                        asking(world, server, number);
                    } else {
                        silent(world, server);
                    }
                }
            });
        }
    });
    arrived
}

#[test]
fn two_thousand_sessions_with_questions_leave_nothing_behind() {
    let world = World::new();
    world.write_policy("[questions]\ntimeout = \"60s\"\n");
    let server = Server::http("hello");
    silent(&world, &server);
    let daemon = world.daemon_pid();
    let one = Figures::at_rest(&world, daemon);
    one.say("after one session");
    let mut arrived = 1 + many(&world, &server, 0..FIRST);
    let first = Figures::at_rest(&world, daemon);
    first.say(&format!("after {FIRST} more"));
    first.holds_no_more_open_than(&one);
    arrived += many(&world, &server, FIRST..FIRST + SESSIONS);
    assert_eq!(world.daemon_pid(), daemon);
    assert_eq!(server.connections(), arrived);
    let last = Figures::at_rest(&world, daemon);
    last.say(&format!("after {SESSIONS} more"));
    last.is_no_more_than(&first);
}

#[test]
fn a_hundred_sessions_at_once_work_and_leave_nothing_behind() {
    let world = World::new();
    let server = Server::http("hello");
    let script = format!(
        "curl -sS --fail http://ok.test:{0}/ && read line && curl -sS --fail http://ok.test:{0}/",
        server.port()
    );
    let pin = server.pin("ok.test");
    let options = [
        "run",
        "--quiet",
        "--non-interactive",
        "--allow-domain",
        "ok.test",
        "--resolve",
        &pin,
        "--",
        "sh",
        "-c",
        &script,
    ];
    let round = |say: bool| {
        let before = server.connections();
        let start = || {
            let mut command = world.askbox(&options);
            command.stdin(Stdio::piped());
            Running::start(command)
        };
        let mut sessions: Vec<Running> = (0..100).map(|_| start()).collect();
        world.eventually("all have come so far", || server.connections() == before + 100);
        if say {
            Figures::now(world.daemon_pid()).say("with 100 sessions at once");
        }
        for session in &mut sessions {
            session.type_in("on\n");
        }
        for session in sessions {
            assert_eq!(session.finish().succeeded().stdout, "hellohello");
        }
    };
    round(false);
    let daemon = world.daemon_pid();
    let first = Figures::at_rest(&world, daemon);
    first.say("before 100 sessions at once");
    round(true);
    let last = Figures::at_rest(&world, daemon);
    last.say("after 100 sessions at once");
    last.is_no_more_than(&first);
}
