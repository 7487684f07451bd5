use askbox_wire::SessionState;

use super::*;
use crate::testing::{World, launch_request, run_session};

#[test]
fn a_session_that_cannot_be_frozen_is_ended() {
    let world = World::new();
    let mut client = world.client();
    let (session, leash) = run_session(&mut client, launch_request(&world.project("p")));
    let kept = world.daemon.sessions.kept(&session).unwrap();
    let sessions = &world.daemon.sessions;
    // Until it has come to something, or stands still.
    let grow = || {
        world.wait(async {
            let (run_time, _over) = RunTime::begin(None);
            let frozen = async {
                while !sessions.is_frozen(&session) {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                grew = ask(&world.daemon, (&kept, 0), &run_time, 1) => Some(grew),
                () = frozen => None,
            }
        })
    };
    assert_eq!(grow(), None);
    assert!(sessions.grow(&session, 1).is_some());
    drop(leash);
    assert_eq!(grow(), Some(Grew::Ended));
    let states: Vec<_> = world
        .daemon
        .sessions
        .views()
        .iter()
        .map(|view| view.state)
        .collect();
    assert!(!states.contains(&SessionState::Running), "{states:?}");
}
