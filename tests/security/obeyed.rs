//! Askbox's own rules where they lie in the project, as those do who keep their settings in a repository.

use std::fs;
use std::os::unix::fs::symlink;

use askbox_tests::World;

use crate::both::outside;

const DENIED: &[&str] = &["--non-interactive", "--preset", "development"];

/// A world whose policy.toml is a link to `settings/askbox/policy.toml` of the project.
fn world() -> World {
    let world = World::new();
    world.write_policy("");
    let file = world.write("settings/askbox/policy.toml", "");
    world.write("settings/askbox/other", "");
    world.write("settings/other", "");
    fs::remove_file(world.policy()).unwrap();
    symlink(file, world.policy()).unwrap();
    world
}

/// Each leads to a policy with a rule more.
const ATTACKS: &[&str] = &[
    "cat rule >> settings/askbox/policy.toml",
    "cp rule settings/askbox/new && mv settings/askbox/new settings/askbox/policy.toml",
    "ln -sf ../../rule settings/askbox/policy.toml",
    "mv settings/askbox settings/was && mkdir settings/askbox && cp rule settings/askbox/policy.toml",
    "mv settings was && mkdir -p settings/askbox && cp rule settings/askbox/policy.toml",
    "rm -r settings/askbox && mkdir settings/askbox && cp rule settings/askbox/policy.toml",
];

#[test]
fn threat_18_rules_in_the_project_cannot_be_written_inside() {
    let rule = "[[rule]]\neffect = \"allow\"\nnetwork = \"example.test\"\n";
    for attack in ATTACKS {
        let world = world();
        world.write("rule", rule);
        world.sh(DENIED, attack).failed();
        assert_eq!(fs::read_to_string(world.policy()).unwrap(), "", "{attack}");
        outside(&world, attack).succeeded();
        assert_eq!(fs::read_to_string(world.policy()).unwrap(), rule, "{attack}");
    }
}

#[test]
fn what_lies_beside_the_rules_can_be_written_and_rules_added_outside_count_at_once() {
    let world = world();
    world
        .sh(
            DENIED,
            "echo x > settings/other && mv settings/other settings/new && mkdir more",
        )
        .succeeded();
    let script =
        "until /usr/bin/whoami; do :; done > seen; echo x >> settings/askbox/policy.toml || echo held > held";
    world.write_policy("[[rule]]\neffect = \"deny\"\nexecute = \"/usr/bin/whoami\"\n");
    world.eventually("the rule counts", || {
        world.ok(&["rules", "list"]).contains("whoami")
    });
    let running = world.start_sh(DENIED, script);
    world.eventually("the denial is logged", || {
        world.has_logged("/usr/bin/whoami", "deny")
    });
    // By another file in its place, as editors do it and Askbox itself.
    let new = world.write("settings/askbox/new", "");
    fs::rename(new, world.project().join("settings/askbox/policy.toml")).unwrap();
    running.finish().succeeded();
    assert!(world.project().join("held").exists());
    assert_eq!(fs::read_to_string(world.policy()).unwrap(), "");
}

#[test]
fn a_project_that_must_be_written_where_the_rules_lie_is_refused() {
    let world = world();
    fs::remove_file(world.policy()).unwrap();
    symlink(world.write("policy.toml", ""), world.policy()).unwrap();
    let refused = world.sh(DENIED, "true");
    assert_eq!(refused.code, Some(125), "{refused:#?}");
    assert!(refused.stderr.contains("Askbox itself obeys"), "{refused:#?}");
    fs::remove_file(world.policy()).unwrap();
    world.write_policy("");
    world.sh(DENIED, "true").succeeded();
}

/// Names that a program inside may write, on the way from policy.toml to the file: a directory that is a link, a link in the
/// directory that this leads to, and the file in another one.
fn granted() -> World {
    let world = World::new();
    let dots = world.home().join("dots");
    for directory in ["settings", "files", "other"] {
        fs::create_dir_all(dots.join(directory)).unwrap();
    }
    let rule = "[[rule]]\neffect = \"allow\"\nnetwork = \"example.test\"\n";
    for file in ["rule", "other/policy.toml"] {
        fs::write(dots.join(file), rule).unwrap();
    }
    fs::write(dots.join("files/policy.toml"), "").unwrap();
    symlink("settings", dots.join("link")).unwrap();
    symlink("../files/policy.toml", dots.join("settings/policy")).unwrap();
    world
}

/// Each puts another file at the end of that way.
const REPLACEMENTS: &[&str] = &[
    "rm link; mkdir link; cp rule link/policy",
    "ln -sfn other link; cp rule other/policy",
    "mv settings was; mkdir settings; cp rule settings/policy",
    "rm settings/policy; cp rule settings/policy",
    "cp rule new; mv new settings/policy",
    "cat rule > files/policy.toml",
    "mv files was; mkdir files; cp rule files/policy.toml",
    "mv files was; mv other files",
    "python3 -c 'import ctypes; exit(ctypes.CDLL(None).renameat2(-100, b\"files\", -100, b\"other\", 2) != 0)'",
];

#[test]
fn threat_18_rules_in_a_directory_that_may_be_written_stay_whatever_name_leads_to_them() {
    for replacement in REPLACEMENTS {
        let world = granted();
        let dots = world.home().join("dots");
        let script = format!("cd ~/dots; set -e; {replacement}");
        let flags = ["--allow-read", "~/dots", "--allow-write", "~/dots"];
        let flags: Vec<_> = DENIED.iter().chain(&flags).copied().collect();
        world.write_policy("");
        fs::remove_file(world.policy()).unwrap();
        symlink(dots.join("link/policy"), world.policy()).unwrap();
        world.sh(&flags, &script).failed();
        assert_eq!(fs::read_to_string(world.policy()).unwrap(), "", "{replacement}");
        // The same names are names like others where nothing leads through them.
        fs::remove_file(world.policy()).unwrap();
        world.write_policy("# Mine.\n");
        world.eventually("nothing leads there any more", || {
            world.sh(&flags, &script).code == Some(0)
        });
        assert_ne!(
            fs::read_to_string(dots.join("link/policy")).unwrap(),
            "",
            "{replacement}"
        );
    }
}

#[test]
fn threat_18_a_block_list_in_a_directory_that_may_be_written_stays() {
    let world = World::new();
    let lists = world.home().join("lists");
    fs::create_dir_all(&lists).unwrap();
    fs::write(lists.join("names.txt"), "blocked.test\n").unwrap();
    world.write_policy("auto_approve = [\"write\"]\n[network]\nblock_lists = [\"~/lists/names.txt\"]\n");
    let flags = ["--non-interactive", "--allow-write", "~/lists"];
    for attack in [
        ": > ~/lists/names.txt",
        "rm ~/lists/names.txt",
        "mv ~/lists ~/was",
    ] {
        world.sh(&flags, attack).failed();
    }
    assert_eq!(
        fs::read_to_string(lists.join("names.txt")).unwrap(),
        "blocked.test\n"
    );
    world.sh(&flags, ": > ~/lists/other.txt").succeeded();
}
