//! Sockets of the host that a session is offered by their paths: by a flag, by a rule, by an answer, and how that ends.

use askbox_tests::{Repeater, Running, World};

/// Says a line to a socket and prints what comes back; fails where nothing does.
fn say(path: &str) -> String {
    format!("echo hello | socat -t 20 - UNIX-CONNECT:{path} | grep .")
}

fn rule(world: &World, effect: &str, path: &str) {
    world.write_policy(&format!(
        "[questions]\ntimeout = \"20s\"\n[[rule]]\neffect = \"{effect}\"\nneighbour = \"socket {path}\"\n"
    ));
}

#[test]
fn a_flag_offers_a_socket_at_its_own_path_wherever_it_lies() {
    let world = World::new();
    for path in [
        world.outside().join("deep/db.sock"),
        world.home().join(".service/db.sock"),
        world.project().join("db.sock"),
        world.project().join("deep/er/db.sock"),
    ] {
        let service = Repeater::at(&path);
        let script = say(service.path());
        world.sh(&[], &script).failed();
        assert_eq!(service.connections(), 0, "{path:?}");
        let offered = world.sh(&["--non-interactive", "--socket", service.path()], &script);
        assert_eq!(offered.succeeded().stdout, "host says hello\n", "{offered:#?}");
        assert_eq!(service.connections(), 1, "{path:?}");
        let target = format!("socket {}", service.path());
        assert!(world.has_logged(&target, "allow"), "{target}");
    }
}

#[test]
fn a_path_may_be_relative_and_with_may_name_it_as_well() {
    let world = World::new();
    let service = Repeater::at(&world.project().join("db.sock"));
    let relative = world.sh(&["--socket", "db.sock"], &say("db.sock"));
    assert_eq!(relative.succeeded().stdout, "host says hello\n");
    let with = format!("socket {}", service.path());
    let named = world.sh(&["--with", &with], &say(service.path()));
    assert_eq!(named.succeeded().stdout, "host says hello\n");
}

/// A world with a service, and a rule of this effect about it.
fn with_rule(effect: &str) -> (World, Repeater) {
    let world = World::new();
    let service = Repeater::at(&world.outside().join("db.sock"));
    rule(&world, effect, service.path());
    (world, service)
}

#[test]
fn a_rule_offers_it_without_a_flag_or_keeps_it_closed() {
    let (world, service) = with_rule("allow");
    let allowed = world.sh(&["--non-interactive"], &say(service.path()));
    assert_eq!(allowed.succeeded().stdout, "host says hello\n");
    let (world, service) = with_rule("deny");
    world.sh(&[], &say(service.path())).failed();
    assert_eq!(service.connections(), 0);
}

#[test]
fn a_rule_that_asks_has_each_program_asked_for() {
    let (world, service) = with_rule("ask");
    for (answer, connections) in [("deny", 0), ("allow", 1)] {
        let running = world.start_sh(&[], &say(service.path()));
        let question = world.wait_for_question();
        assert_eq!(question["kind"], "neighbour", "{question:#}");
        let title = question["title"].as_str().unwrap();
        assert!(
            title.contains("wants to use the socket") && title.contains("db.sock"),
            "{title}"
        );
        let id = question["id"].as_str().unwrap();
        world.ok(&[answer, id, "--once"]);
        assert_eq!(running.finish().code == Some(0), connections == 1);
        assert_eq!(service.connections(), connections);
    }
    world.sh(&["--non-interactive"], &say(service.path())).failed();
    assert_eq!(service.connections(), 1);
}

#[test]
fn a_revoked_answer_cuts_what_is_open() {
    let (world, service) = with_rule("ask");
    let script = format!(
        "exec /usr/bin/python3 -c '
import socket
c = socket.socket(socket.AF_UNIX); c.connect(\"{}\"); c.sendall(b\"hello\\n\")
print(c.recv(100), flush=True); open(\"heard\", \"w\").close(); print(c.recv(100))'",
        service.path()
    );
    let running = world.start_sh(&[], &script);
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
    let heard = world.project().join("heard");
    world.eventually("it is connected", || heard.exists());
    world.ok(&["revoke", "--all"]);
    assert_eq!(
        running.finish().succeeded().stdout,
        "b'host says hello\\n'\nb''\n"
    );
}

#[test]
fn nothing_is_left_of_an_offer_when_its_session_has_ended() {
    let world = World::new();
    let service = Repeater::at(&world.outside().join("db.sock"));
    let own = world.root().join("run/neighbours");
    let count = || std::fs::read_dir(&own).unwrap().count();
    let running = Running::start({
        let mut command = world.askbox(&["run", "--socket", service.path(), "--"]);
        command.args(["sh", "-c", "touch ready; sleep 1000"]);
        command
    });
    let ready = world.project().join("ready");
    world.eventually("it runs", || ready.exists());
    assert_eq!(count(), 1);
    drop(running);
    world.eventually("it has ended", || count() == 0);
}
