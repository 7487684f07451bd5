//! Every bound of the gate, by name and with its reason. Nothing in here may be reached by an ordinary program.

use std::time::Duration;

/// Requests that may wait on one question. A build that opens hundreds of connections to one host is ordinary; a
/// thousand waiters cost about 1 MB.
pub const WAITERS_PER_QUESTION: usize = 1024;

/// Targets that one question lists. More than a person reads; further files wait without being listed, other targets are
/// denied and counted.
pub const MEMBERS_PER_QUESTION: usize = 50;

/// Files of one question, listed or not: each is there because a request waits or waited.
pub const FILES_PER_QUESTION: usize = WAITERS_PER_QUESTION;

/// Files of one session whose admissions are counted instead of logged, at about 300 bytes each. Of a session that goes
/// round more than these, some are events again.
pub const ADMITTED_FILES: usize = 4096;

/// How often such counts become events: seldom, since a program that watches a thousand files makes a thousand of them.
pub const ADMITTED_COUNT_EVERY: Duration = Duration::from_mins(10);

/// Open questions of one session. The quiet mode comes first, unless the time-out is set to many minutes.
pub const QUESTIONS_PER_SESSION: usize = 64;

/// Entries in the missed list for one session, so that a noisy session cannot push out those of others.
pub const MISSED_PER_SESSION: usize = 50;

/// Entries in the missed list altogether.
pub const MISSED_TOTAL: usize = 500;

/// Whoever grew on disk waits for an answer at least so long: nothing of it runs meanwhile, and without one it ends. Who let it run
/// over night finds it in the morning.
pub(crate) const GROWTH_HOLD: Duration = Duration::from_hours(12);

/// A question that keeps growing stays open for at most this many time-outs.
pub const QUESTION_LIFE_FACTOR: u32 = 5;

/// How long a machine that is about to sleep waits for programs to hear that they were denied: writing that to the log and
/// answering the kernel take far less.
pub(crate) const SUSPEND_SETTLE: Duration = Duration::from_secs(2);

/// Who is at a question has this long from then on, or its time-out where that is shorter: enough to choose and to press.
pub const KEPT_FOR: Duration = Duration::from_mins(1);

/// A question is kept open for at most so long beyond the end that it has by itself: a program waits, and a hand on the
/// keyboard is no answer.
pub const KEPT_AT_MOST: Duration = Duration::from_mins(10);

/// Processes per listed target that *once* remembers.
pub const ONCE_PROCESSES_PER_MEMBER: usize = 8;

/// The window in which distinct questions are counted for the quiet mode.
pub const QUIET_WINDOW: Duration = Duration::from_mins(1);

/// Equal denials of one session within this time are one event and a count. A program that tries again and again would
/// otherwise fill the disk.
pub const REPEATS_EVERY: Duration = Duration::from_secs(10);

/// The window in which different denials of one session are counted.
pub const DENIED_WINDOW: Duration = Duration::from_mins(1);

/// Different denials of one session that become events of their own within [`DENIED_WINDOW`], and that are counted each
/// by itself at a time. A page with hundreds of trackers stays far below; a program that goes through names or ports
/// does not.
pub const DENIED_PER_WINDOW: usize = 600;

/// How often the high-water mark of the wall clock is written when nothing else changes.
pub const HIGH_WATER_EVERY: Duration = Duration::from_mins(1);

/// While something has an expiry, the boot clock is read this often: timers stand still while the machine sleeps, the
/// boot clock does not.
pub const CLOCK_CHECK: Duration = Duration::from_secs(2);

/// The longest pause. A longer one would be forgotten, and programs would fail without anybody knowing why.
pub const PAUSE_MAX: Duration = Duration::from_hours(24);

/// How long a question whose *always* is being written to policy.toml is left alone by a change of policy.
pub const RESERVED: Duration = Duration::from_secs(10);

/// Questions, changes and closings that a slow front end may lag behind before it has to list everything again.
pub const EVENTS_BUFFERED: usize = 256;

/// The file of the lockdown says one word.
pub const LOCKDOWN_FILE_BYTES: u64 = 64;

/// How often the counts of what rules and grants decided are written, when they changed.
pub const USAGE_EVERY: Duration = Duration::from_mins(1);

/// The largest usage.json that is read: a hundred thousand rules, at some 70 bytes each.
pub const USAGE_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// The largest grants.json that is read; a grant is about 500 bytes.
pub const GRANTS_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// How long nobody is asked after the machine was said to be about to sleep, in time that it is awake: logind waits 5 seconds for
/// those that delay it (`InhibitDelayMaxSec`, logind.conf(5)), and the kernel up to 20 for what it freezes.
pub(crate) const SUSPENDING: Duration = Duration::from_secs(30);
