//! What a session is doing, as front ends ask for it.

use askbox_policy::SessionId;
use askbox_wire::{ErrorCode, Inspection, Request, Response};

use crate::testing::{World, launch_request, refusal, run_session};

fn inspect(client: &mut askbox_wire::Client, session: &SessionId) -> Inspection {
    let request = Request::Inspect {
        session: session.clone(),
        ended: 10,
    };
    match client.call(request).unwrap() {
        Response::Inspected(inspection) => inspection,
        other => panic!("not inspected: {other:?}"),
    }
}

#[test]
fn a_session_is_inspected_before_and_after_its_processes_are_known() {
    let world = World::new();
    let mut client = world.client();
    let (session, _leash) = run_session(&mut client, launch_request(&world.project("app")));
    let nothing = Inspection {
        processes: Vec::new(),
        is_cut: false,
        connections: 0,
        // Nobody hears of starts in it.
        ended: None,
    };
    assert_eq!(inspect(&mut world.client(), &session), nothing);
    // A process without children: what it would have started is not there.
    let mut child = spawn_idle();
    let started = Request::Started {
        session: session.clone(),
        pid: child.id(),
    };
    assert_eq!(client.call(started).unwrap(), Response::Done);
    assert_eq!(inspect(&mut world.client(), &session), nothing);
    let Response::Sessions(sessions) = client.call(Request::Sessions).unwrap() else {
        panic!("no sessions")
    };
    assert_eq!((sessions[0].bytes_in, sessions[0].bytes_out), (0, 0));
    drop(child.stdin.take());
    child.wait().unwrap();
}

/// A process that ends when its input does.
fn spawn_idle() -> std::process::Child {
    #[expect(clippy::disallowed_methods, reason = "it stands for bwrap")]
    let mut command = std::process::Command::new("cat");
    command.stdin(std::process::Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_session_that_is_not_there_is_not_inspected() {
    let world = World::new();
    let request = Request::Inspect {
        session: SessionId("nobody".into()),
        ended: 0,
    };
    let error = refusal(world.client().call(request));
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(error.hint.as_deref(), Some("askbox sessions"));
}
