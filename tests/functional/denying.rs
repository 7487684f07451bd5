//! Denying without asking: a pause, and a lockdown.

use std::fs;
use std::io::{Read, Write};
use std::time::Duration;

use askbox_tests::World;
use askbox_tests::server::Server;
use serde_json::Value;

fn status(world: &World) -> Value {
    serde_json::from_str(&world.ok(&["status", "--json"])).unwrap()
}

fn missed(world: &World) -> Vec<Value> {
    serde_json::from_str(&world.ok(&["questions", "--missed", "--json"])).unwrap()
}

fn fetch(server: &Server, host: &str) -> String {
    format!("curl -sS --fail-with-body http://{host}:{}/", server.port())
}

/// Answers an HTTP request with a body that never ends, a piece every few milliseconds.
fn endless() -> Server {
    Server::start(|mut stream| {
        let mut head = [0; 4096];
        drop(stream.read(&mut head));
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
        while stream.write_all(&[b'x'; 1024]).is_ok() {
            std::thread::sleep(Duration::from_millis(5)); // The pace of the download.
        }
    })
}

#[test]
fn a_pause_denies_what_would_be_asked_and_nothing_else() {
    let world = World::new();
    let server = Server::http("hello");
    let text = world.ok(&["pause", "1h"]);
    assert!(text.starts_with("paused until "), "{text}");
    assert!(status(&world)["paused_until_ms"].is_u64());
    let new = ["--resolve", &server.pin("new.test")];
    let finished = world.sh(&new, &fetch(&server, "new.test"));
    assert!(
        finished.failed().stdout.contains("questions are paused"),
        "{finished:#?}"
    );
    let listed = missed(&world);
    assert_eq!((listed.len(), &listed[0]["why"]), (1, &"paused".into()));
    let known = [
        "--allow-domain",
        "known.test",
        "--resolve",
        &server.pin("known.test"),
    ];
    assert_eq!(
        world.sh(&known, &fetch(&server, "known.test")).succeeded().stdout,
        "hello"
    );

    assert_eq!(world.ok(&["pause", "off"]), "questions are asked\n");
    assert!(status(&world)["paused_until_ms"].is_null());
    let running = world.start_sh(&new, &fetch(&server, "new.test"));
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    assert_eq!(running.finish().succeeded().stdout, "hello");
}

#[test]
fn a_pause_ends_by_itself() {
    let world = World::new();
    let server = Server::http("hello");
    world.ok(&["pause", "2s"]);
    world.eventually("the pause is over", || {
        status(&world)["paused_until_ms"].is_null()
    });
    let running = world.start_sh(
        &["--resolve", &server.pin("new.test")],
        &fetch(&server, "new.test"),
    );
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    assert_eq!(running.finish().succeeded().stdout, "hello");
    let actions: Vec<_> = world
        .log()
        .into_iter()
        .map(|event| event["action"].clone())
        .collect();
    assert!(actions.contains(&"paused".into()) && actions.contains(&"pause ended".into()));
}

#[test]
fn a_lockdown_cuts_what_lives_closes_what_waits_and_denies_the_rest() {
    let world = World::new();
    let server = endless();
    let options = [
        "--allow-domain",
        "live.test",
        "--resolve",
        &server.pin("live.test"),
        "--allow-read",
        "~/notes",
    ];
    // What runs goes on, and makes its requests itself: in a lockdown no program starts.
    let download = format!(
        "exec 3< ~/notes/spec.md; read -r _ <&3; (read -r _ < ~/asked; echo asked $?) & \
         python3 -c '
import http.client, os
got = open(\"got\", \"wb\")
live = http.client.HTTPConnection(\"live.test\", {0})
live.request(\"GET\", \"/\")
try:
    answer = live.getresponse()
    for piece in iter(lambda: answer.read(1024), b\"\"): got.write(piece), got.flush()
except (OSError, http.client.HTTPException): print(\"cut\", flush=True)
again = http.client.HTTPConnection(\"live.test\", {0}, timeout=20)
again.request(\"GET\", \"/\")
print(again.getresponse().read().decode(), flush=True)
try: open(os.environ[\"HOME\"] + \"/notes/spec.md\")
except PermissionError: print(\"closed\", flush=True)
try: os.execv(\"/usr/bin/true\", [\"true\"])
except PermissionError: print(\"does not start\", flush=True)
'; echo still > native; wait",
        server.port()
    );
    let running = world.start_sh(&options, &download);
    fs::write(world.home().join("asked"), "").unwrap();
    let question = world.wait_for_question();
    world.eventually("the download runs", || {
        fs::metadata(world.project().join("got")).is_ok_and(|got| 0 < got.len())
    });
    world.ok(&["lockdown", "on"]);
    let finished = running.finish();
    for line in [
        "asked 2",
        "cut",
        "closed",
        "does not start",
        &format!("\"reason\":\"live.test:{} denied: lockdown\"", server.port()),
    ] {
        assert!(finished.stdout.contains(line), "{line}: {finished:#?}");
    }
    assert!(finished.stderr.contains("Permission denied"), "{finished:#?}");
    assert_eq!(server.connections(), 1);
    // Its project is its own, as the documentation says.
    assert_eq!(
        fs::read_to_string(world.project().join("native")).unwrap(),
        "still\n"
    );
    let listed = missed(&world);
    assert_eq!((listed.len(), &listed[0]["why"]), (1, &"lockdown".into()));
    assert_eq!(listed[0]["id"], question["id"]);
    assert!(!fs::read_to_string(world.policy()).unwrap().contains("asked"));
}

#[test]
fn no_session_starts_in_a_lockdown_that_lasts_through_a_restart_and_it_ends() {
    let world = World::new();
    let server = Server::http("hello");
    let options = [
        "--allow-domain",
        "known.test",
        "--resolve",
        &server.pin("known.test"),
    ];
    assert_eq!(
        world
            .sh(&options, &fetch(&server, "known.test"))
            .succeeded()
            .stdout,
        "hello"
    );
    world.ok(&["lockdown", "on"]);
    world.ok(&["daemon", "--restart"]);
    assert_eq!(status(&world)["lockdown"], true);
    assert!(world.ok(&["status"]).contains("`askbox lockdown off` ends it"));
    let refused = world.sh(&options, &fetch(&server, "known.test"));
    assert_eq!(refused.code, Some(125));
    assert!(
        refused.stderr.contains("lockdown") && refused.stderr.contains("askbox lockdown off"),
        "{refused:#?}"
    );
    assert_eq!(server.connections(), 1);
    world.ok(&["lockdown", "off"]);
    assert_eq!(
        world
            .sh(&options, &fetch(&server, "known.test"))
            .succeeded()
            .stdout,
        "hello"
    );
}

#[test]
fn a_lockdown_does_not_show_which_credentials_exist() {
    let world = World::new();
    // One program, since none starts in a lockdown.
    let script = "python3 -c '
import os, time
home = os.environ[\"HOME\"]
def tried(look, name):
    try: return look(home + name)
    except OSError as error: return error.strerror
def shown(name):
    stat = tried(os.stat, name)
    return str((stat.st_mode, stat.st_size) if isinstance(stat, os.stat_result) else stat)
def write(name, words): open(name, \"w\").write(\"\\n\".join(words))
write(\"before\", map(shown, [\"/.aws\", \"/.azure\"]))
write(\"ready\", [])
while not os.path.exists(\"locked\"): time.sleep(0.1)
write(\"during\", map(shown, [\"/.aws\", \"/.azure\"]))
write(\"list\", [str(tried(os.listdir, \"/.aws\"))])
'";
    let running = world.start_sh(&[], script);
    world.eventually("the session runs", || world.project().join("ready").exists());
    world.ok(&["lockdown", "on"]);
    world.write("locked", "");
    running.finish();
    let read = |name: &str| fs::read_to_string(world.project().join(name)).unwrap();
    assert_eq!(read("before"), read("during"));
    let lines: Vec<String> = read("during").lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], lines[1]);
    assert_eq!(read("list"), "Permission denied");
}
