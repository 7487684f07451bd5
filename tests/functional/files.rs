//! Files that ask: a program waits in open, and goes on or fails where it is.

use std::fs;
use std::time::{Duration, Instant};

use askbox_tests::{Running, World};
use nix::sys::signal::Signal;

fn id(question: &serde_json::Value) -> &str {
    question["id"].as_str().unwrap()
}

#[test]
fn a_read_waits_and_goes_on_when_it_is_allowed() {
    let world = World::new();
    let running = world.start_sh(&[], "cat ~/notes/spec.md");
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "read");
    world.ok(&["allow", id(&question), "--once"]);
    let text = fs::read_to_string(world.home().join("notes/spec.md")).unwrap();
    assert_eq!(running.finish().succeeded().stdout, text);
}

#[test]
fn a_read_waits_and_fails_when_it_is_denied() {
    let world = World::new();
    let running = world.start_sh(&[], "cat ~/notes/spec.md");
    let question = world.wait_for_question();
    world.ok(&["deny", id(&question)]);
    let finished = running.finish();
    assert!(
        finished.failed().stderr.contains("Permission denied"),
        "{finished:#?}"
    );
}

#[test]
fn a_new_file_is_made_on_the_host_when_writing_is_allowed_and_not_before() {
    let world = World::new();
    let made = world.home().join("notes/new.md");
    let running = world.start_sh(&[], "echo text > ~/notes/new.md");
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "write");
    assert!(!made.exists());
    world.ok(&["allow", id(&question), "--session"]);
    running.finish().succeeded();
    assert_eq!(fs::read_to_string(made).unwrap(), "text\n");
}

#[test]
fn nothing_is_made_or_removed_on_the_host_when_writing_is_denied() {
    let world = World::new();
    for command in [
        "echo text > ~/notes/new.md",
        "rm ~/notes/spec.md",
        "mkdir ~/notes/d",
        "mv ~/notes/spec.md ~/x",
    ] {
        world.sh(&["--non-interactive"], command).failed();
        world
            .sh(&["--allow-read", "~/notes", "--non-interactive"], command)
            .failed();
    }
    let left: Vec<_> = fs::read_dir(world.home().join("notes"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["spec.md"]);
    assert!(!world.home().join("x").exists());
}

#[test]
fn a_file_that_is_open_can_be_read_until_its_grant_is_revoked() {
    let world = World::new();
    let script = "python3 -c '
import os, time
fd = os.open(os.path.expanduser(\"~/notes/spec.md\"), os.O_RDONLY)
open(\"read\", \"w\").write(os.pread(fd, 9, 0).decode())
end = time.monotonic() + 20
try:
    while time.monotonic() < end: os.pread(fd, 9, 0)
except PermissionError: print(\"cut\")'";
    let running = world.start_sh(&[], script);
    let question = world.wait_for_question();
    world.ok(&["allow", id(&question), "--for", "1h"]);
    let read = world.project().join("read");
    world.eventually("it is read", || {
        fs::metadata(&read).is_ok_and(|file| file.len() == 9)
    });
    let before = Instant::now();
    world.ok(&["revoke", "--all"]);
    assert_eq!(running.finish().succeeded().stdout, "cut\n");
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn what_a_private_home_hides_is_the_hosts_where_a_flag_opens_it() {
    let world = World::new();
    let cache = world.home().join(".cache/tool");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("x"), "of the host").unwrap();
    world.sh(&[], "cat ~/.cache/tool/x").failed();
    let open = world.sh(&["--allow-read", "~/.cache/tool"], "cat ~/.cache/tool/x");
    assert_eq!(open.succeeded().stdout, "of the host");
}

#[test]
fn what_is_opened_by_a_flag_can_be_changed_in_every_way() {
    let world = World::new();
    let script = "cd ~/notes && mkdir d && mv spec.md d/moved && ln -s moved d/link && cat d/link > copy && rm d/moved && \
                  truncate -s 5 copy && chmod 600 copy && ls d";
    let finished = world.sh(&["--allow-write", "~/notes"], script);
    assert_eq!(finished.succeeded().stdout, "link\n");
    assert_eq!(fs::metadata(world.home().join("notes/copy")).unwrap().len(), 5);
}

#[test]
fn a_killed_waiter_is_gone_within_a_second() {
    let world = World::new();
    let running: Running = world.start_sh(&[], "exec cat ~/notes/spec.md");
    world.wait_for_question();
    let before = Instant::now();
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().code, Some(143));
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn what_is_changed_by_one_name_of_a_file_is_seen_by_the_others_at_once() {
    let world = World::new();
    let script = "cd ~/notes && python3 -c '
import os
def links(name): return os.stat(name).st_nlink
def content(name): return open(name).read()
os.stat(\"spec.md\")
os.link(\"spec.md\", \"one\"); os.link(\"one\", \"other\")
print(links(\"spec.md\"), links(\"one\"), links(\"other\"))
for text in \"short\", \"much longer\", \"\":
    open(\"one\", \"w\").write(text)
    assert os.stat(\"other\").st_size == len(text) and content(\"other\") == text, content(\"other\")
os.remove(\"other\"); print(links(\"spec.md\"), links(\"one\"))
open(\"new\", \"w\"); os.rename(\"new\", \"one\"); print(links(\"spec.md\"))'";
    let finished = world.sh(&["--allow-read", "~/notes", "--allow-write", "~/notes"], script);
    assert_eq!(finished.succeeded().stdout, "3 3 3\n2 2\n1\n");
}
