//! A log that is read where nothing can be written, or by somebody who may not.

use std::os::unix::fs::PermissionsExt;

use askbox_tests::{Running, World};

use crate::log::database;

#[test]
fn a_log_is_read_where_nothing_can_be_written() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let state = database(&world).parent().unwrap().to_owned();
    world.ok(&["daemon", "--stop"]);
    let (said, verified) = (world.ok(&["log"]), world.ok(&["log", "verify"]));
    assert!(said.contains("session"), "{said}");
    let allow = |mode| std::fs::set_permissions(&state, std::fs::Permissions::from_mode(mode)).unwrap();
    // As they are in a copy of the log alone; a reader that may write makes them anew.
    for end in ["-wal", "-shm"] {
        drop(std::fs::remove_file(state.join(format!("log.sqlite{end}"))));
    }
    allow(0o500);
    assert_eq!(world.ok(&["log"]), said);
    assert_eq!(world.ok(&["log", "verify"]), verified);
    // What is in a write-ahead log would be left out.
    allow(0o700);
    drop(std::fs::remove_file(state.join("log.sqlite-shm")));
    std::fs::write(state.join("log.sqlite-wal"), "more").unwrap();
    allow(0o500);
    let refused = Running::start(world.askbox(&["log"])).finish();
    allow(0o700);
    assert_eq!(refused.code, Some(125), "{refused:#?}");
    assert!(
        refused.stderr.contains("copy both into a directory"),
        "{refused:#?}"
    );
}

#[test]
fn a_log_that_may_not_be_read_is_said_to_be_closed_whatever_lies_beside_it() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let log = database(&world);
    world.ok(&["daemon", "--stop"]);
    let said = world.ok(&["log"]);
    let ahead = log.with_file_name("log.sqlite-wal");
    let allow = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let refused = || {
        let refused = Running::start(world.askbox(&["log"])).finish();
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(125), ""),
            "{refused:#?}"
        );
        refused.stderr
    };
    std::fs::write(&ahead, "more").unwrap();
    for closed in [&log, &ahead] {
        allow(closed, 0o000);
        let told = refused();
        allow(closed, 0o600);
        let name = format!("cannot read the log {closed:?}: Permission denied");
        assert!(
            told.contains(&name) && told.contains("where it is yours: chmod 600"),
            "{told}"
        );
    }
    // What it lies in closes it too, and is not taken for a log that is not there.
    let directory = log.parent().unwrap();
    allow(directory, 0o000);
    let told = refused();
    allow(directory, 0o700);
    assert!(
        told.contains(&format!("cannot read the log {log:?}: Permission denied")),
        "{told}"
    );
    std::fs::remove_file(&ahead).unwrap();
    assert_eq!(world.ok(&["log"]), said);
}
