//! How long an answer holds: to its end, until it is taken back, and not a request longer.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use askbox_tests::World;
use askbox_tests::server::Server;

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

fn size(world: &World, name: &str) -> u64 {
    std::fs::metadata(world.project().join(name)).map_or(0, |metadata| metadata.len())
}

#[test]
fn threat_64_a_time_ends_an_open_download_and_the_next_try_asks_again() {
    let world = World::new();
    let (limited, twin) = (endless(), endless());
    let script = format!(
        "curl -sSN -o limited http://limited.test:{0}/; echo ended $?; curl -sS -m 20 http://limited.test:{0}/",
        limited.port()
    );
    let mut free = world.start_sh(
        &["--allow-domain", "twin.test", "--resolve", &twin.pin("twin.test")],
        &format!("curl -sSN -o twin http://twin.test:{}/", twin.port()),
    );
    let running = world.start_sh(&["--resolve", &limited.pin("limited.test")], &script);
    let question = world.wait_for_question();
    let since = Instant::now();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "2s"]);
    world.eventually("the download runs", || size(&world, "limited") > 0);
    let again = world.wait_for_question();
    let held = since.elapsed();
    assert!(
        Duration::from_millis(1_900) < held && held < Duration::from_secs(4),
        "{held:?}"
    );
    assert_eq!(again["targets"], question["targets"]);
    assert_ne!(again["id"], question["id"]);
    assert_eq!(limited.connections(), 1);
    world.ok(&["deny", again["id"].as_str().unwrap()]);
    let finished = running.finish();
    assert!(!finished.stdout.contains("ended 0"), "{finished:#?}");
    let before = size(&world, "twin");
    world.eventually("what has no end goes on", || size(&world, "twin") > before);
    assert!(free.is_running());
    assert_eq!(limited.connections(), 1);
}

#[test]
fn threat_64_an_hour_outlives_the_daemon_and_a_session_does_not_outlive_itself() {
    let world = World::new();
    let server = Server::http("hello");
    let curl = format!("curl -sS --fail http://ok.test:{}/", server.port());
    let options = ["--resolve", &server.pin("ok.test")];
    let first = world.start_sh(&options, &curl);
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--session"]);
    first.finish().succeeded();
    let second = world.start_sh(&options, &curl);
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
    second.finish().succeeded();
    world.ok(&["daemon", "--stop"]);
    assert_eq!(world.sh(&options, &curl).succeeded().stdout, "hello");
    let denied = world.sh(
        &["--resolve", &server.pin("other.test"), "--non-interactive"],
        &curl.replace("ok", "other"),
    );
    denied.failed();
}

#[test]
fn threat_65_revoking_cuts_an_open_tunnel_within_a_second() {
    let world = World::new();
    let server = Server::banner("hello\n");
    let script = format!(
        "exec 5<>/dev/tcp/$1/{}; head -n1 <&5 > $1; cat <&5 >> $1; echo cut >> $1; exec sleep 1000",
        server.port()
    );
    let start = |host: &str| {
        let mut command = world.askbox(&[
            "run",
            "--resolve",
            &server.pin(host),
            "--",
            "bash",
            "-c",
            &script,
            "x",
            host,
        ]);
        command.stdin(std::process::Stdio::null());
        let running = askbox_tests::Running::start(command);
        let question = world.wait_for_question();
        world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h", "--json"]);
        world.eventually("the tunnel is open", || size(&world, host) > 0);
        running
    };
    let (revoked, twin) = (start("revoked.test"), start("twin.test"));
    let grants: serde_json::Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    let grant = grants["grants"]
        .as_array()
        .unwrap()
        .iter()
        .find(|grant| grant["pattern"].as_str().unwrap().starts_with("revoked.test"))
        .unwrap();
    let text = |host: &str| std::fs::read_to_string(world.project().join(host)).unwrap();
    assert_eq!(
        (text("revoked.test"), text("twin.test")),
        ("hello\n".into(), "hello\n".into())
    );
    let since = Instant::now();
    world.ok(&["revoke", grant["id"].as_str().unwrap()]);
    world.eventually("the tunnel is cut", || text("revoked.test") == "hello\ncut\n");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert_eq!(text("twin.test"), "hello\n", "the other tunnel stays");
    let since = Instant::now();
    world.ok(&["revoke", "--all"]);
    world.eventually("the other is cut", || text("twin.test") == "hello\ncut\n");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    drop((revoked, twin));
}

#[test]
fn threat_65_what_was_revoked_asks_again() {
    let world = World::new();
    let server = Server::http("hello");
    let curl = format!("curl -sS --fail http://ok.test:{}/", server.port());
    let options = ["--resolve", &server.pin("ok.test")];
    let running = world.start_sh(
        &options,
        &format!("{curl}; {curl}; mkfifo go && touch got; read go < go; {curl}"),
    );
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
    world.eventually("twice without a second question", || {
        world.project().join("got").exists()
    });
    assert_eq!(server.connections(), 2);
    world.ok(&["revoke", "--all"]);
    world.write("go", "\n");
    let again = world.wait_for_question();
    assert_eq!(again["targets"], question["targets"]);
    world.ok(&["deny", again["id"].as_str().unwrap()]);
    running.finish().failed();
    assert_eq!(server.connections(), 2);
}
