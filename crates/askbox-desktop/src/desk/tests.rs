use askbox_policy::WhyMissed;
use askbox_wire::Closed;

use super::*;
use crate::testing::{desk, host, missed, session};

fn ids(desk: &Desk) -> Vec<&str> {
    desk.questions()
        .iter()
        .map(|question| question.id.as_str())
        .collect()
}

#[test]
fn questions_come_and_go() {
    let mut desk = desk(vec![host("1")]);
    desk.apply(&Event::QuestionOpened(host("2")));
    desk.apply(&Event::QuestionOpened(host("2")));
    assert_eq!(ids(&desk), ["1", "2"]);
    desk.apply(&Event::QuestionClosed {
        id: "1".into(),
        outcome: Closed::Denied,
    });
    desk.apply(&Event::Missed(missed("2", WhyMissed::TimedOut)));
    assert_eq!(ids(&desk), Vec::<&str>::new());
    assert_eq!(desk.known().unwrap().missed.len(), 1);
}

#[test]
fn an_older_revision_changes_nothing() {
    let mut newer = host("1");
    newer.revision = 3;
    let mut desk = desk(vec![newer.clone()]);
    desk.apply(&Event::QuestionChanged(host("1")));
    assert_eq!(desk.question("1"), Some(&newer));
}

#[test]
fn missed_questions_are_those_that_the_daemon_lists() {
    let mut desk = desk(Vec::new());
    for number in 0..300 {
        desk.apply(&Event::Missed(missed(&number.to_string(), WhyMissed::TimedOut)));
    }
    assert_eq!(desk.known().unwrap().missed.len(), 300);
    for number in 0..250 {
        let id = number.to_string();
        desk.apply(&Event::MissedDropped { id });
    }
    let kept = &desk.known().unwrap().missed;
    assert_eq!(kept.len(), 50);
    assert_eq!(kept[0].question.id, "250");
}

#[test]
fn sessions_come_and_go_with_their_quietness() {
    let mut desk = desk(Vec::new());
    let other = session("s2");
    desk.apply(&Event::SessionChanged(other.clone()));
    desk.apply(&Event::SessionQuiet {
        session: other.id.clone(),
        quiet: true,
    });
    assert_eq!(desk.sessions().len(), 2);
    desk.apply(&Event::SessionEnded { session: other.id });
    assert_eq!(desk.sessions().len(), 1);
    assert!(desk.known().unwrap().quiet.is_empty());
}

#[test]
fn without_a_daemon_nothing_is_known() {
    let mut desk = desk(vec![host("1")]);
    desk.disconnected(Absence {
        reason: "the daemon is gone".into(),
        hint: None,
    });
    desk.apply(&Event::QuestionOpened(host("2")));
    assert_eq!(ids(&desk), Vec::<&str>::new());
    assert_eq!(desk.known().unwrap_err().reason, "the daemon is gone");
}
