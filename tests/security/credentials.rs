//! Credentials under another name.

use std::fs;

use askbox_tests::{MARKER, World};

use crate::both::outside;

#[test]
fn threat_1_another_name_of_a_credential_is_as_closed_as_its_own() {
    let world = World::new();
    let (key, link) = (
        world.home().join(".ssh/id_test"),
        world.home().join("notes/harmless"),
    );
    fs::hard_link(&key, &link).unwrap();
    let read = "cat ~/notes/harmless";
    assert!(outside(&world, read).succeeded().stdout.contains(MARKER));
    for options in [&["--allow-read", "~/notes"][..], &["--allow-write", "~/notes"]] {
        let inside = world.sh(options, read);
        assert!(
            inside.failed().stderr.contains("Permission denied"),
            "{inside:#?}"
        );
        assert!(!inside.stdout.contains(MARKER));
    }
    let twin = world.sh(&["--allow-read", "~/notes"], "cat ~/notes/spec.md");
    assert!(twin.succeeded().stdout.contains(MARKER));
}

#[test]
fn threat_1_a_link_in_a_credential_directory_leads_to_a_credential() {
    let world = World::new();
    let key = world.home().join("notes/key");
    fs::write(&key, MARKER).unwrap();
    std::os::unix::fs::symlink("../notes/key", world.home().join(".ssh/id_linked")).unwrap();
    let inside = world.sh(&["--allow-read", "~/notes"], "cat ~/notes/key");
    assert!(!inside.failed().stdout.contains(MARKER), "{inside:#?}");
    let twin = world.sh(&["--allow-read", "~/notes"], "cat ~/notes/spec.md");
    assert!(twin.succeeded().stdout.contains(MARKER));
}
