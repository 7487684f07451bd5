//! Every bound of this crate, with its reason.

/// Events that a window gets with one query: a few screens of them; it asks for more with `before_seq`.
pub const LOG_EVENTS: u32 = 1000;

/// Bytes of a text that a window looks for in targets. `SQLite` takes patterns of 50,000; nobody types that.
pub const LOG_TEXT_BYTES: usize = 1024;

/// Bytes of one line between the app and the process of its windows: a query's events, of some kilobytes each, and an imported
/// policy are below it.
pub const CHANNEL_BYTES: usize = 16 * 1024 * 1024;

/// How long the process of the windows stays without one. Questions come in bursts, and a window in a process that is there
/// already comes up in a tenth of the time.
pub const WINDOWS_LINGER: std::time::Duration = std::time::Duration::from_secs(20);

/// How long that process may leave a message unread. It hangs then, and what it is not told would fill the app's memory.
pub const WINDOWS_DEAF: std::time::Duration = std::time::Duration::from_secs(20);
