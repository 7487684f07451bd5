//! The prompt window as a person uses it: what it answers, and what it does not take for an answer.

use askbox_tests::desktop::{Pages, Profile, look};
use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use fantoccini::key::Key;

use crate::notices::growing;
use crate::seat::{Errand, Seat, nothing_is_written};

const TITLE: &str = "Askbox asks";

/// Opens the prompt window for a question: the first time it is taken hold of, later it is there again.
fn prompt<'a>(seat: &Seat, pages: &'a mut Option<Pages>, title: &str) -> &'a Pages {
    match pages {
        None => pages.insert(seat.prompts(title)),
        Some(pages) => {
            seat.host.choose(&[title, "Options…"]);
            pages.look_at(TITLE).shows(title)
        }
    }
}

fn is_closed(seat: &Seat) {
    let screen = seat.desktop.screen();
    seat.world()
        .eventually("the window is closed", || screen.windows(TITLE).is_empty());
}

/// The same request, allowed and then blocked in the window.
fn allowed_and_blocked(title: &str, start: impl Fn(&World) -> Running) {
    let seat = Seat::driven(Profile::Gnome);
    let mut pages = None;
    for button in ["Allow", "Block"] {
        let running = start(seat.world());
        prompt(&seat, &mut pages, title).press("button", button);
        let finished = running.finish();
        if button == "Allow" {
            finished.succeeded();
        } else {
            finished.failed();
        }
        seat.is_done_with(title);
        is_closed(&seat);
    }
    nothing_is_written(seat.world());
}

#[test]
fn a_network_question_is_answered_by_allow_and_block() {
    let seat = Seat::driven(Profile::Gnome);
    let mut pages = None;
    for button in ["Allow", "Block"] {
        let errand = Errand::start(seat.world(), "new.test");
        let title = errand.title();
        prompt(&seat, &mut pages, &title)
            .shows("port ")
            .press("button", button);
        if button == "Allow" {
            errand.went_through();
        } else {
            errand.was_refused();
        }
        seat.is_done_with(&title);
        is_closed(&seat);
    }
    nothing_is_written(seat.world());
}

#[test]
fn a_read_question_is_answered_by_allow_and_block() {
    allowed_and_blocked("cat (project) wants to read ~/notes/spec.md", |world| {
        world.start_sh(&[], "cat ~/notes/spec.md")
    });
}

#[test]
fn a_write_question_is_answered_by_allow_and_block() {
    allowed_and_blocked("touch (project) wants to change ~/notes/new.md", |world| {
        world.start_sh(&[], "touch ~/notes/new.md")
    });
}

#[test]
fn what_is_chosen_is_what_is_written() {
    let seat = Seat::driven(Profile::Gnome);
    let errand = Errand::start(seat.world(), "new.test");
    seat.prompts(&errand.title())
        .press("radio", "Always")
        .press("radio", "Every project")
        .press("button", "Allow");
    errand.went_through();
    let policy = std::fs::read_to_string(seat.world().policy()).unwrap();
    assert!(
        policy.contains("new.test") && !policy.contains("project ="),
        "{policy}"
    );
}

/// The length of time that is chosen.
const CHOSEN: &str = "return document.querySelector('input[name=duration]:checked').value";

#[test]
fn complaint_5_a_question_is_answered_by_keys_alone() {
    let seat = Seat::driven(Profile::Gnome);
    let mut errand = Errand::start(seat.world(), "new.test");
    let pages = seat.prompts(&errand.title());
    let screen = seat.desktop.screen();
    screen.focus(&screen.window(TITLE));
    screen.press_keys(&["5"]);
    seat.world()
        .eventually("it is chosen", || pages.run(CHOSEN) == "always");
    errand.still_waits(seat.world());
    // What it answers is another thing now, which has to be looked at.
    look();
    pages.finds("button", "Allow");
    screen.press_keys(&["alt+a"]);
    errand.went_through();
    let policy = std::fs::read_to_string(seat.world().policy()).unwrap();
    assert!(policy.contains("new.test"), "{policy}");
    is_closed(&seat);
}

#[test]
fn a_plain_question_is_in_sight_as_a_whole() {
    let seat = Seat::driven(Profile::Gnome);
    let _running = seat.world().start_sh(&["--name", "notes"], "cat ~/notes/spec.md");
    let title = seat.world().wait_for_question()["title"].clone();
    let pages = seat.prompts(title.as_str().unwrap());
    // Beside a queue there is less room.
    let _second = Errand::start(seat.world(), "new.test");
    pages.shows("2 questions");
    let hidden = pages.run(
        "const facts = document.querySelector('.scroll');
        return facts.scrollHeight - facts.clientHeight",
    );
    assert_eq!(hidden, 0, "{}", pages.says());
}

#[test]
fn a_question_stays_open_for_a_person_who_chooses() {
    let seat = Seat::driven_with_patience(Profile::Gnome, "1m");
    let errand = Errand::start(seat.world(), "new.test");
    let pages = seat.prompts(&errand.title());
    let end = || {
        seat.world().wait_for_question()["expires"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = end();
    pages.press("radio", "This session");
    seat.world()
        .eventually("the question ends later", || first < end());
    pages.press("button", "Allow");
    errand.went_through();
}

#[test]
fn escape_closes_the_window_and_decides_nothing() {
    let seat = Seat::driven(Profile::Gnome);
    let mut errand = Errand::start(seat.world(), "new.test");
    let pages = seat.prompts(&errand.title());
    pages.finds("button", "Allow").press_key(Key::Escape);
    is_closed(&seat);
    errand.still_waits(seat.world());
    seat.host.answer(&errand.title(), "Allow once");
    errand.went_through();
}

#[test]
fn enter_allows_nothing_even_on_the_button() {
    let seat = Seat::driven(Profile::Gnome);
    let mut errand = Errand::start(seat.world(), "new.test");
    let pages = seat.prompts(&errand.title());
    pages.finds("button", "Allow");
    for button in ["Allow", "Block"] {
        pages.focus("button", button).press_key(Key::Enter);
    }
    errand.still_waits(seat.world());
    // The space bar is not what ends a line, so it presses the button that has the focus.
    pages.focus("button", "Allow").press_key(' ');
    errand.went_through();
}

/// Clicks Allow, and again as soon as there is another question, before anybody can have read it.
const TWO_CLICKS: &str = "
    const done = arguments[0];
    const title = () => document.querySelector('#prompt-title').textContent;
    const allow = () => document.querySelector('button.allow');
    const before = title();
    new MutationObserver((_, observer) => {
        if (document.querySelector('#prompt-title') && title() !== before && allow()) {
            observer.disconnect();
            allow().click();
            done([before, title(), allow().ariaDisabled]);
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    allow().click();";

#[test]
fn a_click_that_was_meant_for_the_last_question_does_not_answer_the_next() {
    let seat = Seat::driven(Profile::Gnome);
    let first = Errand::start(seat.world(), "one.test");
    let pages = seat.prompts(&first.title());
    let mut second = Errand::start(seat.world(), "two.test");
    pages.shows(&second.title()).finds("button", "Allow");
    let clicks = pages.run_to_end(TWO_CLICKS);
    assert_eq!(clicks[2], "true", "{clicks}");
    first.went_through();
    look();
    second.still_waits(seat.world());
    pages.press("button", "Allow");
    second.went_through();
}

#[test]
fn threat_71_an_answer_to_what_was_there_before_does_not_cover_what_was_added() {
    let seat = Seat::driven(Profile::Gnome);
    let (seen, late) = (Server::http("seen"), Server::http("late"));
    let running = growing(seat.world(), &seen, &late);
    let question = seat.world().wait_for_question();
    let pages = seat.prompts(question["title"].as_str().unwrap());
    seat.world().write("go", "\n");
    pages
        .shows(
            "More was added. An answer is for what has been here for a moment; the rest is asked about next.",
        )
        .shows("b.same.test");
    let old = format!(
        "const done = arguments[0];
        const answer = {{ allow: true, duration: 'once', widen: false, everywhere: false }};
        const request = {{ daemon: {{ answer: {{ id: {}, revision: {}, answer }} }} }};
        window.__TAURI_INTERNALS__.invoke('request', {{ request }}).then(() => done('answered'), (error) => done(error.code))",
        question["id"], question["revision"]
    );
    assert_eq!(pages.run_to_end(&old), "answered");
    pages.shows("The question changed. Look again before you answer.");
    assert_eq!(pages.run_to_end(&old), "stale");
    assert_eq!(late.connections(), 0);
    pages.press("button", "Allow");
    running.finish().succeeded();
    assert_eq!((seen.connections(), late.connections()), (1, 1));
}

#[test]
fn a_question_that_is_answered_elsewhere_says_so() {
    let seat = Seat::driven(Profile::Gnome);
    let errand = Errand::start(seat.world(), "new.test");
    let pages = seat.prompts(&errand.title());
    seat.host.answer(&errand.title(), "Block");
    pages.shows("Answered elsewhere: blocked.");
    errand.was_refused();
    is_closed(&seat);
}
