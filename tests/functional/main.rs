//! What a user does, and what should happen.

mod exit_status;
mod questions;
mod view;
