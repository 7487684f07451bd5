//! Questions as front ends see them: what they say, who may answer, and what becomes of those that nobody answers.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use serde_json::Value;

fn id(question: &Value) -> &str {
    question["id"].as_str().unwrap()
}

fn ask(world: &World, server: &Server) -> Running {
    let url = format!("curl -sS --fail http://new.test:{}/", server.port());
    world.start_sh(&["--name", "errand", "--resolve", &server.pin("new.test")], &url)
}

fn try_answer(world: &World, words: &[&str]) -> askbox_tests::Finished {
    Running::start(world.askbox(words)).finish()
}

#[test]
fn the_first_answer_wins() {
    let world = World::new();
    let server = Server::http("hello");
    let running = ask(&world, &server);
    let question = world.wait_for_question();
    let answers: Vec<Running> = ["allow", "deny"]
        .iter()
        .map(|word| Running::start(world.askbox(&[word, id(&question), "--once"])))
        .collect();
    let codes: Vec<Option<i32>> = answers.into_iter().map(|answer| answer.finish().code).collect();
    let went = running.finish().code == Some(0);
    let expected = if went {
        [Some(0), Some(125)]
    } else {
        [Some(125), Some(0)]
    };
    assert_eq!(codes, expected);
    assert!(world.questions().is_empty());
}

#[test]
fn an_answer_to_what_was_answered_says_so() {
    let world = World::new();
    let server = Server::http("hello");
    let running = ask(&world, &server);
    let question = world.wait_for_question();
    world.ok(&["allow", id(&question), "--once"]);
    running.finish().succeeded();
    for unknown in [id(&question), "no-such-id"] {
        let finished = try_answer(&world, &["deny", unknown]);
        assert_eq!(finished.code, Some(125), "{finished:#?}");
        assert!(finished.stderr.contains("hint: "), "{finished:#?}");
    }
}

#[test]
fn an_answer_to_an_older_revision_is_for_what_it_listed() {
    let world = World::new();
    let server = Server::http("hello");
    let port = server.port();
    let (one, two) = (format!("a.new.test:{port}"), format!("b.new.test:{port}"));
    let script = format!("curl -sS http://{one}/ & read go < fifo; curl -sS http://{two}/; wait");
    nix::unistd::mkfifo(&world.project().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let (pin_one, pin_two) = (server.pin("a.new.test"), server.pin("b.new.test"));
    let running = world.start_sh(&["--resolve", &pin_one, "--resolve", &pin_two], &script);
    let question = world.wait_for_question();
    assert_eq!(question["revision"], 1);
    std::fs::write(world.project().join("fifo"), "go\n").unwrap();
    world.eventually("the question has two members", || {
        world.questions()[0]["targets"].as_array().unwrap().len() == 2
    });
    let said = world.ok(&["allow", id(&question), "--once", "--revision", "1"]);
    assert!(
        said.contains("not for 1 further target") && said.contains("askbox questions"),
        "{said}"
    );
    let rest = world.questions().remove(0);
    assert_eq!(
        (id(&rest), &rest["targets"]),
        (id(&question), &serde_json::json!([two]))
    );
    // Nothing is left of what was seen then, so the same again says nothing.
    let stale = try_answer(&world, &["allow", id(&question), "--once", "--revision", "1"]);
    assert_eq!(stale.code, Some(125), "{stale:#?}");
    assert!(
        stale.stderr.contains("changed") && stale.stderr.contains("hint: "),
        "{stale:#?}"
    );
    let revision = rest["revision"].to_string();
    world.ok(&["allow", id(&question), "--once", "--revision", &revision]);
    assert_eq!(running.finish().succeeded().stdout, "hellohello");
}

/// Asks for one name that it wants, and meanwhile for one after the other without end.
const GROWING: &str = r#"exec /usr/bin/python3 - "$@" <<'END'
import os, socket, sys, threading, urllib.request
def ask(name):
    try:
        socket.create_connection((name, 443), 60)
    except OSError:
        pass
def grow():
    number = 0
    while True:
        number += 1
        thread = threading.Thread(target=ask, args=(f'n{number}.new.test',), daemon=True)
        thread.start()
        thread.join(0.02)
threading.Thread(target=grow, daemon=True).start()
with urllib.request.urlopen(sys.argv[1]) as answer:
    print(answer.read().decode(), flush=True)
os._exit(0)
END"#;

#[test]
fn a_question_that_grows_without_end_is_answered_for_what_was_seen() {
    let world = World::new();
    let server = Server::http("hello");
    let url = format!("http://honest.new.test:{}/", server.port());
    let pin = server.pin("honest.new.test");
    let running =
        Running::start(world.askbox(&["run", "--resolve", &pin, "--", "sh", "-c", GROWING, "x", &url]));
    let honest = format!("honest.new.test:{}", server.port());
    let is_listed = |question: &Value| {
        let targets = question["targets"].as_array().unwrap();
        targets.iter().any(|target| *target == *honest)
    };
    let mut seen = None;
    world.eventually("the honest request is listed", || {
        seen = world.questions().into_iter().find(is_listed);
        seen.is_some()
    });
    let seen = seen.unwrap();
    // It goes on growing, also while the answer is on its way.
    world.eventually("the question has grown", || {
        let questions = world.questions();
        questions.iter().any(|now| {
            id(now) == id(&seen)
                && (now["revision"].as_u64() > seen["revision"].as_u64()
                    || now["unlisted"].as_u64() > Some(0))
        })
    });
    let revision = seen["revision"].to_string();
    world.ok(&["allow", id(&seen), "--for", "1h", "--revision", &revision]);
    assert_eq!(running.finish().succeeded().stdout.trim(), "hello");
    let allowed: Vec<String> = world
        .log()
        .iter()
        .filter(|event| event["kind"] == "network" && event["verdict"] == "allow")
        .map(|event| event["target"].to_string())
        .collect();
    let seen: Vec<String> = seen["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        !allowed.is_empty() && allowed.iter().all(|target| seen.contains(target)),
        "{allowed:?} {seen:?}"
    );
}

#[test]
fn a_time_out_denies_that_request_and_is_listed_as_missed() {
    let world = World::new();
    world.write_policy("[questions]\ntimeout = \"1s\"\n");
    let server = Server::http("hello");
    ask(&world, &server).finish().failed();
    assert!(world.questions().is_empty());
    let missed: Value = serde_json::from_str(&world.ok(&["questions", "--missed", "--json"])).unwrap();
    assert_eq!(missed.as_array().unwrap().len(), 1);
    assert_eq!(missed[0]["why"], "timed_out");
    assert_eq!(missed[0]["targets"][0], format!("new.test:{}", server.port()));
    assert!(world.ok(&["questions"]).contains("nobody answered in time"));
    assert_eq!(
        std::fs::read_to_string(world.policy()).unwrap(),
        "[questions]\ntimeout = \"1s\"\n"
    );
    // It was that request alone: the next one asks again.
    let again = ask(&world, &server);
    world.ok(&["allow", id(&world.wait_for_question()), "--once"]);
    assert_eq!(again.finish().succeeded().stdout, "hello");
}

#[test]
fn a_missed_question_answered_later_lets_the_next_request_pass() {
    let world = World::new();
    world.write_policy("[questions]\ntimeout = \"1s\"\n");
    let server = Server::http("hello");
    ask(&world, &server).finish().failed();
    let missed: Value = serde_json::from_str(&world.ok(&["questions", "--missed", "--json"])).unwrap();
    let text = world.ok(&["allow", id(&missed[0]), "--for", "1h"]);
    assert!(text.contains("the next try goes through"), "{text}");
    assert_eq!(ask(&world, &server).finish().succeeded().stdout, "hello");
    let missed: Value = serde_json::from_str(&world.ok(&["questions", "--missed", "--json"])).unwrap();
    assert_eq!(missed.as_array().unwrap().len(), 0);
}

#[test]
fn a_question_has_the_documented_shape() {
    let world = World::new();
    let server = Server::http("hello");
    let running = ask(&world, &server);
    let question = world.wait_for_question();
    assert!(!id(&question).is_empty() && id(&question).len() <= 8);
    assert_eq!(question["revision"], 1);
    assert_eq!(question["kind"], "network");
    assert_eq!(
        question["targets"],
        serde_json::json!([format!("new.test:{}", server.port())])
    );
    assert_eq!(question["project"], world.project().to_str().unwrap());
    assert_eq!(question["session_name"], "errand");
    let sessions: Value = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    assert_eq!(question["session"], sessions[0]["id"]);
    let (raised, expires) = (
        question["raised"].as_str().unwrap(),
        question["expires"].as_str().unwrap(),
    );
    assert!(
        raised < expires && expires.ends_with('Z') && expires.contains('T'),
        "{raised} {expires}"
    );
    assert_eq!(question["process"]["exe"], "/usr/bin/curl");
    assert_eq!(question["process"]["command"][0], "curl");
    assert!(question["process"]["pid"].as_u64().unwrap() > 1);
    world.ok(&["deny", id(&question)]);
    running.finish().failed();
}

#[test]
fn the_process_is_named() {
    let world = World::new();
    let server = Server::http("hello");
    let python = format!(
        "import urllib.request; print(urllib.request.urlopen('http://new.test:{}/').read().decode())",
        server.port()
    );
    let curl = format!("http://new.test:{}/", server.port());
    for (program, arguments) in [("curl", ["-sS", &curl]), ("/usr/bin/python3", ["-c", &python])] {
        let mut command = world.askbox(&["run", "--resolve", &server.pin("new.test"), "--", program]);
        command.args(arguments);
        let running = Running::start(command);
        let question = world.wait_for_question();
        let exe =
            std::fs::canonicalize(format!("/usr/bin/{}", program.trim_start_matches("/usr/bin/"))).unwrap();
        assert_eq!(question["process"]["exe"], exe.to_str().unwrap());
        let name = exe.file_name().unwrap().to_str().unwrap();
        let title = question["title"].as_str().unwrap();
        assert!(title.starts_with(name) && title.contains("new.test"), "{title}");
        world.ok(&["allow", id(&question), "--once"]);
        assert_eq!(running.finish().succeeded().stdout.trim(), "hello");
    }
}

#[test]
fn following_tells_of_every_change() {
    let world = World::new();
    world.ok(&["rules"]);
    let server = Server::http("hello");
    let (json, text) = (world.project().join("json"), world.project().join("text"));
    let script = "$ASKBOX questions --follow --json > json & $ASKBOX questions --follow > text & wait";
    let following = Running::start(world.host_script(script));
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default();
    let running = ask(&world, &server);
    let question = world.wait_for_question();
    for path in [&json, &text] {
        world.eventually("the question is told", || read(path).contains("new.test"));
    }
    world.ok(&["allow", id(&question), "--once"]);
    running.finish().succeeded();
    world.eventually("its end is told", || {
        read(&json).contains("question_closed") && read(&text).contains("allowed")
    });
    for line in read(&json).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event.is_object(), "{line}");
    }
    world.ok(&["daemon", "--stop"]);
    following.finish().succeeded();
    assert!(read(&text).contains("the daemon ends"));
}

#[test]
fn a_request_that_went_away_leaves_its_question_for_the_next_try() {
    let world = World::new();
    let server = Server::http("hello");
    let url = format!("curl -sS --fail http://new.test:{}/", server.port());
    let script = format!("{url} --max-time 0.5; touch gave-up; read go < fifo; {url}");
    nix::unistd::mkfifo(&world.project().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &script);
    world.eventually("curl gave up", || world.project().join("gave-up").exists());
    world.eventually("nothing waits", || world.wait_for_question()["waiting"] == 0);
    world.ok(&["allow", id(&world.wait_for_question()), "--once"]);
    std::fs::write(world.project().join("fifo"), "go\n").unwrap();
    assert_eq!(running.finish().succeeded().stdout, "hello");
    assert!(world.questions().is_empty());
}
