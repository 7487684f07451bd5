//! How much one session's file system may hold of what others need, each with its reason.

use std::time::Duration;

/// Threads that may be in one slow tree of the host, or in operations that take long, at a time. Enough to keep a network
/// busy; with hundreds of sessions whose servers hang, what they hold is address space.
pub(crate) const AT_ONCE: usize = 8;

/// Operations on a slow tree that may wait for such a thread. A write carries up to a mebibyte.
pub(crate) const WAITING: usize = 128;

/// The same for operations that take long by themselves, which carry nothing: no less than programs that wait for a disk.
pub(crate) const WAITING_LONG: usize = 2048;

/// How long they may: a disk that spins up, or a server that starts again, takes less.
pub(crate) const WAIT: Duration = Duration::from_secs(20);

/// The stack of such a thread; the work is shallow.
pub(crate) const STACK: usize = 256 * 1024;

/// The most that one request copies within the host, in bytes: a disk writes that in a tenth of a second. Programs ask for
/// the rest by themselves (`copy_file_range(2)`).
pub(crate) const COPIED_AT_ONCE: u64 = 16 << 20;

/// The most programs of a session that may wait for record locks at a time; each is tried for again and again.
pub(crate) const WAITING_FOR_LOCKS: usize = 256;

/// The most descriptions that hold record locks of a session together, one for each file and program: each is a descriptor of the
/// daemon, which every session needs some of.
pub(crate) const LOCK_DESCRIPTIONS: usize = 1024;

/// The most that the listings of all open directories of a session take in the daemon together, in bytes. One directory of
/// some 300,000 names fits, more than programs list as a rule; without a limit 2,048 handles on a large directory take gigabytes.
pub(crate) const LISTED_BYTES: usize = 32 << 20;
