use askbox_wire::{Closed, Event};

use super::*;
use crate::Button;
use crate::testing::{self, Catalog, host};

/// A server that hands back clicks.
const SERVER: Server = Server { actions: true };

pub(super) fn board() -> Board {
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
            Step::Show(slot, ..) => format!("+{}", name(slot)),
            Step::Close(slot) => format!("-{}", name(slot)),
        })
        .collect()
}

/// Updates, and lets the server show what it is told to at once.
pub(super) fn show(board: &mut Board, desk: &Desk, catalog: &Catalog, now_ms: u64) -> Vec<Step> {
    let steps = board.update(desk, catalog.words(), now_ms);
    for step in &steps {
        if let Step::Show(slot, serial, _) = step {
            board.confirmed(slot, *serial, now_ms);
        }
    }
    steps
}

/// What the slot shows last.
fn serial(board: &Board, slot: &Slot) -> Serial {
    board.shown.get(slot).map_or(Serial(0), |shown| shown.serial)
}

pub(super) fn click(board: &mut Board, key: Option<&str>, now_ms: u64) -> Option<Choice> {
    let serial = serial(board, &slot("1"));
    board.clicked(&slot("1"), serial, key, now_ms)
}

fn gone(board: &mut Board, slot: &Slot, how: Gone) {
    let serial = serial(board, slot);
    board.gone(slot, serial, how);
}

/// A question that nobody answered, as the daemon tells of it.
fn miss(board: &mut Board, desk: &mut Desk, id: &str, why: WhyMissed) {
    let missed = testing::missed(id, why);
    desk.apply(&Event::Missed(missed.clone()));
    board.missed(&missed);
}

pub(super) fn key(button: Button, question: &str, revision: u32) -> String {
    Choice::Answer {
        question: question.into(),
        revision,
        button,
        for_ms: 3_600_000,
    }
    .to_string()
}

#[test]
fn a_question_is_shown_once_and_closed_with_its_end() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 0)), ["+1"]);
    assert!(show(&mut board, &desk, &catalog, 10).is_empty());
    desk.apply(&Event::QuestionClosed {
        id: "1".into(),
        outcome: Closed::Allowed,
    });
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 20)), ["-1"]);
    assert!(show(&mut board, &desk, &catalog, 30).is_empty());
}

#[test]
fn many_questions_have_one_summary() {
    let (catalog, mut board) = (Catalog::default(), board());
    let all: Vec<_> = ["1", "2", "3", "4"].into_iter().map(host).collect();
    let desk = testing::desk(all[..3].to_vec());
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 0)), ["+1", "+2", "+3"]);
    let desk = testing::desk(all);
    assert_eq!(
        slots(&show(&mut board, &desk, &catalog, 1)),
        ["-1", "-2", "-3", "+Summary"]
    );
    let desk = testing::desk(vec![host("4")]);
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 2)), ["-Summary", "+4"]);
}

#[test]
fn a_closed_notification_decides_nothing_and_does_not_come_back() {
    for how in [Gone::Dismissed, Gone::Expired] {
        let (catalog, mut board) = (Catalog::default(), board());
        let mut desk = testing::desk(vec![host("1")]);
        show(&mut board, &desk, &catalog, 0);
        gone(&mut board, &slot("1"), how);
        assert!(show(&mut board, &desk, &catalog, 1).is_empty(), "{how:?}");
        // Another one is another matter.
        desk.apply(&Event::QuestionOpened(host("2")));
        assert_eq!(slots(&show(&mut board, &desk, &catalog, 2)), ["+2"]);
    }
}

#[test]
fn a_closed_summary_puts_aside_what_it_stood_for_only() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(["1", "2", "3", "4"].into_iter().map(host).collect());
    show(&mut board, &desk, &catalog, 0);
    gone(&mut board, &Slot::Summary, Gone::Dismissed);
    desk.apply(&Event::QuestionOpened(host("5")));
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1)), ["+5"]);
}

#[test]
fn a_click_counts_once_it_can_have_been_meant() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    let allow = key(Button::AllowOnce, "1", 1);
    show(&mut board, &desk, &catalog, 1000);
    assert_eq!(click(&mut board, Some(&allow), 1499), None);
    // It is shown again, not at once, and armed anew.
    assert!(show(&mut board, &desk, &catalog, 1500).is_empty());
    assert_eq!(board.next_change(), Some(1999));
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1999)), ["+1"]);
    assert_eq!(click(&mut board, Some(&allow), 2100), None);
    show(&mut board, &desk, &catalog, 2600);
    let choice = click(&mut board, Some(&allow), 3100);
    assert_eq!(choice.map(|choice| choice.to_string()), Some(allow));
    assert!(show(&mut board, &desk, &catalog, 3101).is_empty());
}

#[test]
fn an_update_arms_anew_and_a_click_on_what_was_there_before_is_none() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    let mut grown = host("1");
    grown.revision = 2;
    grown.members.push(host("2").members[0].clone());
    desk.apply(&Event::QuestionChanged(grown));
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 5000)), ["+1"]);
    let before = key(Button::Block, "1", 1);
    assert_eq!(click(&mut board, Some(&before), 6000), None);
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 6001)), ["+1"]);
    let now = key(Button::Block, "1", 2);
    assert!(click(&mut board, Some(&now), 7000).is_some());
}

#[test]
fn a_click_beside_the_buttons_opens_the_prompt() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    let choice = click(&mut board, None, 1000);
    assert_eq!(choice, Some(Choice::Prompt("1".into())));
}

#[test]
fn a_refused_answer_brings_the_question_back() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    click(&mut board, Some(&key(Button::AllowOnce, "1", 1)), 1000);
    board.answering("1", 1);
    assert!(show(&mut board, &desk, &catalog, 1001).is_empty());
    board.not_answered("1", "the log cannot be written");
    let steps = show(&mut board, &desk, &catalog, 1002);
    let [Step::Show(_, _, notice)] = steps.as_slice() else {
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
    show(&mut board, &desk, &catalog, 0);
    board.server(None);
    board.server(Some(SERVER));
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1)), ["+1", "+2", "+3"]);
}

#[test]
fn what_a_server_refuses_is_tried_again_after_a_growing_pause() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    let mut now = 0;
    // It never says that it shows it.
    for pause in [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(slots(&board.update(&desk, catalog.words(), now)), ["+1"]);
        let serial = serial(&board, &slot("1"));
        board.failed(&slot("1"), serial, now);
        assert_eq!(board.next_change(), Some(now + pause));
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
    show(&mut board, &desk, &catalog, 0);
    desk.disconnected(crate::desk::Absence::default());
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1)), ["-1"]);
}

#[test]
fn what_nobody_answered_is_one_digest() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(Vec::new());
    for why in [WhyMissed::Quiet, WhyMissed::Paused, WhyMissed::SessionEnded] {
        miss(&mut board, &mut desk, "1", why);
    }
    assert!(show(&mut board, &desk, &catalog, 0).is_empty());
    miss(&mut board, &mut desk, "1", WhyMissed::TimedOut);
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1)), ["+Missed"]);
    miss(&mut board, &mut desk, "2", WhyMissed::TimedOut);
    let steps = show(&mut board, &desk, &catalog, 2);
    let [Step::Show(Slot::Missed, _, notice)] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(notice.summary, "2 questions denied, because nobody answered");
    gone(&mut board, &Slot::Missed, Gone::Expired);
    miss(&mut board, &mut desk, "3", WhyMissed::TimedOut);
    let steps = show(&mut board, &desk, &catalog, 3);
    assert!(
        matches!(steps.as_slice(), [Step::Show(Slot::Missed, _, notice)] if notice.body.len() == 1),
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
    assert_eq!(show(&mut board, &desk, &catalog, 0).len(), 1);
    gone(&mut board, &Slot::Quiet(session.clone()), Gone::Dismissed);
    assert!(show(&mut board, &desk, &catalog, 1).is_empty());
    desk.apply(&quiet(false));
    show(&mut board, &desk, &catalog, 2);
    desk.apply(&quiet(true));
    assert_eq!(show(&mut board, &desk, &catalog, 3).len(), 1);
}

#[test]
fn the_prompt_stands_in_where_notifications_do_not_reach() {
    let due = |server: Option<Server>, at: u64| {
        let (catalog, mut board) = (Catalog::default(), Board::default());
        board.server(server);
        let desk = testing::desk(vec![host("1"), host("2")]);
        show(&mut board, &desk, &catalog, 0);
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
    show(&mut board, &desk, &catalog, 0);
    click(&mut board, Some(&key(Button::Block, "1", 1)), 1000);
    desk.apply(&Event::QuestionOpened(host("2")));
    show(&mut board, &desk, &catalog, 1000);
    assert_eq!(board.prompt_due(&desk, 60_000), Due::Never);
    // Another server has to prove itself again.
    board.server(None);
    board.server(Some(SERVER));
    show(&mut board, &desk, &catalog, 60_000);
    assert!(matches!(board.prompt_due(&desk, 80_000), Due::Now(_)));
}

#[test]
fn a_notification_that_expired_unanswered_brings_the_prompt() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    gone(&mut board, &slot("1"), Gone::Expired);
    assert_eq!(board.prompt_due(&desk, 1), Due::Now("1".into()));
}

#[test]
fn what_the_server_has_not_shown_cannot_be_clicked() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    let allow = key(Button::AllowOnce, "1", 1);
    assert_eq!(click(&mut board, Some(&allow), 10_000), None);
}

#[test]
fn what_comes_back_of_an_earlier_showing_says_nothing_of_the_next() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    let before = serial(&board, &slot("1"));
    let mut grown = host("1");
    grown.revision = 2;
    grown.waiting = 0;
    desk.apply(&Event::QuestionChanged(grown));
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1)), ["+1"]);
    board.gone(&slot("1"), before, Gone::Dismissed);
    board.failed(&slot("1"), before, 2);
    assert_eq!(board.clicked(&slot("1"), before, None, 10_000), None);
    // It is still shown, and closed with the question.
    desk.apply(&Event::QuestionClosed {
        id: "1".into(),
        outcome: Closed::Denied,
    });
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 3)), ["-1"]);
}

#[test]
fn what_an_answer_left_over_is_shown_anew() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    assert!(click(&mut board, Some(&key(Button::Block, "1", 1)), 1000).is_some());
    board.answering("1", 1);
    board.answered("1");
    assert!(show(&mut board, &desk, &catalog, 1001).is_empty());
    let mut rest = host("1");
    rest.revision = 2;
    desk.apply(&Event::QuestionChanged(rest));
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1002)), ["+1"]);
}

#[test]
fn a_server_that_does_not_answer_brings_the_prompt_though_it_did_before() {
    let (catalog, mut board) = (Catalog::default(), board());
    let mut desk = testing::desk(vec![host("1")]);
    show(&mut board, &desk, &catalog, 0);
    click(&mut board, Some(&key(Button::Block, "1", 1)), 1000);
    desk.apply(&Event::QuestionOpened(host("2")));
    board.update(&desk, catalog.words(), 2000);
    assert_eq!(board.prompt_due(&desk, 2000), Due::At(7000));
    assert_eq!(board.prompt_due(&desk, 7000), Due::Now("2".into()));
}

#[test]
fn what_did_not_happen_is_said_once() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(Vec::new());
    board.trouble(Trouble::Refused("the daemon is gone".into()));
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 0)), ["+Trouble"]);
    gone(&mut board, &Slot::Trouble, Gone::Dismissed);
    assert!(show(&mut board, &desk, &catalog, 1).is_empty());
}

#[test]
fn what_is_shown_after_a_failure_is_not_waited_for() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(vec![host("1")]);
    board.update(&desk, catalog.words(), 0);
    let first = serial(&board, &slot("1"));
    board.failed(&slot("1"), first, 0);
    // It is being tried: nothing is due until the server says something.
    board.update(&desk, catalog.words(), 2_000);
    assert_eq!(board.next_change(), None);
    let second = serial(&board, &slot("1"));
    board.confirmed(&slot("1"), second, 2_000);
    assert!(board.update(&desk, catalog.words(), 2_000).is_empty());
    assert_eq!(board.next_change(), None);
    // The next failure is a first one.
    board.gone(&slot("1"), second, Gone::Expired);
    board.not_answered("1", "no");
    board.update(&desk, catalog.words(), 3_000);
    let third = serial(&board, &slot("1"));
    board.failed(&slot("1"), third, 3_000);
    assert_eq!(board.next_change(), Some(5_000));
}

#[test]
fn what_an_answer_left_over_can_bring_the_prompt() {
    let mut board = Board::default();
    let mut desk = testing::desk(vec![host("1")]);
    board.answering("1", 1);
    assert_eq!(board.prompt_due(&desk, 0), Due::Never);
    let mut rest = host("1");
    rest.revision = 2;
    desk.apply(&Event::QuestionChanged(rest));
    assert_eq!(board.prompt_due(&desk, 0), Due::Now("1".into()));
}

/// A board with a notice of session `s1`, which has made a file.
fn flagged(catalog: &Catalog, desk: &Desk) -> Board {
    let mut board = board();
    board.flagged(&SessionId("s1".into()), &["created .envrc".into()]);
    assert_eq!(
        slots(&show(&mut board, desk, catalog, 0)),
        [r#"+Flagged(SessionId("s1"))"#]
    );
    board
}

fn end_of_session() -> Event {
    Event::SessionEnded {
        session: SessionId("s1".into()),
    }
}

#[test]
fn what_was_changed_is_told_for_a_minute_longer_than_its_session() {
    let (catalog, mut desk) = (Catalog::default(), testing::desk(Vec::new()));
    let mut board = flagged(&catalog, &desk);
    desk.apply(&end_of_session());
    assert!(show(&mut board, &desk, &catalog, 1_000).is_empty());
    assert_eq!(board.next_change(), Some(61_000));
    assert!(show(&mut board, &desk, &catalog, 60_999).is_empty());
    assert_eq!(
        slots(&show(&mut board, &desk, &catalog, 61_000)),
        [r#"-Flagged(SessionId("s1"))"#]
    );
    assert_eq!(board.next_change(), None);
}

#[test]
fn what_was_changed_leads_to_its_review_when_the_session_is_over_too() {
    let (catalog, mut desk) = (Catalog::default(), testing::desk(Vec::new()));
    let mut board = flagged(&catalog, &desk);
    desk.apply(&end_of_session());
    show(&mut board, &desk, &catalog, 1_000);
    let slot = Slot::Flagged(SessionId("s1".into()));
    let review = Choice::Review(SessionId("s1".into()));
    let last = serial(&board, &slot);
    assert_eq!(board.clicked(&slot, last, None, 2_000), Some(review));
    assert!(show(&mut board, &desk, &catalog, 2_001).is_empty());
    assert_eq!(board.next_change(), None);
}

#[test]
fn a_try_is_like_a_question_and_its_body_opens_the_window() {
    let (catalog, mut board) = (Catalog::default(), board());
    let desk = testing::desk(Vec::new());
    assert!(board.try_out());
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 0)), ["+Test"]);
    // Another one is shown anew.
    assert!(board.try_out());
    assert_eq!(slots(&show(&mut board, &desk, &catalog, 1)), ["+Test"]);
    let last = serial(&board, &Slot::Test);
    let choice = board.clicked(&Slot::Test, last, None, 1_000);
    assert_eq!(choice, Some(Choice::Open));
    assert!(show(&mut board, &desk, &catalog, 1_001).is_empty());
}

#[test]
fn a_try_that_is_not_shown_is_said_and_not_repeated() {
    let (catalog, desk) = (Catalog::default(), testing::desk(Vec::new()));
    assert!(!Board::default().try_out());
    let mut board = board();
    board.try_out();
    board.update(&desk, catalog.words(), 0);
    let last = serial(&board, &Slot::Test);
    assert!(board.failed(&Slot::Test, last, 0));
    assert!(!board.failed(&Slot::Test, last, 0));
    assert_eq!(board.next_change(), None);
    assert!(show(&mut board, &desk, &catalog, 100_000).is_empty());
    // Nor is it shown by the next server.
    board.try_out();
    board.server(Some(SERVER));
    assert!(show(&mut board, &desk, &catalog, 100_001).is_empty());
}
