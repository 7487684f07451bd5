//! Proportional set size of the daemon when nothing runs, and of sessions that idle.

use std::thread;
use std::time::Duration;

use askbox_tests::{Running, World};

use crate::table::{self, Bar};

/// How long nothing has run by then: the daemon gives memory back two seconds after a session.
const IDLE: Duration = Duration::from_secs(5);

pub(crate) fn measure(world: &World) {
    thread::sleep(IDLE);
    let daemon = world.daemon_pid();
    let detail = format!(
        "PSS after the lines above; {:.1} of it the program itself",
        megabytes(daemon, "Pss_File:")
    );
    table::line(
        "daemon, idle",
        megabytes(daemon, "Pss:"),
        "MB",
        Bar::AtMost(10.0),
        &detail,
    );
}

/// Sessions that idle together.
const SESSIONS: u32 = 10;

/// What each of some idle sessions has for itself: its processes without its command, and its part of what the daemon grew by.
pub(crate) fn measure_sessions(world: &World) {
    thread::sleep(IDLE);
    let daemon = world.daemon_pid();
    let before = megabytes(daemon, "Pss:");
    let sessions: Vec<Running> = (0..SESSIONS)
        .map(|_| Running::start(world.askbox(&["run", "--quiet", "--", "sleep", "600"])))
        .collect();
    let is_command = |process: &i32| name(*process) == "sleep";
    let of_session = |session: &Running| family(session.pid());
    world.eventually("every command runs", || {
        let mut families = sessions.iter().map(of_session);
        families.all(|family| family.iter().any(is_command))
    });
    thread::sleep(IDLE);
    let grown = (megabytes(daemon, "Pss:") - before).max(0.0) / f64::from(SESSIONS);
    let processes = sessions.iter().flat_map(of_session);
    let own = processes.filter(|process| !is_command(process));
    let own = own.map(|process| megabytes(process, "Pss:")).sum::<f64>() / f64::from(SESSIONS);
    let detail =
        format!("PSS; {own:.1} of it its own processes, the command left out; {grown:.1} the daemon's");
    table::line(
        "each of ten idle sessions",
        own + grown,
        "MB",
        Bar::AtMost(3.0),
        &detail,
    );
}

fn name(process: i32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// A process and those below it (`proc_pid_task_tid_children(5)`).
fn family(process: i32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten();
    let lists =
        threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok());
    let children: Vec<i32> = lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|child| child.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect();
    let below = children.into_iter().flat_map(family);
    std::iter::once(process).chain(below).collect()
}

/// A figure of the memory of a process.
pub(crate) fn megabytes(process: i32, name: &str) -> f64 {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
    let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes / 1024.0
}
