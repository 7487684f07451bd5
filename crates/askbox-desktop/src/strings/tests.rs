use std::collections::BTreeSet;

use super::*;

/// The ids of the catalog.
fn ids() -> BTreeSet<&'static str> {
    let is_message = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
    let lines = ENGLISH.lines().filter(is_message);
    lines
        .filter_map(|line| line.split_once(" = ").map(|(id, _)| id))
        .collect()
}

#[test]
fn the_catalog_can_be_read_whole() {
    assert!(FluentResource::try_new(ENGLISH.to_owned()).is_ok());
    let strings = Strings::english();
    for id in ids() {
        assert!(strings.bundle.has_message(id), "{id}");
    }
}

#[test]
fn every_message_is_used_and_every_used_one_is_there() {
    let sources = [
        include_str!("../channel.rs"),
        include_str!("../menu.rs"),
        include_str!("../notice.rs"),
        include_str!("../strings.rs"),
    ]
    .concat();
    let prefixes = ["duration-", "button-", "notice-", "tray-", "menu-", "window-"];
    let used: BTreeSet<&str> = sources
        .split('"')
        .filter(|text| {
            prefixes.iter().any(|prefix| text.starts_with(prefix))
                && text
                    .chars()
                    .all(|character| character.is_ascii_lowercase() || character == '-')
        })
        .collect();
    assert_eq!(used, ids());
}

#[test]
fn lengths_of_time_have_the_largest_whole_unit() {
    let strings = Strings::english();
    let table = [
        (0, "0 seconds"),
        (1_000, "1 second"),
        (90_000, "90 seconds"),
        (60_000, "1 minute"),
        (5_400_000, "90 minutes"),
        (3_600_000, "1 hour"),
        (86_400_000, "1 day"),
        (172_800_000, "2 days"),
    ];
    for (milliseconds, text) in table {
        assert_eq!(strings.duration(milliseconds), text);
    }
}

#[test]
fn what_is_missing_shows_its_id() {
    assert_eq!(Strings::english().get("no-such-message"), "no-such-message");
}
