use std::path::PathBuf;

use askbox_policy::{CanonicalPath, Process};

use super::*;

fn read(number: usize) -> Request {
    let path = PathBuf::from(format!("/t/{number}"));
    Request {
        session: SessionId("s1".to_owned()),
        project: Project(PathBuf::from("/p/app")),
        process: Process::default(),
        target: Target::Read(CanonicalPath::new(&path).unwrap()),
    }
}

/// Whether this denial has to be an event, which it is then.
fn is_event(denials: &mut Denials, number: usize) -> bool {
    denials
        .count(&read(number), "a rule", None)
        .logged
        .set(())
        .is_ok()
}

#[tokio::test(start_paused = true)]
async fn different_denials_that_go_on_take_bounded_memory_and_events() {
    const TARGETS: usize = 2000;
    let mut denials = Denials::default();
    let Request { session, project, .. } = read(0);
    let rounds = DENIED_WINDOW.as_secs() / REPEATS_EVERY.as_secs();
    for _window in 0..3 {
        let mut events = 0;
        for _round in 0..rounds {
            events += (0..TARGETS)
                .filter(|number| is_event(&mut denials, *number))
                .count();
            assert!(denials.known.len() <= DENIED_PER_WINDOW);
            tokio::time::advance(REPEATS_EVERY).await;
            events += denials.due(&session, &project).len();
        }
        // Each that is listed and the others as one: a first event, and then its counts.
        let most = (DENIED_PER_WINDOW + 1) * usize::try_from(1 + rounds).unwrap();
        assert!(events <= most, "{events} events in a window");
    }
}

#[tokio::test(start_paused = true)]
async fn denials_that_ended_make_room_for_new_ones() {
    let mut denials = Denials::default();
    let first = (0..DENIED_PER_WINDOW).filter(|number| is_event(&mut denials, *number));
    assert_eq!(first.count(), DENIED_PER_WINDOW);
    tokio::time::advance(DENIED_WINDOW).await;
    let counted = denials.count(&read(DENIED_PER_WINDOW), "a rule", None);
    assert!(counted.is_listed);
    assert_eq!(denials.known.len(), 1);
}
