//! The end of the daemon, of the client and of the command takes everything inside along.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use askbox_tests::server::Server;
use askbox_tests::{Running, World, is_inhabited};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How soon everything must be gone.
const PROMISED: Duration = Duration::from_secs(1);

/// Starts a session with daemons that left their session and their parent, an open connection and a waiting one.
fn start_busy(world: &World, server: &Server) -> Running {
    let port = server.port();
    let script = format!(
        "setsid -f sleep 1000; (setsid nohup sh -c 'trap \"\" TERM HUP INT; sleep 1000; sleep 1000' &) ;
         exec 5<>/dev/tcp/ok.test/{port}; head -c 5 <&5; curl -sS http://waits.test:1/ & sleep 1000"
    );
    let options = [
        "run",
        "--allow-domain",
        "ok.test",
        "--resolve",
        &server.pin("ok.test"),
        "--",
        "bash",
        "-c",
        &script,
    ];
    let running = Running::start(world.askbox(&options));
    world.eventually("its connection is open", || server.connections() == 1);
    world.wait_for_question();
    world.eventually("its daemons run", || {
        let sleeps = |process: &&askbox_tests::Process| process.command == ["sleep", "1000"];
        world.sandboxed().iter().filter(sleeps).count() == 3
    });
    running
}

fn namespaces(world: &World) -> BTreeSet<OsString> {
    let all: BTreeSet<OsString> = world
        .sandboxed()
        .into_iter()
        .map(|process| process.namespace)
        .collect();
    assert_eq!(all.len(), 2, "bwrap's and the command's: {all:?}");
    all
}

/// Waits until nothing of the world's sandboxes runs, and tells how long that took.
fn until_gone(world: &World, namespaces: &BTreeSet<OsString>, since: Instant) -> Duration {
    world.eventually("every process inside is gone", || {
        !is_inhabited(namespaces)
            && world.sandboxed().is_empty()
            && world.processes().iter().all(askbox_tests::Process::is_daemon)
    });
    since.elapsed()
}

/// The same for what is inside, while the client may still be there.
fn until_empty(world: &World, namespaces: &BTreeSet<OsString>, since: Instant) -> Duration {
    world.eventually("every process inside is gone", || {
        !is_inhabited(namespaces) && world.sandboxed().is_empty()
    });
    since.elapsed()
}

fn open_descriptors(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Every path of the world but the log and private homes, which live on.
fn tree(world: &World) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![world.home(), world.root()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.starts_with(world.root().join("state")) || path.starts_with(world.root().join("data")) {
                continue;
            }
            if path.symlink_metadata().unwrap().is_dir() {
                waiting.push(path.clone());
            }
            found.insert(path);
        }
    }
    found
}

fn mounts_of(world: &World) -> usize {
    let base = world.home();
    let base = base.parent().and_then(Path::to_str).unwrap();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    mounts.lines().filter(|line| line.contains(base)).count()
}

#[test]
fn threat_58_when_the_client_is_killed_everything_inside_is_gone_within_a_second() {
    let world = World::new();
    let server = Server::banner("hello");
    world.sh(&[], "true").succeeded();
    let daemon = world.daemon_pid();
    world.eventually("the first session is closed", || {
        world.ok(&["sessions", "--json"]).trim() == "[]"
    });
    let (files, descriptors) = (tree(&world), open_descriptors(daemon));
    let running = start_busy(&world, &server);
    let namespaces = namespaces(&world);
    assert!(
        descriptors < open_descriptors(daemon),
        "the daemon serves the session"
    );
    let since = Instant::now();
    running.signal(Signal::SIGKILL);
    let took = until_gone(&world, &namespaces, since);
    assert!(took < PROMISED, "{took:?}");
    assert_eq!(running.finish().signal, Some(9));
    assert_eq!(world.daemon_pid(), daemon, "the daemon lives on");
    world.eventually("the daemon holds nothing of the session", || {
        open_descriptors(daemon) <= descriptors && world.ok(&["sessions", "--json"]).trim() == "[]"
    });
    assert_eq!(world.questions(), Vec::<serde_json::Value>::new());
    assert_eq!((tree(&world), mounts_of(&world)), (files, 0));
    assert_eq!(world.sh(&[], "echo next").succeeded().stdout, "next\n");
}

#[test]
fn threat_58_when_the_daemon_is_killed_everything_inside_is_gone_within_a_second() {
    let world = World::new();
    let server = Server::banner("hello");
    let running = start_busy(&world, &server);
    let (daemon, namespaces) = (world.daemon_pid(), namespaces(&world));
    let files = tree(&world);
    let since = Instant::now();
    kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    let took = until_gone(&world, &namespaces, since);
    assert!(took < PROMISED, "{took:?}");
    let finished = running.finish();
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    assert!(finished.stderr.contains("daemon"), "{finished:#?}");
    assert_eq!((tree(&world), mounts_of(&world)), (files, 0));
    assert_eq!(world.sh(&[], "echo next").succeeded().stdout, "next\n");
    assert_ne!(world.daemon_pid(), daemon);
    world.ok(&["log", "verify"]);
}

/// A program that waits in the kernel for the file system is the hardest to end.
#[test]
fn threat_58_a_killed_daemon_leaves_nothing_of_files_that_were_open_or_waited_for() {
    let world = World::new();
    let other = world.home().join("other");
    fs::create_dir(&other).unwrap();
    for number in 0..20 {
        fs::write(other.join(number.to_string()), "text").unwrap();
    }
    let script = "exec 3< ~/notes/spec.md 4>> ~/notes/written; echo text >&4
        for file in $(seq 0 19); do cat ~/other/$file & done; wait";
    let running = world.start_sh(&["--allow-read", "~/notes", "--allow-write", "~/notes"], script);
    world.eventually("all of them wait", || {
        world.questions().iter().any(|question| question["waiting"] == 20)
    });
    let (daemon, namespaces) = (world.daemon_pid(), namespaces(&world));
    let files = tree(&world);
    let since = Instant::now();
    kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    let took = until_gone(&world, &namespaces, since);
    assert!(took < PROMISED, "{took:?}");
    assert_eq!(running.finish().code, Some(125));
    assert_eq!((tree(&world), mounts_of(&world)), (files, 0));
    assert_eq!(
        fs::read_to_string(world.home().join("notes/written")).unwrap(),
        "text\n"
    );
    let again = world.sh(&["--allow-read", "~/notes"], "cat ~/notes/spec.md");
    again.succeeded();
}

#[test]
fn threat_58_the_daemons_end_is_enough_when_the_client_does_nothing() {
    let world = World::new();
    let server = Server::banner("hello");
    let running = start_busy(&world, &server);
    let (daemon, namespaces) = (world.daemon_pid(), namespaces(&world));
    running.signal(Signal::SIGSTOP);
    let since = Instant::now();
    kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    let took = until_empty(&world, &namespaces, since);
    assert!(took < PROMISED, "{took:?}");
    running.signal(Signal::SIGCONT);
    assert_eq!(running.finish().code, Some(125));
}

#[test]
fn threat_58_the_client_ends_everything_when_the_first_process_inside_does_nothing() {
    let world = World::new();
    let server = Server::banner("hello");
    let running = start_busy(&world, &server);
    let (daemon, namespaces) = (world.daemon_pid(), namespaces(&world));
    let inside = world.sandboxed();
    let init = inside
        .iter()
        .find(|process| process.command[0].ends_with("/init"));
    let init = init.unwrap_or_else(|| panic!("no init among {inside:#?}"));
    kill(Pid::from_raw(init.pid), Signal::SIGSTOP).unwrap();
    let since = Instant::now();
    kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    let took = until_gone(&world, &namespaces, since);
    assert!(took < PROMISED, "{took:?}");
    assert_eq!(running.finish().code, Some(125));
}

#[test]
fn threat_58_the_clients_end_is_enough_when_the_daemon_does_nothing() {
    let world = World::new();
    let server = Server::banner("hello");
    let running = start_busy(&world, &server);
    let (daemon, namespaces) = (world.daemon_pid(), namespaces(&world));
    kill(Pid::from_raw(daemon), Signal::SIGSTOP).unwrap();
    let since = Instant::now();
    running.signal(Signal::SIGKILL);
    let took = until_gone(&world, &namespaces, since);
    kill(Pid::from_raw(daemon), Signal::SIGCONT).unwrap();
    assert!(took < PROMISED, "{took:?}");
    assert_eq!(running.finish().signal, Some(9));
    world.eventually("the session is closed", || {
        world.ok(&["sessions", "--json"]).trim() == "[]"
    });
    assert_eq!(world.daemon_pid(), daemon, "the daemon lives on");
}

#[test]
fn threat_58_nothing_is_allowed_after_the_daemon_is_gone() {
    let world = World::new();
    let server = Server::http("hello");
    let script = format!(
        "curl -sS http://ok.test:{0}/ > first; touch ready; while :; do curl -sS http://ok.test:{0}/ >> more; done",
        server.port()
    );
    let running = world.start_sh(
        &["--allow-domain", "ok.test", "--resolve", &server.pin("ok.test")],
        &script,
    );
    world.eventually("the command connects", || world.project().join("ready").exists());
    let daemon = world.daemon_pid();
    kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    world.eventually("the daemon is gone", || {
        !Path::new(&format!("/proc/{daemon}/exe")).exists()
    });
    let connections = server.connections();
    assert_eq!(running.finish().code, Some(125));
    assert_eq!(server.connections(), connections);
}

#[test]
fn threat_58_a_stopped_session_ends_and_others_go_on() {
    let world = World::new();
    let server = Server::banner("hello");
    let mut twin = world.start_sh(&[], "exec sleep 999");
    world.eventually("the twin runs", || world.sandboxed().len() > 2);
    let other: BTreeSet<OsString> = world
        .sandboxed()
        .into_iter()
        .map(|process| process.namespace)
        .collect();
    let running = start_busy(&world, &server);
    let sessions: Vec<serde_json::Value> = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    let id = |session: &serde_json::Value| session["id"].as_str().unwrap().to_owned();
    let question = &world.questions()[0];
    let busy = sessions
        .iter()
        .map(id)
        .find(|id| question["session"] == **id)
        .unwrap();
    let since = Instant::now();
    world.ok(&["stop", &busy]);
    world.eventually("its processes are gone", || {
        world
            .sandboxed()
            .iter()
            .all(|process| other.contains(&process.namespace))
    });
    assert!(since.elapsed() < PROMISED, "{:?}", since.elapsed());
    drop(running.finish());
    assert!(twin.is_running());
}

#[test]
fn threat_59_daemons_that_the_command_left_behind_are_dead_at_the_end() {
    let world = World::new();
    let script = "mkfifo go; setsid -f sleep 1001; (setsid nohup sh -c 'trap \"\" TERM HUP; sleep 1001; touch survived' > /dev/null 2>&1 &)
        /usr/bin/python3 -c 'import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3): os.close(fd)
        time.sleep(1001)
    os._exit(0)'
        read go < go";
    let running = world.start_sh(&[], script);
    world.eventually("its daemons run", || {
        let runs =
            |process: &&askbox_tests::Process| process.command.iter().any(|word| word.contains("1001"));
        world.sandboxed().iter().filter(runs).count() >= 5
    });
    let namespaces = namespaces(&world);
    assert!(is_inhabited(&namespaces));
    world.write("go", "\n");
    running.finish().succeeded();
    let since = Instant::now();
    assert!(until_gone(&world, &namespaces, since) < PROMISED);
    assert!(!world.project().join("survived").exists());
    let outside = world.host_script("setsid sleep 1001 > /dev/null 2>&1 & echo $!");
    let host = Running::start(outside).finish();
    let pid: i32 = host.stdout.trim().parse().unwrap();
    assert!(
        kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok(),
        "on the host it lives on"
    );
}
