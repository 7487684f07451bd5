mod changes;
mod settings;

use std::fs;

use askbox_gate::Permit;
use askbox_policy::{Answer, CanonicalPath, Duration, Effect, Kind, Request as Wanted, Target, Verdict};
use askbox_wire::{
    Closed, ErrorCode, Event, NewRule, Place, PolicyFileState, QuestionView, Request, Response, Revoke, Topic,
};

use crate::testing::{World, follow, launch_request, refusal, run_session, wait_for, wanted};

mod denying;
mod inspecting;

const ONCE: Answer = Answer {
    allow: true,
    duration: Duration::Once,
    widen: false,
    everywhere: false,
};
const HOUR: Answer = Answer {
    duration: Duration::For(3_600_000),
    ..ONCE
};
const ALWAYS: Answer = Answer {
    duration: Duration::Always,
    ..ONCE
};

fn opened(client: &mut askbox_wire::Client) -> QuestionView {
    wait_for(client, |event| match event {
        Event::QuestionOpened(question) => Some(question),
        _ => None,
    })
}

fn answer(question: &QuestionView, answer: Answer) -> Request {
    Request::Answer {
        id: question.id.clone(),
        revision: question.revision,
        answer,
        place: Place::Tray,
    }
}

fn deny(pattern: &str) -> NewRule {
    NewRule {
        effect: Effect::Deny,
        kind: Kind::Network,
        pattern: pattern.into(),
        address: None,
        project: None,
        program: None,
        expires_after_ms: None,
        note: None,
    }
}

/// What a session asked for, after a person has allowed it for an hour.
fn allowed_for_an_hour(world: &World, client: &mut askbox_wire::Client) -> Permit {
    follow(client, &[Topic::Questions]);
    let session = world.open_session("s");
    let waiting = world.ask(&session, "ok.test");
    let question = opened(client);
    client.call(answer(&question, HOUR)).unwrap();
    world.outcome(waiting).unwrap()
}

#[test]
fn a_question_is_announced_listed_answered_and_closed() {
    let world = World::new();
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    let session = world.open_session("s");
    let waiting = world.ask(&session, "ok.test");

    let question = opened(&mut client);
    assert_eq!(question.targets, ["ok.test:443"]);
    assert_eq!(
        (question.kind, question.project.as_str(), question.waiting),
        (Kind::Network, "/home/u/app", 1)
    );
    let listed = client.call(Request::Questions).unwrap();
    assert_eq!(listed, Response::Questions(vec![question.clone()]));

    let Response::Answered(answered) = client.call(answer(&question, HOUR)).unwrap() else {
        panic!("no answer")
    };
    assert_eq!(
        (answered.allow, answered.released, answered.rules.len()),
        (true, 1, 0)
    );
    assert_eq!(answered.grants.len(), 1);
    let permit = world.outcome(waiting).unwrap();
    let closed = wait_for(&mut client, |event| match event {
        Event::QuestionClosed { id, outcome } => Some((id, outcome)),
        _ => None,
    });
    assert_eq!(closed, (question.id.clone(), Closed::Allowed));

    let grants = client.call(Request::Grants).unwrap();
    assert_eq!(grants, Response::Grants(answered.grants.clone()));
    let revoke = Request::Revoke(Revoke::Grant(answered.grants[0].id.clone()));
    assert_eq!(
        client.call(revoke.clone()).unwrap(),
        Response::Revoked { count: 1 }
    );
    assert!(permit.is_revoked());
    assert_eq!(refusal(client.call(revoke)).code, ErrorCode::NotFound);
    assert_eq!(
        world.log(),
        [
            "daemon started",
            "network ok.test:443 ask",
            "answer ok.test:443 allow",
            "grant given network ok.test:443 allow",
            "network ok.test:443 allow",
            "grant revoked network ok.test:443 allow",
        ]
    );
}

#[test]
fn whoever_watches_hears_that_a_question_is_kept_for_a_person() {
    let world = World::with_policy("[questions]\ntimeout = \"50s\"\n");
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    let session = world.open_session("s");
    let waiting = world.ask(&session, "ok.test");
    let question = opened(&mut client);
    let keep = Request::KeepQuestion {
        id: question.id.clone(),
    };
    assert_eq!(world.client().call(keep.clone()).unwrap(), Response::Done);
    let kept = wait_for(&mut client, |event| match event {
        Event::QuestionChanged(kept) => Some(kept),
        _ => None,
    });
    assert!(question.expires_ms <= kept.expires_ms, "{kept:?}");
    assert_eq!(
        (kept.id.as_str(), kept.revision),
        (question.id.as_str(), question.revision)
    );
    client.call(answer(&question, ONCE)).unwrap();
    drop(world.outcome(waiting).unwrap());
    assert_eq!(refusal(client.call(keep)).code, ErrorCode::NotFound);
}

#[test]
fn an_answer_is_logged_with_its_place() {
    let world = World::new();
    let mut client = world.client();
    drop(allowed_for_an_hour(&world, &mut client));
    let reader = askbox_audit::Reader::open(&world.paths.log()).unwrap();
    let events = reader.query(&askbox_audit::Filter::default()).unwrap();
    let answered = events.iter().find(|event| event.kind.name() == "answer").unwrap();
    assert_eq!(answered.by.as_deref(), Some("tray"));
}

#[test]
fn a_session_that_asks_too_much_is_listed_as_quiet_until_it_is_resumed() {
    let world = World::new();
    let mut client = world.client();
    let (session, _leash) = run_session(&mut client, launch_request(&world.project("p")));
    let mut front_end = world.client();
    follow(&mut front_end, &[Topic::Questions]);
    let mut is_quiet = |wanted| {
        wait_for(&mut front_end, |event| match event {
            Event::SessionQuiet { quiet, .. } => (quiet == wanted).then_some(()),
            _ => None,
        });
        let Response::Sessions(sessions) = world.client().call(Request::Sessions).unwrap() else {
            panic!("no list")
        };
        sessions[0].quiet
    };
    let _asking: Vec<_> = (0..30)
        .map(|number| world.ask(&session, &format!("r{number}.test")))
        .collect();
    assert!(is_quiet(true));
    let resume = Request::Resume {
        session: Some(session.clone()),
    };
    assert_eq!(world.client().call(resume).unwrap(), Response::Done);
    assert!(!is_quiet(false));
}

#[test]
fn an_answer_is_for_what_was_seen_the_same_again_is_stale_and_an_unknown_question_is_not_found() {
    let world = World::new();
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    let session = world.open_session("s");
    let _first = world.ask(&session, "a.ok.test");
    let question = opened(&mut client);
    let _second = world.ask(&session, "b.ok.test");
    wait_for(&mut client, |event| {
        matches!(event, Event::QuestionChanged(_)).then_some(())
    });

    let Response::Answered(seen) = client.call(answer(&question, ONCE)).unwrap() else {
        panic!("no answer")
    };
    assert_eq!((seen.released, seen.left), (1, 1));
    let error = refusal(client.call(answer(&question, ONCE)));
    assert_eq!(error.code, ErrorCode::Stale);
    assert_eq!(error.hint.as_deref(), Some("askbox questions"));
    for id in ["99", "x", ""] {
        let request = Request::Answer {
            id: id.into(),
            revision: 1,
            answer: ONCE,
            place: Place::Tray,
        };
        assert_eq!(refusal(client.call(request)).code, ErrorCode::NotFound, "{id:?}");
    }
}

#[test]
fn a_widened_always_about_a_file_of_a_bundle_is_a_rule_for_each_of_its_files() {
    let world = World::new();
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    let session = world.open_session("s");
    let file = CanonicalPath::new(&world.paths.home().join(".gitconfig")).unwrap();
    let waiting = world.ask_for(Wanted {
        target: Target::Read(file),
        ..wanted(&session, "ok.test")
    });
    let question = opened(&mut client);
    let widened = Answer {
        widen: true,
        ..ALWAYS
    };
    let Response::Answered(answered) = client.call(answer(&question, widened)).unwrap() else {
        panic!("no answer")
    };
    drop(world.outcome(waiting).unwrap());
    assert!(1 < answered.rules.len(), "{answered:?}");
    let text = world.policy_text();
    assert_eq!(text.matches("[[rule]]").count(), answered.rules.len(), "{text}");
    assert!(text.contains(".config/git/ignore"), "{text}");
}

#[test]
fn always_is_a_rule_in_policy_toml_and_comments_stay() {
    let world = World::with_policy("# Mine.\npreset = \"minimal\" # closest\n");
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    let session = world.open_session("s");
    let waiting = world.ask(&session, "ok.test");
    let question = opened(&mut client);
    let Response::Answered(answered) = client.call(answer(&question, ALWAYS)).unwrap() else {
        panic!("no answer")
    };
    assert_eq!(
        (answered.released, answered.grants.len(), answered.rules.len()),
        (1, 0, 1)
    );
    drop(world.outcome(waiting).unwrap());

    let text = world.policy_text();
    assert!(
        text.starts_with("# Mine.\npreset = \"minimal\" # closest\n"),
        "{text}"
    );
    assert!(
        text.contains("network = \"ok.test:443\"\nproject = \"/home/u/app\"\n"),
        "{text}"
    );
    let again = world.ask(&session, "ok.test");
    drop(world.outcome(again).unwrap());
    let rule_logged = world
        .log()
        .iter()
        .position(|line| line == "rule added network ok.test:443 allow")
        .unwrap();
    let answer_logged = world
        .log()
        .iter()
        .position(|line| line == "answer ok.test:443 allow")
        .unwrap();
    assert!(rule_logged < answer_logged);

    // Another daemon finds it in force.
    let world = world.end().start();
    let session = world.open_session("t");
    assert!(matches!(
        world.daemon.gate.peek(&wanted(&session, "ok.test")),
        Verdict::Allow(_)
    ));
}

#[test]
fn a_rule_is_written_and_removed_and_everything_around_it_stays() {
    let before = "# Mine.\n[[rule]]\neffect = \"allow\" # for work\nnetwork = \"ok.test\"\n";
    let world = World::with_policy(before);
    let mut client = world.client();
    let session = world.open_session("s");
    let Response::RuleAdded(rule) = client.call(Request::AddRule(deny("*.evil.test"))).unwrap() else {
        panic!("no rule")
    };
    assert!(world.policy_text().starts_with(before));
    assert!(matches!(
        world.daemon.gate.peek(&wanted(&session, "a.evil.test")),
        Verdict::Deny(_)
    ));
    let Response::Rules(rules) = client.call(Request::Rules).unwrap() else {
        panic!("no rules")
    };
    assert_eq!(
        rules.iter().map(|rule| rule.pattern.as_str()).collect::<Vec<_>>(),
        ["ok.test", "*.evil.test"]
    );

    assert_eq!(
        client.call(Request::RemoveRule { id: rule.id.clone() }).unwrap(),
        Response::Done
    );
    assert_eq!(world.policy_text().trim_end(), before.trim_end());
    assert!(matches!(
        world.daemon.gate.peek(&wanted(&session, "a.evil.test")),
        Verdict::Ask(_)
    ));
    assert_eq!(
        refusal(client.call(Request::RemoveRule { id: rule.id })).code,
        ErrorCode::NotFound
    );
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let world = World::new();
    let mut client = world.client();
    let allow = |pattern: &str| NewRule {
        effect: Effect::Allow,
        ..deny(pattern)
    };
    for rule in [
        deny("a b"),
        NewRule {
            kind: Kind::Read,
            ..deny("relative")
        },
        NewRule {
            program: Some("/usr/bin/git".into()),
            ..allow("ok.test")
        },
        NewRule {
            kind: Kind::Read,
            address: Some([10, 0, 0, 1].into()),
            ..deny("/x")
        },
        NewRule {
            project: Some("relative".into()),
            ..deny("ok.test")
        },
    ] {
        let error = refusal(client.call(Request::AddRule(rule.clone())));
        assert_eq!(error.code, ErrorCode::Refused, "{rule:?}");
    }
    assert!(!world.paths.policy().exists());
}

#[test]
fn a_broken_policy_keeps_the_last_good_one_and_says_where() {
    let good = "[[rule]]\neffect = \"deny\"\nnetwork = \"evil.test\"\n";
    let world = World::with_policy(good);
    let mut client = world.client();
    follow(&mut client, &[Topic::Policy]);
    let session = world.open_session("s");
    let changed = |client: &mut _| {
        wait_for(client, |event| match event {
            Event::PolicyChanged(policy) => Some(policy),
            _ => None,
        })
    };
    fs::write(
        world.paths.policy(),
        "[[rule]]\neffect = \"alow\"\nnetwork = \"*\"\n",
    )
    .unwrap();
    let policy = changed(&mut client);
    let file = policy.files.last().unwrap();
    assert_eq!(
        (file.state, file.problems[0].line),
        (PolicyFileState::LastGood, 2)
    );
    assert!(matches!(
        world.daemon.gate.peek(&wanted(&session, "evil.test")),
        Verdict::Deny(_)
    ));
    let Response::Status(status) = client.call(Request::Status).unwrap() else {
        panic!("no status")
    };
    assert!(
        status.warnings[0].contains("policy.toml: line 2"),
        "{:?}",
        status.warnings
    );
    assert_eq!(
        refusal(client.call(Request::AddRule(deny("x.test")))).code,
        ErrorCode::Policy
    );

    // A daemon that starts with the broken file still knows what it said before.
    let world = world.end().start();
    let session = world.open_session("s");
    assert!(matches!(
        world.daemon.gate.peek(&wanted(&session, "evil.test")),
        Verdict::Deny(_)
    ));
    let mut client = world.client();
    follow(&mut client, &[Topic::Policy]);
    fs::write(world.paths.policy(), "").unwrap();
    assert_eq!(
        changed(&mut client).files.last().unwrap().state,
        PolicyFileState::Loaded
    );
    assert!(matches!(
        world.daemon.gate.peek(&wanted(&session, "evil.test")),
        Verdict::Ask(_)
    ));
    assert!(world.log().iter().any(|line| line == "policy rejected"));
}

#[test]
fn the_log_can_be_followed() {
    let world = World::new();
    let mut client = world.client();
    follow(&mut client, &[Topic::Log]);
    client.call(Request::AddRule(deny("evil.test"))).unwrap();
    let event = wait_for(&mut client, |event| match event {
        Event::Log(event) => Some(event),
        _ => None,
    });
    assert_eq!(
        (event["kind"].as_str(), event["action"].as_str()),
        (Some("rule"), Some("added"))
    );
}
