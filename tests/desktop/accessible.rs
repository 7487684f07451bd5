//! The windows as a screen reader finds them: everything that can be used has a role and a name.

use askbox_tests::desktop::{Assistive, Pages, Profile};
use askbox_tests::{Desktop, eventually_or};

use crate::seat::{Errand, Seat};
use crate::views::DEVELOPMENT;

/// A seat where assistive technology runs.
fn assisted() -> (Seat, Assistive) {
    let mut desktop = Desktop::new();
    let assistive = desktop.assist();
    (Seat::driven_on(desktop, Profile::Gnome), assistive)
}

/// Everything that can be used is there by its name, and nothing is there without one.
fn is_read(assistive: &Assistive, pages: &Pages, title: &str) {
    let wrong = || {
        let read = assistive.controls(title);
        let unnamed = read.iter().filter(|control| control.name.trim().is_empty());
        let is_missing = |(role, name): &(String, String)| {
            role != "option" && !read.iter().any(|control| control.begins_with(name))
        };
        let missing = pages.controls().into_iter().filter(is_missing);
        let wrong = unnamed.map(|control| format!("{control:?} has no name"));
        let wrong = wrong.chain(missing.map(|(role, name)| format!("{role} {name:?} is not read")));
        wrong.collect::<Vec<_>>()
    };
    eventually_or(
        || !assistive.controls(title).is_empty() && wrong().is_empty(),
        || {
            format!(
                "every control of {title} is read, but {:#?} in {:#?}",
                wrong(),
                assistive.controls(title)
            )
        },
    );
}

#[test]
fn every_control_of_the_settings_window_has_a_role_and_a_name() {
    let (seat, assistive) = assisted();
    let errand = Errand::start(seat.world(), "new.test");
    seat.server
        .press(&seat.server.shows(&errand.title()), "Allow 1 hour");
    errand.went_through();
    let _waiting = Errand::start(seat.world(), "two.test");
    seat.world().wait_for_question();
    let pages = seat.opens("questions");
    for (view, text) in [
        ("questions", "What waits for you"),
        ("rules", "What you decided"),
        ("sessions", "What runs in a sandbox"),
        ("activity", "Every verdict"),
        ("settings", "How Askbox asks"),
    ] {
        seat.world().ok(&["open", view]);
        pages.shows(text).shows_no_more("Loading…");
        is_read(&assistive, &pages, "Askbox");
    }
}

#[test]
fn every_control_of_the_prompt_window_has_a_role_and_a_name() {
    let (seat, assistive) = assisted();
    let first = Errand::start(seat.world(), "new.test");
    let second = Errand::start(seat.world(), "two.test");
    let pages = seat.prompts(&first.title());
    pages.shows(&second.title());
    is_read(&assistive, &pages, "Askbox asks");
}

/// A dialog is opened by what opens it, as a screen reader does that; it has this text, is read, and is closed.
fn opens_a_dialog(assistive: &Assistive, pages: &Pages, opener: &str, text: &str) {
    assistive.act("Askbox", opener);
    pages.shows(text);
    is_read(assistive, pages, "Askbox");
    assistive.act("Askbox", "Close");
    pages.shows_no_more(text);
}

#[test]
fn dialogs_of_rules_open_by_their_actions_and_every_control_has_a_name() {
    let (seat, assistive) = assisted();
    let errand = Errand::start(seat.world(), "new.test");
    let target = format!("new.test:{}", errand.target.port());
    seat.server
        .press(&seat.server.shows(&errand.title()), "Allow 1 hour");
    errand.went_through();
    for pattern in ["docs.test", "**.docs.test"] {
        seat.world().ok(&["rules", "add", "allow", "network", pattern]);
    }
    let revoke = format!("Revoke {target}");
    let pages = seat.opens("rules");
    pages.shows(&target).shows("docs.test");
    for (opener, text) in [
        ("Add rule…", "Add a rule"),
        ("Edit docs.test", "Edit the rule"),
        ("Stays: change the end of docs.test", "When it ends"),
        ("Paste many…", "One pattern a line."),
        ("Import, export…", "Rules are added, all of them or none."),
        ("Remove redundant (1)", "Remove redundant rules?"),
        (&revoke, "Revoke this answer?"),
    ] {
        opens_a_dialog(&assistive, &pages, opener, text);
    }
}

#[test]
fn dialogs_that_ask_whether_one_is_sure_and_reviews_open_by_their_actions() {
    let (seat, assistive) = assisted();
    seat.world().sh(&[], "echo x > .envrc").succeeded();
    let _running = seat.world().start_sh(&["--name", "errand"], "sleep 1000");
    let pages = seat.opens("sessions");
    pages.shows("Running (1)").shows("ended");
    let controls = pages.controls();
    let review = controls.iter().find(|(_, name)| name.starts_with("Review "));
    let (_, review) = review.unwrap_or_else(|| panic!("a review among {controls:#?}"));
    opens_a_dialog(
        &assistive,
        &pages,
        review,
        "What the session changed that runs outside",
    );
    opens_a_dialog(&assistive, &pages, "Stop errand", "Stop the session?");
    seat.world().ok(&["open", "settings"]);
    pages.shows("What needs no question");
    opens_a_dialog(
        &assistive,
        &pages,
        DEVELOPMENT,
        "Use Development for every session?",
    );
    seat.world().ok(&["open", "questions"]);
    pages.shows("Nothing waits for you");
    opens_a_dialog(&assistive, &pages, "Lockdown: off", "Begin lockdown?");
}
