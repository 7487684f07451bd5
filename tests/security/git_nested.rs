//! Repositories beside the project's own: submodules, worktrees, nested ones, and files by which git finds another
//! configuration.

use std::fs;
use std::path::Path;

use askbox_tests::{Finished, Running, World};

use crate::both::outside;

/// After the attack inside, git on the host runs nothing; a marker outside the project says whether it did.
fn check(world: &World, attack: &str, look: &str) {
    check_in(world, &world.project(), attack, look);
}

/// The same in a project of one's choice.
fn check_in(world: &World, project: &Path, attack: &str, look: &str) {
    let marker = world.home().join("ran");
    let attack = attack.replace("MARK", &format!("touch {}; false", marker.display()));
    let inside = session(world, project, &attack);
    assert_ne!(inside.code, Some(125), "{inside:#?}");
    let on_host = |script: &str| {
        let mut command = world.host_script(script);
        command.current_dir(project);
        Running::start(command).finish()
    };
    on_host(look);
    assert!(!marker.exists(), "{attack}: ran on the host\n{inside:#?}");
    on_host(&attack);
    on_host(look);
    assert!(marker.exists(), "{attack}: the attack itself does not work");
    fs::remove_file(marker).unwrap();
}

fn session(world: &World, project: &Path, script: &str) -> Finished {
    let mut command = world.askbox(&["run", "--", "sh", "-c", script]);
    command.current_dir(project);
    Running::start(command).finish()
}

fn repository(world: &World) {
    outside(
        world,
        "git init -q . && echo one > a && git add a && git commit -q -m one",
    )
    .succeeded();
}

/// A repository with a submodule at `sub`.
fn with_submodule(world: &World) {
    repository(world);
    let library = world.outside();
    let add = format!(
        "git clone -q . {0}/library && git -c protocol.file.allow=always submodule add -q {0}/library sub && git commit -q -m sub",
        library.display()
    );
    outside(world, &add).succeeded();
}

#[test]
fn threat_9_the_configuration_of_a_submodule_cannot_be_set() {
    for attack in [
        "git -C sub config core.fsmonitor 'MARK'",
        "mv .git/modules/sub .git/modules/x; cp -r .git/modules/x .git/modules/sub; git config -f .git/modules/sub/config core.fsmonitor 'MARK'",
        "mv .git/modules .git/x; cp -r .git/x .git/modules; git config -f .git/modules/sub/config core.fsmonitor 'MARK'",
        "cp -r .git/modules/sub e; git config -f e/config core.worktree ../sub; git config -f e/config core.fsmonitor 'MARK'; \
         echo 'gitdir: ../e' > sub/.git",
        "cp -r .git/modules/sub e; git config -f e/config core.worktree ../sub; git config -f e/config core.fsmonitor 'MARK'; \
         mv sub x; mkdir sub; echo 'gitdir: ../e' > sub/.git; cp x/a sub",
    ] {
        let world = World::new();
        with_submodule(&world);
        check(&world, attack, "git status");
    }
}

#[test]
fn threat_10_ordinary_work_in_a_submodule_goes_on() {
    let world = World::new();
    with_submodule(&world);
    let work = "set -e; cd sub; echo two > b; git add b; git -c user.name=A -c user.email=a@example.com commit -q -m two; \
        git checkout -q -b topic; cd ..; git add sub; git -c user.name=A -c user.email=a@example.com commit -q -m moved; \
        git submodule status; git status --porcelain";
    world.sh(&[], work).succeeded();
    outside(&world, "git -C sub fsck && git submodule status").succeeded();
}

#[test]
fn threat_8_the_hooks_of_a_submodule_cannot_be_written() {
    let world = World::new();
    repository(&world);
    fs::create_dir_all(world.project().join(".git/modules/sub/hooks")).unwrap();
    let attack = "echo x > .git/modules/sub/hooks/pre-commit";
    world.sh(&[], attack).failed();
    world
        .sh(&["--allow-write", ".git/modules/sub/hooks"], attack)
        .succeeded();
}

#[test]
fn threat_9_the_configuration_of_a_nested_repository_cannot_be_set() {
    for (place, attack) in [
        ("nested", "git -C nested config core.fsmonitor 'MARK'"),
        ("deep/nested", "git -C deep/nested config core.fsmonitor 'MARK'"),
        (
            "nested",
            "mv nested x; cp -r x nested; git -C nested config core.fsmonitor 'MARK'",
        ),
        (
            "nested",
            "mv nested/.git x; cp -r x nested/.git; git -C nested config core.fsmonitor 'MARK'",
        ),
        (
            "deep/nested",
            "mv deep x; cp -r x deep; git -C deep/nested config core.fsmonitor 'MARK'",
        ),
    ] {
        let world = World::new();
        outside(&world, &format!("git init -q {place}")).succeeded();
        check(&world, attack, &format!("git -C {place} status"));
    }
}

#[test]
fn threat_9_another_common_directory_cannot_be_named_for_a_worktree() {
    let attack = "COMMON=$(git rev-parse --git-common-dir); cp -r $COMMON e; git config -f e/config core.fsmonitor 'MARK'; \
        git config -f e/config core.bare false; echo $PWD/e > $COMMON/worktrees/work/commondir";
    let moved = "COMMON=$(git rev-parse --git-common-dir); cp -r $COMMON e; git config -f e/config core.fsmonitor 'MARK'; \
        mv $COMMON/worktrees $COMMON/x; cp -r $COMMON/x $COMMON/worktrees; echo $PWD/e > $COMMON/worktrees/work/commondir";
    for attack in [attack, moved] {
        let world = World::new();
        repository(&world);
        let work = world.home().join("work");
        outside(&world, &format!("git worktree add -q {}", work.display())).succeeded();
        check_in(&world, &work, attack, "git status");
    }
    // From the repository, which a worktree elsewhere belongs to.
    let world = World::new();
    repository(&world);
    let work = world.home().join("work");
    outside(&world, &format!("git worktree add -q {}", work.display())).succeeded();
    check(&world, attack, &format!("git -C {} status", work.display()));
}

#[test]
fn threat_9_files_that_the_users_own_configuration_names_cannot_be_changed() {
    for (setting, file) in [
        ("git config --global core.fsmonitor ./watch", "watch"),
        (
            "git worktree add -q w && git config core.fsmonitor ./watch && touch w/watch",
            "w/watch",
        ),
    ] {
        let world = World::new();
        repository(&world);
        world.write("watch", "");
        outside(&world, setting).succeeded();
        let attack = format!("printf '#!/bin/sh\\nMARK' > {file}; chmod +x {file}");
        let directory = Path::new(file).parent().unwrap().display();
        check(&world, &attack, &format!("git -C ./{directory} status"));
        let lifted = format!("echo >> {file}");
        world.sh(&[], &lifted).failed();
        world.sh(&["--allow-write", file], &lifted).succeeded();
    }
}

#[test]
fn threat_9_files_that_the_configuration_names_cannot_be_changed() {
    for (setting, file, attack, look) in [
        (
            "core.hooksPath .hooks",
            ".hooks/existing",
            "printf '#!/bin/sh\\nMARK' > .hooks/pre-commit; chmod +x .hooks/pre-commit",
            "git commit -q --allow-empty -m x",
        ),
        (
            "core.hooksPath tools/hooks",
            "tools/hooks/existing",
            "mv tools x; cp -r x tools; printf '#!/bin/sh\\nMARK' > tools/hooks/pre-commit; chmod +x tools/hooks/pre-commit",
            "git commit -q --allow-empty -m x",
        ),
        (
            "include.path ../.gitconfig",
            ".gitconfig",
            "git config -f .gitconfig core.fsmonitor 'MARK'",
            "git status",
        ),
        (
            "core.fsmonitor ./tools/watch",
            "tools/watch",
            "printf '#!/bin/sh\\nMARK' > tools/watch; chmod +x tools/watch",
            "git status",
        ),
    ] {
        let world = World::new();
        repository(&world);
        world.write(file, "");
        outside(&world, &format!("git config {setting}")).succeeded();
        check(&world, attack, look);
        let lifted = format!("echo >> {file}");
        world.sh(&[], &lifted).failed();
        let guarded = if setting.contains("hooks") {
            file.strip_suffix("/existing").unwrap()
        } else {
            file
        };
        world.sh(&["--allow-write", guarded], &lifted).succeeded();
    }
}
