use askbox_policy::SessionId;

use super::*;
use crate::change::DaemonChange;
use crate::entry::Entry;
use crate::event::{EventKind, Outcome};

fn event() -> Event {
    let mut event = Entry::of_daemon(DaemonChange::Started, None).draft();
    event.seq = 1;
    event
}

fn process(exe: Option<&str>, command: &[&str]) -> EventProcess {
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    EventProcess {
        pid: 0,
        exe: exe.map(str::to_owned),
        command,
    }
}

#[test]
fn every_field_counts() {
    let changes: [fn(&mut Event); 21] = [
        |_unchanged| {},
        |event| event.seq = 2,
        |event| event.time_ms = 2,
        |event| event.session = Some(SessionId("a".into())),
        |event| event.project = Some("a".into()),
        |event| event.kind = EventKind::Policy,
        |event| event.target = Some("a".into()),
        |event| event.target = Some(String::new()),
        |event| event.verdict = Some(Outcome::Allow),
        |event| event.verdict = Some(Outcome::Deny),
        |event| event.by = Some("a".into()),
        |event| event.process = Some(process(None, &[])),
        |event| event.process = Some(process(None, &["a", "b"])),
        |event| event.process = Some(process(None, &["ab"])),
        |event| event.process = Some(process(Some("ab"), &[])),
        |event| event.bytes_in = Some(0),
        |event| event.bytes_out = Some(0),
        |event| event.action = Some("stopped".into()),
        |event| event.detail = Some("a".into()),
        |event| event.question = Some("a".into()),
        |event| event.grant = Some("a".into()),
    ];
    let mut hashes: Vec<_> = changes
        .iter()
        .map(|change| {
            let mut event = event();
            change(&mut event);
            hash(Digest::START, &event).to_string()
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), changes.len());
}

#[test]
fn text_cannot_move_from_one_field_to_the_next() {
    let mut one = event();
    one.target = Some("a\u{8}\u{1}".into());
    one.by = Some("b".into());
    let mut other = event();
    other.target = Some("a".into());
    other.by = Some("\u{8}\u{1}b".into());
    assert_ne!(canonical(&one), canonical(&other));
}

#[test]
fn the_event_before_counts() {
    assert_ne!(hash(Digest::START, &event()), hash(Digest([1; 32]), &event()));
}

/// A change of this value means that logs written so far no longer verify.
#[test]
fn the_bytes_stay_the_same_from_version_to_version() {
    let hash = hash(Digest::START, &event()).to_string();
    expect_test::expect!["020b5cbd00fe6fe54f481390890a74264469dea868c705b4af98400e9345f638"].assert_eq(&hash);
}

#[test]
fn a_digest_is_its_64_digits() {
    let text = "0f".repeat(32);
    assert_eq!(text.parse(), Ok(Digest([15; 32])));
    assert_eq!(Digest([15; 32]).to_string(), text);
    for wrong in ["", "0f", &"0g".repeat(32), &"+f".repeat(32), &"0f".repeat(33)] {
        assert_eq!(wrong.parse::<Digest>(), Err(NotADigest), "{wrong}");
    }
}
