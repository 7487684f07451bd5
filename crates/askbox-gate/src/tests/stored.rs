use super::*;

const START: u64 = 1_800_000_000_000;
const HOUR: u64 = 3_600_000;

/// Gives `host` an hour, then starts a new daemon with the given clock, and says whether the grant still counts.
async fn survives(boot_id: &str, boot_ms: u64, wall_ms: u64) -> bool {
    let mut world = World::new();
    let directory = Arc::clone(&world.directory);
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    drop(admitted(asking).await);
    world.log.close().await.unwrap();
    drop(world);
    let world = World::start(directory, "", Hand::at(boot_id, boot_ms, wall_ms));
    let is_allowed = world.is_allowed(&net("example.com"));
    assert_eq!(is_allowed, world.gate.grants().len() == 1);
    is_allowed
}

#[tokio::test(start_paused = true)]
async fn an_hour_lasts_across_a_restart_of_the_daemon() {
    assert!(survives(BOOT_ONE, 1_000_000 + HOUR - 1000, START).await);
    assert!(!survives(BOOT_ONE, 1_000_000 + HOUR, START).await);
    // The same boot: a wall clock that was set counts neither way.
    assert!(survives(BOOT_ONE, 1_000_000 + 60_000, START + 10 * HOUR).await);
    assert!(!survives(BOOT_ONE, 1_000_000 + HOUR, START - 10 * HOUR).await);
}

#[tokio::test(start_paused = true)]
async fn threat_64_an_hour_lasts_across_a_reboot_by_the_wall_clock() {
    assert!(survives("boot-two", 5_000, START + HOUR - 1000).await);
    assert!(!survives("boot-two", 5_000, START + HOUR).await);
    // A clock that was set back ends it.
    assert!(!survives("boot-two", 5_000, START - 10 * HOUR).await);
}

#[tokio::test(start_paused = true)]
async fn the_high_water_mark_is_stored_at_most_every_minute() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.answer(question.id, None, allow(hours(9))).await.unwrap();
    drop(admitted(asking).await);
    let stored = |world: &World| {
        let text = std::fs::read(world.grants_file()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&text).unwrap()["high_water_ms"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(stored(&world), START);
    for _ in 0..29 {
        world.advance(Time::from_secs(2)).await;
    }
    assert_eq!(stored(&world), START);
    world.advance(Time::from_secs(2)).await;
    world.until(|_| stored(&world) == START + 60_000).await;
}

#[tokio::test(start_paused = true)]
async fn once_and_session_grants_do_not_outlive_the_daemon() {
    let mut world = World::new();
    for (host, duration) in [
        ("a.test", Duration::Once),
        ("b.test", Duration::Session),
        ("c.test", hours(1)),
    ] {
        let (asking, question) = world.ask_shown(&net(host)).await;
        world.answer(question.id, None, allow(duration)).await.unwrap();
        drop(admitted(asking).await);
    }
    assert_eq!(world.gate.grants().len(), 3);
    let directory = Arc::clone(&world.directory);
    world.log.close().await.unwrap();
    drop(world);
    let world = World::start(directory, "", Hand::at(BOOT_ONE, 1_000_000, START));
    assert!(world.is_allowed(&net("c.test")));
    assert_eq!(world.gate.grants().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_grant_does_not_come_back() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    drop(admitted(asking).await);
    world.gate.revoke(RevokeWhat::All).await.unwrap();
    let directory = Arc::clone(&world.directory);
    world.log.close().await.unwrap();
    drop(world);
    let world = World::start(directory, "", Hand::at(BOOT_ONE, 1_000_000, START));
    assert_eq!(world.gate.grants(), []);
}

#[tokio::test(start_paused = true)]
async fn a_deny_that_was_written_while_no_daemon_ran_revokes_what_it_covers() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("a.example.com")).await;
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    drop(admitted(asking).await);
    let directory = Arc::clone(&world.directory);
    world.log.close().await.unwrap();
    drop(world);
    let world = World::start(
        directory,
        &rule("deny", "**.example.com"),
        Hand::at(BOOT_ONE, 1_000_000, START),
    );
    assert!(!world.is_allowed(&net("a.example.com")));
    world
        .until(|_| {
            world
                .told()
                .last()
                .is_some_and(|last| last == "grant revoked allow")
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_is_reported_by_a_revocation_which_counts_all_the_same() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    let permit = admitted(asking).await;
    std::fs::remove_file(world.grants_file()).unwrap();
    std::fs::create_dir(world.grants_file()).unwrap();
    let error = world.gate.revoke(RevokeWhat::All).await.unwrap_err();
    assert!(matches!(error, RevokeError::Store(_)), "{error:?}");
    permit.revoked().await;
    assert_eq!(world.gate.grants(), []);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_does_not_meet_the_first_question_of_the_next_daemon() {
    let mut world = World::new();
    let directory = Arc::clone(&world.directory);
    let (_asking, first) = world.ask_shown(&net("example.com")).await;
    world.log.close().await.unwrap();
    drop(world);
    let mut world = World::start(directory, "", Hand::at(BOOT_ONE, 1_060_000, START));
    let (asking, second) = world.ask_shown(&net("other.test")).await;
    assert_eq!(second.id, QuestionId(first.id.0 + 1));
    let late = world
        .gate
        .answer(first.id, first.revision, allow(Duration::Once), "test")
        .await;
    assert!(matches!(late, Err(AnswerError::Closed(id)) if id == first.id));
    assert_eq!(waiting(&world.gate), 1);
    let answer = world
        .gate
        .answer(second.id, second.revision, allow(Duration::Once), "test");
    assert_eq!(answer.await.unwrap().released, 1);
    drop(admitted(asking).await);
}

#[tokio::test(start_paused = true)]
async fn what_was_revoked_while_nothing_could_be_stored_is_stored_at_the_end() {
    let mut world = World::new();
    let directory = Arc::clone(&world.directory);
    let (asking, question) = world.ask_shown(&net("example.com")).await;
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    drop(admitted(asking).await);
    let (file, aside) = (world.grants_file(), directory.path().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    std::fs::create_dir(&file).unwrap();
    world.gate.revoke(RevokeWhat::All).await.unwrap_err();
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    world.gate.store_at_end().await;
    world.log.close().await.unwrap();
    drop(world);
    let world = World::start(directory, "", Hand::at(BOOT_ONE, 1_060_000, START));
    assert!(!world.is_allowed(&net("example.com")));
}
