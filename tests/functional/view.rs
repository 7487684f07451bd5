//! What a session sees of the machine.

use askbox_tests::{MARKER, World};

#[test]
fn the_project_can_be_written() {
    let world = World::new();
    world.sh(&[], "echo hello > made.txt").succeeded();
    assert_eq!(
        std::fs::read_to_string(world.project().join("made.txt")).unwrap(),
        "hello\n"
    );
}

#[test]
fn credentials_are_denied_and_readable_outside() {
    let world = World::new();
    for name in [
        ".ssh/id_rsa",
        ".aws/credentials",
        ".config/gcloud/credentials.db",
        ".kube/config",
        ".netrc",
    ] {
        let path = world.home().join(name);
        assert!(std::fs::read_to_string(&path).unwrap().contains(MARKER));
        let finished = world.sh(&[], &format!("cat '{}'", path.display()));
        finished.failed();
        assert!(finished.stderr.contains("Permission denied"), "{finished:#?}");
    }
}

#[test]
fn a_denied_path_is_closed_by_flag_and_by_rule_and_open_without() {
    let world = World::new();
    world.write("closed/note", MARKER);
    let read = "cat closed/note";
    assert_eq!(world.sh(&[], read).succeeded().stdout, MARKER);
    for path in ["closed", "closed/note"] {
        let finished = world.sh(&["--deny-path", path], read);
        finished.failed();
        assert!(finished.stderr.contains("Permission denied"), "{finished:#?}");
    }
    let path = world.project().join("closed");
    world.write_policy(&format!(
        "[[rule]]\neffect = \"deny\"\nread = \"{}\"\n",
        path.display()
    ));
    world.ok(&["daemon", "--restart"]);
    world.sh(&[], read).failed();
}

#[test]
fn a_denied_path_is_closed_by_each_of_its_names_and_nothing_else_is() {
    let world = World::new();
    world.write("closed/note", MARKER);
    world.write("open/note", MARKER);
    std::os::unix::fs::symlink("closed", world.project().join("link")).unwrap();
    for (path, script) in [
        ("closed", "cat closed/note"),
        ("closed", "cat link/note"),
        ("closed", "ls closed"),
        ("closed", "echo x > closed/note"),
        ("closed", "mv closed elsewhere"),
        ("link", "cat closed/note"),
        ("~/project/closed", "cat closed/note"),
    ] {
        let finished = world.sh(
            &["--deny-path", path],
            &format!("cat open/note && {{ {script}; }}"),
        );
        assert_eq!(
            (finished.code == Some(0), finished.stdout.as_str()),
            (false, MARKER),
            "{path} {script}: {finished:#?}"
        );
    }
    assert_eq!(
        std::fs::read_to_string(world.project().join("closed/note")).unwrap(),
        MARKER
    );
    world
        .sh(
            &["--deny-path", "closed"],
            "cp open/note copy && mv open elsewhere",
        )
        .succeeded();
    for needed in ["/usr", "/usr/bin", ".", "~"] {
        let finished = world.sh(&["--deny-path", needed], "true");
        assert_eq!(finished.code, Some(125), "{finished:#?}");
        assert!(
            finished.stderr.contains("the session needs") && finished.stderr.contains("hint: "),
            "{finished:#?}"
        );
    }
}

#[test]
fn a_flag_that_closes_nothing_is_told_to_a_script_too() {
    let world = World::new();
    world.write("keys", MARKER);
    for (flags, is_told) in [
        (&["--deny-path", "kyes"][..], true),
        (&["--deny-path", "kyes", "--quiet"], false),
        (&["--deny-path", "keys"], false),
    ] {
        let finished = world.sh(flags, "true");
        let told = finished.succeeded().stderr.contains("kyes` closes nothing");
        assert_eq!(told, is_told, "{flags:?}: {finished:#?}");
    }
}

#[test]
fn a_launch_that_fails_in_its_last_step_says_why() {
    // A rule is not looked through at launch as a flag is.
    let closing = |path: &str| {
        let world = World::new();
        world.write_policy(&format!("[[rule]]\neffect = \"deny\"\nread = \"{path}\"\n"));
        world.sh(&[], "true")
    };
    closing("/usr/share/doc").succeeded();
    let finished = closing("/usr/bin");
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    assert!(
        finished.stderr.contains("cannot start /usr/bin/bwrap"),
        "{finished:#?}"
    );
}

#[test]
fn a_flag_that_would_close_nothing_is_refused() {
    let world = World::new();
    world.write("note.key", MARKER);
    let finished = world.sh(&["--deny-path", "*.key"], "cat note.key");
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    assert!(finished.stderr.contains("wildcards"), "{finished:#?}");
    assert!(finished.stderr.contains("hint: "), "{finished:#?}");
}
