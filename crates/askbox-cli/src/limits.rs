//! The limits of the command line, each with its reason.

use std::time::Duration;

/// How long a new daemon may take until its socket accepts. Opening a large log after a crash is the slowest part.
pub(crate) const START_WAIT: Duration = Duration::from_secs(20);

/// How often a start is tried while another daemon is on its way up or down.
pub(crate) const START_ATTEMPTS: usize = 40;

/// The pause between two such tries. Only a daemon that neither listens nor has ended yet costs one.
pub(crate) const START_PAUSE: Duration = Duration::from_millis(100);

/// How long a daemon may take to end: it waits two seconds for its front ends.
pub(crate) const STOP_WAIT: Duration = Duration::from_secs(15);

/// Size at which the file with the daemon's output is begun anew.
pub(crate) const DAEMON_OUTPUT_BYTES: u64 = 1024 * 1024;

/// Longest report of a new daemon: an error chain.
pub(crate) const READINESS_BYTES: usize = 16 * 1024;

/// Characters of a path or pattern that are shown to people; `--json` has all of it.
pub(crate) const SHOWN: usize = 200;
