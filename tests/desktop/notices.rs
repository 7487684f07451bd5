//! What a notification says and offers, and what becomes of it.

use std::time::Duration;

use askbox_tests::World;
use askbox_tests::desktop::{Call, Notification, Profile, look};
use askbox_tests::server::Server;
use serde_json::Value;

use crate::seat::{BUTTONS, Errand, Seat, answer, is_summary, nothing_is_written};

#[test]
fn buttons_come_in_order_and_a_server_with_three_shows_the_first_three() {
    for (profile, seen) in [(Profile::Gnome, &BUTTONS[..3]), (Profile::Plasma, &BUTTONS)] {
        let seat = Seat::new(profile);
        let errand = Errand::start(seat.world(), "new.test");
        let notification = seat.server.shows(&errand.title());
        assert_eq!(notification.labels(), BUTTONS);
        assert_eq!(seat.server.buttons(&notification), seen);
        assert!(notification.has_default() && notification.is_urgent());
        assert_eq!(notification.hints["desktop-entry"], "askbox");
        seat.server.press(&notification, "Allow once");
        errand.went_through();
    }
}

#[test]
fn complaint_7_a_notification_says_who_wants_what_and_where() {
    let seat = Seat::new(Profile::Gnome);
    let errand = Errand::start(seat.world(), "deep.sub.new.test");
    let notification = seat.server.shows(&errand.title());
    let port = errand.target.port();
    assert_eq!(
        notification.summary,
        format!("curl (project) wants deep.sub.new.test:{port}")
    );
    assert_eq!(
        notification.body,
        format!(
            "Program: curl -sS --fail-with-body http://deep.sub.new.test:{port}/\nProject: {}",
            "~/project"
        )
    );
}

#[test]
fn a_click_beside_the_buttons_opens_the_prompt_window_and_decides_nothing() {
    for profile in [Profile::Gnome, Profile::Plasma] {
        let seat = Seat::new(profile);
        let mut errand = Errand::start(seat.world(), "new.test");
        let notification = seat.server.shows(&errand.title());
        seat.server.click_body(&notification);
        seat.desktop.screen().window("Askbox asks");
        errand.still_waits(seat.world());
    }
}

#[test]
fn options_opens_the_prompt_window_and_decides_nothing() {
    let seat = Seat::new(Profile::Plasma);
    let mut errand = Errand::start(seat.world(), "new.test");
    let notification = seat.server.shows(&errand.title());
    seat.server.press(&notification, "Options…");
    seat.desktop.screen().window("Askbox asks");
    errand.still_waits(seat.world());
}

#[test]
fn threat_63_complaint_2_closed_expired_and_swept_decide_nothing() {
    let seat = Seat::new(Profile::Gnome);
    let mut errands = ["one.test", "two.test", "three.test"].map(|name| Errand::start(seat.world(), name));
    let shown = errands
        .each_ref()
        .map(|errand| seat.server.shows(&errand.title()));
    seat.server.dismiss(&shown[0]);
    seat.server.expire(&shown[1]);
    seat.server.sweep();
    // What comes after them is dealt with after them.
    let last = Errand::start(seat.world(), "last.test");
    let notification = seat.server.shows(&last.title());
    seat.server.press(&notification, "Block");
    last.was_refused();
    for errand in &mut errands {
        seat.host.has(&[&errand.title(), "Allow once"]);
        errand.still_waits(seat.world());
    }
}

#[test]
fn complaint_2_a_time_out_writes_nothing_and_is_told_afterwards() {
    let seat = Seat::with_patience(Profile::Gnome, "1s");
    let errand = Errand::start(seat.world(), "new.test");
    let title = errand.title();
    errand.was_refused();
    let digest = seat.server.shows("Denied, because nobody answered");
    assert!(digest.body.contains(&title), "{digest:#?}");
    assert!(!digest.is_urgent());
    assert_eq!(seat.server.buttons(&digest), ["Open"]);
    assert!(!seat.server.shown().iter().any(|one| one.summary == title));
    nothing_is_written(seat.world());
    seat.server.press(&digest, "Open");
    seat.desktop.screen().window("Askbox");
    seat.server.shows_no_more(&title);
}

#[test]
fn what_is_missed_has_one_digest_that_grows() {
    let seat = Seat::with_patience(Profile::Gnome, "1s");
    let titles = ["one.test", "two.test"].map(|name| {
        let errand = Errand::start(seat.world(), name);
        let title = errand.title();
        errand.was_refused();
        title
    });
    let digest = seat.server.shows("2 requests denied, because nobody answered");
    for title in &titles {
        assert!(digest.body.contains(title), "{digest:#?}");
    }
    assert_ne!(digest.replaces, 0);
    assert_eq!(seat.server.shown().len(), 1);
}

/// Hits a button of a notification that has just come up: another one until the machine was fast enough.
fn hit_at_once(seat: &Seat) -> (Errand, Notification) {
    for number in 1..=20 {
        let errand = Errand::start(seat.world(), &format!("n{number}.test"));
        let hit = seat.server.shows(&errand.title());
        seat.server.hit(&hit, "Allow once");
        if hit.at.elapsed() < Duration::from_millis(250) {
            return (errand, hit);
        }
    }
    panic!("the machine is too slow to click at once");
}

#[test]
fn complaint_4_a_click_that_comes_at_once_decides_nothing_and_the_notification_comes_back() {
    let seat = Seat::new(Profile::Gnome);
    let (mut errand, hit) = hit_at_once(&seat);
    let again = seat.server.shows_one("it is shown again", |one| {
        one.summary == errand.title() && hit.at < one.at
    });
    errand.still_waits(seat.world());
    seat.server.press(&again, "Allow once");
    errand.went_through();
}

/// Of a moment as RFC 3339 writes it.
fn second_of_the_day(moment: &str) -> u32 {
    let (_day, time) = moment.split_once('T').unwrap();
    let digits = time[..8].split(':').map(|part| part.parse::<u32>().unwrap());
    digits.fold(0, |sum, part| sum * 60 + part)
}

#[test]
fn complaint_1_an_answer_for_an_hour_ends_by_itself() {
    let seat = Seat::new(Profile::Gnome);
    let errand = Errand::start(seat.world(), "new.test");
    let notification = seat.server.shows(&errand.title());
    seat.server.press(&notification, "Allow 1 hour");
    errand.went_through();
    let lists: Value = serde_json::from_str(&seat.world().ok(&["rules", "--json"])).unwrap();
    assert_eq!(lists["grants"].as_array().unwrap().len(), 1);
    let second = |name: &str| second_of_the_day(lists["grants"][0][name].as_str().unwrap());
    let holds = (second("expires") + 86_400 - second("given")) % 86_400;
    assert_eq!(holds, 3600, "{lists:#}");
    assert!(
        !std::fs::read_to_string(seat.world().policy())
            .unwrap()
            .contains("new.test")
    );
}

#[test]
fn complaint_3_an_answer_decides_its_own_question_and_no_other() {
    let seat = Seat::new(Profile::Gnome);
    let mut first = Errand::start(seat.world(), "one.test");
    let untouched = seat.server.shows(&first.title());
    let second = Errand::start(seat.world(), "two.test");
    let notification = seat.server.shows(&second.title());
    seat.server.press(&notification, "Allow once");
    second.went_through();
    first.still_waits(seat.world());
    let still = seat.server.shows(&first.title());
    assert_eq!(still.id, untouched.id);
    seat.server.press(&still, "Block");
    first.was_refused();
}

#[test]
fn complaint_6_the_same_host_again_is_no_second_notification() {
    let seat = Seat::new(Profile::Plasma);
    let target = Server::http("hello");
    let url = format!("http://one.test:{}/", target.port());
    let script = format!("for n in 1 2 3 4 5; do curl -sS {url} & done; wait");
    let running = seat
        .world()
        .start_sh(&["--resolve", &target.pin("one.test")], &script);
    seat.world().eventually("all five wait", || {
        let questions = seat.world().questions();
        questions.first().is_some_and(|question| question["waiting"] == 5)
    });
    let notification = seat.server.shows("wants one.test");
    assert_eq!(seat.server.shown().len(), 1);
    seat.server.press(&notification, "Allow once");
    assert_eq!(running.finish().succeeded().stdout, "hello".repeat(5));
    assert_eq!(seat.server.refused(), 0, "nothing was repeated");
    let told: Vec<String> = seat.server.history().into_iter().map(|one| one.summary).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
}

#[test]
fn complaint_8_an_answer_elsewhere_closes_the_notification() {
    for profile in [Profile::Gnome, Profile::Plasma, Profile::Dunst] {
        let seat = Seat::new(profile);
        let errand = Errand::start(seat.world(), "new.test");
        let title = errand.title();
        let notification = seat.server.shows(&title);
        answer(seat.world(), "allow");
        errand.went_through();
        seat.is_done_with(&title);
        let is_closed = |call: &Call| matches!(call, Call::Close(id) if *id == notification.id);
        assert!(seat.server.calls().iter().any(is_closed));
    }
}

#[test]
fn complaint_8_every_button_does_what_it_says() {
    let seat = Seat::new(Profile::Plasma);
    for (label, goes_through) in [
        ("Allow once", true),
        ("Block", false),
        ("Allow 1 hour", true),
        ("Always", true),
    ] {
        let name = format!("n{}.test", label.len());
        let errand = Errand::start(seat.world(), &name);
        let title = errand.title();
        let notification = seat.server.shows(&title);
        seat.server.press(&notification, label);
        if goes_through {
            errand.went_through();
        } else {
            errand.was_refused();
        }
        seat.is_done_with(&title);
    }
    let policy = std::fs::read_to_string(seat.world().policy()).unwrap();
    assert!(
        policy.contains("n6.test") && !policy.contains("n10.test"),
        "{policy}"
    );
}

/// A session whose question about one domain grows when it is told to.
pub(crate) fn growing(world: &World, first: &Server, second: &Server) -> askbox_tests::Running {
    let script = format!(
        "mkfifo go; curl -sS --fail http://a.same.test:{}/ & read go < go; curl -sS --fail http://b.same.test:{}/ & wait",
        first.port(),
        second.port()
    );
    let pins = [first.pin("a.same.test"), second.pin("b.same.test")];
    world.start_sh(&["--resolve", &pins[0], "--resolve", &pins[1]], &script)
}

#[test]
fn threat_71_a_question_that_grows_is_updated_and_an_older_click_covers_nothing() {
    let seat = Seat::new(Profile::Gnome);
    let (seen, late) = (Server::http("seen"), Server::http("late"));
    let running = growing(seat.world(), &seen, &late);
    let before = seat.server.shows("wants a.same.test");
    seat.world().write("go", "\n");
    let grown = seat.server.shows("b.same.test");
    assert_eq!((grown.id, grown.replaces), (before.id, before.id));
    assert_eq!(seat.server.shown().len(), 1);
    // What both would be allowed by is not offered where only one can be read in full.
    assert_eq!(grown.labels(), ["Open", "Block", "Later"]);
    // The click was on its way when the question grew.
    seat.server.choose(&before, "Allow once");
    let again = seat
        .server
        .shows_one("it is shown again", |one| grown.at < one.at);
    assert_eq!((seen.connections(), late.connections()), (0, 0));
    nothing_is_written(seat.world());
    seat.server.press(&again, "Block");
    running.finish();
    assert_eq!((seen.connections(), late.connections()), (0, 0));
    assert!(seat.world().questions().is_empty());
}

#[test]
fn more_than_three_questions_have_one_summary() {
    let seat = Seat::new(Profile::Gnome);
    let errands =
        ["one.test", "two.test", "three.test", "four.test"].map(|name| Errand::start(seat.world(), name));
    let summary = seat.server.shows("4 questions wait for an answer");
    for errand in &errands {
        assert!(summary.body.contains(&errand.title()), "{summary:#?}");
        seat.host.has(&[&errand.title(), "Allow once"]);
    }
    seat.world().eventually("it stands alone", || {
        let shown = seat.server.shown();
        shown.len() == 1 && is_summary(&shown[0])
    });
    assert_eq!(seat.server.buttons(&summary), ["Open", "Later"]);
    // With one less, each has its own again.
    let mut errands = errands.into_iter();
    let first = errands.next().unwrap();
    seat.host.answer(&first.title(), "Allow once");
    first.went_through();
    for errand in errands {
        let notification = seat
            .server
            .shows_one("it has its own", |one| one.summary == errand.title());
        seat.server.press(&notification, "Allow once");
        errand.went_through();
    }
    seat.server.shows_no_more("questions wait for an answer");
}

#[test]
fn a_click_that_somebody_else_invents_is_no_answer() {
    let seat = Seat::new(Profile::Dunst);
    let mut errand = Errand::start(seat.world(), "new.test");
    let notification = seat.server.shows(&errand.title());
    look();
    for key in [
        notification.key("Allow once"),
        notification.key("Always"),
        "default",
    ] {
        seat.desktop
            .bus()
            .forge_click(&notification.sender, notification.id, key);
    }
    // What the app is told after them is dealt with after them.
    let other = Errand::start(seat.world(), "other.test");
    let shown = seat.server.shows(&other.title());
    seat.server.choose(&shown, "Block");
    other.was_refused();
    errand.still_waits(seat.world());
    assert!(seat.desktop.screen().windows("Askbox asks").is_empty());
    seat.server.choose(&notification, "Allow once");
    errand.went_through();
}
