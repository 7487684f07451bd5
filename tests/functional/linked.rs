//! Directories of Askbox and of the user that are behind a symbolic link, as those on another disk are.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use askbox_tests::{Repeater, Running, World};

/// Moves a directory elsewhere and leaves a link to it.
fn move_behind_a_link(world: &World, directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    let name = directory.file_name().unwrap().to_str().unwrap();
    let elsewhere = world.outside().join(name);
    fs::rename(directory, &elsewhere).unwrap();
    symlink(elsewhere, directory).unwrap();
}

#[test]
fn directories_of_askbox_may_be_behind_links() {
    for name in ["root", "root/config", "root/data", "root/state", "root/run"] {
        let world = World::new();
        move_behind_a_link(&world, &world.home().with_file_name(name));
        let service = Repeater::at(&world.project().join("db.sock"));
        // A private home, a socket that stands for one of the host, and the log by who writes and who reads it.
        let talk = "echo kept > ~/.cache/kept && echo hello | socat -t 20 - UNIX-CONNECT:db.sock";
        let first = world.sh(&["--socket", service.path()], talk);
        assert_eq!(first.succeeded().stdout, "host says hello\n", "{name}");
        assert_eq!(
            world.sh(&[], "cat ~/.cache/kept").succeeded().stdout,
            "kept\n",
            "{name}"
        );
        let started = world
            .log()
            .iter()
            .filter(|event| event["kind"] == "session")
            .count();
        assert!(2 <= started, "{name}: {started}");
        let verified = world.ok(&["log", "verify"]);
        assert!(verified.contains("intact"), "{name}: {verified}");
    }
}

#[test]
fn a_home_directory_may_be_behind_a_link_and_stays_closed() {
    let world = World::new();
    let link = world.outside().join("home");
    symlink(world.home(), &link).unwrap();
    world.write("file", "text\n");
    let key = world.home().join(".ssh/id_test");
    assert!(key.exists());
    let script = format!(
        "cat file; cat {} {}/.ssh/id_test ~/.ssh/id_test",
        key.display(),
        link.display()
    );
    let mut command = world.askbox(&["run", "--non-interactive", "--", "sh", "-c", &script]);
    // Without a root of its own everything lies below the home directory.
    command.env_remove("ASKBOX_ROOT").env("HOME", &link);
    let inside = Running::start(command).finish();
    let mut stop = world.askbox(&["daemon", "--stop"]);
    stop.env_remove("ASKBOX_ROOT").env("HOME", &link);
    Running::start(stop).finish().succeeded();
    assert_eq!(
        (inside.code, inside.stdout.as_str()),
        (Some(1), "text\n"),
        "{inside:#?}"
    );
    assert!(world.home().join(".local/state/askbox/log.sqlite").exists());
}
