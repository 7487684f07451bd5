//! A repository that a program inside may commit to, and that must not run anything for it outside later.

use std::fs;

use askbox_tests::World;

use crate::both::{outside, works_everywhere, works_only_outside};

fn repository(world: &World) {
    outside(
        world,
        "git init -q . && echo one > a && git add a && git commit -q -m one && touch .git/hooks/existing",
    )
    .succeeded();
}

/// Does outside what a repository must not let a session do: there it works.
fn works_outside(attack: &str) {
    let world = World::new();
    repository(&world);
    outside(&world, attack).succeeded();
}

/// What git would run, and where it would look: unchanged by a session.
fn settings(world: &World) -> (String, Vec<String>) {
    let git = world.project().join(".git");
    let mut hooks: Vec<String> = fs::read_dir(git.join("hooks"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    hooks.sort();
    (fs::read_to_string(git.join("config")).unwrap(), hooks)
}

#[test]
fn threat_8_hooks_cannot_be_written() {
    let world = World::new();
    repository(&world);
    let before = settings(&world);
    for attack in [
        "echo 'touch ~/ran' > .git/hooks/pre-commit",
        "echo 'touch ~/ran' >> .git/hooks/existing",
        "mv .git/hooks .git/old",
        "rm -rf .git/hooks",
        "chmod +x .git/hooks/existing",
        "ln -sfn /tmp .git/hooks",
        "cp -r .git/hooks h && mv h .git/hooks/x",
        "install -m 755 /bin/true .git/hooks/pre-commit",
    ] {
        works_outside(attack);
        world.sh(&[], attack).failed();
        assert_eq!(settings(&world), before, "{attack}");
    }
    works_only_outside(
        &world,
        &[],
        "printf '#!/bin/sh\\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit",
    );
}

#[test]
fn threat_8_hooks_can_be_written_where_the_exact_path_is_allowed() {
    let world = World::new();
    repository(&world);
    world
        .sh(
            &["--allow-write", ".git/hooks"],
            "echo true > .git/hooks/pre-push",
        )
        .succeeded();
    assert!(world.project().join(".git/hooks/pre-push").exists());
    world
        .sh(&["--allow-write", ".git/hooks"], "git config core.fsmonitor x")
        .failed();
}

#[test]
fn threat_9_git_configuration_that_runs_programs_cannot_be_set() {
    let world = World::new();
    repository(&world);
    let before = settings(&world);
    for attack in [
        "git config core.fsmonitor 'touch ran'",
        "git config core.hooksPath /tmp/hooks",
        "git config filter.x.clean 'touch ran'",
        "git config --worktree core.fsmonitor 'touch ran'",
        "git remote add evil ext::sh",
        "echo '[core] fsmonitor = x' >> .git/config",
        "mv .git/config .git/x",
        "rm -f .git/config",
        "ln -sf /tmp/config .git/config",
        "cp .git/config c && mv -f c .git/config",
    ] {
        works_outside(attack);
        let inside = world.sh(&[], attack);
        assert_ne!(inside.code, Some(0), "{attack} {inside:#?}");
        assert_eq!(settings(&world), before, "{attack}");
    }
    let user = world.home().join(".gitconfig");
    let before = fs::read(&user).unwrap();
    world.sh(
        &[],
        "git config --global core.fsmonitor 'touch ran'; echo x >> ~/.gitconfig",
    );
    assert_eq!(fs::read(&user).unwrap(), before);
    works_only_outside(&world, &[], "git config core.fsmonitor 'touch ran'");
}

#[test]
fn threat_9_git_configuration_can_be_set_where_the_exact_path_is_allowed() {
    let world = World::new();
    repository(&world);
    let inside = world.sh(
        &["--allow-write", ".git/config"],
        "echo '[remote \"x\"] url = y' >> .git/config",
    );
    inside.succeeded();
    assert!(settings(&world).0.contains("url = y"));
}

#[test]
fn threat_10_the_repository_cannot_be_replaced_by_another() {
    let world = World::new();
    repository(&world);
    let before = settings(&world);
    let inode = || std::os::unix::fs::MetadataExt::ino(&fs::metadata(world.project().join(".git")).unwrap());
    let was = inode();
    for attack in [
        "mv .git x && cp -r x .git",
        "mv .git x",
        "cp -r .git x && echo '[core] fsmonitor = x' >> x/config && rm -rf .git && mv x .git",
        "mkdir x && rm -rf .git && mv -T x .git",
        "mv .git x && ln -s x .git",
        "rm -rf .git && git init -q .",
        "cp -r .git x && python3 -c 'import ctypes; libc = ctypes.CDLL(None, use_errno=True); \
         exit(libc.renameat2(-100, b\"x\", -100, b\".git\", 2))'",
        "cd .. && mv project other",
        "cd .. && mv project/.git .",
    ] {
        works_outside(attack);
        world.sh(&[], attack).failed();
        assert_eq!((inode(), settings(&world)), (was, before.clone()), "{attack}");
        drop(fs::remove_dir_all(world.project().join("x")));
    }
    assert_eq!(
        outside(&world, "git log --oneline | wc -l").stdout.trim(),
        "0",
        "rm -rf went through what is not guarded"
    );
}

#[test]
fn threat_10_ordinary_work_in_the_repository_goes_on() {
    let world = World::new();
    repository(&world);
    let work = "git status && git checkout -q -b topic && echo $$ > b && git add b && \
        git -c user.name=A -c user.email=a@example.com commit -q -m two && git checkout -q - && git merge -q topic && \
        git branch -d topic && git stash list && git gc -q && git log --oneline";
    works_everywhere(&world, &[], work);
    assert_eq!(
        outside(&world, "git status --porcelain && git fsck")
            .succeeded()
            .stdout,
        ""
    );
}

#[test]
fn a_session_leaves_nothing_of_ours_in_the_repository() {
    let world = World::new();
    repository(&world);
    world.sh(&[], "true").succeeded();
    world
        .sh(&["--allow-write", ".git/hooks", "--deny-path", "a"], "true")
        .succeeded();
    assert_eq!(
        outside(&world, "git status --porcelain --ignored")
            .succeeded()
            .stdout,
        ""
    );
}
