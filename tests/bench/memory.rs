//! Proportional set size of the daemon when nothing runs.

use askbox_tests::World;

use crate::table::{Bar, Table};

pub(crate) fn measure(world: &World, table: &mut Table) {
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", world.daemon_pid())).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    table.line(
        "daemon, idle",
        kibibytes / 1024.0,
        "MB",
        Bar::AtMost(10.0),
        "PSS after the lines above",
    );
}
