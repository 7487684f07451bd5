//! Following the log: what there is, what comes, and an end with the daemon.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use serde_json::Value;

#[test]
fn following_shows_what_there_is_and_what_comes_until_the_daemon_ends() {
    let world = World::new();
    let server = Server::http("hello");
    let curl = |host: &str| {
        let script = format!("curl -sS http://{host}:{}/", server.port());
        let options = ["--non-interactive", "--allow-domain", "good.test", "--resolve"];
        world.sh(&[&options[..], &[&server.pin(host)]].concat(), &script);
    };
    curl("good.test");
    let (all, denied) = (world.project().join("all"), world.project().join("denied"));
    let script = "$ASKBOX log --follow --json > all & $ASKBOX log --follow --denied > denied & wait";
    let following = Running::start(world.host_script(script));
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default();
    world.eventually("what there is is shown", || read(&all).contains("good.test"));
    curl("bad.test");
    world.eventually("what comes is shown", || {
        read(&all).contains("bad.test") && read(&denied).contains("bad.test")
    });
    world.ok(&["daemon", "--stop"]);
    following.finish().succeeded();
    let numbers: Vec<u64> = read(&all)
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["seq"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert!(numbers.is_sorted_by(|one, next| one + 1 == *next), "{numbers:?}");
    assert!(!read(&denied).contains("good.test"), "{}", read(&denied));
    // Without a daemon there is nothing to wait for.
    let rest = Running::start(world.host_script("$ASKBOX log --follow --json")).finish();
    assert!(
        rest.succeeded().stdout.contains("bad.test") && rest.stderr.contains("nothing more comes"),
        "{rest:#?}"
    );
}
