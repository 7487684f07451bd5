//! What programs change of a question, and how often it is shown anew.

use askbox_wire::{Closed, Event};

use crate::Button;
use crate::board::tests::{board, click, key, show};
use crate::desk::Desk;
use crate::testing::{self, Catalog, host};

/// One that is added to, at this revision.
fn grown(desk: &mut Desk, revision: u32, unlisted: u32) {
    let mut grown = host("1");
    grown.revision = revision;
    grown.unlisted = unlisted;
    grown.title = format!("curl wants {revision} and {unlisted}");
    desk.apply(&Event::QuestionChanged(grown));
}

#[test]
fn a_question_that_grows_without_end_is_shown_long_enough_to_be_answered() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    let mut shown = Vec::new();
    for now_ms in (100..=7_000).step_by(100) {
        let added = u32::try_from(now_ms / 100).unwrap();
        grown(&mut desk, (1 + added).min(50), added.saturating_sub(49));
        if !show(&mut board, &desk, &catalog, now_ms).is_empty() {
            shown.push((now_ms, added));
        }
    }
    assert_eq!(shown, [(100, 1), (3_100, 31), (6_100, 61)]);
    assert_eq!(board.next_change(), Some(9_100));
    // The button says what was seen.
    let seen = key(Button::Block, "1", 50);
    assert!(click(&mut board, Some(&seen), 7_001).is_some());
}

#[test]
fn what_is_behind_is_shown_when_it_is_due() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    for (revision, now_ms, steps) in [(2, 10, 1), (3, 20, 0), (3, 3_009, 0), (3, 3_010, 1)] {
        grown(&mut desk, revision, 0);
        let shown = show(&mut board, &desk, &catalog, now_ms);
        assert_eq!(shown.len(), steps, "{revision} at {now_ms}");
    }
    assert_eq!(board.next_change(), None);
}

#[test]
fn what_an_answer_left_is_shown_at_once() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    grown(&mut desk, 2, 0);
    show(&mut board, &desk, &catalog, 10);
    grown(&mut desk, 3, 0);
    assert!(show(&mut board, &desk, &catalog, 600).is_empty());
    assert!(click(&mut board, Some(&key(Button::Block, "1", 2)), 601).is_some());
    board.answering("1", 2);
    board.answered("1");
    assert_eq!(show(&mut board, &desk, &catalog, 602).len(), 1);
}

#[test]
fn a_program_that_asks_and_gives_up_again_and_again_is_shown_no_oftener() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    let mut shown = Vec::new();
    for now_ms in (100..=7_000).step_by(100) {
        let mut asked = host("1");
        asked.waiting = usize::from(now_ms % 200 == 0);
        desk.apply(&Event::QuestionChanged(asked));
        if !show(&mut board, &desk, &catalog, now_ms).is_empty() {
            shown.push(now_ms);
        }
    }
    assert_eq!(shown, [100, 3_200, 6_300]);
}

#[test]
fn a_summary_is_shown_no_oftener_and_at_once_where_a_question_is_gone() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk((1..=5).map(|id| host(&id.to_string())).collect());
    show(&mut board, &desk, &catalog, 0);
    let mut shown = Vec::new();
    for now_ms in (100..=4_000).step_by(100) {
        grown(&mut desk, 1 + u32::try_from(now_ms / 100).unwrap(), 0);
        if !show(&mut board, &desk, &catalog, now_ms).is_empty() {
            shown.push(now_ms);
        }
    }
    assert_eq!(shown, [100, 3_100]);
    desk.apply(&Event::QuestionClosed {
        id: "5".to_owned(),
        outcome: Closed::Allowed,
    });
    assert_eq!(show(&mut board, &desk, &catalog, 4_050).len(), 1);
}
