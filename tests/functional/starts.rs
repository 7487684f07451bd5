//! Starts of programs: by preset in the system, toolchains and the project, by a question elsewhere, and with a reason where
//! they cannot work.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use askbox_tests::{Running, World};
use nix::sys::signal::Signal;

fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn id(question: &serde_json::Value) -> &str {
    question["id"].as_str().unwrap()
}

/// How many events speak about starting this, without the counts of what repeated.
fn events(world: &World, path: &str, verdict: &str) -> usize {
    let is_count = |event: &serde_json::Value| {
        let detail = event["detail"].as_str();
        detail.is_some_and(|detail| detail.ends_with("more times"))
    };
    let is_it = |event: &&serde_json::Value| {
        let is_about = event["kind"] == "execute" && event["target"] == path;
        is_about && event["verdict"] == verdict && !is_count(event)
    };
    world.log().iter().filter(is_it).count()
}

#[test]
fn a_tool_of_ones_own_asks_once_a_project_script_starts_and_su_is_denied_with_its_reason() {
    let world = World::new();
    let tool = world.home().join("bin/tool");
    program(&tool, "#!/bin/sh\necho tool\n");
    program(&world.project().join("build.sh"), "#!/bin/sh\necho built\n");
    let running = world.start_sh(&["--preset", "minimal"], "~/bin/tool && ./build.sh && su -c true");
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "execute");
    let title = question["title"].as_str().unwrap();
    assert!(
        title.ends_with("wants to run ~/bin/tool, a script read by /usr/bin/dash"),
        "{title}"
    );
    world.ok(&["allow", id(&question), "--once"]);
    let finished = running.finish();
    assert_eq!(finished.code, Some(126), "{finished:#?}");
    assert_eq!(finished.stdout, "tool\nbuilt\n");
    let said = "/usr/bin/su cannot work inside: nothing inside can become another user";
    assert!(finished.stderr.contains(said), "{finished:#?}");
    let tool = tool.to_str().unwrap();
    assert_eq!(events(&world, tool, "allow"), 1, "{:#?}", world.log());
    assert_eq!(events(&world, tool, "ask"), 1);
    let build = world.project().join("build.sh");
    assert_eq!(events(&world, build.to_str().unwrap(), "allow"), 1);
    assert_eq!(events(&world, "/usr/bin/dash", "allow"), 1, "the interpreter");
    assert_eq!(events(&world, "/usr/bin/su", "deny"), 1);
    for script in [tool, build.to_str().unwrap()] {
        let log = world.ok(&["log"]);
        let lines: Vec<&str> = log.lines().collect();
        let is_script =
            |line: &&[&str]| line[0].contains(script) && line[1].contains("a script, read by /usr/bin/dash");
        assert!(lines.windows(2).any(|two| is_script(&two)), "{script}: {log}");
    }
}

#[test]
fn what_cannot_work_inside_is_said_once_wherever_path_leads_to_it() {
    let world = World::new();
    let script = "PATH=/usr/bin:/bin:/usr/sbin:/usr/bin; su -c true; su; /bin/su; newgrp; echo over";
    let finished = world.sh(&["--non-interactive"], script);
    assert_eq!(finished.succeeded().stdout, "over\n");
    for said in [
        "/usr/bin/su cannot work inside",
        "/usr/bin/newgrp cannot work inside",
    ] {
        assert_eq!(finished.stderr.matches(said).count(), 1, "{said}: {finished:#?}");
    }
    // Each session says it anew.
    let again = world.sh(&["--non-interactive"], "su").stderr;
    assert!(again.contains("/usr/bin/su cannot work inside"), "{again}");
    let allowed = world.sh(
        &["--non-interactive", "--allow-execute", "/usr/bin/su"],
        "su -c true",
    );
    assert!(
        !allowed.failed().stderr.contains("cannot work inside"),
        "{allowed:#?}"
    );
}

#[test]
fn the_doctor_says_that_starts_are_heard_of_and_status_has_nothing_to_warn_of() {
    let world = World::new();
    let running = world.start_sh(&[], "until [ -e over ]; do sleep 0.1; done; echo over");
    world.eventually("the session runs", || world.ok(&["sessions"]).contains("running"));
    let doctor = world.askbox(&["doctor"]).output().unwrap();
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(
        doctor.contains("starts of programs: each one is decided about"),
        "{doctor}"
    );
    assert!(!world.ok(&["status"]).contains("warning"));
    world.write("over", "");
    running.finish().succeeded();
}

/// Runs a program below a listener for nothing, as that of a sandbox around Askbox.
const BELOW: &str = "
import ctypes, os, struct, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
allow = ctypes.create_string_buffer(struct.pack(\"<HBBI\", 6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack(\"<HxxxxxxQ\", 1, ctypes.addressof(allow)))
assert libc.syscall(317 if os.uname().machine == \"x86_64\" else 277, 1, 8, program) >= 0
sys.exit(subprocess.call(sys.argv[1:]))";

#[test]
fn below_a_listener_of_somebody_else_a_session_runs_and_is_said_to_lack_its_own() {
    let world = World::new();
    let below = |words: &[&str]| {
        let mut command = world.host("python3");
        let askbox = world.askbox(words);
        command
            .args(["-c", BELOW])
            .arg(askbox.get_program())
            .args(askbox.get_args());
        Running::start(command)
    };
    let doctor = below(&["doctor"]).finish();
    let note = "starts of programs: outside the asking file system no question is raised for them";
    let cause = "cause: Askbox runs in a sandbox that watches them itself";
    assert!(
        doctor.stdout.contains(note) && doctor.stdout.contains(cause),
        "{doctor:#?}"
    );
    let script =
        "cp /usr/bin/true /tmp/made && /tmp/made && touch ran; until [ -e over ]; do sleep 0.1; done";
    let running = below(&["run", "--non-interactive", "--", "sh", "-c", script]);
    world.eventually("what would ask has run", || world.project().join("ran").exists());
    let status = world.ok(&["status"]);
    assert!(
        status.contains("starts of programs cannot be listened to"),
        "{status}"
    );
    world.write("over", "");
    running.finish().succeeded();
}

#[test]
fn a_program_that_was_made_inside_asks_and_starts_when_it_is_allowed() {
    let world = World::new();
    let script = "cp /usr/bin/true /tmp/made; /tmp/made && echo ran";
    let running = world.start_sh(&[], script);
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "execute");
    world.ok(&["allow", id(&question), "--once"]);
    assert_eq!(running.finish().succeeded().stdout, "ran\n");
    let running = world.start_sh(&[], script);
    world.ok(&["deny", id(&world.wait_for_question())]);
    let denied = running.finish();
    assert!(
        denied.failed().stderr.contains("Permission denied"),
        "{denied:#?}"
    );
    world.sh(&["--non-interactive"], script).failed();
    let allowed = world.sh(&["--non-interactive", "--allow-execute", "/tmp/made"], script);
    assert_eq!(allowed.succeeded().stdout, "ran\n");
}

#[test]
fn a_name_that_does_not_exist_raises_no_question_and_no_event() {
    let world = World::new();
    program(&world.project().join("tool"), "#!/bin/sh\necho found\n");
    let script = "mkdir /tmp/empty; PATH=/tmp/empty:$HOME/none:/nonexistent:$PWD:/usr/bin; tool; python3 -c '
import os, sys
try: os.execvp(\"absent-program\", [\"x\"])
except FileNotFoundError: print(\"not found\")'";
    let finished = world.sh(&[], script);
    assert_eq!(finished.succeeded().stdout, "found\nnot found\n");
    let log = world.log();
    assert!(
        !log.iter()
            .any(|event| event.to_string().contains("absent-program"))
    );
    assert!(!log.iter().any(|event| event["verdict"] == "ask"), "{log:#?}");
}

#[test]
fn every_way_to_name_a_program_means_the_file_that_it_leads_to() {
    let world = World::new();
    program(&world.project().join("bin/real"), "#!/bin/sh\necho $0\n");
    let script = "ln -s bin/real link; ./link; cd bin; ./real; ../bin/./real; python3 -c '
import os, ctypes
libc = ctypes.CDLL(None, use_errno=True)
def child(f):
    pid = os.fork()
    if pid == 0:
        f(); os._exit(9)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
argv = (ctypes.c_char_p * 2)(b\"true\", None)
none = (ctypes.c_char_p * 1)(None)
def at(fd, path, flags): libc.syscall(322 if os.uname().machine == \"x86_64\" else 281, fd, path, argv, none, flags)
child(lambda: at(os.open(\"/usr/bin\", os.O_PATH), b\"true\", 0))
child(lambda: at(os.open(\"/usr/bin/true\", os.O_PATH), b\"\", 0x1000))
child(lambda: os.execv(\"/proc/self/fd/%d\" % os.open(\"/usr/bin/true\", os.O_RDONLY), [\"true\"]))
child(lambda: os.execv(\"/proc/self/exe\", [\"python3\", \"-c\", \"\"]))
child(lambda: at(-100, b\"\", 0x1000))
child(lambda: libc.syscall(59 if os.uname().machine == \"x86_64\" else 221, 8, argv, none))
'";
    let finished = world.sh(&["--non-interactive"], script);
    let expected = "./link\n./real\n../bin/./real\n0\n0\n0\n0\n9\n9\n";
    assert_eq!(finished.succeeded().stdout, expected, "{finished:#?}");
    let real = world.project().join("bin/real");
    assert_eq!(events(&world, real.to_str().unwrap(), "allow"), 1);
}

#[test]
fn a_question_holds_no_other_start_up_and_ends_with_who_asked() {
    let world = World::new();
    let script = "cp /usr/bin/true /tmp/made; /tmp/made & waiting=$!; \
                  while ! [ -e asked ]; do sleep 0.05; done; for i in 1 2 3 4 5; do /usr/bin/true; done; \
                  kill -9 $waiting; wait $waiting; echo $?; while ! [ -e seen ]; do sleep 0.05; done";
    let running = world.start_sh(&[], script);
    assert_eq!(world.wait_for_question()["waiting"], 1);
    world.write("asked", "");
    world.eventually("nobody waits for the question", || {
        let questions = world.questions();
        questions.iter().all(|question| question["waiting"] == 0)
    });
    world.write("seen", "");
    assert_eq!(running.finish().succeeded().stdout, "137\n");
}

#[test]
fn a_signal_ends_the_wait_of_whom_it_ends() {
    let world = World::new();
    let running = world.start_sh(&[], "cp /usr/bin/true /tmp/made; exec /tmp/made");
    world.wait_for_question();
    let before = Instant::now();
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().code, Some(143));
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[test]
fn programs_with_threads_and_those_that_borrow_memory_start_others() {
    let world = World::new();
    let script = "python3 -c '
import threading, subprocess, os
def work():
    for _ in range(10):
        assert subprocess.run([\"/usr/bin/true\"]).returncode == 0
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
pid = os.posix_spawn(\"/usr/bin/true\", [\"true\"], {})
assert os.waitpid(pid, 0)[1] == 0
t = threading.Thread(target=lambda: os.execv(\"/bin/echo\", [\"echo\", \"from a thread\"]))
t.start(); t.join()'";
    let finished = world.sh(&["--non-interactive"], script);
    assert_eq!(finished.succeeded().stdout, "from a thread\n");
}
