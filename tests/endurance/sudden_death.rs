//! kill -9 of the client or the daemon at any moment of a launch (threat 58): nothing stays, and the next run works.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::{Duration, Instant};

use askbox_tests::{Process, Running, World};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How many moments of the launch.
const MOMENTS: u32 = 100;
/// How soon everything must be gone.
const PROMISED: Duration = Duration::from_secs(1);

/// A session that lasts until it is ended, with a daemon of its own beside it.
fn launch(world: &World) -> Running {
    world.start_sh(&[], "touch started; setsid -f sleep 1000; exec sleep 1000")
}

/// How long a launch takes here and now, up to the command's first act.
fn launch_time(world: &World) -> Duration {
    let since = Instant::now();
    let running = launch(world);
    world.eventually("the command has started", || {
        world.project().join("started").exists()
    });
    let took = since.elapsed();
    running.signal(Signal::SIGKILL);
    drop(running);
    took
}

/// Some moment in the `number`th hundredth of the launch and a fifth of it after.
fn moment(number: u32, launch: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(number) % 1000).unwrap();
    launch * (number * 1000 + random) / (MOMENTS * 1000) * 6 / 5
}

fn wait(since: Instant, moment: Duration) {
    // Not synchronisation: the random moment itself.
    std::thread::sleep(moment.saturating_sub(since.elapsed()));
}

/// Everything of the world that runs but its daemons.
fn left(world: &World) -> Vec<Process> {
    let mut processes = world.processes();
    processes.retain(|process| !process.is_daemon());
    processes
}

/// Nothing that belongs to a session runs within the promised time; daemons may.
fn assert_gone(world: &World, killed: Instant, at: Duration) {
    while !left(world).is_empty() {
        let left = left(world);
        assert!(killed.elapsed() < PROMISED, "killed at {at:?}, left: {left:#?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The same after the death of a daemon. A client that had not spoken with it yet has every right to start another
/// one, more than once while the first still holds its lock; the one that has a command is killed as well.
fn assert_gone_with_daemon(world: &World, daemon: i32, killed: Instant, at: Duration) {
    let other = || {
        world
            .processes()
            .into_iter()
            .find(|process| process.is_daemon() && process.pid != daemon)
    };
    let hung = Instant::now() + Duration::from_mins(1);
    let mut killed = killed;
    while !left(world).is_empty() {
        if let Some(other) = other() {
            assert!(
                Instant::now() < hung,
                "killed at {at:?}, no command of {other:#?}"
            );
            killed = Instant::now();
            if world.project().join("started").exists() {
                // One that was refused the lock may have ended meanwhile.
                let _ended = kill(Pid::from_raw(other.pid), Signal::SIGKILL);
            }
        }
        assert!(
            killed.elapsed() < PROMISED,
            "killed at {at:?}, left: {:#?}",
            left(world)
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn assert_clean(world: &World) {
    let base = world.home();
    let base = base.parent().and_then(Path::to_str).unwrap();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(base), "{mounts}");
    assert_eq!(
        fs::read_dir(world.root().join("run/stage")).map_or(0, Iterator::count),
        0
    );
    let home: Vec<String> = fs::read_dir(world.project())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "started")
        .collect();
    assert_eq!(home, Vec::<String>::new());
    drop(fs::remove_file(world.project().join("started")));
}

fn descriptors(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

#[test]
fn a_client_that_is_killed_at_any_moment_of_the_launch_leaves_nothing() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let launch_time = launch_time(&world);
    let daemon = world.daemon_pid();
    world.eventually("the first sessions are closed", || {
        world.ok(&["sessions", "--json"]).trim() == "[]"
    });
    let before = descriptors(daemon);
    for number in 0..MOMENTS {
        let at = moment(number, launch_time);
        let since = Instant::now();
        let running = launch(&world);
        wait(since, at);
        running.signal(Signal::SIGKILL);
        assert_gone(&world, Instant::now(), at);
        drop(running);
        assert_clean(&world);
        if number % 10 == 0 {
            assert_eq!(world.sh(&[], "echo next").succeeded().stdout, "next\n");
        }
    }
    assert_eq!(world.daemon_pid(), daemon);
    world.eventually("the daemon holds nothing of any session", || {
        world.ok(&["sessions", "--json"]).trim() == "[]" && descriptors(daemon) <= before
    });
    assert_eq!(world.sh(&[], "echo next").succeeded().stdout, "next\n");
}

#[test]
fn a_client_that_is_killed_while_it_starts_the_daemon_leaves_a_machine_that_works() {
    let world = World::new();
    for number in 0..MOMENTS / 4 {
        world.ok(&["daemon", "--stop"]);
        let at = moment(number * 4, Duration::from_millis(200));
        let since = Instant::now();
        let running = launch(&world);
        wait(since, at);
        running.signal(Signal::SIGKILL);
        assert_gone(&world, Instant::now(), at);
        drop(running);
        drop(fs::remove_file(world.project().join("started")));
        assert_eq!(world.sh(&[], "echo next").succeeded().stdout, "next\n", "{at:?}");
    }
    assert_eq!(world.processes().len(), 1, "one daemon");
}

#[test]
fn a_daemon_that_is_killed_at_any_moment_of_a_launch_leaves_nothing() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let launch_time = launch_time(&world);
    for number in 0..MOMENTS {
        let at = moment(number, launch_time);
        let daemon = world.daemon_pid();
        let since = Instant::now();
        let running = launch(&world);
        wait(since, at);
        kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
        assert_gone_with_daemon(&world, daemon, Instant::now(), at);
        let finished = running.finish();
        assert_eq!(finished.code, Some(125), "{at:?} {finished:#?}");
        assert_clean(&world);
        assert_eq!(world.sh(&[], "echo next").succeeded().stdout, "next\n", "{at:?}");
    }
    assert_eq!(world.processes().len(), 1, "one daemon");
    world.ok(&["log", "verify"]);
}
