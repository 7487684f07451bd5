use std::fs;
use std::os::unix::fs::symlink;

use super::super::{Guards, Outside, look};
use super::*;
use crate::git;
use crate::plan::Access;
use crate::sight::Sight;
use crate::testing::Project;

/// What is held and what is open for a program that is started by this path of the project.
fn check(started_by: &str, held: &[&str], open: &[&str]) -> Guards {
    let project = Project::new(&[
        (".git/HEAD", ""),
        ("target/release/askbox", ""),
        ("askbox-init", ""),
    ]);
    for directory in ["links", "other"] {
        fs::create_dir(project.root.join(directory)).unwrap();
    }
    for (link, target) in [
        ("links/askbox", "../target/release/askbox"),
        ("links/outside", "/usr/bin/true"),
        ("linked", "target/release/askbox"),
    ] {
        symlink(target, project.root.join(link)).unwrap();
    }
    let (sight, home) = (Sight::default(), project.root.with_file_name("home"));
    let outside = Outside {
        programs: &[Obeyed::find(&project.root.join(started_by))],
        ..Outside::default()
    };
    let guards = look(
        &project.root,
        &git::find(&project.root, &sight),
        &home,
        outside,
        &sight,
    );
    let expected = |names: &[&str]| names.iter().map(|name| project.root.join(name)).collect();
    assert_eq!(guards.own.held, expected(held), "{started_by}");
    assert_eq!(guards.own.open, expected(open), "{started_by}");
    let access = |name: &str| {
        let path = project.root.join(name);
        let guard = guards.guards.iter().find(|guard| guard.path == path);
        guard.map(|guard| guard.access)
    };
    for name in held {
        assert_eq!(access(name), Some(Access::ReadOnly), "{started_by} {name}");
    }
    let has_link = started_by.starts_with("links");
    let directories = if has_link { &["links"][..] } else { &[] };
    assert_eq!(guards.own.directories, expected(directories), "{started_by}");
    assert_eq!(
        access("links"),
        has_link.then_some(Access::ReadOnly),
        "{started_by}"
    );
    assert_eq!(access("other"), None, "{started_by}");
    guards
}

#[test]
fn a_program_of_ours_is_held_with_the_links_to_it_and_what_cannot_be_held_is_named() {
    let program = "target/release/askbox";
    let guards = check(program, &[program], &[]);
    let pinned = guards
        .guards
        .iter()
        .filter(|guard| guard.access == Access::ReadWrite && guard.path.to_string_lossy().contains("target"));
    assert_eq!(pinned.count(), 2);
    check("askbox-init", &["askbox-init"], &[]);
    check("links/askbox", &[program], &[]);
    check("links/outside", &[], &[]);
    check("linked", &[program], &["linked"]);
}
