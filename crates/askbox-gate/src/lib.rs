//! The one gate: it admits a request or denies it, and waits for a person where the rules say ask.
//!
//! Nothing reaches the network, a file or a program without a [`Permit`], and only [`Gate::admit`] makes one. The rules
//! themselves are in `askbox_policy`; nothing in here talks to a sandbox, a person or a network.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod admissions;
mod admit;
mod answering;
mod asking;
mod changes;
mod clock;
mod denial;
mod denials;
mod event;
mod expiry;
mod gate;
mod grants;
pub mod limits;
mod lock;
mod lockdown;
mod pause;
mod permits;
mod questions;
mod record;
mod revoke;
mod rules;
mod suspend;
mod timers;
mod usage;
mod waiting;

pub use answering::{AnswerError, Answered};
pub use clock::{Clock, ClockError};
pub use denial::{Denial, DeniedBy};
pub use event::GateEvent;
pub use expiry::ExpiryError;
pub use gate::{Gate, SessionInfo};
pub use grants::{GrantStore, StoreError};
pub use lockdown::{LockdownError, LockdownStore};
pub use pause::PauseError;
pub use permits::{AdmittedBy, Permit};
pub use questions::{Closing, Member, Missed, Question, QuestionId};
pub use revoke::{RevokeError, RevokeWhat};
pub use usage::Usage;

#[cfg(test)]
mod tests;
