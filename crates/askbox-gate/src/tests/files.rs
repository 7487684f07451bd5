use std::future::Future;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::limits::{ADMITTED_COUNT_EVERY, REPEATS_EVERY};

const ALLOWING: &str = "[[rule]]\neffect = \"allow\"\nread = \"/home/u/notes\"\n";

/// What one poll of a request by an unknown process says.
fn polled_once(world: &World, target: &Target) -> Option<Result<Permit, Denial>> {
    let admitted = world.gate.admit(request("s1", 0, target), std::future::pending());
    match std::pin::pin!(admitted).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// The verdicts of one outcome in the log, each with its target and detail.
fn verdicts(world: &World, outcome: askbox_audit::Outcome) -> Vec<String> {
    let of_outcome = |event: &Event| event.verdict == Some(outcome);
    let events = world.events().into_iter().filter(of_outcome);
    let text = |event: Event| {
        let parts = [Some(event.kind.name().to_owned()), event.target, event.detail];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    events.map(text).collect()
}

fn allowed(world: &World) -> Vec<String> {
    verdicts(world, askbox_audit::Outcome::Allow)
}

async fn unknown(world: &World, target: &Target) -> Result<Permit, Denial> {
    let nobody = std::future::ready(Process::unknown());
    world.gate.admit(request("s1", 0, target), nobody).await
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_opened_again_is_counted_without_a_wait() {
    let world = World::with_policy(ALLOWING);
    let note = read("/home/u/notes/a");
    drop(unknown(&world, &note).await.unwrap());
    for _ in 0..99 {
        drop(polled_once(&world, &note).unwrap().unwrap());
    }
    drop(unknown(&world, &read("/home/u/notes/b")).await.unwrap());
    assert_eq!(allowed(&world), ["read /home/u/notes/a", "read /home/u/notes/b"]);
    world.advance(ADMITTED_COUNT_EVERY).await;
    world.until(|_| 2 < allowed(&world).len()).await;
    assert_eq!(allowed(&world)[2..], ["read /home/u/notes/a 99 more times"]);
    // It is still known, for as long as the session lasts.
    world.advance(10 * ADMITTED_COUNT_EVERY).await;
    drop(polled_once(&world, &note).unwrap().unwrap());
    world.gate.close_session(&SessionId("s1".to_owned())).await;
    assert_eq!(allowed(&world)[3..], ["read /home/u/notes/a 1 more times"]);
}

#[tokio::test(start_paused = true)]
async fn another_kind_or_another_reason_is_an_event_of_its_own() {
    let text = format!("{ALLOWING}[[rule]]\neffect = \"allow\"\nwrite = \"/home/u/notes\"\n");
    let world = World::with_policy(&text);
    let (read, write) = (read("/home/u/notes/a"), write("/home/u/notes/a"));
    drop(unknown(&world, &read).await.unwrap());
    drop(unknown(&world, &write).await.unwrap());
    let narrower = ALLOWING.replace("notes", "notes/a");
    world.gate.set_policy(policy(&format!("{text}{narrower}"))).await;
    drop(unknown(&world, &read).await.unwrap());
    let log = [
        "read /home/u/notes/a",
        "write /home/u/notes/a",
        "read /home/u/notes/a",
    ];
    assert_eq!(allowed(&world), log);
}

#[tokio::test(start_paused = true)]
async fn connections_are_events_each() {
    let world = World::with_policy(&rule("allow", "example.com"));
    for _ in 0..3 {
        drop(admitted(world.ask(&net("example.com"))).await);
    }
    assert_eq!(allowed(&world).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn denials_of_files_are_counted_without_a_wait_and_without_a_look_at_the_process() {
    let world = World::new();
    let key = read("/home/u/.ssh/id_rsa");
    let denials = || verdicts(&world, askbox_audit::Outcome::Deny);
    assert!(polled_once(&world, &key).is_none(), "the first names who asked");
    drop(unknown(&world, &key).await.unwrap_err());
    for _ in 0..99 {
        let denial = polled_once(&world, &key).unwrap().unwrap_err();
        assert!(matches!(
            denial.by,
            DeniedBy::Basis(askbox_policy::Basis::Credential(_))
        ));
    }
    assert_eq!(denials(), ["read /home/u/.ssh/id_rsa"]);
    world.advance(REPEATS_EVERY).await;
    world.until(|_| 1 < denials().len()).await;
    assert_eq!(denials()[1..], ["read /home/u/.ssh/id_rsa 99 more times"]);
}

#[tokio::test(start_paused = true)]
async fn a_denial_that_may_not_hold_for_another_process_finds_out_who_asks() {
    let world = World::with_policy(
        "[[rule]]\neffect = \"deny\"\nread = \"/home/u/notes\"\nprogram = \"/usr/bin/git\"\n",
    );
    let note = read("/home/u/notes/a");
    drop(unknown(&world, &note).await.unwrap_err());
    assert!(polled_once(&world, &note).is_none());
    let cat = Process {
        exe: Some("/usr/bin/cat".into()),
        ..request("s1", 7, &note).process
    };
    let gate = world.gate.clone();
    let asking = tokio::spawn(async move {
        let request = request("s1", 0, &read("/home/u/notes/a"));
        gate.admit(request, std::future::ready(cat)).await
    });
    world.until_waiting(1).await;
    asking.abort();
}
