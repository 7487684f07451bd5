//! Which directories may be a project, and that Askbox's own are never reachable.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::Path;

use askbox_tests::{Running, World};

use crate::both::works_only_outside;

fn start_in(world: &World, directory: &Path) -> askbox_tests::Finished {
    let mut command = world.askbox(&["run", "--", "pwd"]);
    command.current_dir(directory);
    Running::start(command).finish()
}

#[test]
fn threat_20_directories_that_hold_or_are_protected_places_are_refused() {
    let world = World::new();
    let home = world.home();
    fs::create_dir_all(home.join(".local/share")).unwrap();
    fs::create_dir_all(world.root().join("state")).unwrap();
    symlink(&home, world.outside().join("link")).unwrap();
    for directory in [
        "/".into(),
        "/etc".into(),
        "/tmp".into(),
        "/dev/shm".into(),
        "/proc/self".into(),
        home.clone(),
        home.join("project/.."),
        home.parent().unwrap().to_owned(),
        home.join(".ssh"),
        home.join(".aws"),
        home.join(".config"),
        home.join(".config/gcloud"),
        home.join(".local"),
        home.join(".local/share"),
        world.root(),
        world.root().join("config"),
        world.root().join("state"),
        world.outside().join("link"),
    ] {
        let by_place = start_in(&world, &directory);
        let by_option =
            Running::start(world.askbox(&["run", "--project", directory.to_str().unwrap(), "--", "pwd"]));
        for refused in [by_place, by_option.finish()] {
            assert_eq!(
                (refused.code, refused.stdout.as_str()),
                (Some(125), ""),
                "{directory:?} {refused:#?}"
            );
            assert!(
                refused.stderr.contains("cannot be a project") && refused.stderr.contains("hint:"),
                "{refused:#?}"
            );
        }
    }
    for directory in [
        world.project(),
        world.outside(),
        home.join("notes"),
        home.join(".config/other"),
    ] {
        fs::create_dir_all(&directory).unwrap();
        let accepted = start_in(&world, &directory);
        assert_eq!(accepted.succeeded().stdout.trim(), directory.to_str().unwrap());
    }
}

#[test]
fn threat_20_what_a_protected_place_leads_to_is_as_good_as_itself() {
    let world = World::new();
    let home = world.home();
    for directory in ["dot", ".config/other", ".config/google-chrome"] {
        fs::create_dir_all(home.join(directory)).unwrap();
    }
    for (name, place) in [(".ssh", "dot/ssh"), (".config", "dot/config")] {
        fs::rename(home.join(name), home.join(place)).unwrap();
        symlink(home.join(place), home.join(name)).unwrap();
    }
    // What a wildcard of the lists matches behind the link too.
    for directory in ["dot/ssh", "dot/config/google-chrome", "dot/config/gcloud"] {
        let refused = start_in(&world, &home.join(directory));
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(125), ""),
            "{directory}: {refused:#?}"
        );
        assert!(
            refused.stderr.contains("cannot be a project: it lies in"),
            "{refused:#?}"
        );
    }
    for directory in ["dot", "dot/config/other"] {
        let directory = home.join(directory);
        let accepted = start_in(&world, &directory);
        assert_eq!(accepted.succeeded().stdout.trim(), directory.to_str().unwrap());
    }
}

#[test]
fn threat_18_our_own_files_are_unreachable_also_from_a_project_beside_them() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let root = world.root();
    let sibling = world.root().with_file_name("beside");
    fs::create_dir(&sibling).unwrap();
    let root = root.display();
    for path in [
        "config/policy.toml",
        "state/log.sqlite",
        "state/daemon.log",
        "run/askbox.lock",
    ] {
        let script = format!("cat {root}/{path}");
        works_only_outside(&world, &[], &script);
        works_only_outside(&world, &["--project", sibling.to_str().unwrap()], &script);
        let beside = format!("cd {} && cat ../root/{path}", sibling.display());
        works_only_outside(&world, &["--project", sibling.to_str().unwrap()], &beside);
    }
    works_only_outside(&world, &[], &format!("ls {root}"));
    works_only_outside(&world, &[], &format!("ls {root}/data/homes/*"));
    let before = fs::read(world.policy()).unwrap();
    for attack in [
        "rm -rf",
        "mkdir -p",
        "chmod 777",
        "mkdir -p {root}/config && echo x >",
    ] {
        let attack = attack.replace("{root}", &root.to_string());
        world.sh(&[], &format!("{attack} {root}/config/policy.toml"));
        assert_eq!(fs::read(world.policy()).unwrap(), before, "{attack}");
    }
}

#[test]
fn threat_18_no_flag_opens_our_own_files() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let (root, base) = (world.root(), world.home());
    let base = base.parent().unwrap().to_str().unwrap();
    let script = format!(
        "cat {0}/config/policy.toml {0}/state/log.sqlite; ls {0}/state {0}/run; echo x > {0}/config/policy.toml; \
         echo x > {0}/config/new; rm {0}/state/log.sqlite; ls {0}/data/homes; true",
        root.display()
    );
    let before = fs::read(world.policy()).unwrap();
    for options in [
        ["--allow-read", root.to_str().unwrap()],
        ["--allow-write", root.to_str().unwrap()],
        ["--allow-write", root.join("config").to_str().unwrap()],
        ["--allow-read", root.join("config/policy.toml").to_str().unwrap()],
        ["--allow-write", root.join("config/policy.toml").to_str().unwrap()],
        ["--allow-read", base],
        ["--allow-write", base],
    ] {
        let inside = world.sh(&options, &script);
        assert_eq!(inside.stdout, "", "{options:?} {inside:#?}");
        assert_eq!(fs::read(world.policy()).unwrap(), before, "{options:?}");
        assert!(!root.join("config/new").exists() && root.join("state/log.sqlite").exists());
    }
    let outside = world.outside();
    fs::write(outside.join("policy.toml"), "twin").unwrap();
    let twin = world.sh(
        &["--allow-read", base],
        &format!("cat {}/policy.toml", outside.display()),
    );
    assert_eq!(twin.succeeded().stdout, "twin", "{twin:#?}");
}

#[test]
fn threat_18_nothing_inside_can_answer() {
    let world = World::new();
    let socket = world.root().join("run/askbox.sock");
    fs::copy(world.askbox(&[]).get_program(), world.project().join("askbox")).unwrap();
    let script = format!(
        "export ASKBOX_ROOT={}; ./askbox allow 1; ./askbox questions; ./askbox status --json | grep '\"running\": true'",
        world.root().display()
    );
    let inside = world.sh(&[], &script);
    inside.failed();
    let by_socket = format!(
        "/usr/bin/python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect(\"{}\")'",
        socket.display()
    );
    works_only_outside(&world, &[], &by_socket);
    drop(UnixStream::connect(&socket).unwrap());
    assert!(
        world.ok(&["status", "--json"]).contains("\"running\": true"),
        "the daemon lives on"
    );
}
