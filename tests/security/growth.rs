//! Growth on disk: a session that took on as much as it may stands still until somebody says how it goes on, and ends where nobody
//! does; one below its limit is asked about nothing.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use askbox_tests::{Finished, Running, World, is_inhabited};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Bounds the fillers from outside as well. Bytes of a file, and seconds on a processor of each process.
const BELT: &str = "ulimit -f 4194304; ulimit -t 60; ";

/// Within which nothing of a session is left that lost its client or the daemon.
const PROMISED: Duration = Duration::from_secs(1);

/// Writes this many MiB into the project, a MiB at a time.
fn write(mebibytes: u32) -> String {
    format!(
        "mkdir -p filler; for n in $(seq {mebibytes}); do head -c 1M /dev/urandom >> filler/$((n % 7)); \
         sleep 0.02; done; echo done"
    )
}

fn fill(world: &World, options: &[&str], mebibytes: u32) -> Running {
    let mut command = world.askbox(&["run"]);
    let script = format!("{BELT}{}", write(mebibytes));
    command.args(options).args(["--", "bash", "-c", &script]);
    Running::start(command)
}

fn session(world: &World) -> Value {
    let all: Vec<Value> = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    all.into_iter().next().unwrap_or_default()
}

/// How much there is of it, in MiB.
fn written(world: &World) -> u64 {
    let files = fs::read_dir(world.project().join("filler")).unwrap();
    let sizes = files.map(|file| file.unwrap().metadata().unwrap().len());
    sizes.sum::<u64>() >> 20
}

/// The number of the question about a frozen session.
fn asked(world: &World) -> String {
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "growth", "{question:#}");
    assert_eq!(session(world)["state"], "frozen");
    question["id"].as_str().unwrap().to_owned()
}

/// That it ended for its limit, and with which reason.
fn ended(world: &World, finished: &Finished, reason: &str) {
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    for part in ["allow more with --disk SIZE", reason] {
        assert!(finished.stderr.contains(part), "{part}: {finished:#?}");
    }
    assert!(world.sandboxed().is_empty());
    assert!(world.questions().is_empty());
    world.eventually("the log says so", || {
        let log = world.log();
        let limited = log.iter().filter(|event| event["action"] == "limited");
        let mut details = limited.map(|event| event["detail"].as_str().unwrap_or_default());
        details.any(|detail| detail.contains(reason))
    });
}

#[test]
fn a_disk_filler_stands_still_until_a_person_allows_as_much_again() {
    let world = World::new();
    let running = fill(&world, &["--disk", "20M"], 150);
    let first = asked(&world);
    let question = world.wait_for_question();
    let title = question["title"].as_str().unwrap();
    for part in [
        "A session (project) is frozen: it grew by ",
        "20 MiB were allowed",
        " are free",
    ] {
        assert!(title.contains(part), "{title}");
    }
    assert!(world.ok(&["questions"]).contains("deny: the session ends"));
    let before = written(&world);
    // A look at everything takes longer than what it wrote between two counts.
    world.ok(&["log"]);
    world.sh(&[], "sleep 0.5").succeeded();
    assert_eq!(written(&world), before, "nothing in it runs");
    assert!((18..140).contains(&before), "{before}");

    let answered = world.ok(&["allow", &first]);
    assert!(answered.contains("nothing is remembered"), "{answered}");
    world.eventually("it goes on, and meets the next limit", || {
        before < written(&world) && !world.questions().is_empty()
    });
    let second = asked(&world);
    assert_ne!(first, second);
    let answered = world.ok(&["allow", &second, "--session"]);
    assert!(answered.contains("growth disk"), "{answered}");
    assert!(
        world.ok(&["rules"]).contains("growth"),
        "what was allowed is listed"
    );
    let finished = running.finish();
    assert_eq!(finished.succeeded().stdout, "done\n");
    assert!(
        finished.stderr.contains("answer with: askbox allow"),
        "{finished:#?}"
    );
    let log = world.log();
    let verdicts = log.iter().filter(|event| event["kind"] == "growth");
    let verdicts: Vec<&str> = verdicts.map(|event| event["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts[..4], ["ask", "allow", "ask", "allow"], "{verdicts:?}");
}

#[test]
fn files_without_a_name_are_growth_too() {
    let world = World::new();
    let wait = "until [ -e answered ]; do sleep 0.05; done; echo done";
    let removed = "exec 3> filler; rm filler; head -c 40M /dev/urandom >&3";
    let never_named = "exec python3 -c \"import os, time
to = os.open('.', os.O_TMPFILE | os.O_WRONLY)
for _ in range(40): os.write(to, os.urandom(1 << 20))
while not os.path.exists('answered'): time.sleep(0.05)
print('done')\"";
    for script in [format!("{removed}; {wait}"), never_named.to_owned()] {
        let running = world.start_sh(&["--disk", "20M"], &format!("{BELT}{script}"));
        let id = asked(&world);
        world.ok(&["allow", &id, "--session"]);
        world.write("answered", "");
        assert_eq!(running.finish().succeeded().stdout, "done\n");
        fs::remove_file(world.project().join("answered")).unwrap();
    }
}

#[test]
fn a_session_below_its_limit_is_asked_about_nothing() {
    let world = World::new();
    let below = fill(&world, &["--disk", "200M"], 8).finish();
    below.succeeded();
    assert_eq!((below.stderr.as_str(), world.questions().len()), ("", 0));
}

#[test]
fn what_was_allowed_for_the_session_can_be_taken_back() {
    let world = World::new();
    let running = fill(&world, &["--disk", "10M"], 400);
    world.ok(&["allow", &asked(&world), "--session"]);
    let before = written(&world);
    world.eventually("it goes on beyond its limit", || before + 15 < written(&world));
    assert!(world.questions().is_empty());
    world.ok(&["revoke", "--all"]);
    world.ok(&["deny", &asked(&world)]);
    ended(&world, &running.finish(), "that was the answer");
}

#[test]
fn a_denial_ends_the_session_with_the_reason() {
    let world = World::new();
    let running = fill(&world, &["--disk", "5M"], 1000);
    world.ok(&["deny", &asked(&world)]);
    ended(&world, &running.finish(), "that was the answer");
    assert!(!world.ok(&["rules"]).contains("growth"), "nothing is remembered");
}

#[test]
fn where_nobody_may_be_asked_the_limit_ends_the_session() {
    let world = World::new();
    let running = fill(&world, &["--disk", "5M", "--non-interactive"], 1000);
    ended(&world, &running.finish(), "nobody may be asked");
    world.write_policy("[[rule]]\neffect = \"deny\"\ngrowth = \"disk\"\n");
    ended(&world, &fill(&world, &["--disk", "5M"], 1000).finish(), "rule ");
    world.write_policy("");
    world.ok(&["pause", "5m"]);
    ended(
        &world,
        &fill(&world, &["--disk", "5M"], 1000).finish(),
        "questions are paused",
    );
    world.ok(&["pause", "off"]);
    let running = fill(&world, &["--disk", "5M"], 1000);
    asked(&world);
    world.ok(&["lockdown", "on"]);
    ended(&world, &running.finish(), "lockdown");
    world.ok(&["lockdown", "off"]);
    fill(&world, &["--disk", "200M"], 8).finish().succeeded();
}

#[test]
fn thaw_is_an_answer_with_an_amount() {
    let world = World::new();
    let running = fill(&world, &["--disk", "10M"], 100);
    asked(&world);
    let id = session(&world)["id"].as_str().unwrap().to_owned();
    world.ok(&["thaw", &id, "--disk", "none"]);
    world.eventually("the question is closed", || world.questions().is_empty());
    assert_eq!(running.finish().succeeded().stdout, "done\n");
    let log = world.log();
    assert!(log.iter().any(|event| event["action"] == "thawed"));
}

#[test]
fn the_time_of_a_frozen_session_stands_still() {
    let world = World::new();
    let script = "head -c 15M /dev/zero > filler; until [ -e answered ]; do sleep 0.05; done; echo done";
    let running = world.start_sh(&["--disk", "10M", "--timeout", "10s"], script);
    let id = asked(&world);
    let since = Instant::now();
    world.eventually("its time would be over", || {
        Duration::from_secs(11) < since.elapsed()
    });
    assert_eq!(session(&world)["state"], "frozen");
    world.ok(&["allow", &id, "--session"]);
    fs::write(world.project().join("answered"), "").unwrap();
    assert_eq!(running.finish().succeeded().stdout, "done\n");
    let late = world.sh(&["--disk", "none", "--timeout", "1s"], "sleep 1000");
    assert_eq!(late.code, Some(124), "{late:#?}");
}

/// Whether signals wait for a process with this command line, as bits (`proc_pid_status(5)`).
fn are_pending(world: &World, command: &[&str], signals: u64) -> bool {
    let pending = |pid: i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let bits = status.lines().find_map(|line| line.strip_prefix("ShdPnd:\t"));
        bits.and_then(|bits| u64::from_str_radix(bits, 16).ok())
    };
    let mut inside = world.sandboxed().into_iter();
    inside.any(|process| {
        process.command == command && pending(process.pid).is_some_and(|bits| bits & signals == signals)
    })
}

#[test]
fn a_frozen_command_hears_that_it_is_to_end_when_it_goes_on() {
    const HANGUP_AND_TERM: u64 = 0x4001;
    let world = World::new();
    let script = "trap 'touch went_on' TERM; trap 'touch went_on' HUP; head -c 15M /dev/zero > filler; \
                  until [ -e answered ]; do sleep 0.05; done; echo done";
    let running = world.start_sh(&["--disk", "10M"], script);
    let id = asked(&world);
    let went_on = world.project().join("went_on");
    // The second is handed on after all that the first may bring about.
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        running.signal(signal);
        world.eventually("it is handed on", || {
            went_on.exists() || are_pending(&world, &["sh", "-c", script], 1 << (signal as u32 - 1))
        });
    }
    assert!(are_pending(&world, &["sh", "-c", script], HANGUP_AND_TERM));
    assert!(!went_on.exists());
    assert_eq!(session(&world)["state"], "frozen");
    world.ok(&["allow", &id, "--session"]);
    world.eventually("it hears of it", || went_on.exists());
    fs::write(world.project().join("answered"), "").unwrap();
    assert_eq!(running.finish().succeeded().stdout, "done\n");
}

/// The pid namespaces that the session has.
fn namespaces(world: &World) -> BTreeSet<OsString> {
    let inside = world.sandboxed().into_iter();
    let namespaces: BTreeSet<_> = inside.map(|process| process.namespace).collect();
    assert!(!namespaces.is_empty());
    namespaces
}

#[test]
fn nothing_stays_frozen_without_client_or_daemon_or_when_it_is_told_to_end() {
    let world = World::new();
    let frozen = || {
        let running = fill(&world, &["--disk", "5M"], 1000);
        asked(&world);
        (running, namespaces(&world))
    };
    let gone = |namespaces: &BTreeSet<_>| {
        let since = Instant::now();
        world.eventually("every process inside is gone", || !is_inhabited(namespaces));
        assert!(since.elapsed() < PROMISED, "{:?}", since.elapsed());
    };
    let (running, inside) = frozen();
    running.signal(Signal::SIGKILL);
    gone(&inside);
    running.finish();
    world.eventually("the question is closed", || world.questions().is_empty());

    let (running, inside) = frozen();
    kill(Pid::from_raw(world.daemon_pid()), Signal::SIGKILL).unwrap();
    gone(&inside);
    assert_eq!(running.finish().code, Some(125));
    assert!(world.questions().is_empty());

    let (running, inside) = frozen();
    world.ok(&["stop", "--all"]);
    assert_eq!(running.finish().code, Some(125));
    assert!(!is_inhabited(&inside));
    assert!(world.questions().is_empty());
}

#[test]
fn files_that_others_write_freeze_nothing() {
    let world = World::new();
    let wait = |name: &str| format!("until [ -e {name} ]; do sleep 0.05; done");
    let script = format!(
        "touch ready; {}; head -c 8M /dev/zero > some; {}; head -c 20M /dev/zero > more; sleep 1000",
        wait("others_wrote"),
        wait("was_seen")
    );
    let mut running = world.start_sh(&["--disk", "20M"], &script);
    world.eventually("it runs", || world.project().join("ready").exists());
    fs::write(world.outside().join("big"), vec![7; 64 << 20]).unwrap();
    world.write("others_wrote", "");
    let grown = || session(&world)["usage"]["disk_bytes"].as_u64();
    world.eventually("what it wrote itself was counted", || grown() >= Some(8 << 20));
    assert_eq!(session(&world)["state"], "running");
    assert!(grown() < Some(20 << 20), "{:?}", grown());
    assert!(world.questions().is_empty());
    assert!(running.is_running());

    world.write("was_seen", "");
    asked(&world);
}

/// Writes MiB by MiB, and has itself let go on when it was stopped: by a timer, and by a signal to the first process, again and
/// again.
const GOES_ON: &str = "import os, signal, ctypes
signal.signal(signal.SIGCONT, lambda *_: None)
class Event(ctypes.Structure):
    _fields_ = [('value', ctypes.c_void_p), ('signal', ctypes.c_int), ('notify', ctypes.c_int), ('rest', ctypes.c_char * 64)]
libc = ctypes.CDLL(None)
# A stop takes away what a timer has sent and nobody has seen, and that timer is dead then.
for step in range(32):
    timer = ctypes.c_void_p()
    assert libc.timer_create(1, ctypes.byref(Event(None, signal.SIGCONT, 0)), ctypes.byref(timer)) == 0
    times = (ctypes.c_long * 4)(0, 50_000_000, 0, 50_000_000 + step * 7_000_000)
    assert libc.timer_settime(timer, 0, times, None) == 0
if os.fork() == 0:
    while True:
        os.kill(1, signal.SIGCONT)
os.makedirs('filler', exist_ok=True)
for n in range(4000):
    with open('filler/0', 'ab') as out:
        out.write(os.urandom(1 << 20))
print('done')
";

#[test]
fn a_program_that_goes_on_although_it_is_frozen_is_ended() {
    let world = World::new();
    world.write("goes_on.py", GOES_ON);
    let script = format!("{BELT}exec python3 goes_on.py");
    let command = world.askbox(&["run", "--disk", "20M", "--", "bash", "-c", &script]);
    let finished = Running::start(command).finish();
    ended(&world, &finished, "It went on although it was frozen");
}
