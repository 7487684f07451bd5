//! Starts of programs: by preset in the system, toolchains and the project, by a question elsewhere, and with a reason where
//! they cannot work.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use askbox_tests::World;
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
    let is_it = |event: &&serde_json::Value| {
        let is_about = event["kind"] == "execute" && event["target"] == path;
        is_about && event["verdict"] == verdict && event["detail"].is_null()
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
    assert!(question.to_string().contains("bin/tool"), "{question}");
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
                  kill -9 $waiting; wait $waiting; echo $?";
    let running = world.start_sh(&[], script);
    world.wait_for_question();
    world.write("asked", "");
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
