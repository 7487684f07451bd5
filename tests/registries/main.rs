//! Real package managers, real registries, no proxy: the same files as outside, one question per host, and few about files. Needs the
//! internet, so it is part of `cargo xtask test --full` only. Names no registry's host: presets and questions do.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod agent;
mod daily;
mod install;
mod tree;
