//! Services of the user's session bus in a session: by a flag, by a rule, by an answer, and how that ends.

use std::fs;

use askbox_tests::desktop::{Bus, Service};
use askbox_tests::{Finished, World};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const NAME: &str = "org.example.Named";
const FLAG: [&str; 3] = ["--non-interactive", "--with", "dbus org.example.Named"];

/// Connects, says when the bus takes it, and when it is cut off.
const STAY: &str = r#"exec /usr/bin/python3 -c '
import os, socket
c = socket.socket(socket.AF_UNIX); c.connect(os.environ["DBUS_SESSION_BUS_ADDRESS"].split("=")[1])
c.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
print(c.recv(100)[:2], flush=True); open("heard", "w").close(); print(c.recv(100))'"#;

fn rule(world: &World, effect: &str) {
    world.write_policy(&format!(
        "[questions]\ntimeout = \"20s\"\n[[rule]]\neffect = \"{effect}\"\nneighbour = \"dbus {NAME}\"\n"
    ));
}

/// A world with a bus, and a service on it.
fn with_service() -> (World, Bus, Service) {
    let world = World::new();
    let bus = Bus::start(&world);
    let service = Service::start(&bus, NAME);
    (world, bus, service)
}

/// The proxies of this daemon.
fn proxies(daemon: i32) -> Vec<i32> {
    let children = |task: &str| fs::read_to_string(format!("{task}/children")).unwrap_or_default();
    let tasks = fs::read_dir(format!("/proc/{daemon}/task")).unwrap().flatten();
    let of_tasks = tasks.map(|task| children(task.path().to_str().unwrap()));
    of_tasks
        .collect::<Vec<_>>()
        .join(" ")
        .split_ascii_whitespace()
        .map(|pid| pid.parse().unwrap())
        .filter(|pid| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "xdg-dbus-proxy\n")
        })
        .collect()
}

fn has_ended(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.contains("State:") || status.contains("State:\tZ")
}

fn refused(finished: &Finished, reason: &str) {
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    let said = &finished.stderr;
    assert!(said.contains(reason) && said.contains("hint:"), "{finished:#?}");
}

#[test]
fn a_flag_offers_a_service_by_its_name() {
    let (world, bus, service) = with_service();
    let call = Service::call(NAME);
    bus.sh(&world, &[], "test -z \"$DBUS_SESSION_BUS_ADDRESS\" || exit 3")
        .succeeded();
    bus.sh(&world, &[], &call).failed();
    assert_eq!(service.calls(), 0);
    let offered = bus.sh(&world, &FLAG, &format!("{call}; {call}"));
    assert_eq!(
        offered.succeeded().stdout,
        Service::HEARD.repeat(2),
        "{offered:#?}"
    );
    assert_eq!(service.calls(), 2);
    assert!(world.has_logged("dbus org.example.Named", "allow"));
}

#[test]
fn a_rule_offers_it_without_a_flag_or_keeps_it_closed() {
    let (world, bus, service) = with_service();
    rule(&world, "allow");
    let allowed = bus.sh(&world, &["--non-interactive"], &Service::call(NAME));
    assert_eq!(allowed.succeeded().stdout, Service::HEARD);
    let (world, bus, closed) = with_service();
    rule(&world, "deny");
    bus.sh(&world, &[], &Service::call(NAME)).failed();
    assert_eq!((service.calls(), closed.calls()), (1, 0));
}

#[test]
fn a_rule_is_written_by_a_command_as_well() {
    let (world, bus, _service) = with_service();
    world.ok(&["rules", "add", "allow", "neighbour", "dbus org.example.Named"]);
    let allowed = bus.sh(&world, &["--non-interactive"], &Service::call(NAME));
    assert_eq!(allowed.succeeded().stdout, Service::HEARD);
}

#[test]
fn a_rule_that_asks_has_each_program_asked_for() {
    let (world, bus, service) = with_service();
    rule(&world, "ask");
    for (answer, calls) in [("deny", 0), ("allow", 1)] {
        let running = bus.start_sh(&world, &[], &Service::call(NAME));
        let question = world.wait_for_question();
        assert_eq!(question["kind"], "neighbour", "{question:#}");
        let title = question["title"].as_str().unwrap();
        assert!(
            title.ends_with("wants to use the service org.example.Named of your session bus"),
            "{title}"
        );
        world.ok(&[answer, question["id"].as_str().unwrap(), "--once"]);
        assert_eq!(running.finish().code == Some(0), calls == 1);
        assert_eq!(service.calls(), calls);
    }
}

#[test]
fn what_is_denied_of_several_services_is_left_out() {
    let (world, bus, _service) = with_service();
    let other = Service::start(&bus, "org.example.Other");
    rule(&world, "ask");
    let script = format!(
        "{}; {} 2>&1",
        Service::call("org.example.Other"),
        Service::call(NAME)
    );
    let running = bus.start_sh(&world, &["--with", "dbus org.example.Other"], &script);
    for _each_connection in 0..2 {
        let question = world.wait_for_question();
        world.ok(&["deny", question["id"].as_str().unwrap(), "--once"]);
    }
    let said = running.finish().failed().stdout.clone();
    assert!(said.starts_with(Service::HEARD), "{said}");
    assert!(
        said.contains("ServiceUnknown") || said.contains("AccessDenied"),
        "{said}"
    );
    assert_eq!(other.calls(), 1);
}

#[test]
fn a_revoked_answer_cuts_what_is_open_and_ends_its_proxy() {
    let (world, bus, _service) = with_service();
    rule(&world, "ask");
    let running = bus.start_sh(&world, &[], STAY);
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
    let heard = world.project().join("heard");
    world.eventually("it is connected", || heard.exists());
    let daemon = world.daemon_pid();
    assert_eq!(proxies(daemon).len(), 1);
    world.ok(&["revoke", "--all"]);
    assert_eq!(running.finish().succeeded().stdout, "b'OK'\nb''\n");
    world.eventually("its proxy has ended", || proxies(daemon).is_empty());
}

#[test]
fn no_proxy_outlives_its_session_or_its_daemon() {
    for is_killed in [false, true] {
        let (world, bus, _service) = with_service();
        let running = bus.start_sh(&world, &FLAG, STAY);
        let heard = world.project().join("heard");
        world.eventually("it is connected", || heard.exists());
        let daemon = world.daemon_pid();
        let [proxy] = proxies(daemon)[..] else {
            panic!("{:?}", proxies(daemon));
        };
        if is_killed {
            kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
        } else {
            drop(running);
        }
        world.eventually("its proxy has ended", || has_ended(proxy));
    }
}

#[test]
fn without_a_bus_or_with_a_proxy_of_somebody_else_the_flag_is_refused_with_a_hint() {
    let world = World::new();
    for (address, reason) in [
        ("", "DBUS_SESSION_BUS_ADDRESS is not set"),
        ("autolaunch:", "has no unix socket"),
    ] {
        let mut command = world.askbox(&["run"]);
        command.args(FLAG).args(["--", "true"]);
        command.env("DBUS_SESSION_BUS_ADDRESS", address);
        refused(&askbox_tests::Running::start(command).finish(), reason);
    }
    // A rule asks for nothing where there is no desktop.
    rule(&world, "allow");
    let quiet = world.sh(&[], "true");
    assert!(!quiet.succeeded().stderr.contains("dbus"), "{quiet:#?}");
}
