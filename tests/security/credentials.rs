//! Credentials under another name, and those that the list knows by a wildcard: nothing is learnt of them, nothing is changed,
//! nobody is asked, and each attempt is an event.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

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

/// Whether an event has this kind, target and verdict.
fn has_event(log: &[serde_json::Value], kind: &str, target: &str, verdict: &str) -> bool {
    log.iter()
        .any(|event| event["kind"] == kind && event["target"] == target && event["verdict"] == verdict)
}

/// Ways to change the file that `$1` names, or to make one more name of it.
const CHANGES: &[&str] = &[
    "chmod 640 $1",
    "touch -d @1 $1",
    "echo >> $1",
    "/usr/bin/python3 -c 'import os, sys; os.truncate(sys.argv[1], 3)' $1",
    "/usr/bin/python3 -c 'import os, sys; os.setxattr(sys.argv[1], \"user.one\", b\"1\")' $1",
    "/usr/bin/python3 -c 'import os, sys; os.removexattr(sys.argv[1], \"user.one\")' $1",
    "ln $1 ~/notes/third && rm ~/notes/third",
];

#[test]
fn threat_1_another_name_of_a_credential_is_not_changed_asked_about_or_said_to_be_allowed() {
    for change in CHANGES {
        let world = World::new();
        let name = world.home().join("notes/harmless");
        fs::hard_link(world.home().join(".ssh/id_test"), &name).unwrap();
        let mark = "/usr/bin/python3 -c 'import os, sys; os.setxattr(sys.argv[1], \"user.one\", b\"0\")' $1";
        for name in ["harmless", "spec.md"] {
            outside(&world, &format!("set -- ~/notes/{name}; {mark}")).succeeded();
        }
        let look = || {
            let stat = fs::metadata(&name).unwrap();
            (stat.mode(), stat.len(), stat.mtime(), stat.ctime(), stat.nlink())
        };
        let before = look();
        let attack = format!("set -- ~/notes/harmless; {change}");
        for options in [&[][..], &["--allow-write", "~/notes"]] {
            let inside = world.sh(options, &attack);
            assert!(
                inside.failed().stderr.contains("Permission denied")
                    || inside.stderr.contains("PermissionError"),
                "{change}: {inside:#?}"
            );
            assert_eq!(look(), before, "{change}");
        }
        let log = world.log();
        let target = name.to_str().unwrap();
        assert!(has_event(&log, "write", target, "deny"), "{change}: {log:#?}");
        assert!(
            !log.iter()
                .any(|event| event["target"] == target && event["verdict"] != "deny"),
            "{change}: {log:#?}"
        );
        let twin = format!("set -- ~/notes/spec.md; {change}");
        world
            .sh(&["--allow-read", "~/notes", "--allow-write", "~/notes"], &twin)
            .succeeded();
        outside(&world, &attack).succeeded();
    }
}

/// What the list knows by a wildcard: a directory that is there, what lies in it, and another that is not there.
const WILDCARDS: &[(&str, &str, &str)] = &[
    (
        ".config/google-chrome",
        "Default/Cookies",
        ".config/google-chrome-beta",
    ),
    (
        ".config/microsoft-edge-dev",
        "Default/Login Data",
        ".config/microsoft-edge",
    ),
    (".config/vivaldi", "Default/Cookies", ".config/vivaldi-snapshot"),
    (".config/opera", "Cookies", ".config/opera-beta"),
    (".aider.tags.cache.v4", "cache.db", ".aider.tags.cache.v3"),
];

#[test]
fn threat_1_a_directory_that_the_list_knows_by_a_wildcard_is_closed_at_once_with_an_event() {
    let world = World::new();
    let put = |path: PathBuf| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, MARKER).unwrap();
    };
    // The last is a directory in the place of a file.
    let there = WILDCARDS.iter().map(|(there, below, _)| (*there, *below));
    for (directory, below) in there.chain([(".ansible/vault", "password")]) {
        put(world.home().join(directory).join(below));
        let read = format!("cat ~/'{directory}/{below}'");
        let list = format!("ls ~/{directory}");
        assert_eq!(outside(&world, &read).succeeded().stdout, MARKER);
        outside(&world, &list).succeeded();
        for script in [&read, &list] {
            let inside = world.sh(&["--allow-read", "~"], script);
            assert!(
                inside.failed().stderr.contains("Permission denied") && inside.stdout.is_empty(),
                "{script}: {inside:#?}"
            );
        }
        let look = world.sh(&[], &format!("stat -c '%F %a' ~/{directory}"));
        assert_eq!(look.succeeded().stdout, "directory 0\n", "{directory}");
        let log = world.log();
        let top = world.home().join(directory);
        let first = top.join(below.split('/').next().unwrap());
        for target in [top, first] {
            let target = target.to_str().unwrap();
            assert!(has_event(&log, "read", target, "deny"), "{target}: {log:#?}");
        }
    }
    put(world.home().join(".config/ordinary/x"));
    let twin = world.sh(
        &["--allow-read", "~/.config/ordinary"],
        "ls ~/.config/ordinary; cat ~/.config/ordinary/x",
    );
    assert_eq!(twin.succeeded().stdout, format!("x\n{MARKER}"));
}

#[test]
fn threat_16_what_the_list_knows_by_a_wildcard_looks_the_same_whether_it_exists_or_not() {
    let world = World::new();
    let look_at = |name: &str| {
        let script = format!(
            "set -- ~/{name}; {{ stat -c '%F %a %s %h' $1; ls $1; cat $1 $1/Default/x; test -e $1/Default; \
             echo $?; echo > $1; rmdir $1; mv $1 ~/x; }} 2>&1"
        );
        world.sh(&[], &script).stdout.replace(name, "NAME")
    };
    for (there, below, absent) in WILDCARDS {
        let path = world.home().join(there).join(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, MARKER).unwrap();
        let seen = look_at(there);
        assert_eq!(seen, look_at(absent));
        assert!(seen.starts_with("directory 0 "), "{seen}");
        assert!(!world.home().join(absent).exists());
    }
    fs::write(world.home().join(".aider.conf.yml"), MARKER).unwrap();
    let seen = look_at(".aider.conf.yml");
    assert_eq!(seen, look_at(".aider.chat.history.md"));
    assert!(seen.starts_with("regular empty file 0 "), "{seen}");
}
