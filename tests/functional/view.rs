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
