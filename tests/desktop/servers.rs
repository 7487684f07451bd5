//! Notification servers that die, come back, hang, show no buttons, or are not there: no answer is lost, none invented.

use std::time::{Duration, Instant};

use askbox_tests::Desktop;
use askbox_tests::desktop::{NotificationServer, Profile, TrayHost, look};

use crate::seat::{Errand, Seat, answer, nothing_is_written, policy};

#[test]
fn threat_60_a_server_that_is_killed_and_restarted_shows_the_open_questions_again() {
    let mut seat = Seat::new(Profile::Gnome);
    let mut errands = ["one.test", "two.test", "three.test"].map(|name| Errand::start(seat.world(), name));
    for errand in &errands {
        seat.server.shows(&errand.title());
    }
    seat.server.stop();
    // Nobody is there for a while.
    for errand in &mut errands {
        errand.still_waits(seat.desktop.world());
    }
    seat.server = NotificationServer::start(seat.desktop.bus(), Profile::Gnome);
    for errand in &errands {
        seat.server.shows(&errand.title());
    }
    // Numbers of the other server mean nothing to this one.
    let history = seat.server.history();
    assert_eq!(history[0].replaces, 0);
    assert_eq!(seat.server.shown().len(), 3, "{history:#?}");
    nothing_is_written(seat.world());
    for errand in errands {
        let notification = seat.server.shows(&errand.title());
        seat.server.press(&notification, "Allow once");
        errand.went_through();
    }
}

#[test]
fn threat_60_what_is_answered_while_no_server_is_there_is_not_shown_by_the_next() {
    let mut seat = Seat::new(Profile::Gnome);
    let answered = Errand::start(seat.world(), "one.test");
    seat.server.shows(&answered.title());
    seat.server.stop();
    let title = answered.title();
    answer(seat.desktop.world(), "allow");
    answered.went_through();
    // The app hears of answers and of servers on two ways, of which neither is always the faster.
    seat.host.has_no_more(&[&title]);
    let open = Errand::start(seat.desktop.world(), "two.test");
    seat.server = NotificationServer::start(seat.desktop.bus(), Profile::Gnome);
    let notification = seat.server.shows(&open.title());
    assert!(seat.server.history().iter().all(|one| one.summary != title));
    seat.server.press(&notification, "Block");
    open.was_refused();
}

#[test]
fn without_a_server_the_prompt_window_opens() {
    let mut desktop = Desktop::new();
    desktop.world().write_policy(&policy("10m"));
    desktop.start_tray();
    let mut errand = Errand::start(desktop.world(), "new.test");
    desktop.screen().window("Askbox asks");
    errand.still_waits(desktop.world());
    answer(desktop.world(), "allow");
    errand.went_through();
}

#[test]
fn with_a_server_that_hands_back_no_clicks_the_prompt_window_opens_too() {
    let seat = Seat::new(Profile::Plain);
    let mut errand = Errand::start(seat.world(), "new.test");
    seat.server.shows(&errand.title());
    seat.desktop.screen().window("Askbox asks");
    errand.still_waits(seat.world());
}

#[test]
fn with_a_server_that_hides_buttons_the_prompt_window_stands_in_when_nobody_could_answer() {
    let seat = Seat::new(Profile::Dunst);
    let mut errand = Errand::start(seat.world(), "new.test");
    let notification = seat.server.shows(&errand.title());
    assert!(seat.desktop.screen().windows("Askbox asks").is_empty());
    seat.server.expire(&notification);
    seat.desktop.screen().window("Askbox asks");
    errand.still_waits(seat.world());
}

#[test]
fn a_click_that_came_back_proves_the_server_and_no_window_opens() {
    let seat = Seat::new(Profile::Gnome);
    let first = Errand::start(seat.world(), "one.test");
    let notification = seat.server.shows(&first.title());
    seat.server.press(&notification, "Allow once");
    first.went_through();
    let mut second = Errand::start(seat.world(), "two.test");
    let notification = seat.server.shows(&second.title());
    seat.server.expire(&notification);
    // The digest of another question comes after what the end of the notification caused.
    let last = Errand::start(seat.world(), "three.test");
    let notification = seat.server.shows(&last.title());
    seat.server.press(&notification, "Allow once");
    last.went_through();
    assert!(seat.desktop.screen().windows("Askbox asks").is_empty());
    second.still_waits(seat.world());
}

#[test]
fn threat_60_a_server_that_hangs_keeps_no_answer_waiting() {
    let seat = Seat::new(Profile::Gnome);
    seat.server.hang();
    let errand = Errand::start(seat.world(), "one.test");
    let title = errand.title();
    seat.host.has(&[&title, "Allow once"]);
    let start = Instant::now();
    answer(seat.world(), "allow");
    errand.went_through();
    let took = start.elapsed();
    assert!(
        took < Duration::from_secs(4),
        "the server's 5 s were waited for: {took:?}"
    );
    let second = Errand::start(seat.world(), "two.test");
    seat.host.answer(&second.title(), "Allow once");
    second.went_through();
    seat.server.recover();
    let third = Errand::start(seat.world(), "three.test");
    let notification = seat.server.shows(&third.title());
    seat.server.press(&notification, "Allow once");
    third.went_through();
}

#[test]
fn complaint_8_what_a_hanging_server_shows_late_does_not_stay_up() {
    let seat = Seat::new(Profile::Gnome);
    seat.server.hang();
    let errand = Errand::start(seat.world(), "one.test");
    let title = errand.title();
    seat.host.has(&[&title, "Allow once"]);
    // Nobody hears of the notification: the window stands in.
    seat.desktop.screen().window("Askbox asks");
    answer(seat.world(), "allow");
    errand.went_through();
    seat.server.recover();
    let last = Errand::start(seat.world(), "two.test");
    let notification = seat.server.shows(&last.title());
    seat.server.press(&notification, "Allow once");
    last.went_through();
    seat.world()
        .eventually("nothing stays up", || seat.server.shown().is_empty());
}

#[test]
fn complaint_6_a_server_that_recovers_shows_a_question_once() {
    let seat = Seat::new(Profile::Gnome);
    seat.server.hang();
    let mut errand = Errand::start(seat.world(), "one.test");
    let title = errand.title();
    seat.host.has(&[&title, "Allow once"]);
    // Nobody hears of the notification: the window stands in.
    seat.desktop.screen().window("Askbox asks");
    seat.server.recover();
    let last = Errand::start(seat.world(), "two.test");
    let notification = seat.server.shows(&last.title());
    let shown = seat.server.shown();
    let same = shown.iter().filter(|one| one.summary == title).count();
    assert_eq!(same, 1, "{shown:#?}");
    errand.still_waits(seat.world());
    seat.server.press(&notification, "Block");
    last.was_refused();
}

#[test]
fn complaint_6_a_server_that_refuses_repetition_is_not_asked_all_the_time() {
    let seat = Seat::new(Profile::Plasma);
    let errand = Errand::start(seat.world(), "new.test");
    let hit = seat.server.shows(&errand.title());
    // Too soon to count: it comes back, and this server refuses what it showed a moment ago.
    seat.server.hit(&hit, "Allow once");
    let again = seat.server.shows_one("it is shown again", |one| hit.at < one.at);
    assert!(
        seat.server.refused() < 10,
        "refused {} times",
        seat.server.refused()
    );
    seat.server.press(&again, "Allow once");
    errand.went_through();
}

#[test]
fn without_a_server_nothing_is_tried_all_the_time() {
    let mut desktop = Desktop::new();
    desktop.world().write_policy(&policy("10m"));
    let host = TrayHost::start(desktop.bus());
    desktop.start_tray();
    let errands = ["one.test", "two.test", "three.test"].map(|name| {
        let errand = Errand::start(desktop.world(), name);
        host.has(&[&errand.title(), "Allow once"]);
        errand
    });
    desktop.screen().window("Askbox asks");
    // Once for each that is open, whenever something changes.
    let tried = desktop.tray_said().matches("a notification was refused").count();
    assert!(tried < 30, "tried {tried} times in vain");
    drop(errands);
}

#[test]
fn a_server_that_comes_after_the_app_is_used() {
    let mut desktop = Desktop::new();
    desktop.world().write_policy(&policy("10m"));
    let host = TrayHost::start(desktop.bus());
    desktop.start_tray();
    host.has(&["Open Askbox"]);
    let server = NotificationServer::start(desktop.bus(), Profile::Plasma);
    server.meets_the_app();
    let errand = Errand::start(desktop.world(), "new.test");
    let notification = server.shows(&errand.title());
    server.press(&notification, "Allow once");
    errand.went_through();
}

#[test]
fn with_the_real_dunst_an_action_is_an_answer() {
    let mut desktop = Desktop::new();
    desktop.world().write_policy(&policy("10m"));
    desktop.run("dunst", &[]);
    desktop.world().eventually("dunst is there", || {
        desktop.bus().has("org.freedesktop.Notifications")
    });
    desktop.start_tray();
    let errand = Errand::start(desktop.world(), "new.test");
    let displayed = |desktop: &Desktop| {
        let output = desktop.command("dunstctl").args(["count", "displayed"]).output();
        String::from_utf8(output.unwrap().stdout)
            .unwrap()
            .trim()
            .to_owned()
    };
    desktop
        .world()
        .eventually("it is displayed", || displayed(&desktop) == "1");
    look();
    let done = desktop.command("dunstctl").args(["action", "0"]).status();
    assert!(done.unwrap().success());
    // dunst takes the default action, which opens the prompt window; the question stays open.
    desktop.screen().window("Askbox asks");
    answer(desktop.world(), "allow");
    errand.went_through();
    desktop
        .world()
        .eventually("it is closed", || displayed(&desktop) == "0");
}
