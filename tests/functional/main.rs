//! What a user does, and what should happen.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod exit_status;
mod programs;
mod questions;
mod ssh;
mod streams;
mod view;
