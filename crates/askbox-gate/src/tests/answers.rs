use super::*;

#[tokio::test(start_paused = true)]
async fn an_answer_covers_what_is_listed_and_nothing_that_comes_later() {
    let mut world = World::new();
    let (first, _) = world.ask_shown(&net("a.example.com")).await;
    let (second, question) = world.ask_shown(&net("b.example.com")).await;
    let answered = world
        .answer(question.id, None, allow(Duration::Session))
        .await
        .unwrap();
    assert_eq!(answered.targets, [net("a.example.com"), net("b.example.com")]);
    drop((admitted(first).await, admitted(second).await));
    // What comes later asks again, although it belongs to the same group.
    let (_, later) = world.ask_shown(&net("c.example.com")).await;
    assert_eq!((later.id, later.members.len()), (QuestionId(2), 1));
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_wins_and_later_ones_find_it_closed() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    let (one, other) = tokio::join!(
        world.answer(question.id, Some(1), block(hours(1))),
        world.answer(question.id, Some(1), allow(hours(1))),
    );
    one.unwrap();
    assert!(matches!(other.unwrap_err(), AnswerError::Closed(_)));
    assert_eq!(denied(asking).await, DeniedBy::Answered);
    let unknown = world
        .answer(QuestionId(99), None, allow(hours(1)))
        .await
        .unwrap_err();
    assert!(matches!(unknown, AnswerError::Unknown(_)));
}

#[tokio::test(start_paused = true)]
async fn once_covers_everything_that_waits_on_the_question() {
    let mut world = World::new();
    let (first, question) = world.ask_shown(&net("example.com")).await;
    let second = world.ask_as(8, &net("example.com"));
    world.until_waiting(2).await;
    let answered = world
        .answer(question.id, Some(1), allow(Duration::Once))
        .await
        .unwrap();
    assert_eq!(answered.released, 2);
    drop((admitted(first).await, admitted(second).await));
}

#[tokio::test(start_paused = true)]
async fn once_covers_the_same_target_of_the_same_process_for_ten_minutes() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world
        .answer(question.id, None, allow(Duration::Once))
        .await
        .unwrap();
    let first = admitted(asking).await;
    world.advance(9 * MINUTE).await;
    let second = admitted(world.ask(&net("example.com"))).await;
    // Twice is fine for the process that asked; another process, or another target, asks again.
    let stranger = world.ask_as(8, &net("example.com"));
    world.until_waiting(1).await;
    let (_, other) = world.ask_shown(&net("www.example.com")).await;
    assert_eq!(other.members.len(), 2);
    stranger.abort();
    world.until_waiting(1).await;
    world.advance(MINUTE).await;
    world.until(|gate| gate.grants().is_empty()).await;
    let (again, _) = world.ask_shown(&net("example.com")).await;
    assert!(!again.is_finished());
    // It merely ran out: what it let through lives on.
    assert!(!first.is_revoked() && !second.is_revoked());
}

#[tokio::test(start_paused = true)]
async fn once_after_the_requester_went_away_lets_the_next_request_through_and_no_other() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    asking.abort();
    world.until_waiting(0).await;
    world
        .answer(question.id, None, allow(Duration::Once))
        .await
        .unwrap();
    world.advance(MINUTE).await;
    drop(admitted(world.ask_as(9, &net("example.com"))).await);
    assert_eq!(world.gate.grants(), []);
    let (_, again) = world.ask_shown(&net("example.com")).await;
    assert_eq!(again.id, QuestionId(2));
    let told = world.told();
    assert!(told.contains(&"grant used allow".to_owned()), "{told:#?}");
}

#[tokio::test(start_paused = true)]
async fn once_for_the_next_request_is_over_after_two_minutes() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    asking.abort();
    world.until_waiting(0).await;
    world
        .answer(question.id, None, allow(Duration::Once))
        .await
        .unwrap();
    world.advance(2 * MINUTE).await;
    let (_, again) = world.ask_shown(&net("example.com")).await;
    assert_eq!(again.id, QuestionId(2));
}

#[tokio::test(start_paused = true)]
async fn blocking_once_denies_what_waits_and_the_same_process_and_asks_for_others() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world
        .answer(question.id, None, block(Duration::Once))
        .await
        .unwrap();
    assert_eq!(denied(asking).await, DeniedBy::Answered);
    assert!(matches!(
        denied(world.ask(&net("example.com"))).await,
        DeniedBy::Basis(_)
    ));
    let other = world.ask_as(8, &net("example.com"));
    world.until_waiting(1).await;
    other.abort();
}

#[tokio::test(start_paused = true)]
async fn a_grant_is_as_narrow_as_the_question_unless_it_is_widened() {
    let check = async |widen: bool, expected: [bool; 4]| {
        let mut world = World::new();
        let (asking, question) = world.ask_shown(&net("a.example.com")).await;
        let answer = Answer {
            widen,
            ..allow(hours(1))
        };
        world.answer(question.id, None, answer).await.unwrap();
        drop(admitted(asking).await);
        let other_port = Target::Network(destination("a.example.com", 22));
        let targets = [
            net("a.example.com"),
            net("b.example.com"),
            other_port,
            net("example.net"),
        ];
        assert_eq!(targets.map(|target| world.is_allowed(&target)), expected);
    };
    check(false, [true, false, false, false]).await;
    check(true, [true, true, false, false]).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_grant_is_for_the_file_and_widened_for_its_directory() {
    let check = async |widen: bool, expected: [bool; 3]| {
        let mut world = World::new();
        let (asking, question) = world.ask_shown(&read("/srv/data/x")).await;
        world
            .answer(
                question.id,
                None,
                Answer {
                    widen,
                    ..allow(Duration::Session)
                },
            )
            .await
            .unwrap();
        drop(admitted(asking).await);
        let paths = ["/srv/data/x", "/srv/data/y", "/srv/x"];
        assert_eq!(paths.map(|path| world.is_allowed(&read(path))), expected);
    };
    check(false, [true, false, false]).await;
    check(true, [true, true, false]).await;
}

#[tokio::test(start_paused = true)]
async fn session_is_for_the_session_a_time_for_the_project_and_everywhere_for_all() {
    let check = async |duration: Duration, everywhere: bool, same_project: bool, elsewhere: bool| {
        let mut world = World::new();
        let (asking, question) = world.ask_shown(&net("example.com")).await;
        world
            .answer(
                question.id,
                None,
                Answer {
                    everywhere,
                    ..allow(duration)
                },
            )
            .await
            .unwrap();
        drop(admitted(asking).await);
        world.open_session("s2");
        let other = request("s2", 0, &net("example.com"));
        let abroad = Request {
            project: Project(PathBuf::from("/p/other")),
            ..other.clone()
        };
        let is_allowed = |request| matches!(world.gate.peek(&request), askbox_policy::Verdict::Allow(_));
        assert!(world.is_allowed(&net("example.com")));
        assert_eq!(
            (is_allowed(other), is_allowed(abroad)),
            (same_project, elsewhere),
            "{duration:?}"
        );
    };
    check(Duration::Session, false, false, false).await;
    check(hours(1), false, true, false).await;
    check(hours(1), true, true, true).await;
}

#[tokio::test(start_paused = true)]
async fn allowing_a_name_says_nothing_about_the_local_network() {
    let mut world = World::with_policy(&rule("allow", "nas.example.com:443"));
    let (asking, question) = world.ask_shown(&local("nas.example.com", "10.1.2.3")).await;
    world
        .answer(question.id, None, allow(Duration::Session))
        .await
        .unwrap();
    drop(admitted(asking).await);
    assert!(world.is_allowed(&local("nas.example.com", "10.1.2.3")));
    assert!(!world.is_allowed(&local("nas.example.com", "10.1.2.4")));
}

#[tokio::test(start_paused = true)]
async fn always_waits_for_its_rule_and_the_answer_comes_before_the_effect() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    let always = allow(Duration::Always);
    let early = world.answer(question.id, Some(1), always).await.unwrap_err();
    assert!(matches!(early, AnswerError::RuleNotInForce));
    let rules = world.gate.rules_for(question.id, 1, &always).unwrap();
    assert_eq!(
        (rules.len(), rules[0].pattern.to_string().as_str()),
        (1, "example.com:443")
    );
    assert_eq!(rules[0].project.as_deref(), Some(Path::new("/p/app")));
    world
        .gate
        .set_policy(policy(&rule("allow", "example.com:443")))
        .await;
    assert_eq!(waiting(&world.gate), 1);
    let answered = world.answer(question.id, Some(1), always).await.unwrap();
    assert_eq!((answered.grants.len(), answered.released), (0, 1));
    let permit = admitted(asking).await;
    assert!(!permit.is_revoked());
    let told = world.told();
    assert_eq!(
        told[1..],
        ["answer allow person 1", "network allow answer to question 1 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_reservation_that_nobody_uses_lapses() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world
        .gate
        .rules_for(question.id, 1, &allow(Duration::Always))
        .unwrap();
    world
        .gate
        .set_policy(policy(&rule("allow", "example.com:443")))
        .await;
    assert_eq!(waiting(&world.gate), 1);
    world.advance(crate::limits::RESERVED).await;
    drop(admitted(asking).await);
}

#[tokio::test(start_paused = true)]
async fn a_missed_question_can_be_answered_with_always() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.advance(MINUTE).await;
    assert_eq!(denied(asking).await, DeniedBy::TimedOut);
    let always = allow(Duration::Always);
    world.gate.rules_for(question.id, 1, &always).unwrap();
    world
        .gate
        .set_policy(policy(&rule("allow", "example.com:443")))
        .await;
    world.answer(question.id, Some(1), always).await.unwrap();
    assert_eq!(world.gate.missed(), []);
}

#[tokio::test(start_paused = true)]
async fn the_log_says_where_a_person_answered() {
    let mut world = World::new();
    let (_, question) = world.ask_shown(&net("example.com")).await;
    world
        .gate
        .answer(question.id, 1, allow(Duration::Session), "window")
        .await
        .unwrap();
    assert_eq!(world.told()[1], "answer allow window 1");
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_always_is_written_gets_a_question_of_its_own() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("a.example.com")).await;
    let always = allow(Duration::Always);
    world.gate.rules_for(question.id, 1, &always).unwrap();
    let (_, other) = world.ask_shown(&net("b.example.com")).await;
    assert_eq!(other.id, QuestionId(2));
    world
        .gate
        .set_policy(policy(&rule("allow", "a.example.com:443")))
        .await;
    world.answer(question.id, Some(1), always).await.unwrap();
    drop(admitted(asking).await);
    assert_eq!(waiting(&world.gate), 1);
}
