//! The user's X11 display in a session: windows of its own, by a flag, a rule or an answer.

use askbox_tests::{Display, World};

const ASK: &str = "[questions]\ntimeout = \"20s\"\n[[rule]]\neffect = \"ask\"\nneighbour = \"x11\"\n";

#[test]
fn a_program_shows_a_window_where_a_flag_lets_it() {
    let world = World::new();
    let display = Display::start(&world, "");
    let script = "test -z \"$DISPLAY\" || exit 3";
    display.sh(&world, &[], script).succeeded();
    for flag in ["x11", "x11-trusted"] {
        let title = format!("inside-{flag}");
        let running = display.start_sh(
            &world,
            &["--non-interactive", "--with", flag],
            &format!("exec xev -name {title}"),
        );
        world.eventually("its window is there", || display.has_window(&world, &title));
        drop(running);
        world.eventually("its window is gone", || !display.has_window(&world, &title));
        assert!(world.has_logged(flag, "allow"), "{flag}");
    }
}

#[test]
fn a_rule_that_asks_has_each_program_asked_for_and_a_revoked_answer_closes_its_windows() {
    let world = World::new();
    world.write_policy(ASK);
    let display = Display::start(&world, "");
    let running = display.start_sh(&world, &[], "xev -name inside; echo closed");
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "neighbour", "{question:#}");
    let title = question["title"].as_str().unwrap();
    assert!(
        title.ends_with("your display to show windows of its own"),
        "{title}"
    );
    world.ok(&["allow", question["id"].as_str().unwrap()]);
    world.eventually("its window is there", || display.has_window(&world, "inside"));
    world.ok(&["revoke", "--all"]);
    assert!(running.finish().stdout.ends_with("closed\n"));
    assert!(!display.has_window(&world, "inside"));
}

#[test]
fn without_a_display_of_this_machine_the_flag_is_refused_with_a_hint() {
    let world = World::new();
    for (name, reason) in [
        ("", "DISPLAY is not set"),
        ("far:0", "not one of this machine"),
        (":4711", "no socket"),
    ] {
        let mut command = world.askbox(&["run", "--with", "x11", "--", "true"]);
        command.env("DISPLAY", name);
        let refused = askbox_tests::Running::start(command).finish();
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(
            refused.stderr.contains(reason) && refused.stderr.contains("hint:"),
            "{refused:#?}"
        );
    }
}
