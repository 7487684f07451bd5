use askbox_policy::WhyMissed;

use super::*;
use crate::limits::{MEMBERS_PER_QUESTION, MISSED_PER_SESSION, QUESTIONS_PER_SESSION, WAITERS_PER_QUESTION};

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_for_one_target_are_one_question() {
    let mut world = World::new();
    let (first, question) = world.ask_shown(&net("example.com")).await;
    let mut rest: Vec<_> = (1..1000).map(|_| world.ask(&net("example.com"))).collect();
    world.until_waiting(1000).await;
    assert_eq!(world.gate.open_questions().len(), 1);
    rest.extend((1000..WAITERS_PER_QUESTION).map(|_| world.ask(&net("example.com"))));
    world.until_waiting(WAITERS_PER_QUESTION).await;
    assert_eq!(denied(world.ask(&net("example.com"))).await, DeniedBy::TooMany);
    let answered = world
        .answer(question.id, Some(1), allow(Duration::Once))
        .await
        .unwrap();
    assert_eq!(answered.released, WAITERS_PER_QUESTION);
    drop(admitted(first).await);
    for asking in rest {
        drop(admitted(asking).await);
    }
    let asks = world
        .told()
        .into_iter()
        .filter(|line| line.starts_with("network ask"));
    assert_eq!(asks.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_random_subdomains_are_grouped_limited_and_denied() {
    let world = World::new();
    let asking: Vec<_> = (0..1000)
        .map(|number| world.ask(&net(&format!("r{number}.example.com"))))
        .collect();
    world.until_waiting(MEMBERS_PER_QUESTION).await;
    world.until(|gate| gate.open_questions()[0].unlisted == 950).await;
    let questions = world.gate.open_questions();
    assert_eq!(
        (questions.len(), questions[0].members.len()),
        (1, MEMBERS_PER_QUESTION)
    );
    world.advance(MINUTE).await;
    for asking in asking {
        assert!(matches!(
            denied(asking).await,
            DeniedBy::TooMany | DeniedBy::TimedOut
        ));
    }
    assert_eq!((world.gate.grants().len(), world.gate.missed().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_asks_slowly_has_so_many_open_questions_and_no_more() {
    let world = World::with_policy("[questions]\ntimeout = \"30m\"\n");
    let mut asking = Vec::new();
    for number in 0..QUESTIONS_PER_SESSION {
        if number % 20 == 19 {
            world.advance(2 * MINUTE).await;
        }
        asking.push(world.ask(&net(&format!("r{number}.test"))));
        world.until_waiting(number + 1).await;
    }
    assert_eq!(denied(world.ask(&net("late.test"))).await, DeniedBy::TooMany);
    assert_eq!(world.gate.open_questions().len(), QUESTIONS_PER_SESSION);
    // What is asked already can be waited for as before.
    asking.push(world.ask(&net("r0.test")));
    world.until_waiting(QUESTIONS_PER_SESSION + 1).await;
}

#[tokio::test(start_paused = true)]
async fn more_than_twenty_questions_a_minute_turn_the_session_quiet_until_it_is_resumed() {
    let mut world = World::new();
    let asking: Vec<_> = (0..20)
        .map(|number| world.ask(&net(&format!("r{number}.test"))))
        .collect();
    world.until_waiting(20).await;
    let denial = world.ask(&net("late.test")).await.unwrap().unwrap_err();
    assert_eq!(denial.by, DeniedBy::Quiet);
    let session = SessionId("s1".to_owned());
    let quiet = GateEvent::SessionQuiet(session.clone());
    world.hear(|event| (event == quiet).then_some(())).await;
    assert!(world.gate.is_quiet(&session));
    // It stays quiet after the minute; what is missed can be answered all the same.
    world.advance(2 * MINUTE).await;
    for asking in asking {
        assert_eq!(denied(asking).await, DeniedBy::TimedOut);
    }
    assert_eq!(denied(world.ask(&net("later.test"))).await, DeniedBy::Quiet);
    let why: Vec<_> = world
        .gate
        .missed()
        .into_iter()
        .filter(|missed| missed.why == WhyMissed::Quiet)
        .collect();
    assert_eq!(why.len(), 2);
    world
        .answer(denial.question.unwrap(), None, allow(hours(1)))
        .await
        .unwrap();
    drop(admitted(world.ask(&net("late.test"))).await);
    // That does not end the quiet.
    assert_eq!(denied(world.ask(&net("soon.test"))).await, DeniedBy::Quiet);
    world.gate.resume(None).await;
    let (_, question) = world.ask_shown(&net("later.test")).await;
    assert_eq!(question.members.len(), 1);
    let told = world.told();
    assert!(told.contains(&"session quiet".to_owned()) && told.contains(&"session resumed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn twenty_questions_a_minute_are_fine() {
    let world = World::new();
    for round in 0..3 {
        let asking: Vec<_> = (0..20)
            .map(|number| world.ask(&net(&format!("r{round}-{number}.test"))))
            .collect();
        world.until_waiting(20).await;
        world.advance(MINUTE).await;
        for asking in asking {
            assert_eq!(denied(asking).await, DeniedBy::TimedOut);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_noisy_session_does_not_push_out_what_others_missed() {
    let world = World::new();
    world.open_session("s2");
    let other = world.ask_request(request("s2", 7, &net("other.test")));
    world.until_waiting(1).await;
    world.advance(MINUTE).await;
    assert_eq!(denied(other).await, DeniedBy::TimedOut);
    let asking: Vec<_> = (0..200)
        .map(|number| world.ask(&net(&format!("r{number}.test"))))
        .collect();
    world.until_waiting(20).await;
    world.advance(MINUTE).await;
    for asking in asking {
        denied(asking).await;
    }
    let missed = world.gate.missed();
    assert_eq!(missed.len(), MISSED_PER_SESSION + 1);
    assert_eq!(missed[0].question.session, SessionId("s2".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn whoever_follows_has_the_list_of_missed_questions_as_it_is() {
    let mut world = World::new();
    world.gate.pause(Some(3_600_000)).await.unwrap();
    let mut followed = Vec::new();
    for number in 0..MISSED_PER_SESSION + 10 {
        denied(world.ask(&net(&format!("a.r{number}.test")))).await;
        while let Ok(event) = world.news.try_recv() {
            match event {
                GateEvent::Missed(missed) => followed.push(missed.question.id),
                GateEvent::MissedDropped(dropped) => followed.retain(|id| *id != dropped),
                _ => {}
            }
        }
    }
    let missed = world.gate.missed();
    let listed: Vec<_> = missed.iter().map(|missed| missed.question.id).collect();
    assert_eq!(followed, listed);
    assert_eq!(listed.len(), MISSED_PER_SESSION);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_keeps_growing_ends_all_the_same() {
    let mut world = World::new();
    let (_, first) = world.ask_shown(&net("r0.example.com")).await;
    for number in 1..10 {
        world.advance(Time::from_secs(50)).await;
        if world
            .gate
            .missed()
            .iter()
            .any(|missed| missed.question.id == first.id)
        {
            return;
        }
        world.ask_shown(&net(&format!("r{number}.example.com"))).await;
    }
    panic!("still open");
}
