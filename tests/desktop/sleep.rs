//! A machine that is put to sleep while a program waits for an answer.

use askbox_tests::Desktop;
use askbox_tests::desktop::{Logind, Profile};

use crate::seat::Seat;

#[test]
fn a_machine_sleeps_although_a_program_waits_and_asks_again_when_it_is_awake() {
    let desktop = Desktop::new();
    let logind = Logind::start(desktop.bus());
    let seat = Seat::on(desktop, Profile::Gnome, "10m");
    let world = seat.world();
    world.eventually("it is waited for", || logind.is_delayed());
    let read = "cat ~/notes/spec.md";
    let running = world.start_sh(&[], read);
    world.wait_for_question();

    logind.tells(true);
    world.eventually("nobody is waited for", || !logind.is_delayed());
    // It was denied before the machine was let go.
    let denials = world.ok(&["log", "--denied"]);
    assert!(denials.contains("notes/spec.md"), "{denials}");
    let denied = running.finish();
    assert!(
        denied.failed().stderr.contains("Permission denied"),
        "{denied:#?}"
    );
    let missed = world.ok(&["questions", "--missed", "--json"]);
    assert!(
        missed.contains("notes/spec.md") && missed.contains("suspended"),
        "{missed}"
    );
    // Nor does one wait that asks now.
    world.sh(&[], read).failed();

    logind.tells(false);
    world.eventually("it is waited for again", || logind.is_delayed());
    let running = world.start_sh(&[], read);
    let question = world.wait_for_question();
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    running.finish().succeeded();
}
