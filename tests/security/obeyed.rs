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
