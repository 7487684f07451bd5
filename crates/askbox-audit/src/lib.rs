//! The log: every verdict, answer, grant, rule and session as an event, chained by hash, in `SQLite`.
//! It owns the file and its writer thread. It decides nothing, and it never sees query strings, headers, bodies or
//! environment values: no type in here has a place for them.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

pub mod chain;
mod database;
pub mod entry;
pub mod error;
pub mod event;
pub mod limits;
pub mod reader;
pub mod store;
pub mod text;
mod writer;

pub use chain::Digest;
pub use entry::{DaemonChange, Entry, GrantChange, PolicyChange, RuleChange, SessionChange, What};
pub use error::Error;
pub use event::{Event, EventKind, EventProcess, Outcome, Sealed};
pub use reader::{Filter, PastSession, Reader, TargetTraffic, TrafficPart, Verification};
pub use store::{Durability, Log};
pub use text::{path_text, pattern_text, target_text};
