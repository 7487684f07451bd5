//! The user's own ssh agent through a session's socket: what is asked, what works then, and what is told where there is none.

use std::fs;
use std::os::unix::net::UnixStream;
use std::process::Command;

use askbox_tests::{Finished, Running, World};
use serde_json::Value;

use crate::ssh::{Forge, host};

/// A forge whose key is in an agent of the user's; no session can read it.
struct Agent {
    forge: Forge,
    _running: Running,
    /// What the owner calls the key.
    comment: String,
}

impl Agent {
    fn new() -> Self {
        let forge = Forge::new();
        let world = &forge.world;
        let socket = socket(world);
        let agent = Running::start({
            let mut command = world.host("ssh-agent");
            command.args(["-D", "-a", &socket]);
            command
        });
        world.eventually("the agent listens", || UnixStream::connect(&socket).is_ok());
        let key = world.home().join(".ssh/id_test");
        host(
            world,
            &[
                "env",
                &format!("SSH_AUTH_SOCK={socket}"),
                "ssh-add",
                "-q",
                key.to_str().unwrap(),
            ],
        );
        let public = fs::read_to_string(key.with_extension("pub")).unwrap();
        let comment = public.split_whitespace().nth(2).unwrap().to_owned();
        Self {
            forge,
            _running: agent,
            comment,
        }
    }

    fn world(&self) -> &World {
        &self.forge.world
    }

    /// A script in a session of somebody who has the agent.
    fn start(&self, options: &[&str], script: &str) -> Running {
        let pin = self.forge.server.pin("git.test");
        let base = ["--resolve", &pin, "--allow-read", "~/.ssh/known_hosts"];
        Running::start(with_agent(
            self.world(),
            &[&base, options].concat(),
            script,
            &socket(self.world()),
        ))
    }

    fn push(&self, options: &[&str]) -> Running {
        // Of an earlier session, in which it was guarded.
        drop(fs::remove_dir_all(self.world().project().join("copy")));
        self.start(options, &self.forge.script(""))
    }

    /// Waits for the question of this kind, and answers it.
    fn answer(&self, kind: &str, words: &[&str]) -> Value {
        let question = self.world().wait_for_question();
        assert_eq!(question["kind"], kind, "{question:#}");
        let id = question["id"].as_str().unwrap();
        self.world().ok(&[&[words[0], id], &words[1..]].concat());
        question
    }
}

fn socket(world: &World) -> String {
    world.outside().join("agent").to_str().unwrap().to_owned()
}

fn with_agent(world: &World, options: &[&str], script: &str, socket: &str) -> Command {
    let mut command = world.askbox(&["run"]);
    command
        .args(options)
        .args(["--", "sh", "-c", script])
        .env("SSH_AUTH_SOCK", socket);
    command
}

fn denied(finished: &Finished) {
    finished.failed();
    assert!(finished.stderr.contains("Permission denied"), "{finished:#?}");
}

const LIST: [&str; 2] = ["--with", "ssh-agent"];

#[test]
fn git_pushes_after_two_questions_and_without_any_for_the_hour() {
    let agent = Agent::new();
    let running = agent.push(&LIST);
    agent.answer("network", &["allow", "--for", "1h"]);
    let question = agent.answer("neighbour", &["allow", "--for", "1h"]);
    let title = question["title"].as_str().unwrap();
    let place = format!("to log in at git.test:{}", agent.forge.server.port());
    assert!(title.starts_with("ssh (project) wants to use"), "{title}");
    assert!(
        title.contains(&agent.comment) && title.ends_with(&place),
        "{title}"
    );
    assert_eq!(running.finish().succeeded().stdout, agent.forge.newest());
    let again = agent.push(&[&LIST[..], &["--non-interactive"]].concat()).finish();
    assert_eq!(again.succeeded().stdout, agent.forge.newest());
}

#[test]
fn ssh_asks_for_the_hosts_that_you_know_and_for_nothing_beside_them() {
    let agent = Agent::new();
    let pin = agent.forge.server.pin("git.test");
    let options = [&LIST[..], &["--resolve", &pin]].concat();
    let script = format!(
        "({}) && ! cat ~/.ssh/id_test && ! sh -c 'echo >> ~/.ssh/known_hosts'",
        agent.forge.script("")
    );
    let command = with_agent(agent.world(), &options, &script, &socket(agent.world()));
    let running = Running::start(command);
    agent.answer("network", &["allow", "--for", "1h"]);
    let question = agent.answer("read", &["allow", "--for", "1h"]);
    let known = agent.world().home().join(".ssh/known_hosts");
    assert_eq!(question["targets"][0], known.to_str().unwrap());
    agent.answer("neighbour", &["allow", "--for", "1h"]);
    assert!(
        running
            .finish()
            .succeeded()
            .stdout
            .starts_with(&agent.forge.newest())
    );
}

#[test]
fn a_host_is_named_although_its_name_is_kept_as_a_digest() {
    let agent = Agent::new();
    let known = agent.world().home().join(".ssh/known_hosts");
    host(
        agent.world(),
        &["ssh-keygen", "-q", "-H", "-f", known.to_str().unwrap()],
    );
    let running = agent.push(&[&LIST[..], &["--allow-domain", "git.test"]].concat());
    let question = agent.answer("neighbour", &["allow", "--for", "1h"]);
    let place = format!("at git.test:{}", agent.forge.server.port());
    assert!(
        question["title"].as_str().unwrap().ends_with(&place),
        "{question:#}"
    );
    running.finish().succeeded();
}

#[test]
fn a_signature_that_is_denied_is_not_made() {
    let agent = Agent::new();
    let running = agent.push(&[&LIST[..], &["--allow-domain", "git.test"]].concat());
    agent.answer("neighbour", &["deny", "--once"]);
    denied(&running.finish());
    assert_ne!(agent.forge.server.connections(), 0);
}

#[test]
fn the_keys_are_a_question_when_a_program_tries() {
    let agent = Agent::new();
    let running = agent.start(&[], "ssh-add -l");
    let question = agent.answer("neighbour", &["allow", "--once"]);
    assert_eq!(question["targets"][0], "ssh-agent");
    let finished = running.finish();
    assert!(
        finished.succeeded().stdout.contains(&agent.comment),
        "{finished:#?}"
    );
    let running = agent.start(&[], "ssh-add -l");
    agent.answer("neighbour", &["deny", "--once"]);
    let finished = running.finish();
    assert!(
        !finished.failed().stdout.contains(&agent.comment),
        "{finished:#?}"
    );
}

#[test]
fn rules_say_which_key_signs_for_which_host() {
    let agent = Agent::new();
    let place = format!("git.test:{}", agent.forge.server.port());
    let options = [&LIST[..], &["--allow-domain", "git.test", "--non-interactive"]].concat();
    denied(&agent.push(&options).finish());
    let id = agent.world().ok(&[
        "rules",
        "add",
        "allow",
        "neighbour",
        &format!("ssh-sign * {place}"),
    ]);
    assert!(id.contains("neighbour"), "{id}");
    agent.push(&options).finish().succeeded();
    agent.world().ok(&[
        "rules",
        "add",
        "deny",
        "neighbour",
        "ssh-sign * *",
        "--project",
        ".",
    ]);
    // What names more is closer.
    agent.push(&options).finish().succeeded();
    let policy = fs::read_to_string(agent.world().policy()).unwrap();
    assert!(
        policy.contains(&format!("neighbour = \"ssh-sign * {place}\"")),
        "{policy}"
    );
}

#[test]
fn a_grant_that_is_revoked_signs_no_more() {
    let agent = Agent::new();
    let options = [&LIST[..], &["--allow-domain", "git.test"]].concat();
    let running = agent.push(&options);
    agent.answer("neighbour", &["allow", "--for", "1h"]);
    running.finish().succeeded();
    let options = [&options[..], &["--non-interactive"]].concat();
    agent.push(&options).finish().succeeded();
    agent.world().ok(&["revoke", "--all"]);
    denied(&agent.push(&options).finish());
}

#[test]
fn without_an_agent_it_is_said() {
    let world = World::new();
    let finished = world.sh(&LIST, "true");
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    assert!(
        finished.stderr.contains("SSH_AUTH_SOCK is not set"),
        "{finished:#?}"
    );
    assert!(finished.stderr.contains("hint: "), "{finished:#?}");
    let inside = world.sh(&[], "ssh-add -l; test -z \"$SSH_AUTH_SOCK\"");
    assert!(
        inside.succeeded().stderr.contains("Could not open a connection"),
        "{inside:#?}"
    );
    // One that is gone.
    let finished = Running::start(with_agent(&world, &[], "ssh-add -l", &socket(&world))).finish();
    finished.failed();
    let told = world.log().into_iter().any(|event| {
        event["kind"] == "neighbour"
            && event["by"]
                .as_str()
                .is_some_and(|by| by.starts_with("your ssh agent cannot be reached"))
    });
    assert!(told, "{:#?}", world.log());
    assert!(world.questions().is_empty());
}
