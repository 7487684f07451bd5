//! What a program inside closes against everybody, so that the next launch, or a review, takes it for absent.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Stdio;

use askbox_tests::{Finished, World};

use crate::both::outside;

fn set_mode(world: &World, name: &str, mode: u32) {
    // Through `.` the directory itself would have to be searched.
    let path: PathBuf = world.project().join(name).components().collect();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A launch that is refused, and says what is in the way.
fn refused(world: &World, options: &[&str], name: &str) -> Finished {
    let finished = world.sh(options, "echo started");
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(125), ""),
        "{name} {finished:#?}"
    );
    assert!(
        finished.stderr.contains("cannot look at") && finished.stderr.contains("hint:"),
        "{name} {finished:#?}"
    );
    finished
}

#[test]
fn what_is_closed_in_one_session_is_not_absent_in_the_next() {
    let world = World::new();
    let make = "git init -q . && git init -q sub && mkdir -p .github/hooks .cargo run keys/in
        echo x > .cargo/config.toml; echo x > keys/in/secret; mkdir -p .git/modules/m/hooks; echo x > .git/modules/m/HEAD";
    outside(&world, make).succeeded();
    let _listening = UnixListener::bind(world.project().join("run/sock")).unwrap();
    let deny = ["--deny-path", "keys/in/secret"];
    for (name, options) in [
        (".git", &[][..]),
        (".git/modules", &[]),
        (".github", &[]),
        (".cargo", &[]),
        ("sub", &[]),
        ("sub/.git", &[]),
        ("run", &[]),
        ("keys/in", &deny),
        (".", &[]),
    ] {
        for mode in [0o000, 0o200] {
            world.sh(options, &format!("chmod {mode:o} {name}")).succeeded();
            // The directory of the caller has to be reached.
            if name == "." {
                set_mode(&world, name, 0o100 | mode);
            }
            refused(&world, options, name);
            set_mode(&world, name, 0o755);
            let opened = world.sh(options, "echo started; ! echo x >> .git/config");
            assert_eq!(opened.succeeded().stdout, "started\n", "{name}");
        }
    }
    let read = world.sh(&deny, "! cat keys/in/secret");
    read.succeeded();
    world.sh(&[], "cat keys/in/secret").succeeded();
}

#[test]
fn what_others_closed_keeps_nothing_from_starting() {
    let world = World::new();
    // Root's own home directory: no program inside can open that.
    outside(
        &world,
        "git init -q . && git config core.hooksPath /root/hooks && ln -s /root/x link",
    )
    .succeeded();
    assert_ne!(outside(&world, "ls /root").code, Some(0));
    world.sh(&["--deny-path", "link"], "true").succeeded();
    // A closed directory of our own on such a way does.
    outside(
        &world,
        "mkdir -p closed && git config core.hooksPath closed/hooks && chmod 000 closed",
    )
    .succeeded();
    refused(&world, &[], "closed");
    set_mode(&world, "closed", 0o755);
    world.sh(&[], "true").succeeded();
}

#[test]
fn a_file_that_does_not_open_at_once_is_not_absent() {
    let world = World::new();
    outside(
        &world,
        "git init -q . && mkdir hk && git config core.hooksPath hk",
    )
    .succeeded();
    world
        .sh(&[], "echo x >> ordinary; ! touch hk/pre-commit")
        .succeeded();
    let lease = "import fcntl, os, sys
file = os.open('.git/config', os.O_RDONLY | os.O_WRONLY)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
sys.stdin.read()";
    let mut command = world.host("python3");
    command
        .args(["-c", lease])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut holder = command.spawn().unwrap();
    let mut said = String::new();
    let mut out = std::io::BufReader::new(holder.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut said).unwrap();
    assert_eq!(said, "held\n");
    refused(&world, &[], "lease");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    world.sh(&[], "! touch hk/pre-commit").succeeded();
}

#[test]
fn a_review_says_that_it_could_not_look() {
    let world = World::new();
    let scripts = "{\"scripts\": {\"test\": \"true\"}}";
    world.write("package.json", scripts);
    for script in [
        "mkdir .husky; echo x > .husky/pre-commit; chmod 000 .husky",
        "mkdir .vscode; echo x > .vscode/tasks.json; chmod 311 .vscode",
        "chmod 000 package.json",
        "chmod 311 .",
    ] {
        world.sh(&[], script).succeeded();
        let review = world.ok(&["review"]);
        assert!(
            !review.contains("nothing") && !review.contains("removed"),
            "{script}: {review}"
        );
        outside(&world, "chmod 755 .; chmod -R u+rwX .; rm -rf .husky .vscode").succeeded();
    }
    world.sh(&[], "true").succeeded();
    let review = world.ok(&["review"]);
    assert!(review.contains("nothing"), "{review}");
    assert_eq!(
        fs::read_to_string(world.project().join("package.json")).unwrap(),
        scripts
    );
}
