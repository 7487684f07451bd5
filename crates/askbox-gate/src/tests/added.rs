//! What is added to a question after somebody looked at it: an answer covers what was seen, and the rest stays open.

use super::*;

/// Asks until the question lists that many hosts below one domain, a revision each.
async fn grow(world: &mut World, count: usize) -> (Vec<JoinHandle<Result<Permit, Denial>>>, Question) {
    let (first, mut question) = world.ask_shown(&net("h1.example.com")).await;
    let mut asking = vec![first];
    for number in 2..=count {
        let (more, grown) = world.ask_shown(&net(&format!("h{number}.example.com"))).await;
        asking.push(more);
        question = grown;
    }
    (asking, question)
}

fn listed(question: &Question) -> Vec<String> {
    question.targets().iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_an_older_revision_is_for_what_it_listed_and_the_rest_stays_open() {
    for (answer, is_allowed) in [(allow(hours(1)), true), (block(hours(1)), false)] {
        let mut world = World::new();
        let (mut asking, question) = grow(&mut world, 3).await;
        assert_eq!(question.revision, 3);
        let answered = world.answer(question.id, Some(2), answer).await.unwrap();
        assert_eq!(answered.targets, [net("h1.example.com"), net("h2.example.com")]);
        assert_eq!((answered.released, answered.left), (2, 1));
        let last = asking.pop().unwrap();
        for asking in asking {
            assert_eq!(asking.await.unwrap().is_ok(), is_allowed);
        }
        let left = world.gate.open_questions().remove(0);
        assert_eq!((left.id, left.revision), (question.id, 3));
        assert_eq!(listed(&left), ["h3.example.com:443"]);
        assert!(!last.is_finished() && !world.is_allowed(&net("h3.example.com")));
        world
            .answer(left.id, Some(3), allow(Duration::Once))
            .await
            .unwrap();
        drop(admitted(last).await);
        assert_eq!(world.gate.open_questions(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_answer_to_what_was_answered_is_refused_and_decides_nothing() {
    let mut world = World::new();
    let (_asking, question) = grow(&mut world, 2).await;
    world.answer(question.id, Some(1), block(hours(1))).await.unwrap();
    let late = world.answer(question.id, Some(1), allow(hours(1))).await;
    assert!(
        matches!(late, Err(AnswerError::Changed { current: 2 })),
        "{late:?}"
    );
    // Who saw both answers for the one that nobody answered before.
    let both = world.answer(question.id, Some(2), allow(hours(1))).await.unwrap();
    assert_eq!(both.targets, [net("h2.example.com")]);
    assert!(!world.is_allowed(&net("h1.example.com")) && world.is_allowed(&net("h2.example.com")));
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_there_was_not_yet_is_refused() {
    let mut world = World::new();
    let (_asking, question) = grow(&mut world, 2).await;
    for revision in [0, 3, u32::MAX] {
        let made_up = world.answer(question.id, Some(revision), allow(hours(1))).await;
        assert!(
            matches!(made_up, Err(AnswerError::Changed { current: 2 })),
            "{revision}"
        );
    }
    assert_eq!((waiting(&world.gate), world.gate.grants().len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_never_stops_growing_is_answered_all_the_same() {
    let mut world = World::new();
    let (honest, seen) = world.ask_shown(&net("h1.example.com")).await;
    let mut noise = Vec::new();
    for number in 2..30 {
        noise.push(world.ask_shown(&net(&format!("h{number}.example.com"))).await.0);
    }
    world
        .answer(seen.id, Some(seen.revision), allow(hours(1)))
        .await
        .unwrap();
    drop(admitted(honest).await);
    assert!(noise.iter().all(|asking| !asking.is_finished()));
    assert_eq!(waiting(&world.gate), noise.len());
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_an_answer_joins_what_is_left() {
    let mut world = World::new();
    let (_asking, question) = grow(&mut world, 2).await;
    world
        .answer(question.id, Some(1), block(Duration::Once))
        .await
        .unwrap();
    // The same again, of another program: an answer to the first revision is not for that.
    let again = world.ask_as(8, &net("h1.example.com"));
    world.until_waiting(2).await;
    let grown = world.gate.open_questions().remove(0);
    assert_eq!(
        (grown.id, grown.revision, grown.members[1].since),
        (question.id, 3, 3)
    );
    let late = world.answer(question.id, Some(1), allow(hours(1))).await;
    assert!(matches!(late, Err(AnswerError::Changed { .. })));
    again.abort();
}

#[tokio::test(start_paused = true)]
async fn widened_it_covers_what_was_offered_then_and_no_wider() {
    let mut world = World::new();
    let (near, seen) = world.ask_shown(&read("/home/u/notes/deep/a")).await;
    let (beside, _) = world.ask_shown(&read("/home/u/notes/deep/b")).await;
    let (far, _) = world.ask_shown(&read("/home/u/notes/other/c")).await;
    let widened = Answer {
        widen: true,
        ..allow(hours(1))
    };
    let answered = world.answer(seen.id, Some(seen.revision), widened).await.unwrap();
    assert_eq!(answered.grants[0].pattern.to_string(), "/home/u/notes/deep");
    assert_eq!((answered.released, answered.left), (2, 1));
    drop((admitted(near).await, admitted(beside).await));
    assert!(!far.is_finished());
    assert!(!world.is_allowed(&read("/home/u/notes/other/c")));
}

#[tokio::test(start_paused = true)]
async fn always_writes_rules_for_what_was_seen_and_waits_for_no_others() {
    let mut world = World::new();
    let (mut asking, question) = grow(&mut world, 2).await;
    let always = allow(Duration::Always);
    let rules = world.gate.rules_for(question.id, 1, &always).unwrap();
    let patterns: Vec<_> = rules.iter().map(|rule| rule.pattern.to_string()).collect();
    assert_eq!(patterns, ["h1.example.com:443"]);
    world
        .gate
        .set_policy(policy(&rule("allow", "h1.example.com:443")))
        .await;
    let answered = world.answer(question.id, Some(1), always).await.unwrap();
    assert_eq!((answered.released, answered.left), (1, 1));
    let last = asking.pop().unwrap();
    drop(admitted(asking.remove(0)).await);
    assert!(!last.is_finished());
}

#[tokio::test(start_paused = true)]
async fn of_a_missed_question_the_rest_stays_missed() {
    let mut world = World::new();
    let (asking, question) = grow(&mut world, 2).await;
    world.advance(MINUTE).await;
    for asking in asking {
        assert_eq!(denied(asking).await, DeniedBy::TimedOut);
    }
    let answered = world.answer(question.id, Some(1), allow(hours(1))).await.unwrap();
    assert_eq!(answered.left, 1);
    assert!(world.is_allowed(&net("h1.example.com")) && !world.is_allowed(&net("h2.example.com")));
    let told = world
        .hear(|event| match event {
            GateEvent::Missed(missed) if missed.question.members.len() == 1 => Some(missed),
            _ => None,
        })
        .await;
    assert_eq!(world.gate.missed(), std::slice::from_ref(&told));
    assert_eq!(listed(&told.question), ["h2.example.com:443"]);
    let late = world.answer(question.id, Some(1), allow(hours(1))).await;
    assert!(matches!(late, Err(AnswerError::Changed { current: 2 })));
    let rest = world.answer(question.id, Some(2), allow(hours(1))).await.unwrap();
    assert_eq!((rest.targets, rest.left), (vec![net("h2.example.com")], 0));
    assert_eq!(world.gate.missed(), []);
}

#[tokio::test(start_paused = true)]
async fn growth_on_disk_is_answered_as_it_is_now() {
    let world = World::new();
    let growth = |mebibytes: u64| {
        Target::Growth(askbox_policy::Growth {
            grown_bytes: mebibytes << 20,
            allowed_bytes: 64 << 20,
            free_bytes: None,
        })
    };
    let first = world.ask(&growth(65));
    world.until_waiting(1).await;
    let second = world.ask(&growth(66));
    world.until_waiting(2).await;
    let question = world.gate.open_questions().remove(0);
    let stale = world.answer(question.id, Some(1), allow(Duration::Once)).await;
    assert!(matches!(stale, Err(AnswerError::Changed { current: 2 })));
    world
        .answer(question.id, Some(2), allow(Duration::Once))
        .await
        .unwrap();
    drop((admitted(first).await, admitted(second).await));
}
