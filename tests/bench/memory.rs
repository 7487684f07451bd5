//! Proportional set size of the daemon when nothing runs.

use askbox_tests::World;

use crate::table::{Bar, Table};

pub(crate) fn measure(world: &World, table: &mut Table) {
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", world.daemon_pid())).unwrap();
    let megabytes = |name: &str| {
        let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
        let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes / 1024.0
    };
    let detail = format!(
        "PSS after the lines above; {:.1} of it the program itself",
        megabytes("Pss_File:")
    );
    table.line(
        "daemon, idle",
        megabytes("Pss:"),
        "MB",
        Bar::AtMost(10.0),
        &detail,
    );
}
