//! Answers: how long and for what they hold, and that their end ends what lives on them.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use serde_json::Value;

/// A server that greets and then sends a byte now and then, until the other side is gone.
fn tunnel() -> Server {
    Server::start(|mut stream| {
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    })
}

/// A session that asks for the tunnel and stays in it.
fn open_tunnel(world: &World, server: &Server) -> Running {
    let script = format!("exec 3<>/dev/tcp/new.test/{}; cat <&3 > received", server.port());
    world.start_sh(
        &["--resolve", &server.pin("new.test")],
        &format!("bash -c '{script}'"),
    )
}

fn id(question: &Value) -> &str {
    question["id"].as_str().unwrap()
}

/// Bytes have come through the tunnel.
fn wait_for_bytes(world: &World) {
    let received = world.project().join("received");
    world.eventually("bytes come through", || {
        std::fs::metadata(&received).is_ok_and(|received| received.len() > 0)
    });
}

fn fetch(server: &Server) -> String {
    format!("curl -sS --fail http://new.test:{}/", server.port())
}

/// One session to its end whose only request is answered.
fn answered(world: &World, server: &Server, words: &[&str]) -> askbox_tests::Finished {
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &fetch(server));
    let question = world.wait_for_question();
    world.ok(&[&words[..1], &[id(&question)], &words[1..]].concat());
    running.finish()
}

/// A session that asks nobody: goes through by what is remembered, or not at all.
fn silent(world: &World, server: &Server, host: &str) -> Option<i32> {
    let url = format!("curl -sS --fail http://{host}:{}/", server.port());
    world
        .sh(&["--non-interactive", "--resolve", &server.pin(host)], &url)
        .code
}

#[test]
fn once_is_for_what_waits_and_not_for_the_next_process() {
    let world = World::new();
    let server = Server::http("hello");
    let script = format!("{0}; echo; {0}", fetch(&server));
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &script);
    let first = world.wait_for_question();
    world.ok(&["allow", id(&first), "--once"]);
    world.eventually("the second asks", || {
        world
            .questions()
            .iter()
            .any(|question| question["id"] != first["id"])
    });
    let second = world.wait_for_question();
    world.ok(&["deny", id(&second), "--once"]);
    let finished = running.finish();
    finished.failed();
    assert_eq!(finished.stdout, "hello\n");
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_session_grant_ends_with_its_session() {
    let world = World::new();
    let server = Server::http("hello");
    let script = format!("{0}; {0}; {0}", fetch(&server));
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &script);
    world.ok(&["allow", id(&world.wait_for_question()), "--session"]);
    assert_eq!(running.finish().succeeded().stdout, "hellohellohello");
    assert_ne!(silent(&world, &server, "new.test"), Some(0));
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_grant_for_a_time_ends_and_cuts_what_lives_on_it() {
    let world = World::new();
    let server = tunnel();
    let running = open_tunnel(&world, &server);
    let question = world.wait_for_question();
    let start = Instant::now();
    world.ok(&["allow", id(&question), "--for", "2s"]);
    wait_for_bytes(&world);
    running.finish();
    let lived = start.elapsed();
    assert!(
        Duration::from_millis(1900) < lived && lived < Duration::from_secs(6),
        "{lived:?}"
    );
    let lists: Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    assert_eq!(lists["grants"].as_array().unwrap().len(), 0);
    assert_ne!(silent(&world, &server, "new.test"), Some(0));
}

#[test]
fn an_hour_is_the_default_and_for_this_project_only() {
    let world = World::new();
    let server = Server::http("hello");
    answered(&world, &server, &["allow"]).succeeded();
    assert_eq!(silent(&world, &server, "new.test"), Some(0));
    assert_ne!(silent(&world, &server, "other.new.test"), Some(0));
    let elsewhere = world.home().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let mut command = world.askbox(&[
        "run",
        "--non-interactive",
        "--resolve",
        &server.pin("new.test"),
        "--",
    ]);
    command.args(["sh", "-c", &fetch(&server)]).current_dir(elsewhere);
    Running::start(command).finish().failed();
    let lists: Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    let grant = &lists["grants"][0];
    assert_eq!(grant["effect"], "allow");
    assert_eq!(grant["pattern"], format!("new.test:{}", server.port()));
    assert_eq!(grant["scope"]["project"], world.project().to_str().unwrap());
}

#[test]
fn everywhere_is_for_every_project() {
    let world = World::new();
    let server = Server::http("hello");
    answered(&world, &server, &["allow", "--everywhere"]).succeeded();
    let elsewhere = world.home().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let mut command = world.askbox(&[
        "run",
        "--non-interactive",
        "--resolve",
        &server.pin("new.test"),
        "--",
    ]);
    command.args(["sh", "-c", &fetch(&server)]).current_dir(elsewhere);
    Running::start(command).finish().succeeded();
}

#[test]
fn widened_is_for_the_whole_domain_at_the_same_port() {
    let world = World::new();
    let (server, other) = (Server::http("hello"), Server::http("hello"));
    answered(&world, &server, &["allow", "--widen"]).succeeded();
    assert_eq!(silent(&world, &server, "deep.below.new.test"), Some(0));
    assert_ne!(silent(&world, &server, "other.test"), Some(0));
    assert_ne!(silent(&world, &other, "new.test"), Some(0));
    assert_eq!(other.connections(), 0);
}

#[test]
fn always_is_a_rule_in_the_users_file_beside_the_users_words() {
    let world = World::new();
    let written = "# My rules.\n  # odd   indentation\n[questions]\ntimeout = \"20s\" # patient\n\n\n[[rule]] # mine\n\
                   effect = \"deny\"\nnetwork = 'bad.test'   # never\n\n# the end, no newline";
    world.write_policy(written);
    let server = Server::http("hello");
    answered(&world, &server, &["allow", "--always"]).succeeded();
    let now = std::fs::read_to_string(world.policy()).unwrap();
    for line in written.lines() {
        assert!(now.lines().any(|known| known == line), "{line:?} is gone: {now}");
    }
    let end = written.rfind("\n\n# the end").unwrap();
    assert!(now.starts_with(&written[..end]), "{now}");
    assert!(now.contains(&format!("new.test:{}", server.port())), "{now}");
    assert_eq!(silent(&world, &server, "new.test"), Some(0));
    world.ok(&["daemon", "--restart"]);
    assert_eq!(silent(&world, &server, "new.test"), Some(0));
}

#[test]
fn a_block_holds_as_long_as_it_was_given_for() {
    let world = World::new();
    let server = Server::http("hello");
    let host = format!("new.test:{}", server.port());
    let options = ["--resolve", &server.pin("new.test")];
    for lasting in ["--session", "--for=1h", "--always"] {
        answered(&world, &server, &["deny", lasting]).failed();
        let again = world.sh(&options, &format!("{}; true", fetch(&server)));
        if lasting == "--session" {
            assert!(
                world
                    .log()
                    .iter()
                    .filter(|event| event["kind"] == "answer")
                    .count()
                    == 1
            );
        }
        assert_eq!(server.connections(), 0, "{again:#?}");
        world.ok(&["revoke", "--all"]);
    }
    let text = std::fs::read_to_string(world.policy()).unwrap();
    assert!(text.contains("deny") && text.contains(&host), "{text}");
}

#[test]
fn a_denial_ends_an_allowance_of_the_same_target() {
    let world = World::new();
    let server = Server::http("hello");
    answered(&world, &server, &["allow"]).succeeded();
    assert_eq!(silent(&world, &server, "new.test"), Some(0));
    world.ok(&["rules", "add", "deny", "network", "new.test"]);
    assert_ne!(silent(&world, &server, "new.test"), Some(0));
    let lists: Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    assert_eq!(lists["grants"].as_array().unwrap().len(), 0);
}

#[test]
fn revoking_cuts_an_open_tunnel_within_a_second() {
    for all in [false, true] {
        let world = World::new();
        let server = tunnel();
        let running = open_tunnel(&world, &server);
        world.ok(&["allow", id(&world.wait_for_question())]);
        wait_for_bytes(&world);
        let lists: Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
        let grant = lists["grants"][0]["id"].as_str().unwrap();
        let start = Instant::now();
        world.ok(&["revoke", if all { "--all" } else { grant }]);
        running.finish();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_ne!(silent(&world, &server, "new.test"), Some(0));
    }
}

#[test]
fn an_hour_outlives_the_daemon() {
    let world = World::new();
    let server = Server::http("hello");
    answered(&world, &server, &["allow", "--for", "1h"]).succeeded();
    for stop in ["clean", "killed"] {
        if stop == "clean" {
            world.ok(&["daemon", "--stop"]);
        } else {
            let daemon = nix::unistd::Pid::from_raw(world.daemon_pid());
            nix::sys::signal::kill(daemon, nix::sys::signal::Signal::SIGKILL).unwrap();
            world.eventually("it is gone", || {
                Running::start(world.askbox(&["status"])).finish().code == Some(1)
            });
        }
        assert_eq!(silent(&world, &server, "new.test"), Some(0), "{stop}");
    }
    world.ok(&["revoke", "--all"]);
    world.ok(&["daemon", "--restart"]);
    assert_ne!(silent(&world, &server, "new.test"), Some(0));
}

#[test]
fn a_server_that_stops_reading_cannot_hold_a_revoked_tunnel() {
    let world = World::new();
    let server = Server::start(|mut stream| {
        drop(stream.write_all(b"x"));
        std::thread::park();
        drop(stream.read(&mut [0]));
    });
    let port = server.port();
    let script = format!("exec 3<>/dev/tcp/new.test/{port}; cat /dev/zero >&3 & cat <&3 > received; wait");
    let script = format!("bash -c '{script}'");
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &script);
    world.ok(&["allow", id(&world.wait_for_question())]);
    wait_for_bytes(&world);
    let start = Instant::now();
    world.ok(&["revoke", "--all"]);
    running.finish();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}
