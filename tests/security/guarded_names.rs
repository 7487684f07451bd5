//! Names in a project that something on the host runs or obeys by itself.

use askbox_tests::World;

use crate::both::{outside, works_everywhere};

/// Files; each in a project of its own kind, all of them in this one.
const FILES: &[&str] = &[
    ".envrc",
    "mise.toml",
    ".mise.toml",
    ".exrc",
    ".nvim.lua",
    ".dir-locals.el",
    ".mcp.json",
    "opencode.json",
    ".aider.conf.yml",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    ".gitmodules",
    ".hg/hgrc",
    ".jj/repo/config.toml",
    ".cargo/config.toml",
    ".cargo/config",
    "rust-toolchain.toml",
    "rust-toolchain",
    ".bazelrc",
    "tools/bazel",
    ".mvn/extensions.xml",
    ".luarc.json",
    ".ocamlinit",
    ".erlang",
    ".sl/config",
    ".gdbinit",
    ".Rprofile",
    "my.code-workspace",
    "other.code-workspace",
    ".github/hooks/x.json",
];

/// Directories, guarded with all that is in them.
const DIRECTORIES: &[&str] = &[
    ".vscode",
    ".idea",
    ".zed",
    ".fleet",
    ".claude",
    ".cursor",
    ".codex",
    ".gemini",
    ".windsurf",
    ".kiro",
    ".roo",
    ".amazonq",
    ".continue",
    ".opencode",
    ".husky",
    ".devcontainer",
];

fn project(world: &World) -> Vec<String> {
    let inner = DIRECTORIES
        .iter()
        .map(|directory| format!("{directory}/settings"));
    let all: Vec<String> = FILES.iter().map(ToString::to_string).chain(inner).collect();
    for name in &all {
        world.write(name, "before");
    }
    all
}

/// A script that changes every file and prints the names of those that it could change.
fn change(names: &[String]) -> String {
    let each = names
        .iter()
        .map(|name| format!("(echo x >> {name}) 2>&- && echo {name}"));
    each.collect::<Vec<_>>().join("\n") + "\ntrue"
}

#[test]
fn threat_6_names_that_run_outside_cannot_be_changed_where_they_exist() {
    let world = World::new();
    let names = project(&world);
    assert_eq!(world.sh(&[], &change(&names)).succeeded().stdout, "");
    let outside = outside(&world, &change(&names));
    assert_eq!(outside.stdout.lines().count(), names.len(), "{outside:#?}");
}

#[test]
fn threat_6_names_that_run_outside_can_be_changed_where_the_exact_path_is_allowed() {
    let world = World::new();
    let names = project(&world);
    let allowed = ["mise.toml", ".cargo/config.toml", "my.code-workspace", ".zed"];
    let flags: Vec<&str> = allowed.iter().flat_map(|name| ["--allow-write", name]).collect();
    let changed = world.sh(&flags, &change(&names));
    let expected = "mise.toml\n.cargo/config.toml\nmy.code-workspace\n.zed/settings\n";
    assert_eq!(changed.succeeded().stdout, expected);
}

#[test]
fn threat_6_a_directory_on_the_way_to_such_a_name_cannot_be_replaced() {
    let world = World::new();
    project(&world);
    for directory in [".cargo", ".hg", ".jj", ".jj/repo", ".github", ".zed"] {
        let attack = format!("mv {directory} x && cp -r x {directory}");
        world.sh(&[], &attack).failed();
        outside(&world, &format!("cp -r {directory} y && mv y x && rm -r x")).succeeded();
    }
}

#[test]
fn threat_6_what_ordinary_work_writes_stays_writable() {
    let world = World::new();
    let names = [
        "package.json",
        "Makefile",
        "Cargo.toml",
        ".tool-versions",
        ".lfsconfig",
        ".gitattributes",
        "AGENTS.md",
        ".env",
    ];
    for name in names {
        world.write(name, "");
    }
    let write = names.map(|name| format!("echo x > {name} && mv {name} x && mv x {name}"));
    works_everywhere(&world, &[], &write.join(" && "));
    works_everywhere(&world, &[], "mkdir -p .cargo/bin && rm -r .cargo");
}
