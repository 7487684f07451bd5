use super::changes::granted;
use super::*;

const HOUR: u64 = 3_600_000;

#[tokio::test(start_paused = true)]
async fn a_grant_ends_when_it_is_told_to_sooner_or_later() {
    let mut world = World::new();
    let (permit, grant) = granted(&mut world, "example.com", allow(hours(1))).await;
    let moved = world.gate.set_expiry(grant.clone(), 3 * HOUR).await.unwrap();
    assert_eq!(world.gate.grants(), [moved]);
    world.advance(120 * MINUTE).await;
    assert!(!permit.is_revoked() && world.is_allowed(&net("example.com")));

    world.gate.set_expiry(grant, HOUR / 6).await.unwrap();
    world.advance(9 * MINUTE).await;
    assert!(!permit.is_revoked());
    world.advance(MINUTE).await;
    permit.revoked().await;
    assert_eq!(world.gate.grants(), []);
    let told = world.told();
    let count = told.iter().filter(|event| *event == "grant moved allow").count();
    assert_eq!(count, 2, "{told:?}");
    let event = world
        .events()
        .into_iter()
        .find(|event| event.action.as_deref() == Some("moved"));
    let detail = event.unwrap().detail.unwrap();
    assert_eq!(detail, "project /p/app, until 2027-01-15T11:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn a_moved_end_is_the_one_that_is_stored() {
    let mut world = World::new();
    let directory = Arc::clone(&world.directory);
    let (_permit, grant) = granted(&mut world, "example.com", allow(hours(1))).await;
    let moved = world.gate.set_expiry(grant, 5 * HOUR).await.unwrap();
    world.log.close().await.unwrap();
    drop(world);
    let later = Hand::at(BOOT_ONE, 1_000_000 + 4 * HOUR, 1_800_000_000_000 + 4 * HOUR);
    let world = World::start(directory, "", later);
    assert_eq!(world.gate.grants(), [moved]);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_no_answer_could_have_given_is_refused() {
    let mut world = World::new();
    let (_permit, lasting) = granted(&mut world, "a.test", allow(hours(1))).await;
    let (_permit, once) = granted(&mut world, "b.test", allow(Duration::Once)).await;
    let before = world.gate.grants();
    let set = |id: &askbox_policy::GrantId, after_ms| world.gate.set_expiry(id.clone(), after_ms);
    let gone = askbox_policy::GrantId("gone".to_owned());
    assert!(matches!(
        set(&gone, HOUR).await,
        Err(ExpiryError::NoSuchGrant(id)) if id == gone
    ));
    assert!(matches!(set(&lasting, 0).await, Err(ExpiryError::Now)));
    for (id, after_ms) in [
        (&lasting, 30 * 24 * HOUR + 1),
        (&lasting, u64::MAX),
        (&once, HOUR),
    ] {
        let refused = set(id, after_ms).await;
        assert!(matches!(refused, Err(ExpiryError::TooLong { .. })), "{refused:?}");
    }
    assert_eq!(world.gate.grants(), before);
    assert!(world.told().iter().all(|event| !event.contains("moved")));
    set(&lasting, 30 * 24 * HOUR).await.unwrap();
    set(&once, HOUR / 6).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_move_that_cannot_be_logged_has_no_effect() {
    let mut world = World::new();
    let (_permit, grant) = granted(&mut world, "example.com", allow(hours(1))).await;
    let before = world.gate.grants();
    world.log.close().await.unwrap();
    let refused = world.gate.set_expiry(grant, 2 * HOUR).await;
    assert!(matches!(refused, Err(ExpiryError::Log(_))), "{refused:?}");
    assert_eq!(world.gate.grants(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_moves_at_once_the_one_that_is_logged_last_holds() {
    let mut world = World::new();
    let (_permit, grant) = granted(&mut world, "example.com", allow(hours(1))).await;
    for _ in 0..20 {
        let moves: Vec<_> = (1..=8)
            .map(|hours| {
                let (gate, grant) = (world.gate.clone(), grant.clone());
                tokio::spawn(async move { gate.set_expiry(grant, hours * HOUR).await })
            })
            .collect();
        for moving in moves {
            moving.await.unwrap().unwrap();
        }
        let events = world.events();
        let last = events
            .iter()
            .rfind(|event| event.action.as_deref() == Some("moved"));
        let expires = world.gate.grants()[0].expires.clone().unwrap();
        // The clock of the test began at 8 o'clock.
        let hour = 8 + (expires.wall_ms - 1_800_000_000_000) / HOUR;
        let detail = last.unwrap().detail.clone().unwrap();
        assert!(detail.contains(&format!("T{hour:02}:00")), "{detail}, {hour}");
    }
}
