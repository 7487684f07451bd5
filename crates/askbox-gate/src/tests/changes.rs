use super::*;

#[tokio::test(start_paused = true)]
async fn revoking_a_grant_cuts_what_lives_on_it_and_nothing_else() {
    let mut world = World::with_policy(&rule("allow", "allowed.test:443"));
    let other = admitted(world.ask(&net("allowed.test"))).await;
    let (permit, grant) = granted(&mut world, "example.com", allow(hours(1))).await;
    let later = admitted(world.ask(&net("example.com"))).await;
    assert_eq!(world.gate.revoke(RevokeWhat::Grant(grant)).await.unwrap(), 1);
    permit.revoked().await;
    later.revoked().await;
    assert!(!other.is_revoked());
    assert_eq!(world.gate.grants(), []);
    let gone = askbox_policy::GrantId("gone".to_owned());
    let error = world.gate.revoke(RevokeWhat::Grant(gone)).await.unwrap_err();
    assert!(matches!(error, RevokeError::NoSuchGrant(_)));
}

#[tokio::test(start_paused = true)]
async fn revoking_a_once_grant_cuts_and_so_does_revoking_all_after_it_ran_out() {
    let mut world = World::new();
    let (permit, grant) = granted(&mut world, "a.test", allow(Duration::Once)).await;
    world.gate.revoke(RevokeWhat::Grant(grant)).await.unwrap();
    permit.revoked().await;
    let (permit, _) = granted(&mut world, "b.test", allow(Duration::Once)).await;
    world.advance(10 * MINUTE).await;
    world.until(|gate| gate.grants().is_empty()).await;
    assert!(!permit.is_revoked());
    assert_eq!(world.gate.revoke(RevokeWhat::All).await.unwrap(), 0);
    permit.revoked().await;
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_expires_is_logged_and_cuts_what_lives_on_it() {
    let mut world = World::new();
    let (permit, _) = granted(&mut world, "example.com", allow(hours(1))).await;
    world.advance(59 * MINUTE).await;
    assert!(!permit.is_revoked());
    world.advance(MINUTE).await;
    permit.revoked().await;
    world
        .hear(|event| (event == GateEvent::GrantsChanged).then_some(()))
        .await;
    world
        .until(|_| {
            world
                .told()
                .last()
                .is_some_and(|last| last == "grant expired allow")
        })
        .await;
    assert_eq!(world.gate.grants(), []);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_expires_cuts_what_lives_on_it() {
    let rule = rule("allow", "example.com:443") + "expires = \"2027-01-15T08:10:00Z\"\n";
    let world = World::with_policy(&rule);
    world.hand.set(BOOT_ONE, 1_000_000, 1_800_000_000_000);
    let permit = admitted(world.ask(&net("example.com"))).await;
    world.advance(9 * MINUTE).await;
    assert!(!permit.is_revoked());
    world.advance(MINUTE).await;
    permit.revoked().await;
}

#[tokio::test(start_paused = true)]
async fn one_hour_ends_while_the_machine_sleeps() {
    let mut world = World::new();
    let (permit, _) = granted(&mut world, "example.com", allow(hours(1))).await;
    let now = world.hand.now();
    world
        .hand
        .set(BOOT_ONE, now.boot_ms + 3_600_000, now.wall_ms + 3_600_000);
    assert!(!world.is_allowed(&net("example.com")));
    world.advance(crate::limits::CLOCK_CHECK).await;
    permit.revoked().await;
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_set_does_not_change_an_hour() {
    let mut world = World::new();
    let (permit, _) = granted(&mut world, "example.com", allow(hours(1))).await;
    let now = world.hand.now();
    world.hand.set(BOOT_ONE, now.boot_ms, now.wall_ms - 86_400_000);
    world.advance(59 * MINUTE).await;
    assert!(world.is_allowed(&net("example.com")) && !permit.is_revoked());
    world.advance(MINUTE).await;
    permit.revoked().await;
    assert!(!world.is_allowed(&net("example.com")));
}

#[tokio::test(start_paused = true)]
async fn writing_a_deny_revokes_the_grants_that_it_covers() {
    let mut world = World::new();
    let (covered, _) = granted(&mut world, "a.example.com", allow(hours(1))).await;
    let (other, _) = granted(&mut world, "example.net", allow(hours(1))).await;
    world
        .gate
        .set_policy(policy(&rule("deny", "**.example.com")))
        .await;
    covered.revoked().await;
    assert!(!other.is_revoked());
    assert_eq!(world.gate.grants().len(), 1);
    // The grant was more specific and would have won; taking the rule away does not bring it back.
    world.gate.set_policy(policy("")).await;
    assert!(!world.is_allowed(&net("a.example.com")));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_blocks_revokes_the_grants_that_it_covers() {
    let mut world = World::new();
    let (covered, grant) = granted(&mut world, "a.example.com", allow(hours(1))).await;
    let (asking, question) = world.ask_shown(&net("b.example.com")).await;
    let answer = Answer {
        widen: true,
        ..block(hours(2))
    };
    let answered = world.answer(question.id, None, answer).await.unwrap();
    assert_eq!(answered.revoked, [grant]);
    covered.revoked().await;
    assert_eq!(denied(asking).await, DeniedBy::Answered);
    assert!(matches!(
        denied(world.ask(&net("a.example.com"))).await,
        DeniedBy::Basis(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_new_policy_releases_and_denies_what_waits_and_cuts_what_lives() {
    let mut world = World::with_policy(&rule("allow", "live.test:443"));
    let live = admitted(world.ask(&net("live.test"))).await;
    let (allowed, _) = world.ask_shown(&net("a.example.com")).await;
    let (refused, _) = world.ask_shown(&net("b.example.com")).await;
    let (still, question) = world.ask_shown(&net("c.example.com")).await;
    let text = rule("allow", "a.example.com:443") + &rule("deny", "b.example.com");
    world.gate.set_policy(policy(&text)).await;
    let permit = admitted(allowed).await;
    let AdmittedBy::Rules(by) = permit.by() else {
        panic!("{permit:?}")
    };
    assert!(matches!(by.basis(), askbox_policy::Basis::Rule(_)));
    assert!(matches!(
        denied(refused).await,
        DeniedBy::Basis(askbox_policy::Basis::Rule(_))
    ));
    live.revoked().await;
    assert!(!still.is_finished());
    let left = world.gate.open_questions();
    assert_eq!(left[0].members.len(), 1);
    // Who answered what was seen, covers what is left of it.
    world
        .answer(question.id, Some(question.revision), allow(Duration::Once))
        .await
        .unwrap();
    drop(admitted(still).await);
}

#[tokio::test(start_paused = true)]
async fn a_widened_answer_releases_other_questions_that_it_covers() {
    let mut world = World::new();
    let (first, question) = world.ask_shown(&net("a.example.com")).await;
    let (second, _) = world.ask_shown(&net("b.example.com")).await;
    world
        .answer(
            question.id,
            None,
            Answer {
                widen: true,
                ..allow(hours(1))
            },
        )
        .await
        .unwrap();
    let third = admitted(world.ask(&net("c.example.com"))).await;
    drop((admitted(first).await, admitted(second).await, third));
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_dropped_is_forgotten() {
    let world = World::with_policy(&rule("allow", "allowed.test:443"));
    let permit = admitted(world.ask(&net("allowed.test"))).await;
    assert_eq!(world.live_permits(), 1);
    drop(permit);
    assert_eq!(world.live_permits(), 0);
}

/// Asks, answers, and returns the permit and the grant.
pub(super) async fn granted(
    world: &mut World,
    host: &str,
    answer: Answer,
) -> (Permit, askbox_policy::GrantId) {
    let (asking, question) = world.ask_shown(&net(host)).await;
    let answered = world.answer(question.id, None, answer).await.unwrap();
    (admitted(asking).await, answered.grants[0].id.clone())
}
