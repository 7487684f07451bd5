//! Text that a sandboxed program chose: inert in notification and menu, and the true target can be read (threats 62 and 67).

use askbox_tests::desktop::{Notification, Profile};
use askbox_tests::{Running, World};

use crate::seat::Seat;

/// What must not do anything anywhere.
const HOSTILE: &str = "<img src=x onerror=alert(1)><b>&amp;_x_\u{1b}[31m\u{202e}\u{2066}\n\r\t";

/// Characters that move the cursor, hide or reorder text, or end a line.
fn is_active(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// One line of plain text that fits.
fn is_inert(text: &str) -> bool {
    !text.contains(is_active) && text.chars().count() <= 400
}

/// Asks for something with the hostile text in its command line; `script` gets it as `$1`.
fn ask(world: &World, script: &str) -> Running {
    let mut command = world.askbox(&["run", "--", "bash", "-c", script, "x", HOSTILE]);
    command.env("LC_ALL", "C.UTF-8");
    Running::start(command)
}

fn check(seat: &Seat, notification: &Notification, has_markup: bool) {
    assert!(is_inert(&notification.summary), "{:?}", notification.summary);
    for line in notification.body.lines() {
        // An ampersand and angle brackets are longer where markup is read.
        assert!(is_inert(line), "{line:?}");
    }
    assert!(notification.body.lines().count() <= 8, "{}", notification.body);
    if has_markup {
        assert!(!notification.body.contains(['<', '>']), "{}", notification.body);
        let mut entities = notification.body.split('&').skip(1);
        assert!(
            entities.all(|rest| ["amp;", "lt;", "gt;", "quot;", "#39;"]
                .iter()
                .any(|entity| rest.starts_with(entity))),
            "{}",
            notification.body
        );
    }
    seat.host.has(&[]);
    for label in seat.host.menu().all_labels() {
        assert!(is_inert(label) && label.chars().count() <= 160, "{label:?}");
    }
}

#[test]
fn threat_62_hostile_text_in_a_command_is_inert() {
    for (profile, has_markup) in [(Profile::Gnome, true), (Profile::Plain, false)] {
        let seat = Seat::new(profile);
        let running = ask(seat.world(), "cat ~/notes/spec.md \"$1\"");
        let notification = seat.server.shows("wants to read ~/notes/spec.md");
        let shown = if has_markup {
            "&lt;img src=x onerror=alert(1)&gt;"
        } else {
            "<img src=x onerror=alert(1)>"
        };
        assert!(notification.body.contains(shown), "{}", notification.body);
        assert!(
            notification.body.contains(r"\x1b[31m\u202e\u2066\n\r\t"),
            "{}",
            notification.body
        );
        check(&seat, &notification, has_markup);
        drop(running);
    }
}

#[test]
fn threat_62_hostile_text_in_a_path_is_inert() {
    let seat = Seat::new(Profile::Gnome);
    let name: String = HOSTILE.replace('/', "");
    std::fs::write(seat.world().home().join("notes").join(&name), "text").unwrap();
    let running = ask(seat.world(), "cat ~/notes/\"$1\"");
    let notification = seat
        .server
        .shows("wants to read \"~/notes/<img src=x onerror=alert(1)>");
    assert!(
        notification.summary.contains(r"\u{1b}[31m\u{202e}"),
        "{}",
        notification.summary
    );
    check(&seat, &notification, true);
    // The menu says what the notification says, but for the middle of a long one.
    let menu = seat.host.menu();
    let labels = menu.labels();
    let mut entries = labels.iter().filter_map(|label| label.split_once('…'));
    let (before, after) = entries.find(|(before, _)| before.starts_with("cat ")).unwrap();
    assert!(notification.summary.starts_with(before), "{before}");
    assert!(notification.summary.ends_with(after), "{after}");
    let entry = format!("{before}…{after}");
    // What is not shown in full is not allowed there.
    assert_eq!(seat.host.has(&[&entry]).labels(), ["Block", "Options…"]);
    drop(running);
}

#[test]
fn threat_62_underscores_and_ampersands_in_a_path_are_shown_in_the_menu() {
    let seat = Seat::new(Profile::Gnome);
    std::fs::write(seat.world().home().join("notes/a_b__c&d&&e.md"), "text").unwrap();
    let running = seat
        .world()
        .start_sh(&[], "cat '~/notes/x' 2>&1; cat ~/notes/'a_b__c&d&&e.md'");
    seat.server.shows("~/notes/a_b__c&d&&e.md");
    seat.host
        .has(&["cat (project) wants to read ~/notes/a_b__c&d&&e.md", "Allow once"]);
    drop(running);
}

#[test]
fn threat_62_ten_thousand_characters_are_cut_and_the_target_stays() {
    let seat = Seat::new(Profile::Gnome);
    let running = seat
        .world()
        .start_sh(&[], "cat ~/notes/spec.md $(printf '%010000d' 7)");
    let notification = seat.server.shows("wants to read ~/notes/spec.md");
    assert!(
        notification.body.contains("~/notes/spec.md") || notification.body.contains("notes/spec.md"),
        "{}",
        notification.body
    );
    assert!(notification.body.chars().count() < 1000, "{}", notification.body);
    check(&seat, &notification, true);
    drop(running);
}

#[test]
fn threat_62_of_a_long_host_the_registrable_domain_stays() {
    let seat = Seat::new(Profile::Gnome);
    let label = "a".repeat(60);
    let host = format!("www.good.test.{label}.{label}.{label}.evil.test");
    let running = seat.world().start_sh(&[], &format!("curl -sS http://{host}/"));
    let notification = seat.server.shows("evil.test");
    assert!(
        notification.summary.contains("evil.test"),
        "{}",
        notification.summary
    );
    check(&seat, &notification, true);
    let menu = seat.host.menu();
    assert!(
        menu.labels().iter().any(|label| label.contains("evil.test")),
        "{:#?}",
        menu.labels()
    );
    drop(running);
}

#[test]
fn threat_62_a_name_that_looks_like_another_is_shown_as_what_it_is() {
    let seat = Seat::new(Profile::Gnome);
    // The first letter of the label is Cyrillic.
    let running = seat.world().start_sh(&[], "curl -sS http://xn--pple-43d.test/");
    let notification = seat.server.shows("xn--pple-43d.test");
    seat.host.has(&[&notification.summary, "Block"]);
    drop(running);
}

#[test]
fn threat_67_no_secret_of_a_command_is_shown() {
    let seat = Seat::new(Profile::Gnome);
    let script = "curl -sS -H 'Authorization: Bearer sesame-one' 'http://user:sesame-two@new.test/?token=sesame-three'";
    let running = seat.world().start_sh(&[], script);
    let notification = seat.server.shows("wants new.test");
    assert!(notification.body.contains("curl"), "{}", notification.body);
    for text in [&notification.summary, &notification.body] {
        assert!(!text.contains("sesame"), "{text}");
    }
    for label in seat.host.menu().all_labels() {
        assert!(!label.contains("sesame"), "{label}");
    }
    drop(running);
}
