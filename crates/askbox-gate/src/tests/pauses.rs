use askbox_policy::{Basis, WhyMissed};

use super::*;
use crate::limits::{self, PAUSE_MAX};

const QUARTER: u64 = 15 * 60 * 1000;

/// Waits for news of a pause: until when it is.
async fn paused(world: &mut World) -> Option<u64> {
    let news = world
        .hear(|event| matches!(event, GateEvent::Paused { .. }).then_some(event))
        .await;
    match news {
        GateEvent::Paused { until_ms } => until_ms,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_question_is_denied_and_missed_and_what_rules_decide_is_decided() {
    let policy = rule("allow", "allowed.test:443") + &rule("deny", "denied.test:443");
    let mut world = World::with_policy(&policy);
    let (open, question) = world.ask_shown(&net("open.test")).await;
    let until = world.hand.now().wall_ms + QUARTER;
    world.gate.pause(Some(QUARTER)).await.unwrap();
    assert_eq!(paused(&mut world).await, Some(until));
    assert_eq!(world.gate.paused_until_ms(), Some(until));

    let denial = world.ask(&net("new.test")).await.unwrap().unwrap_err();
    assert_eq!(denial.by, DeniedBy::Paused);
    assert_eq!(denial.to_string(), "new.test denied: questions are paused");
    let missed = world.gate.missed();
    assert_eq!((missed.len(), missed[0].why), (1, WhyMissed::Paused));
    assert_eq!(Some(missed[0].question.id), denial.question);
    drop(admitted(world.ask(&net("allowed.test"))).await);
    let ruled = denied(world.ask(&net("denied.test"))).await;
    assert!(matches!(ruled, DeniedBy::Basis(Basis::Rule(_))), "{ruled:?}");

    // What was asked before can be answered, and what was missed too.
    assert!(!open.is_finished());
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    drop(admitted(open).await);
    world
        .answer(denial.question.unwrap(), None, allow(hours(1)))
        .await
        .unwrap();
    drop(admitted(world.ask(&net("new.test"))).await);
}

#[tokio::test(start_paused = true)]
async fn an_open_question_gets_no_new_targets_but_a_retry_may_wait() {
    let mut world = World::new();
    let (first, question) = world.ask_shown(&net("a.example.com")).await;
    world.gate.pause(Some(QUARTER)).await.unwrap();
    let retry = world.ask(&net("a.example.com"));
    world.until_waiting(2).await;
    assert_eq!(denied(world.ask(&net("b.example.com"))).await, DeniedBy::Paused);
    assert_eq!(world.gate.open_questions()[0].members.len(), 1);
    world
        .answer(question.id, None, allow(Duration::Session))
        .await
        .unwrap();
    drop((admitted(first).await, admitted(retry).await));
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_by_itself_and_a_clock_that_is_set_does_not_move_its_end() {
    let mut world = World::new();
    world.gate.pause(Some(QUARTER)).await.unwrap();
    assert!(paused(&mut world).await.is_some());
    // A day back, and the same boot time.
    let now = world.hand.now();
    world
        .hand
        .set(BOOT_ONE, now.boot_ms, now.wall_ms - 24 * 60 * 60 * 1000);
    world.advance(Time::from_millis(QUARTER - 1)).await;
    assert_eq!(denied(world.ask(&net("new.test"))).await, DeniedBy::Paused);
    world.advance(Time::from_millis(1)).await;
    assert_eq!(world.gate.paused_until_ms(), None);
    let (asking, _) = world.ask_shown(&net("new.test")).await;
    asking.abort();
    assert_eq!(
        world.told(),
        [
            "daemon paused",
            "network deny questions are paused 1",
            "daemon pause ended",
            "network ask no rule 2"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_person_ends_a_pause_and_a_new_one_replaces_the_old() {
    let mut world = World::new();
    world.gate.pause(None).await.unwrap();
    world.gate.pause(Some(QUARTER)).await.unwrap();
    world.gate.pause(Some(1000)).await.unwrap();
    let until = world.hand.now().wall_ms + 1000;
    assert_eq!(world.gate.paused_until_ms(), Some(until));
    world.gate.pause(None).await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(paused(&mut world).await);
    }
    assert_eq!(heard, [Some(until - 1000 + QUARTER), Some(until), None]);
    let (asking, _) = world.ask_shown(&net("new.test")).await;
    asking.abort();
    assert_eq!(
        world.told(),
        [
            "daemon paused",
            "daemon paused",
            "daemon pause ended",
            "network ask no rule 1"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_at_most_a_day_and_none_without_a_log() {
    let world = World::new();
    let day = u64::try_from(PAUSE_MAX.as_millis()).unwrap();
    let error = world.gate.pause(Some(day + 1)).await.unwrap_err();
    assert_eq!(error.to_string(), "a pause is at most 24 hours long");
    assert_eq!(world.gate.paused_until_ms(), None);
    world.gate.pause(Some(day)).await.unwrap();
    assert!(world.gate.paused_until_ms().is_some());
    world.log.close().await.unwrap();
    let error = world.gate.pause(None).await.unwrap_err();
    assert!(matches!(error, PauseError::Log(_)));
    assert!(world.gate.paused_until_ms().is_some());
}

#[tokio::test(start_paused = true)]
async fn before_the_machine_sleeps_what_waits_is_denied_and_what_would_be_asked() {
    let mut world = World::new();
    let (waiting, question) = world.ask_shown(&net("a.test")).await;
    world.gate.suspend(true).await;
    assert_eq!(denied(waiting).await, DeniedBy::Suspended);
    assert_eq!(denied(world.ask(&net("b.test"))).await, DeniedBy::Suspended);
    let missed = world.gate.missed();
    let whys: Vec<_> = missed.iter().map(|missed| missed.why).collect();
    assert_eq!(whys, [WhyMissed::Suspended; 2]);
    assert!(world.gate.open_questions().is_empty());
    // What was missed can be answered, for the next time.
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    drop(admitted(world.ask(&net("a.test"))).await);

    world.gate.suspend(false).await;
    let (_waiting, _question) = world.ask_shown(&net("c.test")).await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_which_nobody_says_that_it_is_awake_is_awake_in_the_end() {
    let mut world = World::new();
    world.gate.suspend(true).await;
    assert_eq!(denied(world.ask(&net("a.test"))).await, DeniedBy::Suspended);
    world.advance(limits::SUSPENDING).await;
    let (_waiting, _question) = world.ask_shown(&net("b.test")).await;
}
