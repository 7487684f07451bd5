//! Walls that are taken down by name: who says so, and who is told.

use askbox_tests::World;
use serde_json::{Value, json};

/// Fails with EPERM unless the wall before debuggers is down.
const TRACE: &str = "strace -o /dev/null true";

fn sessions(world: &World) -> Vec<Value> {
    serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap()
}

#[test]
fn a_switch_is_said_where_sessions_are_listed() {
    let world = World::new();
    let running = world.start_sh(&["--debugger"], "until [ -e over ]; do sleep 0.1; done");
    let mut last = Value::Null;
    world.eventually("the session runs", || {
        last = sessions(&world).into_iter().next().unwrap_or_default();
        last["state"] == "running"
    });
    assert_eq!(
        last["switches"],
        json!({"nested_sandbox": false, "debugger": true})
    );
    assert!(
        world
            .ok(&["sessions"])
            .contains("programs inside may debug each other\n")
    );
    let status: Value = serde_json::from_str(&world.ok(&["status", "--json"])).unwrap();
    assert_eq!(
        status["policy"]["switches"],
        json!({"nested_sandbox": false, "debugger": false})
    );
    world.write("over", "");
    running.finish().succeeded();
}

#[test]
fn policy_toml_takes_a_wall_down_for_every_session() {
    let world = World::new();
    world.sh(&[], TRACE).failed();
    world.write_policy("[sandbox]\ndebugger = true\n");
    world.eventually("the policy is in force", || {
        let status: Value = serde_json::from_str(&world.ok(&["status", "--json"])).unwrap();
        status["policy"]["switches"]["debugger"] == true
    });
    world.sh(&[], TRACE).succeeded();
    assert!(
        world
            .ok(&["status"])
            .contains("programs inside may debug each other\n")
    );
    world.sh(&[], "unshare -Ur true").failed();
}

#[test]
fn a_project_takes_no_wall_down_before_it_is_trusted() {
    let world = World::new();
    world.write(".askbox.toml", "[sandbox]\ndebugger = true\n");
    world.sh(&[], TRACE).failed();
    world.ok(&["trust"]);
    world.sh(&[], TRACE).succeeded();
    world.write(".askbox.toml", "[sandbox]\ndebugger = false\n");
    world.sh(&["--debugger"], TRACE).failed();
    std::fs::remove_file(world.project().join(".askbox.toml")).unwrap();
    world.sh(&["--debugger"], TRACE).succeeded();
}
