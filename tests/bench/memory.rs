//! Proportional set size of the daemon when nothing runs.

use std::thread;
use std::time::Duration;

use askbox_tests::World;

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

/// A figure of the memory of a process.
pub(crate) fn megabytes(process: i32, name: &str) -> f64 {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
    let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes / 1024.0
}
