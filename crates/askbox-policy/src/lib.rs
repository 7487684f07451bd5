//! What is allowed, denied or asked. Pure: no I/O, no clock, no environment; all of it is passed in.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

pub mod address;
pub mod block_list;
pub mod display;
pub mod grant;
pub mod host;
pub mod host_pattern;
pub mod path_pattern;
pub mod request;
pub mod rule;
pub mod verdict;

pub use grant::{Answer, Duration, Expiry, Grant, GrantId, Moment, Scope};
pub use host::{Host, HostError, HostName, Port};
pub use host_pattern::{HostPattern, NetworkPattern, Ports};
pub use path_pattern::{CanonicalPath, PathPattern};
pub use request::{Destination, Kind, Process, Project, Request, SessionId, Target};
pub use rule::{Effect, Origin, Pattern, Rule, RuleId};
pub use verdict::{Basis, Verdict};
