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

/// How long a new desktop app may take until it listens, on a machine that has just begun a desktop session.
pub(crate) const TRAY_WAIT: Duration = Duration::from_secs(20);

/// How long one that runs may take to hear of a window. It does nothing else meanwhile.
pub(crate) const TRAY_ANSWER_WAIT: Duration = Duration::from_millis(1_500);

/// The pause between two tries to reach it.
pub(crate) const TRAY_PAUSE: Duration = Duration::from_millis(50);

/// Size at which the file with the daemon's output is begun anew.
pub(crate) const DAEMON_OUTPUT_BYTES: u64 = 1024 * 1024;

/// Longest report of a new daemon: an error chain.
pub(crate) const READINESS_BYTES: usize = 16 * 1024;

/// Size of a pipe that stands for a file, and the most that is moved out of it at a time.
pub(crate) const STREAM_PIPE: usize = 256 * 1024;

/// Bytes of a file that are read ahead of a pipe.
pub(crate) const STREAM_CHUNK: u64 = 128 * 1024;

/// Moves of one stream before signals and the other streams have their turn.
pub(crate) const STREAM_ROUNDS: usize = 4;

/// Characters of a path or pattern that are shown to people; `--json` has all of it.
pub(crate) const SHOWN: usize = 200;

/// Characters of one link of an error chain, or of a hint: two paths of the longest kind (`PATH_MAX`) and the words around
/// them, since what a hint says is to be typed.
pub(crate) const SAID: usize = 10_000;

/// Longest name and password for a proxy together: the daemon reads no more.
pub(crate) const LOGIN_BYTES: usize = 4096;

/// Bytes below which a file system counts as full: the log's write-ahead file alone can take some MiB until it is folded.
pub(crate) const LEAST_SPACE: u64 = 16 * 1024 * 1024;

/// Bytes of memory that a daemon must be able to have: several times what it takes with many sessions, and the addresses of its
/// threads. Where it gets none it ends.
pub(crate) const LEAST_MEMORY: u64 = 1024 * 1024 * 1024;

/// Seconds on a processor that a daemon must have: weeks of work.
pub(crate) const LEAST_PROCESSOR_TIME: u64 = 24 * 3600;

/// Bytes of stack that this program must have: nearly twice what its command line takes to parse, the most that it takes.
pub(crate) const LEAST_STACK: u64 = 128 * 1024;
