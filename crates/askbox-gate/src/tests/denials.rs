use super::*;
use crate::limits::{DENIED_PER_WINDOW, DENIED_WINDOW, REPEATS_EVERY};

/// A world in which everything below `denied.test` is denied.
fn denying() -> World {
    World::with_policy("[[rule]]\neffect = \"deny\"\nnetwork = \"**.denied.test\"\n")
}

async fn deny(world: &World, host: &str, times: usize) {
    for _ in 0..times {
        denied(world.ask(&net(host))).await;
    }
}

/// Target and detail of each denial in the log.
fn denials(world: &World) -> Vec<(String, Option<String>)> {
    let of_denial = |event: &Event| event.verdict == Some(askbox_audit::Outcome::Deny);
    let events = world.events().into_iter().filter(of_denial);
    events
        .map(|event| (event.target.unwrap_or_default(), event.detail))
        .collect()
}

/// The denials from the given one on, as soon as there is one more.
async fn denials_from(world: &World, first: usize) -> Vec<(String, Option<String>)> {
    world.until(|_| first < denials(world).len()).await;
    denials(world).split_off(first)
}

fn once(host: &str) -> (String, Option<String>) {
    (format!("{host}:443"), None)
}

fn again(host: &str, times: u32) -> (String, Option<String>) {
    (format!("{host}:443"), Some(format!("{times} more times")))
}

#[tokio::test(start_paused = true)]
async fn equal_denials_are_one_event_and_a_count() {
    let world = denying();
    deny(&world, "a.denied.test", 100).await;
    deny(&world, "b.denied.test", 1).await;
    assert_eq!(denials(&world), [once("a.denied.test"), once("b.denied.test")]);
    world.advance(REPEATS_EVERY).await;
    assert_eq!(denials_from(&world, 2).await, [again("a.denied.test", 99)]);
    // Still the same storm.
    deny(&world, "a.denied.test", 2).await;
    world.advance(REPEATS_EVERY).await;
    assert_eq!(denials_from(&world, 3).await, [again("a.denied.test", 2)]);
    // It was quiet for a while, so this is news.
    world.advance(REPEATS_EVERY).await;
    deny(&world, "a.denied.test", 1).await;
    assert_eq!(denials_from(&world, 4).await, [once("a.denied.test")]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_session_brings_every_count() {
    let world = denying();
    deny(&world, "a.denied.test", 3).await;
    world.gate.close_session(&SessionId("s1".to_owned())).await;
    assert_eq!(
        denials(&world),
        [once("a.denied.test"), again("a.denied.test", 2)]
    );
}

#[tokio::test(start_paused = true)]
async fn each_session_is_counted_by_itself() {
    let world = denying();
    world.open_session("s2");
    deny(&world, "a.denied.test", 1).await;
    denied(world.ask_request(request("s2", 7, &net("a.denied.test")))).await;
    assert_eq!(denials(&world), [once("a.denied.test"), once("a.denied.test")]);
}

#[tokio::test(start_paused = true)]
async fn more_different_denials_than_are_listed_are_one_event_and_a_count() {
    let world = denying();
    for number in 0..DENIED_PER_WINDOW + 5 {
        deny(&world, &format!("r{number}.denied.test"), 1).await;
    }
    let floods = || -> Vec<_> {
        let events = world.events().into_iter();
        events
            .filter(|event| event.action.as_deref() == Some("flood"))
            .filter_map(|event| event.detail)
            .collect()
    };
    assert_eq!(denials(&world).len(), DENIED_PER_WINDOW);
    assert_eq!(floods().len(), 1);
    // Those that are known are counted as ever.
    deny(&world, "r1.denied.test", 1).await;
    world.advance(DENIED_WINDOW).await;
    world.until(|_| 1 < floods().len()).await;
    assert_eq!(floods()[1..], ["4 more were denied and are not listed"]);
    deny(&world, "late.denied.test", 1).await;
    assert_eq!(
        denials(&world)[DENIED_PER_WINDOW..],
        [again("r1.denied.test", 1), once("late.denied.test")]
    );
}
