//! Names that a program inside chose are harmless where a person reads them.

use askbox_tests::{Finished, Running, World};

/// Clears a terminal, and turns the direction of what follows.
const HIDDEN: [char; 2] = ['\u{1b}', '\u{202e}'];

/// A session in this directory of the project, which has a broken project file, is refused.
fn refused_in(world: &World, project: &str) -> Finished {
    let finished = Running::start(world.askbox(&["run", "--project", project, "--", "true"])).finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(125), ""),
        "{finished:#?}"
    );
    finished
}

#[test]
fn threat_62_a_name_made_inside_is_harmless_in_a_refusal() {
    let world = World::new();
    let make = "mkdir plain \"$1\" && echo broken > plain/.askbox.toml && cp plain/.askbox.toml \"$1\" \
                && ln -s plain plain-link && ln -s \"$1\" link";
    let odd = "a\u{1b}[2J\u{202e}b\nc";
    let words = ["run", "--", "sh", "-c", make, "sh", odd];
    Running::start(world.askbox(&words)).finish().succeeded();
    for project in ["plain", "plain-link"] {
        let refused = refused_in(&world, project);
        assert!(
            refused.stderr.contains("/project/plain/.askbox.toml"),
            "{refused:#?}"
        );
    }
    for project in [odd, "link"] {
        let refused = refused_in(&world, project);
        assert!(
            refused
                .stderr
                .contains(r"/project/a\u{1b}[2J\u{202e}b\nc/.askbox.toml"),
            "{refused:#?}"
        );
        assert!(!refused.stderr.contains(HIDDEN), "{refused:#?}");
    }
}
