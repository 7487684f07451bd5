//! An answer counts wherever it is given, once, and closes the question everywhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use askbox_tests::desktop::Profile;
use askbox_tests::{Running, World};

use crate::seat::{Errand, Seat};

/// Where a person answers.
const PLACES: [&str; 3] = ["notification", "tray menu", "command line"];

fn allow_once(seat: &Seat, place: &str, title: &str) {
    // It is shown everywhere before it is answered anywhere.
    let notification = seat.server.shows(title);
    seat.host.has(&[title, "Allow once"]);
    let question = seat.world().wait_for_question();
    match place {
        "notification" => seat.server.press(&notification, "Allow once"),
        "tray menu" => seat.host.answer(title, "Allow once"),
        _ => {
            seat.world()
                .ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
        }
    }
}

/// A session asks, and goes on with the answer from each place in turn.
fn from_everywhere(title: &str, start: impl Fn(&World) -> Running, expected: &str) {
    let seat = Seat::new(Profile::Gnome);
    for place in PLACES {
        let running = start(seat.world());
        allow_once(&seat, place, title);
        assert_eq!(running.finish().succeeded().stdout, expected, "{place}");
        seat.is_done_with(title);
    }
}

#[test]
fn a_network_question_is_answered_from_everywhere() {
    let seat = Seat::new(Profile::Gnome);
    for place in PLACES {
        let errand = Errand::start(seat.world(), "new.test");
        let title = errand.title();
        allow_once(&seat, place, &title);
        errand.went_through();
        seat.is_done_with(&title);
    }
}

#[test]
fn a_read_question_is_answered_from_everywhere() {
    let title = "cat (project) wants to read ~/notes/spec.md";
    from_everywhere(
        title,
        |world| world.start_sh(&[], "cat ~/notes/spec.md >&2 && echo read"),
        "read\n",
    );
}

#[test]
fn a_write_question_is_answered_from_everywhere() {
    let title = "touch (project) wants to change ~/notes/new.md";
    from_everywhere(
        title,
        |world| world.start_sh(&[], "touch ~/notes/new.md && echo made"),
        "made\n",
    );
}

#[test]
fn an_execute_question_is_answered_from_everywhere() {
    let title = "nice (project) wants to run ~/bin/tool, a script read by /usr/bin/dash";
    let start = |world: &World| {
        let tool = world.home().join("bin/tool");
        fs::create_dir_all(tool.parent().unwrap()).unwrap();
        fs::write(&tool, "#!/bin/sh\necho tool\n").unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        world.start_sh(&[], "nice ~/bin/tool")
    };
    from_everywhere(title, start, "tool\n");
}

/// A session that fills the disk, and the title of the question about it once that is there.
fn filler(seat: &Seat) -> (Running, String) {
    let script = "mkdir -p filler; for n in $(seq 60); do head -c 1M /dev/urandom >> filler/$((n % 7)); sleep 0.02; done; echo done";
    let running = seat.world().start_sh(&["--disk", "20M"], script);
    let question = seat.world().wait_for_question();
    assert_eq!(question["kind"], "growth");
    (running, question["title"].as_str().unwrap().to_owned())
}

/// A title as an entry of the menu has it: a long one without its middle.
fn in_menu(title: &str) -> String {
    let all: Vec<char> = title.chars().collect();
    let (start, end) = (&all[..35], &all[all.len() - 34..]);
    start.iter().chain(&['…']).chain(end).collect()
}

#[test]
fn growth_on_disk_is_allowed_or_ends_the_session_from_everywhere() {
    let seat = Seat::new(Profile::Gnome);
    for (place, answer) in [
        ("notification", "No limit in this session"),
        ("tray menu", "No limit in this session"),
        ("notification", "End the session"),
        ("tray menu", "End the session"),
    ] {
        let (running, title) = filler(&seat);
        let notification = seat.server.shows(&title);
        let entry = in_menu(&title);
        seat.host.has(&[&entry, "Allow as much again"]);
        if place == "notification" {
            seat.server.press(&notification, answer);
        } else {
            seat.host.answer(&entry, answer);
        }
        let finished = running.finish();
        if answer == "End the session" {
            assert_eq!(finished.code, Some(125), "{place}: {finished:#?}");
            assert!(finished.stderr.contains("that was the answer"), "{finished:#?}");
        } else {
            assert_eq!(finished.succeeded().stdout, "done\n", "{place}");
        }
        seat.server.shows_no_more(&title);
        seat.host.has_no_more(&[&entry]);
    }
}

#[test]
fn block_refuses_from_notification_and_menu() {
    let seat = Seat::new(Profile::Gnome);
    for (place, name) in [("notification", "one.test"), ("tray menu", "two.test")] {
        let errand = Errand::start(seat.world(), name);
        let title = errand.title();
        let notification = seat.server.shows(&title);
        if place == "notification" {
            seat.server.press(&notification, "Block");
        } else {
            seat.host.answer(&title, "Block");
        }
        errand.was_refused();
        seat.is_done_with(&title);
    }
}

#[test]
fn the_first_of_two_answers_wins_and_the_other_changes_nothing() {
    let seat = Seat::new(Profile::Gnome);
    for number in 1..=3 {
        let errand = Errand::start(seat.world(), &format!("n{number}.test"));
        let title = errand.title();
        let notification = seat.server.shows(&title);
        seat.host.has(&[&title, "Block"]);
        let id = seat.world().wait_for_question()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        // The command line takes longer to start than a click takes to arrive, so this is a race.
        let elsewhere = Running::start(seat.world().askbox(&["deny", &id, "--once"]));
        seat.server.press(&notification, "Allow once");
        let denied = elsewhere.finish().code == Some(0);
        if denied {
            errand.was_refused();
        } else {
            errand.went_through();
        }
        seat.is_done_with(&title);
    }
}
