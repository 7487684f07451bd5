//! Askbox's own programs where a session may write: a checkout of Askbox, a directory of tools. Whoever replaces one runs outside
//! with the next command.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use askbox_tests::{Finished, Machine, Running, Terminal, World, binary};

use crate::both::{outside, was_refused_inside};

const DENIED: &[&str] = &["--non-interactive", "--preset", "development"];

/// A world with Askbox's programs in this directory.
fn world(directory: impl Fn(&World) -> std::path::PathBuf) -> World {
    let world = World::new();
    let directory = directory(&world);
    fs::create_dir_all(&directory).unwrap();
    for name in ["askbox", "askbox-init"] {
        fs::copy(binary(name), directory.join(name)).unwrap();
    }
    fs::write(directory.join("askbox-tray"), "tray").unwrap();
    world.write("other", "evil");
    world
}

/// A run by the askbox of this directory.
fn run(world: &World, directory: &Path, options: &[&str], script: &str) -> Finished {
    let mut command = world.host(directory.join("askbox").to_str().unwrap());
    command.arg("run").args(options).args(["--", "sh", "-c", script]);
    Running::start(command).finish()
}

/// Each puts a program of its own in the place of one of Askbox's.
const ATTACKS: &[(&str, &str)] = &[
    ("askbox", "cp --remove-destination other target/release/askbox"),
    ("askbox-init", "mv other target/release/askbox-init"),
    ("askbox-tray", "cat other > target/release/askbox-tray"),
    (
        "askbox",
        "mv target/release target/was && mkdir target/release && cp other target/release/askbox",
    ),
    (
        "askbox",
        "mv target was && mkdir -p target/release && cp other target/release/askbox",
    ),
];

#[test]
fn threat_18_programs_of_askbox_in_the_project_cannot_be_replaced_inside() {
    for (name, attack) in ATTACKS {
        let world = world(|world| world.project().join("target/release"));
        let release = world.project().join("target/release");
        let before = fs::read(release.join(name)).unwrap();
        let refused = run(&world, &release, DENIED, attack);
        assert!(
            refused.code.is_some_and(|code| code != 0 && code != 125),
            "{attack}: {refused:#?}"
        );
        assert!(fs::read(release.join(name)).unwrap() == before, "{attack}");
        outside(&world, attack).succeeded();
        assert_eq!(fs::read(release.join(name)).unwrap(), b"evil", "{attack}");
    }
}

#[test]
fn the_askbox_that_starts_a_session_counts_whichever_the_daemon_is() {
    let world = world(|world| world.project().join("target/release"));
    let release = world.project().join("target/release");
    world.sh(DENIED, "true").succeeded();
    for (name, attack) in ATTACKS {
        let before = fs::read(release.join(name)).unwrap();
        run(&world, &release, DENIED, attack).failed();
        assert!(fs::read(release.join(name)).unwrap() == before, "{attack}");
    }
    run(&world, &release, DENIED, "cp other target/release/tool").succeeded();
}

#[test]
fn what_lies_beside_programs_of_askbox_is_written_and_a_notice_names_them() {
    let world = world(|world| world.project().join("target/release"));
    let release = world.project().join("target/release");
    let beside =
        "mkdir target/release/build && cp other target/release/tool && mv target/release/tool target/tool";
    run(&world, &release, DENIED, beside).succeeded();
    let opened = [DENIED, &["--allow-write", "target/release/askbox-tray"]].concat();
    run(&world, &release, &opened, "cp other target/release/askbox-tray").succeeded();
    assert_eq!(fs::read_to_string(release.join("askbox-tray")).unwrap(), "evil");
    let mut command = world.host(release.join("askbox").to_str().unwrap());
    command.args(["run", "--", "true"]);
    let told = Terminal::start(&command).finish();
    let said = "target/release/askbox, target/release/askbox-init, target/release/askbox-tray are read-only inside, since they are Askbox itself";
    assert!(told.shown.contains(said), "{told:#?}");
    let elsewhere =
        Terminal::start(&world.askbox(&["run", "--project", "target/release/build", "--", "true"])).finish();
    assert!(!elsewhere.shown.contains("Askbox itself"), "{elsewhere:#?}");
}

#[test]
fn a_link_in_the_project_that_leads_the_shell_to_askbox_cannot_be_replaced_inside() {
    for attack in [
        "ln -sf ../other tools/askbox",
        "mv tools was && mkdir tools && cp other tools/askbox",
    ] {
        let world = world(|world| world.project().join("other-tools"));
        let bin = world.home().join(".local/bin");
        for directory in [&bin, &world.project().join("tools")] {
            fs::create_dir_all(directory).unwrap();
        }
        symlink(binary("askbox"), world.project().join("tools/askbox")).unwrap();
        symlink(world.project().join("tools/askbox"), bin.join("askbox")).unwrap();
        let from_shell = |script: &str| {
            let mut command = world.askbox(&["run"]);
            command
                .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
                .args(DENIED)
                .args(["--", "sh", "-c", script]);
            command
        };
        let told = Terminal::start(&from_shell("true")).finish();
        let said = "tools is read-only inside, since a link in it leads to Askbox itself";
        assert!(told.shown.contains(said), "{told:#?}");
        let from_shell = |script: &str| Running::start(from_shell(script)).finish();
        let refused = from_shell(attack);
        assert!(
            refused.code.is_some_and(|code| code != 0 && code != 125),
            "{attack}: {refused:#?}"
        );
        assert_eq!(
            fs::read_link(world.project().join("tools/askbox")).unwrap(),
            binary("askbox")
        );
        from_shell("ln -sf ../other other-tools/mine").succeeded();
        outside(&world, attack).succeeded();
    }
}

#[test]
fn programs_of_askbox_outside_the_project_are_written_by_their_very_path_alone() {
    let world = world(|world| world.home().join("tools/askbox"));
    world.write_policy("auto_approve = [\"read\", \"write\"]\n");
    let tools = world.home().join("tools/askbox");
    let options = ["--non-interactive"];
    for attack in [
        "cp --remove-destination other ~/tools/askbox/askbox",
        "cp other ~/tools/askbox/askbox-tray",
        "mv ~/tools/askbox ~/tools/was",
        "mv ~/tools ~/was",
    ] {
        run(&world, &tools, &options, attack).failed();
    }
    run(
        &world,
        &tools,
        &options,
        "cp other ~/tools/askbox/mine && mv ~/tools/askbox/mine ~/tools/mine",
    )
    .succeeded();
    let named = ["--non-interactive", "--allow-write", "~/tools/askbox/askbox-tray"];
    run(&world, &tools, &named, "cp other ~/tools/askbox/askbox-tray").succeeded();
    assert_eq!(fs::read_to_string(tools.join("askbox-tray")).unwrap(), "evil");
}

/// Each has the shell's askbox, which is behind links in a directory that may be written, be another program.
const DETOURS: &[&str] = &[
    "mkdir -p v2; cp evil v2/askbox; ln -sfn v2 current",
    "rm current; mkdir current; cp evil current/askbox",
    "mv back was; ln -sn deep/back back; mkdir -p deep/back deep/v1; cp evil deep/v1/askbox",
];

#[test]
fn threat_18_links_to_askbox_outside_the_project_cannot_be_replaced_whatever_may_be_written() {
    for detour in DETOURS {
        let world = world(|world| world.home().join("tools/v1"));
        let (bin, tools) = (world.home().join(".local/bin"), world.home().join("tools"));
        for directory in [&bin, &tools.join("back")] {
            fs::create_dir_all(directory).unwrap();
        }
        fs::write(tools.join("evil"), "evil").unwrap();
        symlink("v1", tools.join("current")).unwrap();
        let by = if detour.contains("back") {
            "back/../v1"
        } else {
            "current"
        };
        symlink(tools.join(by).join("askbox"), bin.join("askbox")).unwrap();
        let from_shell = |options: &[&str], script: &str| {
            let mut command = world.askbox(&["run"]);
            command
                .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
                .args(options)
                .args(["--", "sh", "-c", script]);
            Running::start(command).finish()
        };
        let script = format!("cd ~/tools; set -e; {detour}");
        let before = fs::read(bin.join("askbox")).unwrap();
        let granted = [
            "--non-interactive",
            "--allow-read",
            "~/tools",
            "--allow-write",
            "~/tools",
        ];
        let refused = from_shell(&granted, &script);
        was_refused_inside(&refused, detour);
        assert!(fs::read(bin.join("askbox")).unwrap() == before, "{detour}");
        from_shell(
            &granted,
            "cd ~/tools; mkdir mine; cp evil mine/askbox; ln -s mine other",
        )
        .succeeded();
        outside(&world, &script).succeeded();
        assert_eq!(fs::read(bin.join("askbox")).unwrap(), b"evil", "{detour}");
    }
}

#[test]
fn a_directory_of_the_project_that_a_link_to_askbox_turns_back_in_keeps_its_name() {
    let world = world(|world| world.project().join("tools"));
    let bin = world.home().join(".local/bin");
    fs::create_dir_all(&bin).unwrap();
    for directory in ["way", "deep/way", "deep/tools"] {
        fs::create_dir_all(world.project().join(directory)).unwrap();
    }
    symlink(world.project().join("way/../tools/askbox"), bin.join("askbox")).unwrap();
    let detour = "cp other deep/tools/askbox; mv way was && ln -sn deep/way way";
    let mut command = world.askbox(&["run"]);
    command
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .args(DENIED)
        .args(["--", "sh", "-c", detour]);
    Running::start(command).finish().failed();
    assert!(fs::read(bin.join("askbox")).unwrap() != b"evil");
    outside(&world, detour).succeeded();
    assert_eq!(fs::read(bin.join("askbox")).unwrap(), b"evil");
}

#[test]
fn without_fuse_an_opened_directory_keeps_programs_of_askbox_and_of_the_path() {
    Machine::prepared(Machine::NO_FUSE, |_| {
        for attack in [
            "cp --remove-destination evil v1/askbox",
            "mv v1 was; mkdir v1; cp evil v1/askbox",
            "mv deep was; mkdir -p deep/bin; cp evil deep/bin/ls",
            "cp evil deep/bin/ls",
        ] {
            let world = world(|world| world.home().join("tools/v1"));
            let (bin, tools) = (world.home().join(".local/bin"), world.home().join("tools"));
            for directory in [&bin, &tools.join("deep/bin")] {
                fs::create_dir_all(directory).unwrap();
            }
            fs::write(tools.join("evil"), "evil").unwrap();
            symlink(tools.join("v1/askbox"), bin.join("askbox")).unwrap();
            let from_shell = |script: &str| {
                let mut command = world.askbox(&["run", "--non-interactive", "--allow-write", "~/tools"]);
                let (bin, deep) = (bin.display(), tools.join("deep/bin"));
                command
                    .env("PATH", format!("{bin}:{}:/usr/bin:/bin", deep.display()))
                    .args(["--", "sh", "-c", script]);
                Running::start(command).finish()
            };
            let script = format!("cd ~/tools; set -e; {attack}");
            let refused = from_shell(&script);
            was_refused_inside(&refused, attack);
            from_shell("cd ~/tools; mkdir mine; cp evil mine/ls").succeeded();
            outside(&world, &script).succeeded();
        }
    });
}
