//! The user's ssh agent, with everything allowed that can be: what is never passed on, and what stays closed beside it (threat
//! 46).

use std::os::unix::net::UnixStream;

use askbox_tests::{Finished, Running, World};

/// A world with an agent that holds one key.
struct Agent {
    world: World,
    _running: Running,
}

const ALL: [&str; 4] = ["--with", "ssh-agent", "--with", "ssh-sign * *"];

impl Agent {
    fn new() -> Self {
        let world = World::new();
        let socket = world.outside().join("agent");
        let mut command = world.host("ssh-agent");
        command.args(["-D", "-a", socket.to_str().unwrap()]);
        let agent = Running::start(command);
        world.eventually("the agent listens", || UnixStream::connect(&socket).is_ok());
        let new = Self {
            world,
            _running: agent,
        };
        new.host("ssh-keygen -q -t ed25519 -N '' -C ada@laptop -f ../key && ssh-add -q ../key && rm ../key");
        new
    }

    fn socket(&self) -> String {
        self.world.outside().join("agent").to_str().unwrap().to_owned()
    }

    fn host(&self, script: &str) -> Finished {
        let mut command = self.world.host_script(script);
        command.env("SSH_AUTH_SOCK", self.socket());
        let finished = Running::start(command).finish();
        finished.succeeded();
        finished
    }

    fn inside(&self, options: &[&str], script: &str) -> Finished {
        let mut command = self.world.askbox(&["run"]);
        command
            .args(options)
            .args(["--", "sh", "-c", script])
            .env("SSH_AUTH_SOCK", self.socket());
        Running::start(command).finish()
    }

    /// Says bytes to the socket inside and prints what comes back.
    fn say(&self, options: &[&str], message: &str) -> Finished {
        let script = format!(
            "exec /usr/bin/python3 -c '
import os, socket, struct, sys
c = socket.socket(socket.AF_UNIX); c.connect(os.environ[\"SSH_AUTH_SOCK\"])
c.sendall({message})
print(c.recv(65536))'"
        );
        self.inside(options, &script)
    }
}

#[test]
fn threat_46_the_agent_cannot_be_changed_from_inside() {
    let agent = Agent::new();
    let before = agent.host("ssh-add -L").stdout;
    let inside = agent.inside(&ALL, "ssh-add -L");
    assert_eq!(inside.succeeded().stdout, before);
    for script in [
        "ssh-keygen -q -t ed25519 -N '' -f new && ssh-add new",
        "ssh-add -D",
        "ssh-add -L > public && ssh-add -d public",
        "printf 'x\\nx\\n' | SSH_ASKPASS=/bin/true ssh-add -x",
        "ssh-add -s /usr/lib/x.so",
    ] {
        agent.inside(&ALL, script).failed();
        assert_eq!(agent.host("ssh-add -L").stdout, before, "{script}");
    }
    let log = agent.world.log();
    for words in ["adding a key", "removing keys"] {
        let told = log.iter().any(|event| {
            event["verdict"] == "deny" && event["by"].as_str().is_some_and(|by| by.contains(words))
        });
        assert!(told, "{words}: {log:#?}");
    }
}

#[test]
fn threat_46_without_a_word_of_the_user_the_agent_tells_nothing() {
    let agent = Agent::new();
    let inside = agent.inside(&["--non-interactive"], "ssh-add -L");
    assert!(!inside.failed().stdout.contains("ssh-ed25519"), "{inside:#?}");
    agent
        .world
        .eventually("it is in the log", || agent.world.has_logged("ssh-agent", "deny"));
    agent
        .inside(&[&ALL[..], &["--non-interactive"]].concat(), "ssh-add -L")
        .succeeded();
    // A project's own file is nobody's word.
    agent.world.write(
        ".askbox.toml",
        "[[rule]]\neffect = \"allow\"\nneighbour = \"ssh-agent\"\n",
    );
    agent.inside(&["--non-interactive"], "ssh-add -L").failed();
}

#[test]
fn threat_46_the_users_own_socket_stays_out_of_reach() {
    let agent = Agent::new();
    let own = agent.socket();
    agent.host(&format!("SSH_AUTH_SOCK={own} ssh-add -L"));
    agent
        .inside(&ALL, &format!("SSH_AUTH_SOCK={own} ssh-add -L"))
        .failed();
    agent
        .inside(
            &[
                &ALL[..],
                &["--allow-write", agent.world.outside().to_str().unwrap()],
            ]
            .concat(),
            &format!("SSH_AUTH_SOCK={own} ssh-add -L"),
        )
        .failed();
    agent.inside(&ALL, "ssh-add -L").succeeded();
}

#[test]
fn hostile_messages_get_a_refusal_or_the_end_and_harm_nobody() {
    let agent = Agent::new();
    let failure = "b'\\x00\\x00\\x00\\x01\\x05'\n";
    let list = "b\"\\x00\\x00\\x00\\x01\\x0b\"";
    for (message, answer) in [
        // No length is believed.
        ("b\"\\xff\\xff\\xff\\xff\"", "b''\n"),
        ("b\"\\x00\\x00\\x00\\x00\"", "b''\n"),
        ("b\"\\x00\\x00\\x00\\x05\\x0d\\xff\\xff\\xff\\xff\"", failure),
        (
            "b\"\\x00\\x00\\x00\\x09\\x0d\\x00\\x00\\x00\\x04\\xff\\xff\\xff\\xff\"",
            failure,
        ),
        ("b\"\\x00\\x00\\x00\\x02\\x0bx\"", failure),
        ("b\"\\x00\\x00\\x00\\x01\\xfe\"", failure),
    ] {
        let finished = agent.say(&ALL, message);
        assert_eq!(finished.succeeded().stdout, answer, "{message}");
    }
    assert!(agent.say(&ALL, list).succeeded().stdout.contains("ada@laptop"));
}

#[test]
fn a_signature_for_what_is_no_login_says_so() {
    let agent = Agent::new();
    let script = "ssh-add -L > key.pub && echo text > file && ssh-keygen -q -Y sign -f key.pub -n git file";
    agent
        .inside(&[&ALL[..2], &["--non-interactive"]].concat(), script)
        .failed();
    let denied = agent.world.log().into_iter().any(|event| {
        let target = event["target"].as_str().unwrap_or_default();
        event["verdict"] == "deny" && target.contains("@message/git (key ada@laptop)")
    });
    assert!(denied, "{:#?}", agent.world.log());
    agent
        .inside(
            &[
                &ALL[..2],
                &["--non-interactive", "--with", "ssh-sign * @message/git"],
            ]
            .concat(),
            &format!("rm -f file.sig; {script}"),
        )
        .succeeded();
}
