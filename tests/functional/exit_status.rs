//! The command's exit status is askbox's.

use std::fs;
use std::time::Duration;

use askbox_tests::{Running, World};
use nix::sys::signal::Signal;

#[test]
fn the_exit_code_of_the_command_is_ours() {
    let world = World::new();
    assert_eq!(world.sh(&[], "exit 7").code, Some(7));
    assert_eq!(world.sh(&[], "true").code, Some(0));
}

#[test]
fn a_signal_gives_128_and_its_number() {
    let world = World::new();
    assert_eq!(world.sh(&[], "kill -TERM $$").code, Some(128 + 15));
}

/// Whether a process with this command line is stopped.
fn is_stopped(world: &World, command: &[&str]) -> bool {
    let stopped = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The state comes after the name, which is in parentheses (proc_pid_stat(5)).
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    };
    let mut inside = world.sandboxed().into_iter();
    inside.any(|process| process.command == command && stopped(process.pid))
}

#[test]
fn a_command_that_stopped_itself_ends_when_it_is_told_to() {
    let world = World::new();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        let running = world.start_sh(&["--quiet"], "kill -STOP $$");
        world.eventually("it stopped", || {
            is_stopped(&world, &["sh", "-c", "kill -STOP $$"])
        });
        running.signal(signal);
        let finished = running.finish();
        assert_eq!(finished.code, Some(128 + signal as i32), "{finished:#?}");
    }
}

#[test]
fn what_is_inside_lets_nothing_go_on_by_the_first_process() {
    let world = World::new();
    // What the first process has handed on is pending. SIGHUP comes after SIGTERM, and after what may follow that.
    let script = "trap 'touch went_on' TERM; (until grep -q '^State:.T' /proc/$$/status; do :; done; kill -TERM 1; \
                  until grep -q '^ShdPnd:.*4...$' /proc/$$/status; do :; done; kill -HUP 1; \
                  until grep -q '^ShdPnd:.*4..1$' /proc/$$/status; do :; done; touch sent) & kill -STOP $$";
    let mut running = world.start_sh(&["--quiet"], script);
    world.eventually("it was sent", || world.project().join("sent").exists());
    assert!(is_stopped(&world, &["sh", "-c", script]));
    assert!(!world.project().join("went_on").exists());
    assert!(running.is_running());
}

#[test]
fn a_command_that_is_not_there_gives_127_and_one_that_cannot_run_126() {
    let world = World::new();
    world.write("plain.txt", "no program");
    let run = |command: &str| Running::start(world.askbox(&["run", "--", command])).finish();
    assert_eq!(run("no-such-command").code, Some(127));
    assert_eq!(run("./plain.txt").code, Some(126));
}

#[test]
fn a_signal_at_any_moment_of_the_launch_ends_the_command() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    for milliseconds in (0..60).step_by(3) {
        let running = Running::start(world.askbox(&["run", "--quiet", "--", "sleep", "30"]));
        // Not synchronisation: the moment itself.
        std::thread::sleep(Duration::from_millis(milliseconds));
        running.signal(Signal::SIGTERM);
        let finished = running.finish();
        let ended = finished.signal == Some(15) || matches!(finished.code, Some(125..));
        assert!(ended, "after {milliseconds} ms: {finished:#?}");
    }
}
