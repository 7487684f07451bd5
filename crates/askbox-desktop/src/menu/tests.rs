use std::fmt::Write;

use askbox_policy::SessionId;
use askbox_wire::{Event, StatusView};
use expect_test::{Expect, expect};

use super::*;
use crate::desk::{Absence, Snapshot};
use crate::testing::{self, Catalog, host};

fn render(entries: &[Entry], depth: usize, text: &mut String) {
    for entry in entries {
        let indent = "  ".repeat(depth);
        let written = match entry {
            Entry::Item { label, choice } => writeln!(text, "{indent}{label} -> {choice}"),
            Entry::Text(label) => writeln!(text, "{indent}({label})"),
            Entry::Separator => writeln!(text, "{indent}--"),
            Entry::Menu { label, .. } => writeln!(text, "{indent}{label}:"),
        };
        written.unwrap();
        if let Entry::Menu { entries, .. } = entry {
            render(entries, depth + 1, text);
        }
    }
}

fn check(desk: &Desk, expected: &Expect) {
    let catalog = Catalog::default();
    let mut text = String::new();
    render(&menu(desk, catalog.words(), |_| "14:05".to_owned()), 0, &mut text);
    expected.assert_eq(&text);
}

#[test]
fn questions_and_sessions_have_their_entries() {
    check(
        &testing::desk(vec![
            host("7"),
            testing::question("8", Kind::Network, &["a.test", "b.test"]),
        ]),
        &expect![[r"
            (Askbox: 2 questions wait, 1 session)
            --
            npm (shop) wants 7.test:
              Allow once -> allow_once 7 1 3600000
              Allow 1 hour -> allow_time 7 1 3600000
              Block -> block 7 1 3600000
              Options… -> prompt 7
            npm (shop) wants a.test:
              Block -> block 8 1 3600000
              Options… -> prompt 8
            --
            npm install:
              Stop -> stop s1
            --
            Pause questions (deny quietly):
              5 minutes -> pause 300000
              15 minutes -> pause 900000
              1 hour -> pause 3600000
            Lockdown: deny everything -> lockdown on
            --
            Open Askbox -> open
            Quit:
              Quit and end 1 session -> quit
        "]],
    );
}

#[test]
fn growth_is_answered_from_the_menu_by_what_its_entries_say() {
    check(
        &testing::desk(vec![testing::growth("7")]),
        &expect![[r"
            (Askbox: 1 question waits, 1 session)
            --
            A session (shop) is frozen: it grew… GiB were allowed, 84 GiB are free:
              Allow as much again -> allow_once 7 1 3600000
              No limit in this session -> allow_session 7 1 3600000
              End the session -> block 7 1 3600000
              Options… -> prompt 7
            --
            npm install:
              Stop -> stop s1
            --
            Pause questions (deny quietly):
              5 minutes -> pause 300000
              15 minutes -> pause 900000
              1 hour -> pause 3600000
            Lockdown: deny everything -> lockdown on
            --
            Open Askbox -> open
            Quit:
              Quit and end 1 session -> quit
        "]],
    );
}

#[test]
fn a_pause_says_until_when() {
    let mut desk = testing::desk(Vec::new());
    desk.apply(&Event::Paused {
        until_ms: Some(1_777_637_100_000),
    });
    desk.apply(&Event::SessionEnded {
        session: SessionId("s1".into()),
    });
    desk.apply(&Event::Lockdown { on: true });
    check(
        &desk,
        &expect![[r"
            (Lockdown: everything is denied)
            --
            Questions are paused until 14:05:
              5 minutes -> pause 300000
              15 minutes -> pause 900000
              1 hour -> pause 3600000
              Ask again now -> pause 0
            End the lockdown -> lockdown off
            --
            Open Askbox -> open
            Quit -> quit
        "]],
    );
}

#[test]
fn without_a_daemon_the_reason_is_there() {
    let mut desk = Desk::default();
    desk.disconnected(Absence {
        reason: "the daemon is gone".into(),
        hint: Some("askbox daemon --start".into()),
    });
    check(
        &desk,
        &expect![[r"
            (Askbox is not connected: everything is refused)
            (the daemon is gone)
            (askbox daemon --start)
            --
            Open Askbox -> open
            Quit:
              Quit and end every session that runs -> quit
        "]],
    );
}

#[test]
fn the_tooltip_counts_what_waits_and_what_runs() {
    let catalog = Catalog::default();
    let says = |desk: &Desk| tooltip(desk, catalog.words());
    let mut desk = testing::desk(vec![host("1")]);
    assert_eq!(says(&desk), "Askbox: 1 question waits, 1 session");
    desk.apply(&Event::SessionChanged(testing::session("s2")));
    assert_eq!(says(&desk), "Askbox: 1 question waits, 2 sessions");
    for session in ["s1", "s2"] {
        desk.apply(&Event::SessionEnded {
            session: SessionId(session.into()),
        });
    }
    assert_eq!(says(&desk), "Askbox: 1 question waits");
}

#[test]
fn the_menu_is_bounded() {
    let catalog = Catalog::default();
    let questions = (0..50).map(|number| host(&number.to_string())).collect();
    let entries = menu(&testing::desk(questions), catalog.words(), |_| String::new());
    assert!(entries.len() < 30, "{}", entries.len());
    assert!(entries.iter().any(
        |entry| matches!(entry, Entry::Item { label, choice: Choice::Questions } if label == "42 more…")
    ));
}

#[test]
fn the_shape_says_what_matters_most() {
    let mut desk = Desk::default();
    assert_eq!(shape(&desk), Shape::Problem);
    desk = testing::desk(Vec::new());
    assert_eq!(shape(&desk), Shape::Running);
    for (change, expected) in [
        // Nothing works less well for that.
        (
            (|status| status.log_unsigned = Some("it is locked".into())) as fn(&mut StatusView),
            Shape::Running,
        ),
        (
            |status| status.warnings.push("FUSE is missing".into()),
            Shape::Problem,
        ),
    ] {
        let mut status = testing::status();
        change(&mut status);
        let mut desk = Desk::default();
        desk.connected(Snapshot {
            status,
            questions: Vec::new(),
            missed: Vec::new(),
            sessions: vec![testing::session("s1")],
        });
        assert_eq!(shape(&desk), expected);
    }
    desk.apply(&Event::QuestionOpened(host("1")));
    assert_eq!(shape(&desk), Shape::Question);
    desk.apply(&Event::Lockdown { on: true });
    assert_eq!(shape(&desk), Shape::Lockdown);
}
