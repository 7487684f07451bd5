//! Every limit of the crate that a person may want to know, with its reason.

/// Longest text of a path pattern: four times `PATH_MAX`, for a path in which every byte is escaped.
pub const PATH_PATTERN_BYTES: usize = 4 * 4096;

/// How far the wall clock may step back before it counts as set back: time synchronisation steps by less.
pub const CLOCK_STEP_MS: u64 = 2_000;

/// How long *once* holds for the same process.
pub const ONCE_MS: u64 = 10 * 60 * 1000;

/// How long *once* waits for the next request when whoever asked is gone.
pub const ONCE_GONE_MS: u64 = 2 * 60 * 1000;

/// How long a question stays open when nobody says otherwise.
pub const QUESTION_TIMEOUT_MS: u64 = 60 * 1000;

/// The shortest and the longest time that a question may be kept open: time to read it, and a working day.
pub const QUESTION_TIMEOUT_RANGE_MS: std::ops::RangeInclusive<u64> = 1000..=24 * 3600 * 1000;

/// How long a grant with a time holds when nobody says otherwise.
pub const DEFAULT_EXPIRY_MS: u64 = 3600 * 1000;

/// The shortest and the longest default expiry; what shall hold longer is a rule.
pub const DEFAULT_EXPIRY_RANGE_MS: std::ops::RangeInclusive<u64> = 1000..=30 * 24 * 3600 * 1000;

/// The longest time from now at which the end of a grant can be put; what shall hold longer is a rule.
pub const GRANT_MS: u64 = *DEFAULT_EXPIRY_RANGE_MS.end();

/// Longest namespace of a signed message that is known by its name: those in use have a handful of letters, or a domain.
pub const NAMESPACE_BYTES: usize = 64;

/// Longest path of a socket: an address has 108 bytes for it and the NUL behind it (`unix(7)`).
pub const SOCKET_PATH_BYTES: usize = 107;

/// Longest name of a service of a bus (D-Bus specification, "Valid Names").
pub const SERVICE_NAME_BYTES: usize = 255;

/// Rules of the user's file among which redundant ones are looked for: each is compared with each, a million times.
pub const REDUNDANCY_RULES: usize = 1000;

/// Distinct questions of one session in a minute before it goes quiet.
pub const QUESTIONS_PER_MINUTE: u32 = 20;

/// Largest policy file: a hundred thousand rules. More is a mistake, or an attack by a project's file.
pub const POLICY_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Problems that one file reports before it stops looking.
pub const PROBLEMS: usize = 100;

/// Largest settings file of which a copy without secrets is made; those of people have a few hundred bytes.
pub const SETTINGS_FILE_BYTES: usize = 1024 * 1024;

/// Bytes that /tmp may hold, and /var/tmp and /dev/shm as many each, when nobody says otherwise: 2 GiB, enough to link a
/// large program, little enough to leave the host its memory.
pub const TMP_BYTES: u64 = 2 << 30;

/// The least memory that a session can be given: with less not even a shell and its commands are sure to start.
pub const LEAST_MEMORY_BYTES: u64 = 16 << 20;

/// The least size of /tmp, and of growth on disk: a mistyped unit shall not stop everything.
pub const LEAST_SIZE_BYTES: u64 = 1 << 20;

/// Processors that a session can be given, in thousandths: a hundredth of one is what a quota of systemd can still express;
/// no machine has more than 4096.
pub const CPUS_RANGE_THOUSANDTHS: std::ops::RangeInclusive<u64> = 10..=4_096_000;

/// Processes and threads that a session can be given: `PID_MAX_LIMIT` of the kernel is 4,194,304.
pub const PROCESSES_RANGE: std::ops::RangeInclusive<u64> = 1..=4_194_304;

/// Open files of a process: some tools need 64 to start; 1,048,576 is `fs.nr_open`, which no limit of a process exceeds.
pub const OPEN_FILES_RANGE: std::ops::RangeInclusive<u64> = 64..=1_048_576;

/// How long a session can be given, from a second to a year.
pub const RUN_TIME_RANGE_MS: std::ops::RangeInclusive<u64> = 1000..=366 * 24 * 3600 * 1000;
