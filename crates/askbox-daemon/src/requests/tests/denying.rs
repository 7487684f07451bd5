//! Pause and lockdown, as front ends ask for them.

use askbox_policy::WhyMissed;
use askbox_wire::{ErrorCode, Event, Request, Response, StatusView, Topic};

use crate::testing::{Place, World, follow, launch_request, listeners, refusal, wait_for};

fn status(client: &mut askbox_wire::Client) -> StatusView {
    match client.call(Request::Status).unwrap() {
        Response::Status(status) => *status,
        other => panic!("no status: {other:?}"),
    }
}

fn pause(for_ms: Option<u64>) -> Request {
    Request::Pause { for_ms }
}

#[test]
fn a_pause_is_told_shown_and_ended() {
    let world = World::new();
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    let session = world.open_session("s");
    assert_eq!(client.call(pause(Some(60_000))).unwrap(), Response::Done);
    let until = wait_for(&mut client, |event| match event {
        Event::Paused { until_ms } => Some(until_ms),
        _ => None,
    });
    assert!(until.is_some());
    let shown = status(&mut client).paused_until_ms.unwrap();
    assert!(shown.abs_diff(until.unwrap()) < 1000);

    let denial = world.outcome(world.ask(&session, "ok.test")).unwrap_err();
    assert_eq!(denial.to_string(), "ok.test denied: questions are paused");
    let Response::Missed(missed) = client.call(Request::Missed).unwrap() else {
        panic!("no list")
    };
    assert_eq!((missed.len(), missed[0].why), (1, WhyMissed::Paused));

    assert_eq!(client.call(pause(None)).unwrap(), Response::Done);
    wait_for(&mut client, |event| {
        (event == Event::Paused { until_ms: None }).then_some(())
    });
    assert_eq!(status(&mut client).paused_until_ms, None);
    let _waiting = world.ask(&session, "other.test");
    wait_for(&mut client, |event| {
        matches!(event, Event::QuestionOpened(_)).then_some(())
    });
}

#[test]
fn a_pause_of_more_than_a_day_is_refused_with_another_way() {
    let world = World::new();
    let mut client = world.client();
    let day = 24 * 60 * 60 * 1000;
    let error = refusal(client.call(pause(Some(day + 1))));
    assert_eq!(error.code, ErrorCode::Refused);
    assert_eq!(
        error.hint.as_deref(),
        Some("`askbox lockdown on` denies everything until you end it")
    );
    assert_eq!(client.call(pause(Some(day))).unwrap(), Response::Done);
}

#[test]
fn a_lockdown_is_told_shown_kept_and_ended() {
    let world = World::with_policy("[[rule]]\neffect = \"allow\"\nnetwork = \"ok.test\"\n");
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    let session = world.open_session("s");
    drop(world.outcome(world.ask(&session, "ok.test")).unwrap());
    assert!(!status(&mut client).lockdown);

    let on = Request::Lockdown { on: true };
    assert_eq!(client.call(on).unwrap(), Response::Done);
    wait_for(&mut client, |event| {
        (event == Event::Lockdown { on: true }).then_some(())
    });
    assert!(status(&mut client).lockdown);
    let denial = world.outcome(world.ask(&session, "ok.test")).unwrap_err();
    assert_eq!(denial.to_string(), "ok.test denied: lockdown");

    // Another daemon finds it, and a session does not start until it is over.
    let world = world.end().start();
    let mut client = world.client();
    follow(&mut client, &[Topic::Questions]);
    assert!(status(&mut client).lockdown);
    let obstacle = status(&mut client).obstacle.unwrap();
    assert_eq!(obstacle.hint, "askbox lockdown off");
    let launch = Request::Launch(Box::new(launch_request(&world.project("app"))));
    let error = refusal(client.call(launch.clone()));
    assert_eq!(error.code, ErrorCode::Refused);
    assert!(error.message.contains("lockdown"), "{error:?}");
    assert_eq!(error.hint.as_deref(), Some("askbox lockdown off"));
    let off = Request::Lockdown { on: false };
    assert_eq!(client.call(off).unwrap(), Response::Done);
    wait_for(&mut client, |event| {
        (event == Event::Lockdown { on: false }).then_some(())
    });
    let over = status(&mut client);
    assert!(!over.lockdown && over.obstacle.is_none());
    assert!(matches!(client.call(launch).unwrap(), Response::Launched { .. }));
    let log = world.log();
    assert!(log.contains(&"daemon lockdown".to_owned()) && log.contains(&"daemon lockdown ended".to_owned()));
}

#[test]
fn a_session_that_was_planned_before_a_lockdown_is_not_served() {
    use std::os::fd::AsFd;

    let world = World::new();
    let mut client = world.client();
    let launch = Request::Launch(Box::new(launch_request(&world.project("app"))));
    let Response::Launched { session, .. } = client.call(launch).unwrap() else {
        panic!("not launched")
    };
    let on = Request::Lockdown { on: true };
    assert_eq!(world.client().call(on).unwrap(), Response::Done);
    let (_leash, writer) = std::io::pipe().unwrap();
    let descriptors = listeners(writer);
    let borrowed: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    let attached = askbox_wire::Descriptor::CAPTURED.to_vec();
    let serve = Request::Serve { session, attached };
    let error = refusal(client.call_with_descriptors(serve, &borrowed));
    assert_eq!(error.code, ErrorCode::Refused);
    assert_eq!(error.hint.as_deref(), Some("askbox lockdown off"));
    assert_eq!(
        world.client().call(Request::Sessions).unwrap(),
        Response::Sessions(Vec::new())
    );
}

#[test]
fn a_file_that_says_neither_is_a_lockdown_and_status_says_why() {
    let place = Place::new();
    std::fs::write(place.paths.lockdown(), "maybe").unwrap();
    let world = place.start();
    let mut client = world.client();
    let shown = status(&mut client);
    assert!(shown.lockdown);
    assert!(
        shown
            .warnings
            .iter()
            .any(|warning| warning.contains("neither on nor off")),
        "{:?}",
        shown.warnings
    );
    assert!(world.log().contains(&"daemon lockdown".to_owned()));
    assert_eq!(
        client.call(Request::Lockdown { on: false }).unwrap(),
        Response::Done
    );
    assert_eq!(status(&mut client).warnings, Vec::<String>::new());
    assert_eq!(std::fs::read(world.paths.lockdown()).unwrap(), b"off\n");
}
