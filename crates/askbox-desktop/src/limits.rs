//! Every bound of this crate, with its reason.

/// Events that a window gets with one query: a few screens of them; it asks for more with `before_seq`.
pub const LOG_EVENTS: u32 = 1000;

/// Bytes of a text that a window looks for in targets. `SQLite` takes patterns of 50,000; nobody types that.
pub const LOG_TEXT_BYTES: usize = 1024;
