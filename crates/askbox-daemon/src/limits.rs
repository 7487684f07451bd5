//! The limits of the daemon, each with its reason.

use std::time::Duration;

/// Threads that run tasks. Everything here waits most of the time; two keep one slow task from holding up the others.
pub(crate) const WORKERS: usize = 2;

/// Threads for what blocks: policy files, planning, the files of /proc. They end when idle.
pub(crate) const BLOCKING_THREADS: usize = 32;

/// How long an idle thread of these lives on.
pub(crate) const BLOCKING_IDLE: Duration = Duration::from_secs(2);

/// Stack of each thread. The deepest use is parsing JSON, which stops at 128 levels.
pub(crate) const STACK: usize = 1024 * 1024;

/// Front ends at once. Each session holds one connection, and a hundred sessions are promised.
pub(crate) const CONNECTIONS: usize = 1024;

/// One descriptor in so many is for a front end, up to [`CONNECTIONS`]: none of them may wait for a sandboxed program.
pub(crate) const FRONT_END_PART: usize = 8;

/// Descriptors for the daemon's own work: some 40 that are always open or ride on a launch; four for each blocking thread
/// (a look-up's sockets, a policy file in its directory); three for each of the four threads that look at processes, and
/// one for each of the 32 that a program can hold up.
pub(crate) const OWN_DESCRIPTORS: usize = 256;

/// With fewer there would be next to none for connections.
pub(crate) const FEWEST_DESCRIPTORS: usize = 512;

/// How often policy files are looked at: one second is soon enough for somebody who saves a file and looks up.
pub(crate) const POLICY_CHECK: Duration = Duration::from_secs(1);

/// How long accepting rests after it failed, mostly because no descriptor is left.
pub(crate) const ACCEPT_REST: Duration = Duration::from_millis(100);

/// How long a stopped session may take to end by itself before its connection is closed, which makes its client
/// kill it.
pub(crate) const STOP_WAIT: Duration = Duration::from_millis(500);

/// How long the sessions may take to end when the daemon does, all together: what their connections carried is waited for,
/// and then what they made is looked for ([`MADE_WAIT`]).
pub(crate) const SESSIONS_WAIT: Duration = Duration::from_secs(5);

/// How long after its start, and after a session ended, the daemon gives memory back to the system: what the session held is
/// dropped by then, and others that end meanwhile share the work.
pub(crate) const MEMORY_REST: Duration = Duration::from_secs(2);

/// How long the daemon waits at its end for front ends to take their last message.
pub(crate) const END_WAIT: Duration = Duration::from_secs(2);

/// How long looking for what a session made may take, at its end.
pub(crate) const MADE_WAIT: Duration = Duration::from_secs(2);

/// How long the look at a project for its review may take, at the start and at the end of a session.
pub(crate) const REVIEW_WAIT: Duration = Duration::from_secs(2);

/// How long records of reviews are kept.
pub(crate) const REVIEWS_KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// Records of reviews that are kept: one that kept all it may is 4 MiB, nearly all are a few KiB.
pub(crate) const REVIEWS_KEPT: usize = 50;

/// How long reading what happened in watched directories rests: programs inside can make names as fast as they like, and
/// what comes meanwhile the kernel keeps.
pub(crate) const WATCH_REST: Duration = Duration::from_millis(20);

/// Reads of what happened between two rests: 4 KiB each, some 16,000 names all together.
pub(crate) const WATCH_READS: usize = 128;

/// Reads that a session's look-out may be behind before it looks at everything anew.
pub(crate) const WATCH_BUFFERED: usize = 256;

/// How long a look-out rests after it looked at everything anew.
pub(crate) const LOOK_AGAIN_REST: Duration = Duration::from_secs(1);

/// Names of what a session made that are listed.
pub(crate) const MADE_SHOWN: usize = 12;

/// How long planning a session may take: host paths may lie on a slow file system.
pub(crate) const PLAN_WAIT: Duration = Duration::from_secs(20);

/// News that a slow follower may be behind before it is told that some are gone.
pub(crate) const NEWS_BUFFERED: usize = 256;

/// Largest block-list file: some ten million names. More is a mistake.
pub(crate) const BLOCK_LIST_BYTES: u64 = 256 * 1024 * 1024;

/// How much of a process goes into a view. With these, the largest question that the gate makes fits into one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessLimits {
    /// Of the executable's path, as JSON.
    pub(crate) exe_bytes: usize,
    /// Of the raw command line, as JSON.
    pub(crate) command_bytes: usize,
    /// Of the command line that people see, in characters.
    pub(crate) command_shown: usize,
    /// Further holders of the socket.
    pub(crate) others: usize,
    /// Programs that started it.
    pub(crate) ancestors: usize,
}

/// The process that asked first. The prompt shows its whole command line; beyond this nobody reads it.
pub(crate) const FIRST_PROCESS: ProcessLimits = ProcessLimits {
    exe_bytes: 8192,
    command_bytes: 16384,
    command_shown: COMMAND_SHOWN,
    others: 16,
    ancestors: 8,
};

/// Those of further members.
pub(crate) const MEMBER_PROCESS: ProcessLimits = ProcessLimits {
    exe_bytes: 1024,
    command_bytes: 2048,
    command_shown: 512,
    others: 4,
    ancestors: 8,
};

/// A raw target in a question's list, as JSON: any ordinary path of `PATH_MAX`.
pub(crate) const TARGET_BYTES: usize = 8192;

/// The same beside its member.
pub(crate) const MEMBER_TARGET_BYTES: usize = 1024;

/// Longest command line that is shown, in characters.
pub(crate) const COMMAND_SHOWN: usize = 4096;

/// Longest command line in a list of processes, in characters: 256 of them fit into one message.
pub(crate) const NODE_SHOWN: usize = 512;

/// A clock tick of the kernel for programs: `USER_HZ` is 100 on x86-64 and arm64.
pub(crate) const TICK_MS: u64 = 10;

/// How long the programs of a session that is asked to end have for it, before they are killed.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(5);

/// How often it is looked what a session uses of the machine.
pub(crate) const USAGE_REST: Duration = Duration::from_secs(1);

/// The same for a session that may use little memory, or uses half of it: a program fills a GiB in half a second.
pub(crate) const USAGE_CLOSE_REST: Duration = Duration::from_millis(100);

/// How often programs of a frozen session may be found to have run before it is ended: a program can have itself sent SIGCONT.
pub(crate) const FROZEN_RUNS: u32 = 3;

/// What is little memory there.
pub(crate) const LITTLE_MEMORY: u64 = 2 << 30;

/// How long it is waited until the log has that a session met a limit: it may fill memory meanwhile.
pub(crate) const TOLD_WAIT: Duration = Duration::from_millis(100);

/// How long a look at what a project holds may take.
pub(crate) const GROWTH_WAIT: Duration = Duration::from_secs(5);

/// The memory of a machine that does not say how much it has: what nothing that runs a desktop falls short of.
pub(crate) const UNKNOWN_MEMORY: u64 = 2 << 30;

/// How long systemd may take to make the control group of a session; on an idle machine it takes 25 ms.
pub(crate) const SCOPE_WAIT: Duration = Duration::from_secs(1);

/// Processes of Askbox in the control group of a session: launch child, bwrap and askbox-init.
pub(crate) const OWN_TASKS: u64 = 3;

/// Longest name of anything else that is shown.
pub(crate) const NAME_SHOWN: usize = 80;

/// Sockets of the host that one session may be offered: a mount each. Few sessions have them, so their descriptors come out of
/// the daemon's own.
pub(crate) const OFFERED_SOCKETS: usize = 8;

/// Services of the session bus that one session may be offered: each is a question of its own where a rule says so.
pub(crate) const OFFERED_SERVICES: usize = 16;

/// Longest path that is shown.
pub(crate) const PATH_SHOWN: usize = 120;

/// Longest list of trusted project files: some thousands of them.
pub(crate) const TRUSTED_FILE_BYTES: u64 = 1 << 20;

/// Ports that one session may share with the host: more than any project has servers. Each has two listeners.
pub(crate) const SHARED_PORTS: usize = 16;

/// Most words of a command: bwrap refuses more than 9000 arguments (`MAX_ARGS`, bubblewrap.c), its own among them.
pub(crate) const COMMAND_WORDS: usize = 8900;

/// Most bytes of the file with name and password for a proxy.
pub(crate) const CREDENTIALS_BYTES: u64 = 4096;

/// How long a connection waits for a keyring: mostly one that is locked, and the program inside is to be told so. Whoever
/// unlocks it later is not asked again.
pub(crate) const KEYRING_WAIT: Duration = Duration::from_secs(6);

/// How long it is not asked again after it could not be used: each time may open a window for its password.
pub(crate) const KEYRING_REST: Duration = Duration::from_secs(30);

/// How long the keyring is not asked again for the key of the log after it could not be used: each time may open a window for its
/// password, and nothing waits for this.
pub(crate) const SIGNING_REST: Duration = Duration::from_hours(24);

/// How long nothing is signed where the key is here, and the log or the file beside it could not be read or written: no window
/// opens for that.
pub(crate) const SIGNING_LOG_REST: Duration = Duration::from_mins(1);

/// How long the end of the daemon waits for the key of the log: a keyring that answers does so in far less.
pub(crate) const SIGNING_WAIT: Duration = Duration::from_secs(1);

/// Ports or ranges of ports that rules for UDP may name in one session: each is a rule that the kernel compares.
pub(crate) const DATAGRAM_PORTS: usize = 64;

/// How many threads of a session may hear of starts or be held up by what they look at.
pub(crate) const STARTS_READ: usize = 16;

/// When it is looked whether a program that waits to start another was killed, and then after pauses twice as long each time.
pub(crate) const START_CHECK: Duration = Duration::from_millis(50);

/// The longest such pause: thousands may wait.
pub(crate) const START_CHECK_SLOWEST: Duration = Duration::from_millis(800);

/// When it is compared what a start led to: the kernel needs some milliseconds for it, and what should not run should not run
/// long. The same again, twice as long each time, while the kernel is about it.
pub(crate) const START_VERIFY: Duration = Duration::from_millis(20);

/// The longest pause between two such looks while the kernel waits for something.
pub(crate) const START_VERIFY_SLOWEST: Duration = Duration::from_millis(80);

/// And while the program is busy, or waits for the processor.
pub(crate) const START_VERIFY_BUSY: Duration = Duration::from_secs(1);

/// Programs of a session that ended and are remembered: more than a person reads, and 100 KiB. As many fit into one message, beside
/// the list of those that run.
pub(crate) const PROGRAMS_ENDED: usize = 512;

/// Processes of a session whose end is waited for, each by a descriptor: what a build on a large machine runs at once.
pub(crate) const PROGRAMS_WATCHED: usize = 256;

/// Where the daemon may open few files, a session has this part of them for that: one in so many.
pub(crate) const PROGRAMS_WATCHED_PART: usize = 64;

/// Starts of one process that may be unsettled: one that starts another program at once, as `env` does, leaves two.
pub(crate) const STARTS_UNSETTLED: usize = 8;

/// How long nobody may hear of starts before another thread does.
pub(crate) const START_HELD_UP: Duration = Duration::from_millis(20);

/// Names that are looked at for links in each directory of the credential list, which is each second. Settings managers put few there.
pub(crate) const LISTED_NAMES: usize = 256;
