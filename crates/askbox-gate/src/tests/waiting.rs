use askbox_policy::WhyMissed;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_request_without_a_rule_waits_until_a_person_allows_it() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    assert!(!asking.is_finished());
    assert_eq!(question.members.len(), 1);
    assert_eq!((question.revision, question.members[0].waiting), (1, 1));
    assert_eq!(question.expires_ms - question.raised_ms, 60_000);
    let answered = world
        .answer(question.id, Some(1), allow(Duration::Session))
        .await
        .unwrap();
    assert_eq!(answered.released, 1);
    let permit = asking.await.unwrap().unwrap();
    assert_eq!(permit.target(), &net("example.com"));
    assert_eq!(permit.by(), &AdmittedBy::Answer(question.id));
    assert_eq!(world.gate.open_questions(), []);
    assert_eq!(
        world.told(),
        [
            "network ask no rule 1",
            "answer allow person 1",
            "grant given allow",
            "network allow answer to question 1 1"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_blocked_request_is_denied_and_stays_denied() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.answer(question.id, None, block(hours(1))).await.unwrap();
    let denial = asking.await.unwrap().unwrap_err();
    assert_eq!(denial.by, DeniedBy::Answered);
    let again = world.ask(&net("example.com")).await.unwrap().unwrap_err();
    assert!(
        matches!(again.by, DeniedBy::Basis(askbox_policy::Basis::Grant(_))),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_rules_allow_needs_no_question_and_no_look_at_the_process() {
    let world = World::with_policy(&rule("allow", "example.com:443"));
    let mut request = request("s1", 0, &net("example.com"));
    request.process = Process::unknown();
    let permit = world
        .gate
        .admit(request, async { panic!("identified") })
        .await
        .unwrap();
    permit
        .finish(
            10,
            20,
            Process {
                pid: 9,
                ..Process::default()
            },
        )
        .await;
    let events = world.events();
    assert_eq!(events.len(), 2);
    assert_eq!((events[1].bytes_in, events[1].bytes_out), (Some(10), Some(20)));
    assert_eq!(events[1].process.as_ref().unwrap().pid, 9);
    assert_eq!(world.live_permits(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_question_names_the_process_that_was_identified() {
    let mut world = World::new();
    let gate = world.gate.clone();
    let request = request("s1", 0, &net("example.com"));
    let asking = tokio::spawn(async move {
        gate.admit(request, async {
            Process {
                pid: 42,
                started: 1,
                ..Process::default()
            }
        })
        .await
    });
    let question = world.hear(opened).await;
    assert_eq!(question.members[0].process.pid, 42);
    asking.abort();
}

#[tokio::test(start_paused = true)]
async fn a_time_out_denies_that_request_only_and_lists_it_as_missed() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.advance(Time::from_millis(59_999)).await;
    assert!(!asking.is_finished());
    world.advance(Time::from_millis(1)).await;
    let denial = asking.await.unwrap().unwrap_err();
    assert_eq!(
        (denial.by.clone(), denial.question),
        (DeniedBy::TimedOut, Some(question.id))
    );
    assert_eq!(denial.hint().unwrap(), "askbox allow 1");
    assert_eq!(denial.to_string(), "example.com denied: nobody answered in time");
    assert_eq!(world.gate.grants(), []);
    let missed = world.gate.missed();
    assert_eq!(
        (missed.len(), missed[0].question.id, missed[0].why),
        (1, question.id, WhyMissed::TimedOut)
    );
    let (asking, again) = world.ask_shown(&net("example.com")).await;
    assert_eq!(again.id, QuestionId(2));
    asking.abort();
}

#[tokio::test(start_paused = true)]
async fn a_missed_question_answered_later_lets_the_next_request_through() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.advance(MINUTE).await;
    asking.await.unwrap().unwrap_err();
    let answered = world.answer(question.id, Some(1), allow(hours(1))).await.unwrap();
    assert_eq!((answered.released, answered.grants.len()), (0, 1));
    assert_eq!(world.gate.missed(), []);
    drop(admitted(world.ask(&net("example.com"))).await);
    let closed = world
        .answer(question.id, None, allow(hours(1)))
        .await
        .unwrap_err();
    assert!(matches!(closed, AnswerError::Closed(_)));
}

#[tokio::test(start_paused = true)]
async fn a_question_outlives_its_requester_and_a_retry_joins_it() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    asking.abort();
    let stopped = world.hear(changed).await;
    assert_eq!((stopped.id, stopped.members[0].waiting), (question.id, 0));
    world.advance(Time::from_secs(30)).await;
    let (retry, joined) = world.ask_shown(&net("example.com")).await;
    assert_eq!(
        (joined.id, joined.revision, joined.members[0].waiting),
        (question.id, 1, 1)
    );
    world
        .answer(question.id, Some(1), allow(Duration::Once))
        .await
        .unwrap();
    drop(admitted(retry).await);
}

#[tokio::test(start_paused = true)]
async fn a_question_whose_requester_is_gone_stays_for_its_full_time() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    asking.abort();
    world.hear(changed).await;
    world.advance(Time::from_secs(59)).await;
    assert_eq!(world.gate.open_questions()[0].id, question.id);
    world.advance(Time::from_secs(1)).await;
    world.hear(missed).await;
    assert_eq!(world.gate.open_questions(), []);
}

#[tokio::test(start_paused = true)]
async fn one_answer_reaches_all_members_and_only_equal_groups_share_a_question() {
    let mut world = World::new();
    let (first, _) = world.ask_shown(&net("a.example.com")).await;
    let (second, question) = world.ask_shown(&net("b.example.com")).await;
    assert_eq!(
        (question.id, question.revision, question.group.as_str()),
        (QuestionId(1), 2, "example.com")
    );
    for (target, group) in [
        (net("example.net"), "example.net"),
        (net("192.0.2.1"), "192.0.2.1"),
        (local("a.example.com", "10.1.2.3"), "a.example.com (10.1.2.3)"),
        (read("/srv/data/x"), "/srv/data"),
    ] {
        let (_, other) = world.ask_shown(&target).await;
        assert_eq!((other.members.len(), other.group.as_str()), (1, group));
    }
    world
        .answer(question.id, Some(2), allow(Duration::Session))
        .await
        .unwrap();
    drop(admitted(first).await);
    drop(admitted(second).await);
    assert_eq!(world.gate.open_questions().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_denies_what_waits_and_cuts_what_lives() {
    let mut world = World::with_policy(&rule("allow", "allowed.test:443"));
    let permit = world.ask(&net("allowed.test")).await.unwrap().unwrap();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    let (granted, other) = world.ask_shown(&net("example.net")).await;
    world
        .answer(other.id, None, allow(Duration::Session))
        .await
        .unwrap();
    let granted = granted.await.unwrap().unwrap();
    world.gate.close_session(&SessionId("s1".to_owned())).await;
    assert_eq!(asking.await.unwrap().unwrap_err().by, DeniedBy::SessionEnded);
    permit.revoked().await;
    granted.revoked().await;
    assert_eq!(world.gate.grants(), []);
    assert_eq!(world.gate.missed()[0].why, WhyMissed::SessionEnded);
    assert_eq!(
        world.ask(&net("allowed.test")).await.unwrap().unwrap_err().by,
        DeniedBy::SessionEnded
    );
    // For a time is worth something after the session, once is not.
    let once = world
        .answer(question.id, None, allow(Duration::Once))
        .await
        .unwrap_err();
    assert!(matches!(once, AnswerError::SessionEnded));
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    world.open_session("s1");
    drop(admitted(world.ask(&net("example.com"))).await);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_fails_denies_everything() {
    let mut world = World::with_policy(&rule("allow", "allowed.test:443"));
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    drop(admitted(world.ask(&net("allowed.test"))).await);
    world.log.close().await.unwrap();
    assert_eq!(
        world.ask(&net("allowed.test")).await.unwrap().unwrap_err().by,
        DeniedBy::LogFailed
    );
    assert_eq!(
        world.ask(&net("example.net")).await.unwrap().unwrap_err().by,
        DeniedBy::LogFailed
    );
    let error = world
        .answer(question.id, None, allow(hours(1)))
        .await
        .unwrap_err();
    assert!(matches!(error, AnswerError::Log(_)));
    assert_eq!(asking.await.unwrap().unwrap_err().by, DeniedBy::LogFailed);
    assert_eq!(
        (world.gate.grants().len(), world.gate.open_questions().len()),
        (0, 0)
    );
    assert_eq!(world.gate.missed()[0].why, WhyMissed::LogFailed);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_logged_and_cannot_be_allowed() {
    let world = World::new();
    let basis = askbox_policy::Basis::ForbiddenAddress("loopback".to_owned());
    let denial = world
        .gate
        .refuse(&request("s1", 7, &net("example.com")), basis.clone())
        .await;
    assert_eq!(denial.by, DeniedBy::Basis(basis));
    assert_eq!(world.told(), ["network deny forbidden address: loopback"]);
}

fn opened(event: GateEvent) -> Option<Question> {
    match event {
        GateEvent::QuestionOpened(question) => Some(question),
        _ => None,
    }
}

fn changed(event: GateEvent) -> Option<Question> {
    match event {
        GateEvent::QuestionChanged(question) => Some(question),
        _ => None,
    }
}

fn missed(event: GateEvent) -> Option<Missed> {
    match event {
        GateEvent::Missed(missed) => Some(missed),
        _ => None,
    }
}
