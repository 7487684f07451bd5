//! Every bound of this crate, with its reason.

use std::time::Duration;

/// Entries that may wait for the writer; further callers wait for room.
pub const QUEUE: usize = 1024;

/// Entries of one transaction: long enough to share an fsync, short enough that the first caller does not wait long.
pub const BATCH: usize = 256;

/// Events that a subscriber may lag behind before it misses some; it then reads them from the file.
pub const SUBSCRIBER: usize = 1024;

/// The longest time between two checkpoints of the chain while events come in.
pub const CHECKPOINT_INTERVAL: Duration = Duration::from_mins(1);

/// Bytes of a signed checkpoint; one has some 300.
pub const SIGNED_BYTES: u64 = 4096;

/// Events by which a log tells of an earlier one or an earlier key that a verification shows.
pub const REMARKS: usize = 8;

/// Commits after which an idle writer moves the write-ahead log into the database.
pub const COMMITS_PER_FOLD: u32 = 512;

/// Pages of write-ahead log at which `SQLite` moves it into the database by itself, idle or not.
pub const WAL_PAGES: u32 = 8192;

/// The size to which `SQLite` cuts the write-ahead log's file back after it was moved into the database.
pub const WAL_BYTES: u32 = 16 * 1024 * 1024;

/// Memory in which the writer keeps pages of the file, in KiB. Events go to the ends of three trees, some ten pages; without
/// a limit every page that was written stays, up to 2 MB.
pub const CACHE_KIB: i32 = 256;

/// How long the writer waits for another process that holds the database's lock.
pub const BUSY: Duration = Duration::from_secs(1);

/// Words of a command line in the log: the executable, `argv[0]` and eight more.
pub const COMMAND_WORDS: usize = 10;

/// Bytes of one word of a command line.
pub const WORD_BYTES: usize = 256;

/// Bytes of any other text that a caller passes in (a reason, a name).
pub const TEXT_BYTES: usize = 1024;

/// Bytes of a target: four bytes of text for each byte of the longest path (`PATH_MAX`).
pub const TARGET_BYTES: usize = 4 * 4096;

/// Events that one query returns where the filter names no smaller number.
pub const QUERY_EVENTS: u32 = 100_000;

/// Past sessions that are listed: more than a person looks through.
pub const PAST_SESSIONS: usize = 200;

/// Parts into which the time of a traffic query is cut: a point for each pixel of a chart.
pub const TRAFFIC_PARTS: u32 = 1000;

/// Hosts that a traffic query tells of, those with the most bytes.
pub const TRAFFIC_HOSTS: usize = 100;

/// The end of the year 9999, the last one that RFC 3339 can write.
pub const LAST_TIME_MS: u64 = 253_402_300_799_999;

/// Broken databases that are kept; more than this and the log refuses to open, since something else is wrong.
pub const BROKEN_KEPT: u32 = 100;

/// Writing one event on the caller's thread takes some 20 µs. Longer than this, and the disk is busy: callers then
/// leave writing to the writer's thread, so that theirs are not held up.
pub const INLINE_SLOW: Duration = Duration::from_millis(2);

/// How long they leave it to that thread.
pub const INLINE_REST: Duration = Duration::from_millis(100);
