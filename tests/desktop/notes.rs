//! Notifications that are no questions, and what they must not do to those that are.

use askbox_tests::desktop::Profile;
use askbox_tests::{Running, World};

use crate::seat::{Errand, Seat};

/// How such a notification is called.
const FLAGGED: &str = "Changed inside, runs outside later";

/// A session that makes a file which runs outside later, and stays.
fn flagging(world: &World, number: usize) -> Running {
    let project = world.home().join(format!("project-{number}"));
    std::fs::create_dir(&project).unwrap();
    let mut command = world.askbox(&["run", "--", "sh", "-c", "echo x > .envrc; sleep 1000"]);
    command.current_dir(project);
    Running::start(command)
}

#[test]
fn what_runs_outside_later_is_told_and_leads_to_its_review() {
    let seat = Seat::driven(Profile::Gnome);
    let running = flagging(seat.world(), 1);
    let note = seat.server.shows(FLAGGED);
    assert!(note.body.contains(".envrc"), "{note:#?}");
    assert!(!note.is_urgent());
    assert_eq!(seat.server.buttons(&note), ["Review"]);
    seat.server.press(&note, "Review");
    let pages = seat.desktop.pages();
    pages
        .look_at("Askbox")
        .shows("What the session changed that runs outside the sandbox later")
        .shows("The session still runs")
        .shows(".envrc");
    seat.server.shows_no_more(FLAGGED);
    seat.world().ok(&["stop", "--all"]);
    running.finish();
    pages
        .shows_no_more("The session still runs")
        .press("button", "Put back .envrc")
        .shows("Nothing is left to review.");
    assert!(!seat.world().home().join("project-1/.envrc").exists());
}

#[test]
fn what_runs_outside_later_is_told_although_the_session_is_over() {
    let seat = Seat::driven(Profile::Gnome);
    let project = seat.world().project();
    assert_eq!(seat.world().sh(&[], "echo x > .envrc").code, Some(0));
    seat.world().eventually("no session runs", || {
        seat.world().ok(&["sessions", "--json"]).trim() == "[]"
    });
    let note = seat.server.shows(FLAGGED);
    seat.server.press(&note, "Review");
    seat.desktop
        .pages()
        .look_at("Askbox")
        .press("button", "Put back .envrc")
        .shows("Nothing is left to review.");
    assert!(!project.join(".envrc").exists());
}

#[test]
fn a_question_that_others_pushed_out_is_asked_by_the_window() {
    let seat = Seat::new(Profile::Gnome);
    let mut errand = Errand::start(seat.world(), "new.test");
    let title = errand.title();
    seat.server.shows(&title);
    let sessions: Vec<Running> = (1..=10).map(|number| flagging(seat.world(), number)).collect();
    seat.world().eventually("there are as many as there may be", || {
        let shown = seat.server.shown();
        shown.len() == 10 && shown.iter().all(|one| one.summary == FLAGGED)
    });
    seat.desktop.screen().window("Askbox asks");
    errand.still_waits(seat.world());
    seat.host.answer(&title, "Allow once");
    errand.went_through();
    drop(sessions);
}
