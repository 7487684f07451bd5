//! Growth on disk is one question, answered by an amount or for the session.

use askbox_policy::{Growth, WhyMissed};

use super::*;
use crate::limits::GROWTH_HOLD;

fn growth(mebibytes: u64) -> Target {
    Target::Growth(Growth {
        grown_bytes: mebibytes << 20,
        allowed_bytes: 64 << 20,
        free_bytes: None,
    })
}

fn ask(world: &World, mebibytes: u64) -> JoinHandle<Result<Permit, Denial>> {
    let request = Request {
        process: Process::unknown(),
        ..request("s1", 7, &growth(mebibytes))
    };
    let gate = world.gate.clone();
    tokio::spawn(async move { gate.admit(request, async { Process::unknown() }).await })
}

async fn question(world: &World) -> Question {
    loop {
        if let [question] = world.gate.open_questions().as_slice() {
            return question.clone();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn once_is_one_amount_and_leaves_nothing_behind() {
    let world = World::new();
    let first = ask(&world, 65);
    let asked = question(&world).await;
    assert_eq!(asked.group, "growth on disk");
    let answered = world.answer(asked.id, None, allow(Duration::Once)).await.unwrap();
    assert!(answered.grants.is_empty(), "{answered:?}");
    drop(first.await.unwrap().unwrap());
    let second = ask(&world, 130);
    let asked = question(&world).await;
    world
        .answer(asked.id, None, block(Duration::For(60_000)))
        .await
        .unwrap();
    let denial = second.await.unwrap().unwrap_err();
    assert_eq!(denial.by, DeniedBy::Answered);
    assert!(world.gate.grants().is_empty(), "the next session is asked about");
}

#[tokio::test(start_paused = true)]
async fn for_the_session_is_a_grant_that_can_be_taken_back() {
    let world = World::new();
    let first = ask(&world, 65);
    let asked = question(&world).await;
    let answered = world
        .answer(asked.id, None, allow(Duration::Session))
        .await
        .unwrap();
    drop(first.await.unwrap().unwrap());
    drop(ask(&world, 130).await.unwrap().unwrap());
    let grant = answered.grants[0].id.clone();
    world.gate.revoke(RevokeWhat::Grant(grant)).await.unwrap();
    let third = ask(&world, 195);
    question(&world).await;
    third.abort();
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_sleeps_leaves_the_question_open() {
    let world = World::new();
    let frozen = ask(&world, 65);
    let asked = question(&world).await;
    world.gate.suspend(true).await;
    assert_eq!(question(&world).await.id, asked.id);
    world.gate.suspend(false).await;
    world.answer(asked.id, None, allow(Duration::Once)).await.unwrap();
    drop(frozen.await.unwrap().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_pause_a_lockdown_and_time_deny_it() {
    let world = World::new();
    let waiting = ask(&world, 65);
    question(&world).await;
    world.advance(GROWTH_HOLD.saturating_sub(MINUTE)).await;
    assert!(!waiting.is_finished());
    world.advance(MINUTE).await;
    assert_eq!(waiting.await.unwrap().unwrap_err().by, DeniedBy::TimedOut);
    let waiting = ask(&world, 66);
    question(&world).await;
    world.gate.lock_down().await.unwrap();
    let denial = waiting.await.unwrap().unwrap_err();
    assert_eq!(denial.by.to_string(), "lockdown");
    world.gate.end_lockdown().await.unwrap();
    world.gate.pause(Some(60_000)).await.unwrap();
    let denial = ask(&world, 67).await.unwrap().unwrap_err();
    assert_eq!(denial.by, DeniedBy::Paused);
    let why: Vec<_> = world.gate.missed().iter().map(|missed| missed.why).collect();
    assert!(why.contains(&WhyMissed::Paused), "{why:?}");
}
