//! Directories that a bind mount shows in a second place, as administrators and systems with their state elsewhere make them: what is
//! closed by one name is closed by the other.

use std::fs;
use std::os::unix::fs::symlink;

use askbox_tests::{Finished, Running, World};

use crate::both::was_refused_inside;

/// The home directory below /srv, and a directory of it beside itself.
const MOUNTS: &str =
    "mount --bind ~/dots ~/view; mount -t tmpfs tmpfs /srv; mkdir /srv/home; mount --bind ~ /srv/home";

const RULE: &str = "[[rule]]\neffect = \"allow\"\nread = \"~/.ssh/id_test\"\n";

/// A world with what the mounts want, and `policy.toml` in the directory that is shown twice.
fn world() -> World {
    let world = World::new();
    let home = world.home();
    for directory in ["dots/conf", "dots/other", "view", ".ssh", "notes"] {
        fs::create_dir_all(home.join(directory)).unwrap();
    }
    fs::write(home.join(".bashrc"), "").unwrap();
    fs::write(home.join("dots/rule"), RULE).unwrap();
    world
}

/// Has policy.toml lead into that directory.
fn link_policy(world: &World) {
    let file = world.home().join("dots/conf/policy.toml");
    fs::write(&file, "").unwrap();
    world.write_policy("");
    fs::remove_file(world.policy()).unwrap();
    symlink(file, world.policy()).unwrap();
}

/// A script on the host among these mounts, in a mount namespace of its own.
fn among_mounts(world: &World, script: &str) -> Finished {
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let as_user =
        format!("exec unshare --user --map-user={user} --map-group={group} -- bash --norc -c \"$SCRIPT\"");
    let mut command = world.host_script(&format!(
        "exec unshare --user --map-root-user --mount sh -ec '{MOUNTS}; {as_user}'"
    ));
    command.env("SCRIPT", script);
    Running::start(command).finish()
}

/// A session among them, in this directory, with nobody to answer.
fn run(world: &World, directory: &str, flags: &str, script: &str) -> Finished {
    let run = format!("cd {directory} && \"$ASKBOX\" run --non-interactive {flags} -- sh -c '{script}'");
    // The next one has a mount namespace of its own, in which this daemon could not start it.
    let stop = "code=$?; \"$ASKBOX\" daemon --stop; exit $code";
    among_mounts(world, &format!("{run}; {stop}"))
}

/// Each puts the rule in the place of policy.toml, from the directory's second place.
const REPLACEMENTS: &[&str] = &[
    "cat rule > conf/policy.toml",
    "mv conf was; mkdir conf; cp rule conf/policy.toml",
    "mv conf was; mv other conf; cp rule conf/policy.toml",
];

#[test]
fn threat_18_rules_are_held_by_each_name_of_the_directory_that_they_are_in() {
    for replacement in REPLACEMENTS {
        let world = world();
        link_policy(&world);
        let granted = "--allow-read ~/view --allow-write ~/view";
        for (directory, flags) in [("~/view", ""), ("~", "--project ~/view"), ("~/project", granted)] {
            let script = format!("cd ~/view; set -e; {replacement}");
            let refused = run(&world, directory, flags, &script);
            was_refused_inside(&refused, replacement);
            assert_eq!(fs::read_to_string(world.policy()).unwrap(), "", "{replacement}");
        }
        // By the same words where nothing leads there.
        fs::remove_file(world.policy()).unwrap();
        world.write_policy("# Mine.\n");
        world.eventually("nothing leads there any more", || {
            run(
                &world,
                "~/project",
                granted,
                &format!("cd ~/view; set -e; {replacement}"),
            )
            .code
                == Some(0)
        });
        assert_eq!(
            fs::read_to_string(world.home().join("dots/conf/policy.toml")).unwrap(),
            RULE
        );
    }
}

#[test]
fn threat_20_the_home_directory_is_no_project_by_any_name() {
    let world = world();
    for (directory, why) in [
        ("/srv/home", "it is the home directory or holds it"),
        ("/srv", "it is the home directory or holds it"),
        ("/srv/home/.ssh", "it lies in"),
    ] {
        let refused = run(&world, directory, "", "true");
        assert_eq!(refused.code, Some(125), "{directory}: {refused:#?}");
        assert!(refused.stderr.contains(why), "{directory}: {refused:#?}");
    }
    let notes = run(&world, "/srv/home/notes", "", "echo text > made && cat made");
    assert!(notes.succeeded().stdout.starts_with("text\n"), "{notes:#?}");
    assert!(world.home().join("notes/made").exists());
}

#[test]
fn threat_19_both_lists_count_by_each_name_of_the_home_directory() {
    let world = world();
    world.write_policy("auto_approve = [\"read\", \"write\"]\n");
    fs::write(world.home().join(".ssh/id_test"), "key").unwrap();
    for script in [
        "cat /srv/home/.ssh/id_test",
        "ls /srv/home/.ssh",
        "echo evil >> /srv/home/.bashrc",
        "mv /srv/home/.ssh /srv/home/was",
        "mkdir -p /srv/home/.config/autostart/x",
    ] {
        let opened = "--allow-read /srv/home --allow-write /srv/home";
        was_refused_inside(&run(&world, "~/project", opened, script), script);
        was_refused_inside(&run(&world, "~/project", "", script), script);
    }
    let notes = run(
        &world,
        "~/project",
        "",
        "echo text > /srv/home/notes/made && cat /srv/home/notes/made",
    );
    assert!(notes.succeeded().stdout.starts_with("text\n"), "{notes:#?}");
    // Nothing of it is closed but by its names.
    among_mounts(
        &world,
        "cat /srv/home/.ssh/id_test && echo mine >> /srv/home/.bashrc",
    )
    .succeeded();
}
