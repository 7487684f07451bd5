//! The windows as a screen reader finds them: everything that can be used has a role and a name.

use askbox_tests::desktop::{Assistive, Pages, Profile};
use askbox_tests::{Desktop, eventually_or};

use crate::seat::{Errand, Seat};

/// A seat where assistive technology runs.
fn assisted() -> (Seat, Assistive) {
    let mut desktop = Desktop::new();
    let assistive = desktop.assist();
    (Seat::driven_on(desktop, Profile::Gnome), assistive)
}

/// A name without what changes by the second; `WebKit` adds what is in a field to the name of the field.
fn letters(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphabetic())
        .collect()
}

/// Everything that can be used is there by its name, and nothing is there without one.
fn is_read(assistive: &Assistive, pages: &Pages, title: &str) {
    let wrong = || {
        let read = assistive.controls(title);
        let unnamed = read.iter().filter(|control| control.name.trim().is_empty());
        let names: Vec<String> = read.iter().map(|control| letters(&control.name)).collect();
        let is_missing = |(role, name): &(String, String)| {
            role != "option" && !names.iter().any(|read| read.starts_with(&letters(name)))
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
