//! The settings window as a person uses it: each view shows what is, and what is done there counts.

use askbox_tests::desktop::{Pages, Profile};
use fantoccini::key::Key;

use crate::seat::{Errand, Seat};

fn policy(seat: &Seat) -> String {
    std::fs::read_to_string(seat.world().policy()).unwrap()
}

/// Waits until policy.toml is as it should be.
fn policy_will(seat: &Seat, what: &str, is_so: impl Fn(&str) -> bool) {
    seat.world()
        .eventually(&format!("policy.toml {what}"), || is_so(&policy(seat)));
}

#[test]
fn a_question_is_found_in_its_view_and_answered() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("questions");
    pages.shows("Nothing waits for you");
    for (button, name) in [("Allow", "one.test"), ("Block", "two.test")] {
        let errand = Errand::start(seat.world(), name);
        let title = errand.title();
        pages
            .look_at("Askbox")
            .shows("Open (1)")
            .shows(&title)
            .press("button", "Answer…");
        pages.look_at("Askbox asks").shows(&title).press("button", button);
        if button == "Allow" {
            errand.went_through();
        } else {
            errand.was_refused();
        }
        pages.look_at("Askbox").shows("Open (0)");
        seat.is_done_with(&title);
    }
}

#[test]
fn a_missed_question_is_allowed_for_its_next_try() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("questions");
    pages.press("button", "5 min").shows("Questions are paused until");
    let errand = Errand::start(seat.world(), "new.test");
    pages.shows("Missed (1)").shows("questions were paused");
    pages.press("button", "Always allow").shows("Missed (0)");
    assert_eq!(errand.again(seat.world()).finish().succeeded().stdout, "hello");
    policy_will(&seat, "has the rule", |policy| policy.contains("new.test"));
}

#[test]
fn a_grant_is_shown_with_its_time_and_revoking_it_asks_again() {
    let seat = Seat::driven(Profile::Gnome);
    let errand = Errand::start(seat.world(), "new.test");
    let (title, target) = (errand.title(), format!("new.test:{}", errand.target.port()));
    let pages = seat.opens("rules");
    seat.server.press(&seat.server.shows(&title), "Allow 1 hour");
    pages
        .shows(&target)
        .shows("Ends in 1 hour")
        .shows("remembered answer");
    errand.again(seat.world()).finish().succeeded();
    pages
        .press("button", &format!("Revoke {target}"))
        .shows("Revoke this answer?")
        .press("button", "Revoke")
        .shows_no_more(&target);
    let mut second = errand.again(seat.world());
    seat.server.shows(&title);
    assert!(second.is_running());
    seat.host.answer(&title, "Block");
    second.finish().failed();
}

#[test]
fn complaint_9_an_answer_leaves_the_list_when_it_ends_and_an_event_leads_to_its_rule() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("rules");
    let errand = Errand::start(seat.world(), "new.test");
    let target = format!("new.test:{}", errand.target.port());
    let question = seat.world().wait_for_question();
    seat.world()
        .ok(&["allow", question["id"].as_str().unwrap(), "--for", "5s"]);
    pages.shows(&target).shows_no_more(&target);

    seat.world().ok(&["rules", "add", "allow", "network", "**.test"]);
    errand.again(seat.world()).finish().succeeded();
    seat.world().ok(&["open", "activity"]);
    pages.shows(&target);
    pages.run("[...document.querySelectorAll('[role=option]')].find((one) => one.textContent.includes('rule')).click()");
    pages
        .press("button", "Show the rule")
        .finds("button", "Delete **.test");
}

#[test]
fn a_rule_is_added_edited_and_deleted() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("rules");
    pages
        .press("button", "Add rule…")
        .press("radio", "Block")
        .fill_in("textbox", "Pattern", "docs.test")
        .fill_in("textbox", "Note", "for now")
        .press("button", "Save")
        .shows("docs.test");
    policy_will(&seat, "has the rule", |policy| {
        policy.contains("\"docs.test\"") && policy.contains("deny") && policy.contains("for now")
    });
    pages
        .press("button", "Edit docs.test")
        .fill_in("textbox", "Pattern", "**.docs.test")
        .press("button", "Save")
        .finds("button", "Edit **.docs.test");
    policy_will(&seat, "has the other rule", |policy| {
        policy.contains("\"**.docs.test\"") && !policy.contains("\"docs.test\"")
    });
    pages
        .press("button", "Delete **.docs.test")
        .shows("Rule deleted:");
    policy_will(&seat, "has no rule", |policy| !policy.contains("docs.test"));
    pages
        .press("button", "Undo")
        .finds("button", "Delete **.docs.test");
    policy_will(&seat, "has it again", |policy| {
        policy.contains("\"**.docs.test\"")
    });
}

#[test]
fn the_policy_is_saved_as_a_file_and_rules_are_imported() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("rules");
    pages
        .press("button", "Import, export…")
        .press("button", "Save as a file")
        .shows("The policy was written to");
    let entries = std::fs::read_dir(seat.world().home()).unwrap().flatten();
    let saved: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    let [saved] = saved.as_slice() else {
        panic!("one file: {saved:?}")
    };
    assert_eq!(std::fs::read_to_string(saved).unwrap(), policy(&seat));
    let lines = ["[[rule]]", "network = \"docs.test\"", "effect = \"allow\""];
    let rule = lines.join(&char::from(Key::Enter).to_string());
    pages
        .fill_in("textbox", "Import", &rule)
        .press("button", "Import rules")
        .shows("1 rule added");
    policy_will(&seat, "has the rule", |policy| policy.contains("\"docs.test\""));
}

#[test]
fn a_rule_that_cannot_be_written_is_said_beside_it() {
    let seat = Seat::driven(Profile::Gnome);
    let before = policy(&seat);
    let pages = seat.opens("rules");
    pages
        .press("button", "Add rule…")
        .fill_in("textbox", "Pattern", "http://docs.test/")
        .press("button", "Save")
        .finds("textbox", "Pattern");
    let alert = "return document.querySelector('dialog [role=alert]')?.textContent ?? ''";
    seat.world().eventually("the form says what is wrong", || {
        pages.run(alert).as_str().is_some_and(|text| !text.is_empty())
    });
    assert_eq!(policy(&seat), before);
}

#[test]
fn what_a_session_uses_is_on_its_card() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("sessions");
    let _running = seat.world().start_sh(&["--name", "errand"], "sleep 1000");
    pages.shows("Running (1)").shows("memory ").shows("processes ");
}

#[test]
fn a_session_is_stopped() {
    let seat = Seat::driven(Profile::Gnome);
    let running = seat.world().start_sh(&["--name", "errand"], "sleep 1000");
    let pages = seat.opens("sessions");
    pages
        .shows("Running (1)")
        .press("button", "Programs of errand")
        .shows("sleep 1000")
        .press("button", "Stop errand")
        .shows("Stop the session?")
        .press("button", "Stop");
    assert_ne!(running.finish().code, Some(0));
    pages.shows("Running (0)");
}

#[test]
fn events_are_shown_as_they_happen_and_can_be_filtered() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("activity");
    let denied = Errand::start(seat.world(), "one.test");
    seat.host.answer(&denied.title(), "Block");
    let allowed = Errand::start(seat.world(), "two.test");
    seat.host.answer(&allowed.title(), "Allow once");
    let (one, two) = (
        format!("one.test:{}", denied.target.port()),
        format!("two.test:{}", allowed.target.port()),
    );
    denied.was_refused();
    allowed.went_through();
    pages.shows(&one).shows(&two);
    pages
        .fill_in("searchbox", "Search targets", "two.t")
        .shows_no_more(&one)
        .shows(&two);
    pages.press("button", "Clear filters").shows(&one);
    pages
        .press("checkbox", "Denied only")
        .shows_no_more(&two)
        .shows(&one);
}

/// How the radio button of that preset is called.
pub(crate) const DEVELOPMENT: &str = "Development Allows public hosts, files and programs outside the two protected lists. For programs that you trust.";

/// Sets a field that says so when it is left.
fn set(pages: &Pages, role: &str, name: &str, text: &str) {
    pages.fill_in(role, name, text).press_key(Key::Tab);
}

#[test]
fn a_setting_is_written_to_the_policy() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("settings");
    set(&pages, "spinbutton", "A question waits", "3");
    policy_will(&seat, "says how long", |policy| {
        policy.contains("timeout = \"3m\"")
    });
    pages.press("checkbox", "Read");
    policy_will(&seat, "says what is approved", |policy| policy.contains("read"));
    pages
        .press("radio", DEVELOPMENT)
        .shows("Use Development for every session?");
    assert!(!policy(&seat).contains("development"), "{}", policy(&seat));
    pages.press("button", "Use it");
    policy_will(&seat, "says which preset", |policy| {
        policy.contains("development")
    });
}

#[test]
fn a_limit_is_written_to_the_policy_and_bad_ones_are_said_beside_it() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("settings");
    set(&pages, "textbox", "Memory", "2G");
    policy_will(&seat, "says how much memory", |policy| {
        policy.contains("[limits]") && policy.contains("memory = \"2G\"")
    });
    pages.shows("In force: 2 GiB.");
    set(&pages, "textbox", "Time", "soon");
    pages.shows("run_time: expected a time of at least a second such as 30s, 10m or 2h, or `none`");
    set(&pages, "textbox", "Time", "90m");
    policy_will(&seat, "says how long", |policy| {
        policy.contains("run_time = \"1h 30m\"")
    });
    pages.shows_no_more("run_time: expected");
    set(&pages, "textbox", "Memory", "");
    policy_will(&seat, "leaves memory to the preset", |policy| {
        !policy.contains("memory") && policy.contains("run_time")
    });
    assert!(policy(&seat).starts_with("[questions]"), "{}", policy(&seat));
}

#[test]
fn a_test_notification_is_shown_or_the_window_says_why_not() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("settings");
    pages
        .press("button", "Send a test notification")
        .shows("A test notification was sent.");
    let notification = seat.server.shows("Askbox asks like this");
    seat.server.click_body(&notification);
    seat.server.shows_no_more("Askbox asks like this");
    seat.server.stop();
    seat.desktop.world().eventually("the window says why", || {
        pages
            .look_at("Askbox")
            .press("button", "Send a test notification");
        pages
            .says()
            .contains("The test notification was not shown: there is no notification server.")
    });
}

#[test]
fn lockdown_begins_and_ends_in_the_window() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("questions");
    let errand = Errand::start(seat.world(), "new.test");
    pages
        .shows(&errand.title())
        .press("switch", "Lockdown: off")
        .press("button", "Begin lockdown")
        .shows("Lockdown is on: everything is denied.");
    errand.was_refused();
    pages
        .press("switch", "Lockdown: on")
        .finds("switch", "Lockdown: off");
    seat.host.says("Askbox: nothing runs");
}
