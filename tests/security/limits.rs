//! What a session may use of the machine: each kind of bomb, and the same program below its limit.

use std::process::Command;

use askbox_tests::{Finished, Running, World};
use serde_json::Value;

/// Bounds the bombs of this file from outside as well: a limit of ours that does not hold shall fail a test, and not end the
/// machine. Bytes of a file, and seconds on a processor of each process.
const BELT: &str = "ulimit -f 4194304; ulimit -t 60; ";

fn limited(world: &World, options: &[&str], script: &str) -> Running {
    let mut command: Command = world.askbox(&["run"]);
    command
        .args(options)
        .args(["--", "bash", "-c", &format!("{BELT}{script}")]);
    Running::start(command)
}

fn run(world: &World, options: &[&str], script: &str) -> Finished {
    limited(world, options, script).finish()
}

/// Takes this many MiB and keeps them.
fn take(mebibytes: u32) -> String {
    format!(
        "/usr/bin/python3 -c 'import time; kept = b\"x\" * ({mebibytes} << 20); time.sleep(1.5); print(len(kept))'"
    )
}

fn limits_met(world: &World) -> Vec<String> {
    let log = world.log();
    let met = log.iter().filter(|event| event["action"] == "limited");
    met.map(|event| event["detail"].as_str().unwrap().to_owned())
        .collect()
}

fn session(world: &World) -> Value {
    let all: Vec<Value> = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    all.into_iter().next().unwrap_or_default()
}

#[test]
fn a_memory_bomb_ends_its_session_and_nothing_else() {
    let world = World::new();
    let mut twin = limited(
        &world,
        &["--memory", "400M"],
        &format!("{}; sleep 1000", take(40)),
    );
    let bomb = run(&world, &["--memory", "96M"], &take(700));
    assert_eq!(bomb.code, Some(137), "{bomb:#?}");
    assert_eq!(bomb.stdout, "");
    assert!(
        bomb.stderr
            .contains("it used more than its 96 MiB of memory; allow more with --memory SIZE"),
        "{bomb:#?}"
    );
    world.eventually("the log names the limit", || {
        limits_met(&world)
            .iter()
            .any(|detail| detail.starts_with("memory: "))
    });
    let below = run(&world, &["--memory", "96M"], &take(40));
    assert_eq!(below.succeeded().stdout, format!("{}\n", 40 << 20));
    assert!(twin.is_running(), "another session goes on");
}

#[test]
fn many_small_processes_count_together() {
    let world = World::new();
    let script = |count: u32| format!("for n in $(seq {count}); do {} & done; wait", take(30));
    let bomb = run(&world, &["--memory", "128M"], &script(8));
    assert_eq!(bomb.code, Some(137), "{bomb:#?}");
    let below = run(&world, &["--memory", "128M"], &script(1));
    below.succeeded();
}

#[test]
fn memory_that_processes_share_counts_once() {
    let world = World::new();
    let script = "exec /usr/bin/python3 -c '
import os, time
kept = bytearray(b\"x\") * (60 << 20)
for _ in range(6):
    if os.fork() == 0:
        time.sleep(2); os._exit(0)
for _ in range(6): os.wait()
print(\"shared\")'";
    let shared = run(&world, &["--memory", "160M"], script);
    assert_eq!(shared.succeeded().stdout, "shared\n");
}

#[test]
fn a_fork_bomb_gets_no_more_processes_than_its_session_may_have() {
    let world = World::new();
    let bomb = "bomb() { bomb | bomb & }; bomb; sleep 15; kill -9 -1";
    let running = limited(&world, &["--pids", "64", "--timeout", "20s"], bomb);
    let mut most = 0;
    world.eventually("it runs", || session(&world)["state"] == "running");
    world.eventually("the log names the limit, and how many there are is shown", || {
        let here = session(&world)["usage"]["processes"].as_u64().unwrap_or_default();
        most = most.max(here);
        let met = limits_met(&world);
        0 < most && met.iter().any(|detail| detail.starts_with("processes: "))
    });
    assert!((1..=64).contains(&most), "{most}");
    // The machine and other sessions have processes left.
    world.sh(&[], "sleep 0.1 & sleep 0.1 & wait").succeeded();
    world.ok(&["stop", "--all", "--now"]);
    let bomb = running.finish();
    assert!(bomb.stderr.contains("--pids N"), "{bomb:#?}");

    let few = "for n in $(seq 40); do sleep 1 & done; wait && echo all";
    let below = run(&world, &["--pids", "64"], few);
    assert_eq!(below.succeeded().stdout, "all\n");
    let above = run(
        &world,
        &["--pids", "16"],
        "for n in $(seq 40); do sleep 1 & done; wait",
    );
    assert!(
        above.stderr.contains("Resource temporarily unavailable"),
        "{above:#?}"
    );
}

#[test]
fn the_limit_of_processes_cannot_be_raised_inside_and_counts_threads() {
    let world = World::new();
    let options = ["--pids", "20"];
    run(&world, &options, "ulimit -u 1000000").failed();
    run(&world, &options, "ulimit -u 10").succeeded();
    let threads = |count: u32| {
        format!(
            "exec /usr/bin/python3 -c 'import threading, time
all = [threading.Thread(target=time.sleep, args=(1,)) for _ in range({count})]
for one in all: one.start()
for one in all: one.join()
print(\"all\")'"
        )
    };
    assert_eq!(world.sh(&options, &threads(10)).succeeded().stdout, "all\n");
    world.sh(&options, &threads(40)).failed();
}

#[test]
fn open_files_are_limited() {
    let world = World::new();
    world.write_policy("[limits]\nopen_files = 100\n");
    let open = |count: u32| {
        format!("exec /usr/bin/python3 -c 'kept = [open(\"/dev/null\") for _ in range({count})]'")
    };
    world.sh(&[], &open(80)).succeeded();
    world.sh(&[], &open(120)).failed();
    world.sh(&[], "ulimit -n 200").failed();
}

#[test]
fn tmp_is_as_large_as_the_policy_says() {
    let world = World::new();
    world.write_policy("[limits]\ntmp = \"8M\"\n");
    for place in ["/tmp", "/var/tmp", "/dev/shm"] {
        let fill = |mebibytes: u32| format!("head -c {mebibytes}M /dev/zero > {place}/file");
        world.sh(&[], &fill(6)).succeeded();
        world.sh(&[], &fill(12)).failed();
    }
}

#[test]
fn a_session_ends_when_its_time_is_over() {
    let world = World::new();
    let late = run(
        &world,
        &["--timeout", "1s"],
        "trap 'echo ends; exit 0' TERM; sleep 1000 & wait",
    );
    assert_eq!(late.code, Some(124), "{late:#?}");
    assert_eq!(late.stdout, "ends\n", "its programs may end by themselves");
    assert!(
        late.stderr
            .contains("its time of 1s is over; allow more with --timeout TIME"),
        "{late:#?}"
    );
    assert!(limits_met(&world)[0].starts_with("run time: "));
    // One that does not is killed.
    let deaf = run(
        &world,
        &["--timeout", "1s"],
        "trap '' TERM; while :; do sleep 0.2; done",
    );
    assert_eq!(deaf.code, Some(124), "{deaf:#?}");
    run(&world, &["--timeout", "30s"], "true").succeeded();
}

#[test]
fn a_busy_loop_ends_with_its_time_and_leaves_the_machine_usable() {
    let world = World::new();
    let loops = "for n in $(seq 8); do while :; do :; done & done; wait";
    let running = limited(&world, &["--cpus", "1", "--timeout", "20s"], loops);
    let mut seen = Value::Null;
    world.eventually("what it uses is shown", || {
        seen = session(&world);
        seen["usage"]["cpus_thousandths"]
            .as_u64()
            .is_some_and(|used| 300 < used)
    });
    assert!(
        seen["usage"]["cpus_thousandths"].as_u64().unwrap() < 1300,
        "{seen}"
    );
    assert_eq!(seen["limits"]["cpus_thousandths"], 1000, "{seen}");
    world.sh(&[], "true").succeeded();
    assert_eq!(running.finish().code, Some(124));
    let alone = world.sh(&["--cpus", "1"], "nproc");
    assert_eq!(alone.succeeded().stdout, "1\n");
    assert_ne!(world.sh(&["--cpus", "none"], "nproc").succeeded().stdout, "0\n");
}

#[test]
fn a_project_may_tighten_a_limit_and_loosen_none() {
    let world = World::new();
    world.write(".askbox.toml", "[limits]\nprocesses = 16\n");
    let many = "for n in $(seq 40); do sleep 0.2 & done; wait && echo all";
    let tight = world.sh(&[], &format!("bash -c '{many}'"));
    assert!(
        tight.stderr.contains("Resource temporarily unavailable"),
        "{tight:#?}"
    );
    world.write(".askbox.toml", "[limits]\nprocesses = \"none\"\n");
    let loose = world.sh(&["--pids", "16"], &format!("bash -c '{many}'"));
    assert!(
        loose.stderr.contains("Resource temporarily unavailable"),
        "{loose:#?}"
    );
    assert_eq!(
        world
            .sh(&["--pids", "80"], &format!("bash -c '{many}'"))
            .succeeded()
            .stdout,
        "all\n"
    );
}

#[test]
fn programs_are_asked_to_end_before_they_are_killed() {
    let world = World::new();
    let script =
        "setsid bash -c 'trap \"echo daemon > ended-daemon; exit\" TERM; touch ready; sleep 1000 & wait' &
        trap 'sleep 0.3; echo command > ended-command; exit' TERM; while :; do sleep 0.1; done";
    let start = || {
        let running = limited(&world, &[], script);
        world.eventually("both run", || world.project().join("ready").exists());
        std::fs::remove_file(world.project().join("ready")).unwrap();
        running
    };
    let asked = start();
    world.ok(&["stop", "--all"]);
    assert_eq!(asked.finish().code, Some(125));
    let ended = |name: &str| world.project().join(format!("ended-{name}")).exists();
    assert!(ended("command") && ended("daemon"));
    for name in ["command", "daemon"] {
        std::fs::remove_file(world.project().join(format!("ended-{name}"))).unwrap();
    }
    let killed = start();
    world.ok(&["stop", "--all", "--now"]);
    assert_eq!(killed.finish().code, Some(125));
    assert!(!ended("command") && !ended("daemon"));
}
