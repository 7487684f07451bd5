use askbox_policy::{Basis, ProfileName, WhyMissed};

use super::*;

/// Everything that can allow something is in here: a preset, kinds that need no question, and rules.
const OPEN: &str =
    "preset = \"development\"\nauto_approve = [\"read\", \"write\", \"execute\", \"network\"]\n";

const LOCKED: DeniedBy = DeniedBy::Basis(Basis::Lockdown);

fn file(world: &World) -> PathBuf {
    world.directory.path().join("lockdown")
}

async fn heard_lockdown(world: &mut World, on: bool) {
    let wanted = GateEvent::Lockdown { on };
    world.hear(|event| (event == wanted).then_some(())).await;
}

fn one_of_each_kind() -> [Target; 5] {
    let profile: ProfileName = "claude".parse().unwrap();
    [
        net("allowed.test"),
        local("allowed.test", "192.168.7.7"),
        read("/home/u/notes/a"),
        write("/home/u/notes/a"),
        Target::Profile(profile),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_lockdown_denies_every_kind_whatever_allowed_it() {
    let policy = format!(
        "{OPEN}{}[[rule]]\neffect = \"allow\"\nprofile = \"claude\"\n",
        rule("allow", "allowed.test")
    );
    let mut world = World::with_policy(&policy);
    for target in one_of_each_kind()
        .iter()
        .filter(|target| target.kind() != askbox_policy::Kind::Network)
    {
        drop(admitted(world.ask(target)).await);
    }
    drop(admitted(world.ask(&net("allowed.test"))).await);
    world.gate.lock_down().await.unwrap();
    heard_lockdown(&mut world, true).await;
    for target in one_of_each_kind() {
        let denial = world.ask(&target).await.unwrap().unwrap_err();
        assert_eq!(denial.by, LOCKED, "{target}");
        assert_eq!(denial.hint().unwrap(), "askbox lockdown off");
        assert!(denial.to_string().ends_with("denied: lockdown"), "{denial}");
        assert!(!world.is_allowed(&target));
    }
    // Also for a session that begins now.
    world.open_session("s2");
    let late = world.ask_request(request("s2", 7, &net("allowed.test")));
    assert_eq!(denied(late).await, LOCKED);

    world.gate.end_lockdown().await.unwrap();
    heard_lockdown(&mut world, false).await;
    drop(admitted(world.ask(&net("allowed.test"))).await);
    drop(admitted(world.ask(&read("/home/u/notes/a"))).await);
}

#[tokio::test(start_paused = true)]
async fn what_lives_is_cut_and_what_waits_is_missed_without_a_rule() {
    let mut world = World::with_policy(&rule("allow", "allowed.test:443"));
    let connection = admitted(world.ask(&net("allowed.test"))).await;
    let (asking, question) = world.ask_shown(&net("once.test")).await;
    world
        .answer(question.id, None, allow(Duration::Once))
        .await
        .unwrap();
    let once = admitted(asking).await;
    let (asking, question) = world.ask_shown(&read("/home/u/notes/a")).await;
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    let handle = admitted(asking).await;
    let (waiting, question) = world.ask_shown(&net("open.test")).await;
    let grants = world.gate.grants();

    world.gate.lock_down().await.unwrap();
    assert!(connection.is_revoked() && once.is_revoked() && handle.is_revoked());
    assert_eq!(denied(waiting).await, LOCKED);
    assert_eq!(world.gate.open_questions(), []);
    assert_eq!(world.gate.grants(), grants);
    let missed = world.gate.missed();
    assert_eq!((missed.len(), missed[0].why), (1, WhyMissed::Lockdown));
    assert_eq!(missed[0].question.id, question.id);

    // Answered meanwhile, it counts afterwards.
    world.answer(question.id, None, allow(hours(1))).await.unwrap();
    assert_eq!(denied(world.ask(&net("open.test"))).await, LOCKED);
    world.gate.end_lockdown().await.unwrap();
    drop(admitted(world.ask(&net("open.test"))).await);
    // What was cut stays cut.
    assert!(connection.is_revoked());
}

#[tokio::test(start_paused = true)]
async fn a_change_of_policy_during_a_lockdown_leaves_what_was_missed() {
    let mut world = World::new();
    let (waiting, question) = world.ask_shown(&net("open.test")).await;
    world.gate.lock_down().await.unwrap();
    assert_eq!(denied(waiting).await, LOCKED);
    world.gate.set_policy(policy(&rule("deny", "other.test"))).await;
    assert_eq!(world.gate.missed()[0].question.id, question.id);
    world.gate.set_policy(policy(&rule("allow", "open.test"))).await;
    assert_eq!(world.gate.missed(), []);
    assert_eq!(denied(world.ask(&net("open.test"))).await, LOCKED);
}

#[tokio::test(start_paused = true)]
async fn an_always_that_is_being_written_when_a_lockdown_begins_counts_afterwards() {
    let mut world = World::new();
    let (waiting, question) = world.ask_shown(&net("open.test")).await;
    let answer = allow(Duration::Always);
    let rules = world
        .gate
        .rules_for(question.id, question.revision, &answer)
        .unwrap();
    assert_eq!(rules.len(), 1);
    world.gate.lock_down().await.unwrap();
    assert_eq!(denied(waiting).await, LOCKED);
    world
        .gate
        .set_policy(policy(&rule("allow", "open.test:443")))
        .await;
    world.answer(question.id, None, answer).await.unwrap();
    world.gate.end_lockdown().await.unwrap();
    drop(admitted(world.ask(&net("open.test"))).await);
}

#[tokio::test(start_paused = true)]
async fn a_lockdown_is_logged_once_and_again_before_it_ends() {
    let mut world = World::with_policy(&rule("allow", "allowed.test:443"));
    world.gate.end_lockdown().await.unwrap();
    world.gate.lock_down().await.unwrap();
    world.gate.lock_down().await.unwrap();
    assert_eq!(denied(world.ask(&net("allowed.test"))).await, LOCKED);
    world.gate.end_lockdown().await.unwrap();
    heard_lockdown(&mut world, false).await;
    assert_eq!(
        world.told(),
        [
            "daemon lockdown",
            "network deny lockdown",
            "daemon lockdown ended"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_log_a_lockdown_begins_and_does_not_end() {
    let world = World::with_policy(&rule("allow", "allowed.test:443"));
    let permit = admitted(world.ask(&net("allowed.test"))).await;
    world.log.close().await.unwrap();
    let error = world.gate.lock_down().await.unwrap_err();
    assert!(matches!(error, LockdownError::NotLogged(_)));
    assert!(permit.is_revoked() && world.gate.is_locked_down());
    assert_eq!(std::fs::read(file(&world)).unwrap(), b"on\n");
    let error = world.gate.end_lockdown().await.unwrap_err();
    assert!(matches!(error, LockdownError::EndNotLogged(_)));
    assert!(world.gate.is_locked_down());
    assert_eq!(std::fs::read(file(&world)).unwrap(), b"on\n");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_written_keeps_a_lockdown_from_ending_but_not_from_beginning() {
    let world = World::new();
    std::fs::create_dir(file(&world)).unwrap();
    let error = world.gate.lock_down().await.unwrap_err();
    assert!(matches!(error, LockdownError::NotKept(_)));
    assert!(world.gate.is_locked_down());
    let error = world.gate.end_lockdown().await.unwrap_err();
    assert!(matches!(error, LockdownError::EndNotKept(_)));
    assert!(world.gate.is_locked_down());
    std::fs::remove_dir(file(&world)).unwrap();
    world.gate.end_lockdown().await.unwrap();
    assert_eq!(
        world.told(),
        [
            "daemon lockdown",
            "daemon lockdown ended",
            "daemon lockdown",
            "daemon lockdown ended"
        ]
    );
}

/// Whether a daemon that starts with this file denies everything.
async fn starts_locked_down(content: Option<&[u8]>) -> bool {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    if let Some(content) = content {
        std::fs::write(directory.path().join("lockdown"), content).unwrap();
    }
    let hand = Hand::at(BOOT_ONE, 1_000_000, 1_800_000_000_000);
    let world = World::start(directory, &rule("allow", "allowed.test:443"), hand);
    let is_on = world.gate.is_locked_down();
    assert_eq!(world.ask(&net("allowed.test")).await.unwrap().is_err(), is_on);
    assert_eq!(
        world.gate.lockdown_problem().is_some(),
        is_on && content != Some(b"on\n")
    );
    world.gate.end_lockdown().await.unwrap();
    assert_eq!(world.gate.lockdown_problem(), None);
    drop(admitted(world.ask(&net("allowed.test"))).await);
    is_on
}

#[tokio::test(start_paused = true)]
async fn a_lockdown_outlives_the_daemon_and_an_unclear_file_is_one() {
    for (content, is_on) in [
        (None, false),
        (Some(b"off\n".as_slice()), false),
        (Some(b"on\n"), true),
        (Some(b""), true),
        (Some(b"off"), true),
        (Some(b"off\noff\n"), true),
        (Some(&[b'o'; 100]), true),
    ] {
        assert_eq!(starts_locked_down(content).await, is_on, "{content:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_let_through_a_moment_before_is_denied() {
    let world = World::with_policy(&rule("allow", "allowed.test:443"));
    // Many at once, and the lockdown in their midst: nobody keeps a permit that lives.
    let asking: Vec<_> = (0..50)
        .map(|pid| world.ask_as(pid + 1, &net("allowed.test")))
        .collect();
    world.gate.lock_down().await.unwrap();
    for asking in asking {
        if let Ok(permit) = asking.await.unwrap() {
            assert!(permit.is_revoked());
        }
    }
    assert_eq!(world.live_permits(), 0);
}

/// A runtime whose one thread for work that blocks is the one that lets time stand still: nothing is ever written.
fn without_a_disk() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .max_blocking_threads(1)
        .build()
        .unwrap()
}

#[test]
fn a_lockdown_denies_and_cuts_before_the_disk_has_it() {
    without_a_disk().block_on(async {
        let mut world = World::with_policy(&rule("allow", "allowed.test:443"));
        let permit = admitted(world.ask(&net("allowed.test"))).await;
        let (waiting, _question) = world.ask_shown(&net("open.test")).await;
        let gate = world.gate.clone();
        let beginning = tokio::spawn(async move { gate.lock_down().await });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(world.gate.is_locked_down() && permit.is_revoked());
        assert_eq!(denied(waiting).await, LOCKED);
        assert!(!file(&world).exists() && !beginning.is_finished());
    });
}
