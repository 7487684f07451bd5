use std::collections::HashMap;

use super::changes::granted;
use super::*;

/// Hits and the last use of everything that has any, in the order of its names.
fn used(gate: &Gate) -> Vec<(u64, u64)> {
    let mut used: Vec<_> = gate.usage().into_iter().collect();
    used.sort_by(|one, other| one.0.cmp(&other.0));
    used.into_iter()
        .map(|(_, usage)| (usage.hits, usage.last_used_ms))
        .collect()
}

fn usage_file(world: &World) -> PathBuf {
    world.directory.path().join("usage.json")
}

/// How many rules and grants the file counts; none while there is no file.
fn stored(file: &Path) -> usize {
    let Ok(json) = std::fs::read(file) else {
        return 0;
    };
    let stored: serde_json::Value = serde_json::from_slice(&json).unwrap();
    stored["used"].as_object().unwrap().len()
}

const START: u64 = 1_800_000_000_000;

#[tokio::test(start_paused = true)]
async fn a_rule_is_used_by_what_it_allows_and_by_what_it_denies() {
    let world = World::with_policy(&rule("allow", "a.test"));
    drop(admitted(world.ask(&net("a.test"))).await);
    world.advance(MINUTE).await;
    drop(admitted(world.ask(&net("a.test"))).await);
    assert_eq!(used(&world.gate), [(2, START + 60_000)]);
    world.gate.peek(&request("s1", 7, &net("a.test")));
    world.gate.set_policy(policy(&rule("deny", "b.test"))).await;
    assert_eq!(used(&world.gate), [(2, START + 60_000)], "looking is no use");

    denied(world.ask(&net("b.test"))).await;
    denied(world.ask(&net("b.test"))).await;
    let usage = world.gate.usage();
    assert!(
        usage.values().all(|usage| usage.hits == 2) && usage.len() == 2,
        "{usage:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_grant_is_used_by_what_comes_after_its_answer() {
    let mut world = World::new();
    let (_permit, grant) = granted(&mut world, "a.test", allow(hours(1))).await;
    assert_eq!(world.gate.usage().len(), 0);
    drop(admitted(world.ask(&net("a.test"))).await);
    assert_eq!(world.gate.usage()[&grant.0].hits, 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_and_is_decided_by_a_new_rule_is_a_use_of_it() {
    let mut world = World::new();
    let (asking, _question) = world.ask_shown(&net("a.test")).await;
    world.gate.set_policy(policy(&rule("allow", "a.test"))).await;
    drop(admitted(asking).await);
    assert_eq!(used(&world.gate), [(1, START)]);
}

#[tokio::test(start_paused = true)]
async fn uses_are_kept_at_most_once_a_minute_and_over_a_restart() {
    let text = rule("allow", "a.test");
    let world = World::with_policy(&text);
    let file = usage_file(&world);
    world.gate.keep_usage(file.clone());
    drop(admitted(world.ask(&net("a.test"))).await);
    world.advance(MINUTE).await;
    world.until(|_| file.exists()).await;
    let first = std::fs::read(&file).unwrap();
    drop(admitted(world.ask(&net("a.test"))).await);
    world.advance(MINUTE / 2).await;
    assert_eq!(std::fs::read(&file).unwrap(), first);

    world.gate.store_usage().await;
    let before = world.gate.usage();
    assert_eq!(used(&world.gate), [(2, START + 60_000)]);
    let directory = Arc::clone(&world.directory);
    world.log.close().await.unwrap();
    drop(world);
    let world = World::start(directory, &text, Hand::at(BOOT_ONE, 2_000_000, START + 1_000_000));
    world.gate.keep_usage(file);
    assert_eq!(world.gate.usage(), before);
}

#[tokio::test(start_paused = true)]
async fn uses_of_rules_that_are_gone_are_dropped_when_the_others_are_written() {
    let world = World::with_policy(&rule("allow", "a.test"));
    let file = usage_file(&world);
    world.gate.keep_usage(file.clone());
    drop(admitted(world.ask(&net("a.test"))).await);
    world.gate.set_policy(policy(&rule("allow", "b.test"))).await;
    drop(admitted(world.ask(&net("b.test"))).await);
    // The timer writes on its own as well, and may be at it.
    while world.gate.usage().len() != 1 || stored(&file) != 1 {
        world.gate.store_usage().await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_comes_while_the_daemon_runs_has_a_beginning_which_is_kept() {
    let (old, new) = (rule("allow", "a.test"), rule("deny", "b.test"));
    let both = format!("{old}{new}");
    let world = World::with_policy(&old);
    let file = usage_file(&world);
    world.gate.keep_usage(file.clone());
    world.advance(MINUTE).await;
    world.gate.set_policy(policy(&both)).await;
    let added = world.gate.rules_added();
    let ids: Vec<_> = policy(&new).rules().map(|rule| rule.id.0.clone()).collect();
    assert_eq!(added, HashMap::from([(ids[0].clone(), START + 60_000)]));
    // The same once more is no beginning, nor is another one beside it.
    world.advance(MINUTE).await;
    world.gate.set_policy(policy(&both)).await;
    assert_eq!(world.gate.rules_added(), added);
    world.gate.store_usage().await;
    let directory = Arc::clone(&world.directory);
    world.log.close().await.unwrap();
    drop(world);
    let world = World::start(directory, &both, Hand::at(BOOT_ONE, 2_000_000, START + 1_000_000));
    world.gate.keep_usage(file);
    assert_eq!(world.gate.rules_added(), added);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_read_is_started_anew() {
    let world = World::with_policy(&rule("allow", "a.test"));
    let file = usage_file(&world);
    for text in [
        "",
        "{}",
        "nonsense",
        r#"{"version":2,"used":{}}"#,
        r#"{"version":1,"used":{"a":{}}}"#,
    ] {
        std::fs::write(&file, text).unwrap();
        world.gate.keep_usage(file.clone());
        assert_eq!(world.gate.usage().len(), 0, "{text}");
    }
    drop(admitted(world.ask(&net("a.test"))).await);
    world.gate.store_usage().await;
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .starts_with("{\"version\":1,")
    );
}
