use super::*;
use crate::limits::{KEPT_AT_MOST, QUESTION_LIFE_FACTOR};

/// How long a question is still open, as front ends see it.
fn left(world: &World, id: QuestionId) -> Option<Time> {
    let questions = world.gate.open_questions();
    let question = questions.iter().find(|question| question.id == id)?;
    Some(Time::from_millis(question.expires_ms - world.hand.now().wall_ms))
}

#[tokio::test(start_paused = true)]
async fn a_question_stays_for_a_minute_after_a_person_was_at_it_and_its_program_waits_on() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.advance(Time::from_secs(59)).await;
    assert!(world.gate.keep_question(question.id));
    let kept = world
        .hear(|event| match event {
            GateEvent::QuestionChanged(kept) => Some(kept),
            _ => None,
        })
        .await;
    assert_eq!(kept.expires_ms - question.expires_ms, 59_000);
    assert_eq!(
        (kept.revision, kept.members),
        (question.revision, question.members)
    );
    world.advance(Time::from_millis(59_999)).await;
    assert!(!asking.is_finished());
    world
        .answer(question.id, Some(1), allow(Duration::Once))
        .await
        .unwrap();
    drop(admitted(asking).await);
}

#[tokio::test(start_paused = true)]
async fn a_kept_question_ends_all_the_same() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.advance(Time::from_secs(30)).await;
    assert!(world.gate.keep_question(question.id));
    world.advance(Time::from_secs(30)).await;
    assert_eq!(left(&world, question.id), Some(Time::from_secs(30)));
    world.advance(Time::from_secs(30)).await;
    assert_eq!(denied(asking).await, DeniedBy::TimedOut);
    assert_eq!(world.gate.missed()[0].question.id, question.id);
    assert!(!world.gate.keep_question(question.id));
}

#[tokio::test(start_paused = true)]
async fn a_question_is_kept_for_ten_minutes_beyond_its_end_and_no_longer() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    let step = Time::from_secs(50);
    let mut kept = Time::ZERO;
    while world.gate.keep_question(question.id) {
        world.advance(step).await;
        kept += step;
    }
    assert!(
        MINUTE + KEPT_AT_MOST <= kept && kept < MINUTE + KEPT_AT_MOST + step,
        "{kept:?}"
    );
    assert_eq!(denied(asking).await, DeniedBy::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_kept_for_no_longer_than_its_own_time_out() {
    let mut world = World::with_policy("[questions]\ntimeout = \"10s\"\n");
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.advance(Time::from_secs(5)).await;
    assert!(world.gate.keep_question(question.id));
    assert_eq!(left(&world, question.id), Some(Time::from_secs(10)));
    asking.abort();
}

#[tokio::test(start_paused = true)]
async fn a_question_with_more_than_a_minute_left_is_as_it_was() {
    let mut world = World::with_policy("[questions]\ntimeout = \"5m\"\n");
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.advance(MINUTE).await;
    while world.news.try_recv().is_ok() {}
    assert!(world.gate.keep_question(question.id));
    assert_eq!(left(&world, question.id), Some(4 * MINUTE));
    assert!(world.news.try_recv().is_err(), "nothing changed");
    asking.abort();
}

#[tokio::test(start_paused = true)]
async fn one_that_has_waited_longer_than_its_question_is_kept_with_it() {
    let mut world = World::with_policy("[questions]\ntimeout = \"5m\"\n");
    let (first, question) = world.ask_shown(&net("a.example.com")).await;
    world.advance(Time::from_secs(200)).await;
    let (second, grown) = world.ask_shown(&net("b.example.com")).await;
    assert_eq!(
        (grown.id, left(&world, question.id)),
        (question.id, Some(5 * MINUTE))
    );
    world.advance(Time::from_secs(99)).await;
    assert!(world.gate.keep_question(question.id));
    world.advance(Time::from_secs(59)).await;
    assert!(!first.is_finished());
    world.advance(Time::from_secs(2)).await;
    assert_eq!(denied(first).await, DeniedBy::TimedOut);
    assert!(!second.is_finished());
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn what_joins_a_kept_question_takes_none_of_its_time() {
    let mut world = World::new();
    let (first, question) = world.ask_shown(&net("a.example.com")).await;
    for _ in 0..=QUESTION_LIFE_FACTOR {
        world.advance(Time::from_secs(50)).await;
        assert!(world.gate.keep_question(question.id));
    }
    // It can grow no longer by itself, and is kept for a minute.
    let (second, _) = world.ask_shown(&net("b.example.com")).await;
    assert_eq!(left(&world, question.id), Some(MINUTE));
    first.abort();
    second.abort();
}
