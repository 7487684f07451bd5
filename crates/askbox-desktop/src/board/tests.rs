use askbox_wire::{Closed, Event};

use super::*;
use crate::Button;
use crate::testing::{self, Catalog, host};

/// A server that hands back clicks.
const SERVER: Server = Server { actions: true };

fn board() -> Board {
    let mut board = Board::default();
    board.server(Some(SERVER));
    board
}

fn slot(id: &str) -> Slot {
    Slot::Question(id.into())
}

/// The slots of the steps, with `+` for what is shown and `-` for what is closed.
fn slots(steps: &[Step]) -> Vec<String> {
    let name = |slot: &Slot| match slot {
        Slot::Question(id) => id.clone(),
        other => format!("{other:?}"),
    };
    steps
        .iter()
        .map(|step| match step {
            Step::Show(slot, _) => format!("+{}", name(slot)),
            Step::Close(slot) => format!("-{}", name(slot)),
        })
        .collect()
}

fn key(button: Button, question: &str, revision: u32) -> String {
    Choice::Answer {
        question: question.into(),
        revision,
        button,
    }
    .to_string()
}

#[test]
fn a_question_is_shown_once_and_closed_with_its_end() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    assert_eq!(slots(&board.update(&desk, catalog.words(), 0)), ["+1"]);
    assert!(board.update(&desk, catalog.words(), 10).is_empty());
    desk.apply(&Event::QuestionClosed {
        id: "1".into(),
        outcome: Closed::Allowed,
    });
    assert_eq!(slots(&board.update(&desk, catalog.words(), 20)), ["-1"]);
    assert!(board.update(&desk, catalog.words(), 30).is_empty());
}

#[test]
fn many_questions_have_one_summary() {
    let (catalog, mut board) = (Catalog::default(), board());
    let all: Vec<_> = ["1", "2", "3", "4"].into_iter().map(host).collect();
    let desk = testing::desk(all[..3].to_vec());
    assert_eq!(
        slots(&board.update(&desk, catalog.words(), 0)),
        ["+1", "+2", "+3"]
    );
    let desk = testing::desk(all);
    assert_eq!(
        slots(&board.update(&desk, catalog.words(), 1)),
        ["-1", "-2", "-3", "+Summary"]
    );
    let desk = testing::desk(vec![host("4")]);
    assert_eq!(
        slots(&board.update(&desk, catalog.words(), 2)),
        ["-Summary", "+4"]
    );
}

#[test]
fn a_closed_notification_decides_nothing_and_does_not_come_back() {
    for how in [Gone::Dismissed, Gone::Expired] {
        let (catalog, mut board) = (Catalog::default(), board());
        let mut desk = testing::desk(vec![host("1")]);
        board.update(&desk, catalog.words(), 0);
        board.gone(&slot("1"), how, &desk);
        assert!(board.update(&desk, catalog.words(), 1).is_empty(), "{how:?}");
        // Another one is another matter.
        desk.apply(&Event::QuestionOpened(host("2")));
        assert_eq!(slots(&board.update(&desk, catalog.words(), 2)), ["+2"]);
    }
}

#[test]
fn a_closed_summary_puts_aside_what_it_stood_for_only() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(["1", "2", "3", "4"].into_iter().map(host).collect());
    board.update(&desk, catalog.words(), 0);
    board.gone(&Slot::Summary, Gone::Dismissed, &desk);
    desk.apply(&Event::QuestionOpened(host("5")));
    assert_eq!(slots(&board.update(&desk, catalog.words(), 1)), ["+5"]);
}

#[test]
fn a_click_counts_once_it_can_have_been_meant() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    let allow = key(Button::AllowOnce, "1", 1);
    board.update(&desk, catalog.words(), 1000);
    assert_eq!(board.clicked(&slot("1"), Some(&allow), &desk, 1499), None);
    // It is shown again, and armed anew.
    assert_eq!(slots(&board.update(&desk, catalog.words(), 1500)), ["+1"]);
    assert_eq!(board.clicked(&slot("1"), Some(&allow), &desk, 1600), None);
    board.update(&desk, catalog.words(), 1700);
    let choice = board.clicked(&slot("1"), Some(&allow), &desk, 2200);
    assert_eq!(choice.map(|choice| choice.to_string()), Some(allow));
    assert!(board.update(&desk, catalog.words(), 2201).is_empty());
}

#[test]
fn an_update_arms_anew_and_a_click_on_what_was_there_before_is_none() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    let mut grown = host("1");
    grown.revision = 2;
    grown.members.push(host("2").members[0].clone());
    desk.apply(&Event::QuestionChanged(grown));
    assert_eq!(slots(&board.update(&desk, catalog.words(), 5000)), ["+1"]);
    let before = key(Button::Block, "1", 1);
    assert_eq!(board.clicked(&slot("1"), Some(&before), &desk, 6000), None);
    assert_eq!(slots(&board.update(&desk, catalog.words(), 6001)), ["+1"]);
    let now = key(Button::Block, "1", 2);
    assert!(board.clicked(&slot("1"), Some(&now), &desk, 7000).is_some());
}

#[test]
fn a_click_beside_the_buttons_opens_the_prompt() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    let choice = board.clicked(&slot("1"), None, &desk, 1000);
    assert_eq!(choice, Some(Choice::Prompt("1".into())));
}

#[test]
fn a_refused_answer_brings_the_question_back() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    board.clicked(&slot("1"), Some(&key(Button::AllowOnce, "1", 1)), &desk, 1000);
    board.answering("1");
    assert!(board.update(&desk, catalog.words(), 1001).is_empty());
    board.not_answered("1", "the log cannot be written");
    let steps = board.update(&desk, catalog.words(), 1002);
    let [Step::Show(_, notice)] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(
        notice.body[0],
        "The answer did not count: the log cannot be written"
    );
}

#[test]
fn a_new_server_is_shown_everything_that_is_open() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1"), host("2"), host("3")]);
    board.update(&desk, catalog.words(), 0);
    board.server(None);
    board.server(Some(SERVER));
    assert_eq!(
        slots(&board.update(&desk, catalog.words(), 1)),
        ["+1", "+2", "+3"]
    );
}

#[test]
fn what_a_server_refuses_is_tried_again_after_a_growing_pause() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    let mut now = 0;
    for pause in [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(slots(&board.update(&desk, catalog.words(), now)), ["+1"]);
        board.failed(&slot("1"), now);
        assert_eq!(board.next_try(), Some(now + pause));
        assert!(board.update(&desk, catalog.words(), now + pause - 1).is_empty());
        now += pause;
    }
    board.server(None);
    assert!(board.update(&desk, catalog.words(), now).is_empty());
    board.server(Some(SERVER));
    assert_eq!(slots(&board.update(&desk, catalog.words(), now)), ["+1"]);
}

#[test]
fn without_a_daemon_nothing_is_offered() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    desk.disconnected(crate::desk::Absence::default());
    assert_eq!(slots(&board.update(&desk, catalog.words(), 1)), ["-1"]);
}

#[test]
fn what_nobody_answered_is_one_digest() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(Vec::new());
    for why in [WhyMissed::Quiet, WhyMissed::Paused, WhyMissed::SessionEnded] {
        board.missed(&testing::missed("1", why));
    }
    assert!(board.update(&desk, catalog.words(), 0).is_empty());
    board.missed(&testing::missed("1", WhyMissed::TimedOut));
    assert_eq!(slots(&board.update(&desk, catalog.words(), 1)), ["+Missed"]);
    board.missed(&testing::missed("2", WhyMissed::TimedOut));
    let steps = board.update(&desk, catalog.words(), 2);
    let [Step::Show(Slot::Missed, notice)] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(notice.summary, "2 requests denied, because nobody answered");
    board.gone(&Slot::Missed, Gone::Expired, &desk);
    board.missed(&testing::missed("3", WhyMissed::TimedOut));
    let steps = board.update(&desk, catalog.words(), 3);
    assert!(
        matches!(steps.as_slice(), [Step::Show(Slot::Missed, notice)] if notice.body.len() == 1),
        "{steps:?}"
    );
}

#[test]
fn a_quiet_session_is_told_of_once() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(Vec::new());
    let session = SessionId("s1".into());
    let quiet = |quiet| Event::SessionQuiet {
        session: session.clone(),
        quiet,
    };
    desk.apply(&quiet(true));
    assert_eq!(board.update(&desk, catalog.words(), 0).len(), 1);
    board.gone(&Slot::Quiet(session.clone()), Gone::Dismissed, &desk);
    assert!(board.update(&desk, catalog.words(), 1).is_empty());
    desk.apply(&quiet(false));
    board.update(&desk, catalog.words(), 2);
    desk.apply(&quiet(true));
    assert_eq!(board.update(&desk, catalog.words(), 3).len(), 1);
}

#[test]
fn the_prompt_stands_in_where_notifications_do_not_reach() {
    let due = |server: Option<Server>, at: u64| {
        let (catalog, mut board) = (Catalog::default(), Board::default());
        board.server(server);
        let desk = testing::desk(vec![host("1"), host("2")]);
        board.update(&desk, catalog.words(), 0);
        let first = board.prompt_due(&desk, at);
        // Each question once.
        (first, board.prompt_due(&desk, at))
    };
    let now = || Due::Now("1".to_owned());
    assert_eq!(due(None, 0), (now(), Due::Never));
    assert_eq!(due(Some(Server { actions: false }), 0), (now(), Due::Never));
    assert_eq!(due(Some(SERVER), 0), (Due::At(15_000), Due::At(15_000)));
    assert_eq!(due(Some(SERVER), 15_000), (now(), Due::Never));
}

#[test]
fn a_server_that_handed_back_a_click_needs_no_prompt() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    board.clicked(&slot("1"), Some(&key(Button::Block, "1", 1)), &desk, 1000);
    desk.apply(&Event::QuestionOpened(host("2")));
    board.update(&desk, catalog.words(), 1000);
    assert_eq!(board.prompt_due(&desk, 60_000), Due::Never);
    // Another server has to prove itself again.
    board.server(None);
    board.server(Some(SERVER));
    board.update(&desk, catalog.words(), 60_000);
    assert!(matches!(board.prompt_due(&desk, 80_000), Due::Now(_)));
}

#[test]
fn a_notification_that_expired_unanswered_brings_the_prompt() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    board.gone(&slot("1"), Gone::Expired, &desk);
    assert_eq!(board.prompt_due(&desk, 1), Due::Now("1".into()));
}
