//! The log: every verdict, answer, grant, rule and session as an event, chained by hash, in `SQLite`.
//! It owns the file and its writer thread. It decides nothing, and it never sees query strings, headers, bodies or
//! environment values: no type in here has a place for them.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

pub mod chain;
pub mod change;
mod database;
pub mod entry;
pub mod error;
pub mod event;
pub mod export;
pub mod limits;
pub mod reader;
pub mod signing;
pub mod store;
pub mod text;
pub mod verify;
mod writer;

pub use chain::Digest;
pub use change::{DaemonChange, GrantChange, PolicyChange, RuleChange, SessionChange};
pub use entry::{Entry, What};
pub use error::Error;
pub use event::{Event, EventKind, EventProcess, Outcome, Sealed};
pub use export::{Format, Origin};
pub use reader::{Filter, PastSession, Reader, TargetTraffic, TrafficPart};
pub use signing::{KeyId, KeyOrigin, SigningKey};
pub use store::{Durability, Log};
pub use text::{path_text, pattern_text, target_text};
pub use verify::{Key, Signature, Verification};
