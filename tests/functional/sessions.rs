//! What is said about sessions that run.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use serde_json::{Value, json};

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

/// Programs of the one session that ended, as `askbox processes` lists them; the earliest first.
fn ended(world: &World) -> Vec<Value> {
    let sessions = sessions(world);
    let Some(id) = sessions.first().and_then(|one| one["id"].as_str()) else {
        return Vec::new();
    };
    let inspection = world.ok(&["processes", id, "--ended", "--json"]);
    let inspection: Value = serde_json::from_str(&inspection).unwrap();
    let mut ended = inspection["ended"]["latest"].as_array().unwrap().clone();
    ended.reverse();
    ended
}

/// Runs a script, whose last program makes `over`, and lists its programs once that and so many have ended. It goes on when `over`
/// is written.
fn ended_of(world: &World, script: &str, count: usize) -> (Running, Vec<Value>) {
    let running = world.start_sh(&[], &format!("{script}\nmkfifo over; read nothing < over; :"));
    let mut programs = Vec::new();
    world.eventually("all have ended", || {
        programs = ended(world);
        let mut names = programs.iter().map(|program| &program["display"]);
        programs.len() == count && names.any(|name| name == "/usr/bin/mkfifo")
    });
    (running, programs)
}

#[test]
fn programs_that_ended_are_listed_with_how() {
    let world = World::new();
    // Each as the only one with its name; some shorter than a look at them takes.
    let script = "bash -c 'exit 3'
sh -c 'kill -KILL $$'
python3 -c 'import os, time; time.sleep(0.1); os.execv(\"/usr/bin/env\", [\"env\", \"true\"])'
cat /nonexistent 2> errors";
    let (running, programs) = ended_of(&world, script, 7);
    let said: Vec<(&str, &Value)> = programs
        .iter()
        .map(|one| (one["display"].as_str().unwrap(), &one["how"]))
        .collect();
    let how = |name: &str| {
        let mut found = said.iter().filter(|(display, _)| display.contains(name));
        let (_, how) = found.next().unwrap_or_else(|| panic!("no {name}: {said:#?}"));
        assert!(found.next().is_none(), "{name} once: {said:#?}");
        (*how).clone()
    };
    assert_eq!(how("/bash"), json!({ "exited": 3 }));
    assert_eq!(how("/dash"), json!({ "killed": 9 }));
    assert_eq!(how("/python3"), json!("replaced"));
    assert_eq!(how("/env"), json!("replaced"));
    assert_eq!(how("/true"), json!({ "exited": 0 }));
    assert_eq!(how("/cat"), json!({ "exited": 1 }));
    for program in &programs {
        let (started, ended) = (program["started"].as_str(), program["ended"].as_str());
        assert!(started.is_some() && started <= ended, "{program:#?}");
    }
    let id = sessions(&world)[0]["id"].as_str().unwrap().to_owned();
    let text = world.ok(&["processes", &id, "--ended"]);
    assert!(
        text.lines().any(|line| line.ends_with("/bash, status 3")),
        "{text}"
    );
    assert!(
        !world.ok(&["processes", &id]).contains("ended:"),
        "only where it is wanted"
    );
    world.write("over", "");
    running.finish().succeeded();
}

#[test]
fn of_many_programs_that_ended_the_latest_are_listed_and_the_others_counted() {
    let world = World::new();
    let script = "i=0; while [ $i -lt 600 ]; do /usr/bin/true; i=$((i+1)); done";
    let (running, programs) = ended_of(&world, script, 512);
    assert_eq!(programs.last().unwrap()["how"], json!({ "exited": 0 }));
    let id = sessions(&world)[0]["id"].as_str().unwrap().to_owned();
    // As many, and the one that made `over`.
    world.eventually("all are counted", || {
        let text = world.ok(&["processes", &id, "--ended"]);
        text.lines().last() == Some("and 89 before")
    });
    world.write("over", "");
    running.finish().succeeded();
}
