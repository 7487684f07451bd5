use super::*;

const GAME: &str = "game.test:5000/udp";

fn game() -> Target {
    Target::Datagrams(destination("game.test", 5000))
}

/// The ports that a session of /p/app has for datagrams, as `low-high`.
fn ports(world: &World) -> Vec<String> {
    let ports = world.gate.datagram_ports(&SessionId("s1".to_owned()));
    ports.iter().map(|(low, high)| format!("{low}-{high}")).collect()
}

#[tokio::test(start_paused = true)]
async fn only_rules_that_allow_udp_here_and_now_open_ports_for_it() {
    let with = |key: &str| format!("{}{key}\n", rule("allow", GAME));
    for (policy, expected) in [
        (String::new(), &[][..]),
        (rule("allow", "game.test:5000"), &[]),
        (rule("deny", GAME), &[]),
        (with("project = \"/p/other\""), &[]),
        (with("expires = 2020-01-01T00:00:00Z"), &[]),
        (with("project = \"/p/app\""), &["5000-5000"]),
        (with("expires = 2099-01-01T00:00:00Z"), &["5000-5000"]),
    ] {
        assert_eq!(ports(&World::with_policy(&policy)), expected, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn ranges_that_touch_are_one() {
    let rules = [
        "*:7000/udp",
        "a.test:5000-5010/udp",
        "b.test:5005/udp",
        "c.test:5011-5020/udp",
        "d.test:5022/udp",
        "e.test:65535/udp",
        "f.test:60000-65535/udp",
    ];
    let policy: String = rules.iter().map(|pattern| rule("allow", pattern)).collect();
    assert_eq!(
        ports(&World::with_policy(&policy)),
        ["5000-5020", "5022-5022", "7000-7000", "60000-65535"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_flow_ends_with_the_rule_that_it_lives_on() {
    let rule = format!("{}expires = 2027-01-15T09:00:00Z\n", rule("allow", GAME));
    let world = World::with_policy(&rule);
    let permit = admitted(world.ask(&game())).await;
    world.advance(59 * MINUTE).await;
    assert!(!permit.is_revoked());
    world.advance(MINUTE).await;
    permit.revoked().await;
    // What was allowed is denied from then on, and asks nobody.
    assert!(matches!(denied(world.ask(&game())).await, DeniedBy::Basis(_)));
    assert_eq!(world.gate.open_questions(), []);
}

#[tokio::test(start_paused = true)]
async fn who_lives_on_rules_hears_that_they_changed() {
    let world = World::with_policy(&rule("allow", GAME));
    let mut changes = world.gate.changes();
    assert!(!changes.has_changed().unwrap());
    world
        .gate
        .set_policy(policy(&(rule("allow", GAME) + &rule("allow", "other.test"))))
        .await;
    changes.changed().await.unwrap();
    let ends = format!("{}expires = 2027-01-15T09:00:00Z\n", rule("allow", GAME));
    world.gate.set_policy(policy(&ends)).await;
    let permit = admitted(world.ask(&game())).await;
    world.advance(59 * MINUTE).await;
    changes.mark_unchanged();
    world.advance(MINUTE).await;
    permit.revoked().await;
    changes.changed().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_session_sends_after_its_end_is_no_event() {
    let world = World::with_policy(&rule("allow", GAME));
    drop(admitted(world.ask(&game())).await);
    world.gate.close_session(&SessionId("s1".to_owned())).await;
    let told = world.told();
    assert_eq!(denied(world.ask(&game())).await, DeniedBy::SessionEnded);
    assert_eq!(world.told(), told);
    // A connection is one.
    let connection = denied(world.ask(&net("game.test"))).await;
    assert_eq!(connection, DeniedBy::SessionEnded);
    assert_eq!(world.told().len(), told.len() + 1);
}

#[tokio::test(start_paused = true)]
async fn a_lockdown_ends_a_flow() {
    let world = World::with_policy(&rule("allow", GAME));
    let permit = admitted(world.ask(&game())).await;
    world.gate.lock_down().await.unwrap();
    permit.revoked().await;
}
