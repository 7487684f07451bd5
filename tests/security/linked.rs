//! What the lists name where it is a link, as those have it who keep their settings in one directory: what it leads to is closed as
//! if it lay there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use askbox_tests::{Machine, Terminal, World};

use crate::both::{outside, was_refused_inside, works_everywhere, works_only_outside};

/// Links from the home directory into this one, which holds more besides.
fn link_settings(world: &World, settings: &Path) {
    for directory in ["deep/ssh", "deep/other", "aws", "shell"] {
        fs::create_dir_all(settings.join(directory)).unwrap();
    }
    for file in [
        "deep/ssh/id_test",
        "aws/credentials",
        "aws/config",
        "shell/bashrc",
        "shell/other",
        "new",
    ] {
        fs::write(settings.join(file), "text\n").unwrap();
    }
    let home = world.home();
    fs::create_dir_all(home.join(".aws")).unwrap();
    for (link, target) in [
        (".ssh", "deep/ssh"),
        (".aws/credentials", "aws/credentials"),
        (".bashrc", "shell/bashrc"),
    ] {
        let link = home.join(link);
        drop(fs::remove_dir_all(&link));
        drop(fs::remove_file(&link));
        symlink(settings.join(target), link).unwrap();
    }
}

/// In the directory of the settings. Each reads what is closed, moves it to where the next session would read it, or puts another in
/// its place.
const ATTACKS: &[&str] = &[
    "cat deep/ssh/id_test",
    "cat aws/credentials",
    "mv deep/ssh deep/was",
    "mv deep was",
    "mv aws/credentials aws/was",
    "mv aws was && mkdir aws && cp new aws/credentials",
    "touch deep/ssh/authorized_keys",
    "echo evil >> shell/bashrc",
    "cp new shell/b && mv shell/b shell/bashrc",
    "mv shell was && mkdir shell && cp new shell/bashrc",
];

/// What lies beside is written and moved.
const FREE: &str =
    "cat shell/other && echo text > shell/mine && mv shell/mine deep/mine && mv deep/other deep/moved";

const GRANTED: [&str; 5] = [
    "--non-interactive",
    "--allow-read",
    "~/dots",
    "--allow-write",
    "~/dots",
];

#[test]
fn threat_19_what_a_listed_link_leads_to_is_closed_where_its_directory_is_granted() {
    for attack in ATTACKS {
        let world = World::new();
        link_settings(&world, &world.home().join("dots"));
        let script = format!("cd ~/dots && {attack}");
        let refused = world.sh(&GRANTED, &script);
        was_refused_inside(&refused, attack);
        world.sh(&GRANTED, &format!("cd ~/dots && {FREE}")).succeeded();
        outside(&world, &script).succeeded();
    }
}

#[test]
fn threat_19_what_a_listed_link_leads_to_is_closed_in_the_project() {
    for attack in ATTACKS {
        let world = World::new();
        link_settings(&world, &world.project());
        let refused = world.sh(&["--non-interactive"], attack);
        was_refused_inside(&refused, attack);
        world.sh(&["--non-interactive"], FREE).succeeded();
        outside(&world, attack).succeeded();
    }
}

#[test]
fn a_start_up_file_that_is_a_link_into_the_project_is_named_and_opened_by_its_path() {
    let world = World::new();
    link_settings(&world, &world.project());
    let told = Terminal::start(&world.askbox(&["run", "--", "true"])).finish();
    let said = "shell/bashrc is read-only inside, since a link makes it one of your start-up files; `--allow-write shell/bashrc` opens it";
    assert!(told.shown.contains(said), "{told:#?}");
    world
        .sh(&["--allow-write", "shell/bashrc"], "echo mine >> shell/bashrc")
        .succeeded();
    assert_eq!(
        fs::read_to_string(world.home().join(".bashrc")).unwrap(),
        "text\nmine\n"
    );
}

#[test]
fn threat_19_without_fuse_too() {
    Machine::prepared(Machine::NO_FUSE, |_| {
        for attack in ATTACKS {
            let world = World::new();
            link_settings(&world, &world.home().join("dots"));
            let script = format!("cd ~/dots && {attack}");
            let refused = world.sh(&GRANTED, &script);
            was_refused_inside(&refused, attack);
            world.sh(&GRANTED, &format!("cd ~/dots && {FREE}")).succeeded();
            outside(&world, &script).succeeded();
        }
    });
}

#[test]
fn without_fuse_an_opened_home_directory_keeps_its_secrets_and_the_project_stays_writable() {
    Machine::prepared(Machine::NO_FUSE, |_| {
        let world = World::new();
        let home = world.home();
        for directory in [".cargo", ".npm", "notes"] {
            fs::create_dir_all(home.join(directory)).unwrap();
            fs::write(home.join(directory).join("file"), "text\n").unwrap();
        }
        // In what is a session's own otherwise.
        fs::write(home.join(".cargo/credentials.toml"), "token\n").unwrap();
        let opened = ["--non-interactive", "--allow-read", "~"];
        works_only_outside(&world, &opened, "cat ~/.cargo/credentials.toml");
        works_everywhere(&world, &opened, "cat ~/notes/file && cat ~/.cargo/file");
        works_everywhere(&world, &opened, "echo text > made && cat made");
    });
}
