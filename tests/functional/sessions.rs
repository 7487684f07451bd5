//! What is said about sessions that run.

use askbox_tests::World;
use askbox_tests::server::Server;
use serde_json::Value;

fn sessions(world: &World) -> Vec<Value> {
    serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap()
}

#[test]
fn what_connections_carry_is_counted_while_they_are_open() {
    let world = World::new();
    // It greets, and sends back what it gets.
    let server = Server::banner("hello and more");
    let options = [
        "--allow-domain",
        "live.test",
        "--resolve",
        &server.pin("live.test"),
    ];
    let script = format!(
        "exec 3<>/dev/tcp/live.test/{}; printf 12345 >&3; touch open; until [ -e over ]; do sleep 0.1; done",
        server.port()
    );
    let running = world.start_sh(&options, &format!("bash -c '{script}'"));
    let mut last = Value::Null;
    world.eventually("both directions are counted", || {
        last = sessions(&world).into_iter().next().unwrap_or_default();
        last["bytes_in"] == 19 && last["bytes_out"] == 5
    });
    assert!(world.ok(&["sessions"]).contains("19 bytes in, 5 out\n"));
    world.write("over", "");
    running.finish().succeeded();
    assert_eq!(sessions(&world), Vec::<Value>::new());
}

#[test]
fn the_programs_of_a_session_are_shown_as_a_tree() {
    let world = World::new();
    let running = world.start_sh(&[], "bash -c 'sleep 1000; :'; :");
    let mut tree = String::new();
    world.eventually("all of them run", || {
        let Some(id) = sessions(&world)
            .first()
            .map(|one| one["id"].as_str().unwrap().to_owned())
        else {
            return false;
        };
        tree = world.ok(&["processes", &id]);
        // Before it starts, the shell that will be it has the shell's own words.
        tree.lines().count() == 3 && tree.lines().any(|line| line.ends_with(" sleep 1000"))
    });
    let depth = |word: &str| {
        let line = tree.lines().find(|line| line.ends_with(word)).unwrap();
        line.find(word)
    };
    assert!(
        depth("sleep 1000") > tree.lines().next().unwrap().find("sh -c"),
        "{tree}"
    );
    world.ok(&["stop", "--all"]);
    drop(running);
}
