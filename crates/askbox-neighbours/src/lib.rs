//! What a session reaches of the user's desktop. The ssh agent is served by a socket of the session's own: what keys there
//! are and each signature are the gate's to decide, and nothing else is passed on.
//!
//! Reading messages, of programs inside and of the agent outside alike, is pure and bounded.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod agent;
mod frame;
mod host_key;
mod known_hosts;
mod limits;
mod message;
mod purpose;
mod upstream;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

pub use agent::{Identify, Serving, SessionAgent, serve};
