//! The command's exit status is askbox's.

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
