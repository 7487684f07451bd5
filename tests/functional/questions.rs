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
