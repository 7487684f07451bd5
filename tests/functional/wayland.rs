//! The user's Wayland display in a session: windows of its own, by a flag, a rule or an answer.

use askbox_tests::{Compositor, Running, World};

const FLAG: [&str; 3] = ["--non-interactive", "--with", "wayland"];
const WINDOW: &str = "simple-shm";

fn rule(world: &World, effect: &str) {
    world.write_policy(&format!(
        "[questions]\ntimeout = \"20s\"\n[[rule]]\neffect = \"{effect}\"\nneighbour = \"wayland\"\n"
    ));
}

#[test]
fn a_program_shows_a_window_where_a_flag_lets_it() {
    let world = World::new();
    let compositor = Compositor::start(&world);
    let script = "test -z \"$WAYLAND_DISPLAY$XDG_RUNTIME_DIR\" || exit 3";
    compositor.sh(&world, &[], script).succeeded();
    let running = compositor.start_sh(&world, &FLAG, "exec weston-simple-shm");
    world.eventually("its window is there", || compositor.has_window(&world, WINDOW));
    drop(running);
    world.eventually("its window is gone", || !compositor.has_window(&world, WINDOW));
    assert!(world.has_logged("wayland", "allow"));
}

#[test]
fn programs_with_a_toolkit_start_and_are_told_of_screens_and_formats() {
    let world = World::new();
    let compositor = Compositor::start(&world);
    let info = compositor.sh(&world, &FLAG, "exec wayland-info");
    let said = &info.succeeded().stdout;
    for told in ["wl_compositor", "xdg_wm_base", "XR24", "1024 px"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // Many buffers, subsurfaces and frames, with fonts and pointers.
    let running = compositor.start_sh(&world, &FLAG, "exec weston-flower");
    world.eventually("its window is there", || compositor.has_window(&world, "Flower"));
    drop(running);
}

#[test]
fn a_rule_offers_it_without_a_flag_or_keeps_it_closed() {
    let world = World::new();
    let compositor = Compositor::start(&world);
    world.ok(&["rules", "add", "allow", "neighbour", "wayland"]);
    let look = Compositor::attempt("");
    let allowed = compositor.sh(&world, &["--non-interactive"], &look);
    assert!(allowed.succeeded().stdout.ends_with("alive\n"), "{allowed:#?}");
    let world = World::new();
    rule(&world, "deny");
    let compositor = Compositor::start(&world);
    compositor.sh(&world, &[], &look).failed();
    // A flag is for one run, and goes before.
    let twin = compositor.sh(&world, &FLAG, &look);
    assert!(twin.succeeded().stdout.ends_with("alive\n"), "{twin:#?}");
}

#[test]
fn a_rule_that_asks_has_each_program_asked_for_and_a_revoked_answer_closes_its_windows() {
    let world = World::new();
    rule(&world, "ask");
    let compositor = Compositor::start(&world);
    let running = compositor.start_sh(&world, &[], &Compositor::attempt(""));
    let question = world.wait_for_question();
    world.ok(&["deny", question["id"].as_str().unwrap(), "--once"]);
    assert_ne!(running.finish().code, Some(0));
    let running = compositor.start_sh(&world, &[], "weston-simple-shm; echo closed");
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "neighbour", "{question:#}");
    let title = question["title"].as_str().unwrap();
    assert!(
        title.ends_with("your Wayland display to show windows of its own"),
        "{title}"
    );
    world.ok(&["allow", question["id"].as_str().unwrap()]);
    world.eventually("its window is there", || compositor.has_window(&world, WINDOW));
    world.ok(&["revoke", "--all"]);
    assert!(running.finish().stdout.ends_with("closed\n"));
    world.eventually("its window is gone", || !compositor.has_window(&world, WINDOW));
}

#[test]
fn without_a_display_the_flag_is_refused_with_a_hint_and_a_rule_asks_for_nothing() {
    let world = World::new();
    let file = world.write("no-socket", "");
    for (name, reason) in [
        ("", "WAYLAND_DISPLAY is not set"),
        ("wayland-0", "WAYLAND_DISPLAY is not set"),
        ("/nonexistent/wayland-0", "is no socket"),
        (file.to_str().unwrap(), "is no socket"),
    ] {
        let mut command = world.askbox(&["run"]);
        command.args(FLAG).args(["--", "true"]);
        command.env("WAYLAND_DISPLAY", name);
        let refused = Running::start(command).finish();
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(
            refused.stderr.contains(reason) && refused.stderr.contains("hint:"),
            "{refused:#?}"
        );
    }
    rule(&world, "allow");
    let quiet = world.sh(&[], "true");
    assert!(!quiet.succeeded().stderr.contains("ayland"), "{quiet:#?}");
}
