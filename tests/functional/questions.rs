//! A connection waits for a person, and does what the person says.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};

#[test]
fn a_new_name_waits_and_goes_through_when_allowed() {
    let world = World::new();
    let server = Server::http("hello");
    let url = format!("curl -sS http://new.test:{}/", server.port());
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &url);
    let question = world.wait_for_question();
    assert_eq!(question["targets"][0], format!("new.test:{}", server.port()));
    assert_eq!(server.connections(), 0);
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    let finished = running.finish();
    assert_eq!(finished.succeeded().stdout, "hello");
}

#[test]
fn a_new_name_waits_and_fails_when_denied() {
    let world = World::new();
    let server = Server::http("hello");
    let url = format!("curl -sS --fail http://new.test:{}/", server.port());
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &url);
    let question = world.wait_for_question();
    world.ok(&["deny", question["id"].as_str().unwrap()]);
    running.finish().failed();
    assert_eq!(server.connections(), 0);
}

#[test]
fn an_allowed_name_asks_nothing() {
    let world = World::new();
    let server = Server::http("hello");
    let url = format!("curl -sS http://ok.test:{}/", server.port());
    let finished = world.sh(
        &["--allow-domain", "ok.test", "--resolve", &server.pin("ok.test")],
        &url,
    );
    assert_eq!(finished.succeeded().stdout, "hello");
}

#[test]
fn a_number_names_no_other_question_after_a_restart() {
    let world = World::new();
    let server = Server::http("hello");
    let ask = || {
        let url = format!("curl -sS http://new.test:{}/", server.port());
        let running = world.start_sh(&["--resolve", &server.pin("new.test")], &url);
        (
            running,
            world.wait_for_question()["id"].as_str().unwrap().to_owned(),
        )
    };
    let (first, old) = ask();
    world.ok(&["daemon", "--restart"]);
    assert_eq!(first.finish().code, Some(125));
    let (second, new) = ask();
    assert_ne!(old, new);
    let late = Running::start(world.askbox(&["allow", &old, "--once"])).finish();
    assert_eq!(late.code, Some(125), "{late:#?}");
    assert_eq!(server.connections(), 0);
    world.ok(&["allow", &new, "--once"]);
    assert_eq!(second.finish().succeeded().stdout, "hello");
}

#[test]
fn a_question_says_what_started_the_program_that_asks() {
    let world = World::new();
    let server = Server::http("hello");
    // Two shells that stay, each with more to do after the command.
    let command = format!(
        "curl -sS http://new.test:{}/; cat ~/notes/spec.md; :",
        server.port()
    );
    let nested = format!("sh -c \"{command}\" inner; :");
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &nested);
    for kind in ["network", "read"] {
        let mut found = None;
        world.eventually("the next question is open", || {
            found = world
                .questions()
                .into_iter()
                .find(|question| question["kind"] == kind);
            found.is_some()
        });
        let question = found.unwrap();
        let process = &question["members"][0]["process"];
        let ancestors = process["ancestors"].as_array().unwrap();
        // The inner shell and the one that was run, and nothing of Askbox's own or of the host.
        assert_eq!(ancestors.len(), 2, "{process:#}");
        assert!(ancestors[0].as_str().unwrap().ends_with("inner"), "{process:#}");
        assert!(
            ancestors[1].as_str().unwrap().starts_with("sh -c "),
            "{process:#}"
        );
        world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    }
    running.finish().succeeded();
}
