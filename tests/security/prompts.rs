//! Questions cannot be multiplied, and an answer covers what was seen.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use serde_json::Value;

fn id(question: &Value) -> &str {
    question["id"].as_str().unwrap()
}

fn targets(question: &Value) -> Vec<&str> {
    let targets = question["targets"].as_array().unwrap();
    targets.iter().map(|target| target.as_str().unwrap()).collect()
}

#[test]
fn threat_61_the_same_host_twice_is_one_question() {
    let world = World::new();
    let server = Server::http("hello");
    let port = server.port();
    let script = format!(
        "for n in 1 2 3 4 5; do curl -sS http://one.test:{port}/$n & done; curl -sS http://ONE.test:{port}/; wait"
    );
    let running = world.start_sh(&["--resolve", &server.pin("one.test")], &script);
    world.eventually("all six wait", || {
        world
            .questions()
            .first()
            .is_some_and(|question| question["waiting"] == 6)
    });
    let questions = world.questions();
    assert_eq!(questions.len(), 1, "{questions:#?}");
    assert_eq!(targets(&questions[0]), [format!("one.test:{port}")]);
    assert_eq!(server.connections(), 0);
    world.ok(&["allow", id(&questions[0]), "--once"]);
    assert_eq!(running.finish().succeeded().stdout, "hello".repeat(6));
}

#[test]
fn threat_61_different_hosts_are_different_questions() {
    let world = World::new();
    let running = world.start_sh(
        &[],
        "curl -s http://a.first.test/ & curl -s http://b.second.test/; wait",
    );
    world.eventually("two questions are open", || world.questions().len() == 2);
    world.ok(&["stop", "--all"]);
    drop(running);
}

/// Opens a connection to each of a thousand names, and counts those that were accepted by someone behind the gate.
const FLOOD: &str = r#"exec /usr/bin/python3 - "$@" <<'END'
import concurrent.futures, random, socket, sys
def one(number):
    try:
        with socket.create_connection((f'{random.randbytes(8).hex()}.{sys.argv[1]}', 443), 60) as s:
            s.sendall(b'\x16\x03\x01')
            return s.recv(1) == b'h'
    except OSError:
        return False
with concurrent.futures.ThreadPoolExecutor(200) as pool:
    print(sum(pool.map(one, range(1000))))
END"#;

fn flood(world: &World, domain: &str) -> Running {
    Running::start(world.askbox(&["run", "--", "sh", "-c", FLOOD, "x", domain]))
}

#[test]
fn threat_61_a_thousand_random_names_of_a_domain_are_grouped_limited_and_denied() {
    let world = World::new();
    world.write_policy("[questions]\ntimeout = \"3s\"\n");
    let running = flood(&world, "evil.test");
    let mut limited = None;
    world.eventually("the flood is limited", || {
        let questions = world.questions();
        assert!(questions.len() <= 1, "one group: {questions:#?}");
        limited = questions
            .into_iter()
            .find(|question| question["unlisted"].as_u64().unwrap() > 0);
        limited.is_some()
    });
    let question = limited.unwrap();
    assert!(targets(&question).len() <= 50, "{question:#?}");
    assert_eq!(question["group"], "evil.test");
    assert_eq!(running.finish().succeeded().stdout, "0\n");
    let is_connection = |event: &serde_json::Value| event["kind"] == "network" && event["verdict"] == "allow";
    assert!(!world.log().iter().any(is_connection));
}

#[test]
fn threat_61_many_domains_make_the_session_quiet_and_no_other() {
    let world = World::new();
    let server = Server::http("hello");
    let many = "for n in $(seq 40); do curl -s http://name.domain$n.test/ & done; wait";
    let noisy = world.start_sh(&[], many);
    world.eventually("it is quiet", || {
        world.questions().len() >= 20 && world.ok(&["questions", "--missed", "--json"]).contains("quiet")
    });
    assert!(world.questions().len() <= 20, "{}", world.questions().len());
    let pin = server.pin("calm.test");
    let calm = world.start_sh(
        &["--resolve", &pin],
        &format!("curl -sS http://calm.test:{}/", server.port()),
    );
    let mut found = None;
    world.eventually("the other session asks", || {
        let questions = world.questions();
        found = questions
            .into_iter()
            .find(|question| targets(question)[0].starts_with("calm.test"));
        found.is_some()
    });
    world.ok(&["allow", id(&found.unwrap()), "--once"]);
    assert_eq!(calm.finish().succeeded().stdout, "hello");
    drop(noisy);
}

#[test]
fn threat_71_an_answer_does_not_cover_what_joined_after_it_was_shown() {
    let world = World::new();
    let (seen, late) = (Server::http("seen"), Server::http("late"));
    let script = format!(
        "mkfifo go; curl -sS --fail http://a.same.test:{}/ & read go < go; curl -sS --fail http://b.same.test:{}/ || echo refused; wait",
        seen.port(),
        late.port()
    );
    let pins = [seen.pin("a.same.test"), late.pin("b.same.test")];
    let running = world.start_sh(&["--resolve", &pins[0], "--resolve", &pins[1]], &script);
    let shown = world.wait_for_question();
    assert_eq!(targets(&shown).len(), 1);
    world.write("go", "\n");
    world.eventually("the question has grown", || {
        targets(&world.questions()[0]).len() == 2
    });
    let grown = world.questions().remove(0);
    assert_eq!(id(&grown), id(&shown));
    let stale = shown["revision"].to_string();
    world.ok(&["allow", id(&shown), "--for", "1h", "--revision", &stale]);
    world.eventually("what was seen goes through", || seen.connections() == 1);
    let rest = world.questions().remove(0);
    assert_eq!(targets(&rest), [format!("b.same.test:{}", late.port())]);
    // Neither does the same answer again.
    let refused = Running::start(world.askbox(&["allow", id(&shown), "--revision", &stale])).finish();
    assert_ne!(refused.code, Some(0), "{refused:#?}");
    assert!(refused.stderr.contains("changed"), "{refused:#?}");
    assert_eq!(late.connections(), 0);
    let now = grown["revision"].to_string();
    world.ok(&["allow", id(&grown), "--once", "--revision", &now]);
    let finished = running.finish();
    assert!(
        finished.stdout.contains("seen") && finished.stdout.contains("late"),
        "{finished:#?}"
    );
}

#[test]
fn threat_71_a_person_answers_what_the_list_showed() {
    let world = World::new();
    let (seen, late) = (Server::http("seen"), Server::http("late"));
    let script = format!(
        "curl -sS --fail http://a.same.test:{}/; curl -sS --fail http://b.same.test:{}/ || echo refused",
        seen.port(),
        late.port()
    );
    let pins = [seen.pin("a.same.test"), late.pin("b.same.test")];
    let running = world.start_sh(&["--resolve", &pins[0], "--resolve", &pins[1]], &script);
    let shown = world.wait_for_question();
    world.ok(&["allow", id(&shown), "--for", "1h"]);
    let next = world.wait_for_question();
    assert_eq!(targets(&next), [format!("b.same.test:{}", late.port())]);
    world.ok(&["deny", id(&next), "--once"]);
    assert_eq!(running.finish().stdout, "seenrefused\n");
    assert_eq!(late.connections(), 0);
}
