//! Answers about files: each way to change or start one waits for its own, and what was opened on an answer ends with it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use askbox_tests::{Finished, MARKER, Running, World};
use serde_json::Value;

fn id(question: &Value) -> &str {
    question["id"].as_str().unwrap()
}

/// Answers each question as long as the program runs: `words` are those of the command, with `ID` for the question. Returns
/// the questions with how it ended.
fn answered(world: &World, mut running: Running, words: &[&str]) -> (Vec<Value>, Finished) {
    let mut questions: Vec<Value> = Vec::new();
    world.eventually("the program ends", || {
        for question in world.questions() {
            if questions.iter().all(|known| known["id"] != question["id"]) {
                let words: Vec<&str> = words
                    .iter()
                    .map(|word| if *word == "ID" { id(&question) } else { word })
                    .collect();
                world.ok(&words);
                questions.push(question);
            }
        }
        !running.is_running()
    });
    (questions, running.finish())
}

/// The one question that a script raises, allowed or denied.
fn answered_once(world: &World, script: &str, words: &[&str]) -> (Value, Finished) {
    let (questions, finished) = answered(world, world.start_sh(&[], script), words);
    assert_eq!(questions.len(), 1, "{script}: {questions:#?} {finished:#?}");
    (questions.into_iter().next().unwrap(), finished)
}

/// What is below the notes: names, modes, and the content of files.
fn notes(world: &World) -> Vec<(String, u32, Option<String>)> {
    let mut entries: Vec<_> = fs::read_dir(world.home().join("notes"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            (name, mode, fs::read_to_string(entry.path()).ok())
        })
        .collect();
    entries.sort();
    entries
}

const ALLOW: &[&str] = &["allow", "ID", "--session"];
const DENY: &[&str] = &["deny", "ID", "--once"];

/// Writes to a file through a mapping.
const MAP: &str = "python3 -c '
import mmap, os
fd = os.open(os.path.expanduser(\"~/notes/spec.md\"), os.O_RDWR)
mapping = mmap.mmap(fd, 4, mmap.MAP_SHARED)
mapping[0:4] = b\"text\"
mapping.flush()'";

#[test]
fn every_way_to_change_a_file_waits_for_an_answer_and_obeys_it() {
    for change in [
        "echo text > ~/notes/new.md",
        "echo text >> ~/notes/spec.md",
        "rm ~/notes/spec.md",
        "mv ~/notes/spec.md ~/notes/moved.md",
        "echo text > made && mv -T made ~/notes/spec.md",
        "mkdir ~/notes/d",
        "ln -s spec.md ~/notes/link",
        "ln ~/notes/spec.md ~/notes/other.md",
        "truncate -s 3 ~/notes/spec.md",
        "chmod 640 ~/notes/spec.md",
        MAP,
    ] {
        let world = World::new();
        let before = notes(&world);
        let (questions, finished) = answered(&world, world.start_sh(&[], change), DENY);
        assert!(
            finished.failed().stderr.contains("Permission denied"),
            "{change}: {finished:#?}"
        );
        assert!(!questions.is_empty(), "{change}");
        assert_eq!(notes(&world), before, "{change}");

        let (questions, finished) = answered(&world, world.start_sh(&[], change), ALLOW);
        finished.succeeded();
        assert!(
            questions.iter().any(|question| question["kind"] == "write"),
            "{change}: {questions:#?}"
        );
        assert_ne!(notes(&world), before, "{change}");
    }
}

#[test]
fn nothing_has_changed_while_a_question_about_a_change_is_open() {
    let world = World::new();
    let before = notes(&world);
    for change in [
        "rm ~/notes/spec.md",
        "mv ~/notes/spec.md ~/notes/moved.md",
        "mkdir ~/notes/d",
    ] {
        let running = world.start_sh(&[], change);
        let question = world.wait_for_question();
        assert_eq!(question["kind"], "write", "{change}");
        assert_eq!(notes(&world), before, "{change}");
        world.ok(&["deny", id(&question), "--once"]);
        running.finish().failed();
    }
}

#[test]
fn a_file_that_may_be_read_alone_is_not_written_by_a_mapping() {
    let world = World::new();
    let before = notes(&world);
    let running = world.start_sh(&[], MAP);
    let reading = world.wait_for_question();
    assert_eq!(reading["kind"], "read");
    world.ok(&["allow", id(&reading), "--session"]);
    let (questions, finished) = answered(&world, running, DENY);
    assert!(
        finished.failed().stderr.contains("PermissionError"),
        "{finished:#?}"
    );
    assert_eq!((questions.len(), &questions[0]["kind"]), (1, &"write".into()));
    let shared = MAP.replace("O_RDWR", "O_RDONLY");
    let finished = world.sh(&["--allow-read", "~/notes"], &shared);
    assert!(
        finished.failed().stderr.contains("PermissionError"),
        "{finished:#?}"
    );
    assert_eq!(notes(&world), before);
}

#[test]
fn a_program_that_is_killed_while_it_waits_is_gone_within_a_second() {
    for waits in ["cat ~/notes/spec.md", "rm ~/notes/spec.md", "mkdir ~/notes/d"] {
        let world = World::new();
        let [asked, ended] = ["asked", "ended"].map(|name| world.project().join(name));
        for fifo in [&asked, &ended] {
            nix::unistd::mkfifo(fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        }
        let script = format!(
            "{waits} & waiting=$!; read go < asked; kill -9 $waiting; wait $waiting; echo $?; read go < ended"
        );
        let running = world.start_sh(&[], &script);
        assert_eq!(world.wait_for_question()["waiting"], 1, "{waits}");
        let before = Instant::now();
        fs::write(asked, "go\n").unwrap();
        // The shell opens this one when it has seen the end.
        fs::write(ended, "go\n").unwrap();
        assert!(
            before.elapsed() < Duration::from_secs(1),
            "{:?}",
            before.elapsed()
        );
        assert_eq!(running.finish().succeeded().stdout, "137\n", "{waits}");
        // Nobody waits, and what was asked for does not happen later.
        assert!(world.questions().iter().all(|question| question["waiting"] == 0));
        assert_eq!(notes(&world).len(), 1);
    }
}

#[test]
fn a_question_about_a_file_that_nobody_answers_is_refused_and_listed_as_missed() {
    let policy = "[questions]\ntimeout = \"1s\"\n";
    for (kind, script) in [
        ("read", "cat ~/notes/spec.md"),
        ("write", "echo text > ~/notes/new.md"),
        ("write", "rm ~/notes/spec.md"),
    ] {
        let world = World::new();
        world.write_policy(policy);
        let before = notes(&world);
        let refused = world.sh(&[], script);
        assert!(
            refused.failed().stderr.contains("Permission denied"),
            "{script}: {refused:#?}"
        );
        assert_eq!(notes(&world), before);
        let missed: Value = serde_json::from_str(&world.ok(&["questions", "--missed", "--json"])).unwrap();
        assert_eq!(missed.as_array().unwrap().len(), 1, "{script}: {missed:#}");
        assert_eq!(missed[0]["why"], "timed_out");
        assert_eq!(missed[0]["kind"], kind);
        assert_eq!(fs::read_to_string(world.policy()).unwrap(), policy);
        assert!(world.questions().is_empty());
        // It was that request alone: the next one asks again.
        let running = world.start_sh(&[], script);
        world.ok(&["allow", id(&world.wait_for_question()), "--once"]);
        running.finish().succeeded();
    }
}

#[test]
fn who_may_read_is_asked_again_before_it_writes() {
    let world = World::new();
    let text = fs::read_to_string(world.home().join("notes/spec.md")).unwrap();
    let script = "cat ~/notes/spec.md && touch read && echo more >> ~/notes/spec.md && cat ~/notes/spec.md";
    for widened in [&[][..], &["--widen"]] {
        let running = world.start_sh(&[], script);
        let reading = world.wait_for_question();
        assert_eq!(reading["kind"], "read");
        world.ok(&[&["allow", id(&reading), "--session"], widened].concat());
        world.eventually("it asks to write", || {
            world
                .questions()
                .iter()
                .any(|question| question["kind"] == "write")
        });
        assert!(world.project().join("read").exists());
        let writing = world.wait_for_question();
        assert_eq!(
            fs::read_to_string(world.home().join("notes/spec.md")).unwrap(),
            text
        );
        if widened.is_empty() {
            world.ok(&["deny", id(&writing), "--once"]);
            assert_eq!(running.finish().failed().stdout, text);
        } else {
            world.ok(&[&["allow", id(&writing), "--session"], widened].concat());
            assert_eq!(running.finish().succeeded().stdout, format!("{text}{text}more\n"));
        }
        fs::remove_file(world.project().join("read")).unwrap();
    }
}

/// Opens something at the path, looks at it until that fails, and prints how it failed.
fn looks_until_refused(open: &str, look: &str) -> String {
    format!(
        "python3 -c '
import os, time
fd = os.open(os.path.expanduser(\"~/notes\"){open})
open(\"seen\", \"w\").write(str({look}))
end = time.monotonic() + 20
try:
    while time.monotonic() < end: {look}
    print(\"still open\")
except PermissionError: print(\"refused\")'"
    )
}

const READS: (&str, &str) = (" + \"/spec.md\", os.O_RDONLY", "os.pread(fd, 9, 0)");
const LISTS: (&str, &str) = (", os.O_RDONLY | os.O_DIRECTORY", "os.listdir(fd)");

/// Runs that, allows it for this long, and waits until it has seen something.
fn looking(world: &World, (open, look): (&str, &str), lasting: &str) -> Running {
    let running = world.start_sh(&[], &looks_until_refused(open, look));
    world.ok(&["allow", id(&world.wait_for_question()), "--for", lasting]);
    let seen = world.project().join("seen");
    world.eventually("it has seen something", || {
        fs::metadata(&seen).is_ok_and(|seen| 0 < seen.len())
    });
    running
}

#[test]
fn a_grant_that_ends_by_itself_ends_what_is_open_on_it() {
    for what in [READS, LISTS] {
        let world = World::new();
        let start = Instant::now();
        let running = looking(&world, what, "2s");
        assert_eq!(running.finish().succeeded().stdout, "refused\n");
        let lived = start.elapsed();
        assert!(
            Duration::from_millis(1900) < lived && lived < Duration::from_secs(8),
            "{lived:?}"
        );
    }
}

#[test]
fn an_open_directory_can_be_listed_until_its_grant_is_revoked() {
    let world = World::new();
    let running = looking(&world, LISTS, "1h");
    let seen = fs::read_to_string(world.project().join("seen")).unwrap();
    assert_eq!(seen, "['spec.md']");
    let before = Instant::now();
    world.ok(&["revoke", "--all"]);
    assert_eq!(running.finish().succeeded().stdout, "refused\n");
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn a_name_that_is_not_there_raises_no_question_and_no_event() {
    let world = World::new();
    let script = "python3 -c '
import os
for path in \"~/none\", \"~/notes/none\", \"~/.config/none/below\", \"~/notes/spec.md.d/x\":
    path = os.path.expanduser(path)
    looks = [os.stat, os.open, os.listdir, os.unlink, os.readlink]
    for look in looks:
        try: look(path, os.O_RDONLY) if look is os.open else look(path)
        except FileNotFoundError: print(\"not there\")
    print(os.path.exists(path), os.access(path, os.R_OK))
'";
    let finished = world.sh(&[], script);
    let expected = format!("{}False False\n", "not there\n".repeat(5)).repeat(4);
    assert_eq!(finished.succeeded().stdout, expected);
    let log = world.log();
    assert!(!log.iter().any(|event| event.to_string().contains("none")));
    assert!(!log.iter().any(|event| event["verdict"] == "ask"), "{log:#?}");
    let (question, twin) = answered_once(&world, "cat ~/notes/spec.md", ALLOW);
    assert_eq!(question["kind"], "read");
    assert!(twin.succeeded().stdout.contains(MARKER));
}

/// A copy of a program outside every place from which programs start by preset.
fn served_program(world: &World) -> PathBuf {
    let tool = world.home().join("notes/tool");
    fs::copy("/usr/bin/echo", &tool).unwrap();
    tool
}

fn events(world: &World, path: &Path, kind: &str, verdict: &str) -> usize {
    let is_it = |event: &&Value| {
        event["kind"] == kind && event["verdict"] == verdict && event["target"] == path.to_str().unwrap()
    };
    world.log().iter().filter(is_it).count()
}

#[test]
fn a_program_in_a_directory_that_asks_starts_when_starting_it_is_allowed() {
    let world = World::new();
    let tool = served_program(&world);
    let start = "~/notes/tool ran";
    let (question, denied) = answered_once(&world, start, DENY);
    assert_eq!(question["kind"], "execute");
    let title = question["title"].as_str().unwrap();
    assert!(title.ends_with("wants to run ~/notes/tool"), "{title}");
    assert_eq!(
        (denied.code, denied.stdout.as_str()),
        (Some(126), ""),
        "{denied:#?}"
    );
    assert_eq!(events(&world, &tool, "execute", "deny"), 1);

    let (_, allowed) = answered_once(&world, start, ALLOW);
    assert_eq!(allowed.succeeded().stdout, "ran\n");
    assert_eq!(events(&world, &tool, "execute", "allow"), 1, "{:#?}", world.log());
    // One question each, and none about reading it.
    assert_eq!(events(&world, &tool, "execute", "ask"), 2);
    assert_eq!(events(&world, &tool, "read", "ask"), 0);
}

#[test]
fn who_may_read_or_write_a_program_may_not_start_it() {
    let world = World::new();
    let tool = served_program(&world);
    let start = "~/notes/tool ran";
    for option in ["--allow-read", "--allow-write"] {
        let refused = world.sh(&["--non-interactive", option, "~/notes"], start);
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(126), ""),
            "{refused:#?}"
        );
    }
    assert_eq!(events(&world, &tool, "execute", "allow"), 0);
    let allowed = world.sh(&["--non-interactive", "--allow-execute", "~/notes/tool"], start);
    assert_eq!(allowed.succeeded().stdout, "ran\n");
    let copied = "cat ~/notes/tool > copy";
    world
        .sh(&["--non-interactive", "--allow-execute", "~/notes/tool"], copied)
        .failed();
    world
        .sh(&["--non-interactive", "--allow-read", "~/notes/tool"], copied)
        .succeeded();
}

#[test]
fn a_script_in_a_directory_that_asks_is_started_and_then_read() {
    let world = World::new();
    let tool = served_program(&world);
    fs::write(&tool, "#!/bin/sh\necho ran\n").unwrap();
    let (questions, finished) = answered(&world, world.start_sh(&[], "~/notes/tool"), ALLOW);
    assert_eq!(finished.succeeded().stdout, "ran\n");
    let kinds: Vec<&Value> = questions.iter().map(|question| &question["kind"]).collect();
    assert_eq!(kinds, ["execute", "read"]);
}
