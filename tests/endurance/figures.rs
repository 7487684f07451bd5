//! What a daemon holds of the machine.

use std::fmt;
use std::fs;
use std::io::Write;

use askbox_tests::World;

/// What load may leave in the daemon's memory, since an allocator gives back in its own time.
const GROWTH: usize = 4 * 1024;

/// Threads for what blocks that may be left: looks at policy files keep as many from ending.
const THREADS: usize = 4;

/// Its memory, descriptors and threads.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// Of its own: what it shares with other programs of the same file depends on how many of them run.
    pub(crate) kibibytes: usize,
    /// What it has open, as links of /proc name it.
    pub(crate) open: Vec<String>,
    pub(crate) threads: usize,
}

impl Figures {
    /// Just now.
    pub(crate) fn now(daemon: i32) -> Self {
        let proc = |name: &str| fs::read_to_string(format!("/proc/{daemon}/{name}")).unwrap();
        let number = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        Self {
            kibibytes: number(&proc("smaps_rollup"), "Pss_Anon:"),
            open: look(daemon),
            threads: number(&proc("status"), "Threads:"),
        }
    }

    /// Without sessions: the connections of clients that have just ended are waited for, and the threads that do nothing.
    pub(crate) fn at_rest(world: &World, daemon: i32) -> Self {
        world.eventually("no session is left", || {
            world.ok(&["sessions", "--json"]).trim() == "[]"
        });
        let mut last = Self::now(daemon);
        let mut unchanged = 0;
        world.eventually("the daemon is at rest", || {
            let now = Self::now(daemon);
            let is_same = (&now.open, now.threads) == (&last.open, last.threads);
            unchanged = if is_same { unchanged + 1 } else { 0 };
            last = now;
            unchanged == 150
        });
        last
    }

    /// Holds when there are as many descriptors.
    pub(crate) fn holds_no_more_open_than(&self, first: &Self) {
        let (before, after) = (&first.open, &self.open);
        assert_eq!(
            after.len(),
            before.len(),
            "at first {before:#?}\nat last {after:#?}"
        );
    }

    /// Holds when nothing but the allocator's own has been added.
    pub(crate) fn is_no_more_than(&self, first: &Self) {
        self.holds_no_more_open_than(first);
        assert!(self.threads <= first.threads + THREADS, "{first}, then {self}");
        assert!(self.kibibytes < first.kibibytes + GROWTH, "{first}, then {self}");
    }

    /// Prints them for people, whether the test succeeds or not.
    pub(crate) fn say(&self, what: &str) {
        // Not `eprintln`, which is shown of failed tests alone.
        drop(writeln!(std::io::stderr(), "{what}: {self}"));
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kibibytes,
            open,
            threads,
        } = self;
        write!(
            formatter,
            "{kibibytes} KiB, {} descriptors, {threads} threads",
            open.len()
        )
    }
}

fn look(daemon: i32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{daemon}/fd")).unwrap().flatten();
    let mut open: Vec<String> = entries
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    open.sort();
    open
}
