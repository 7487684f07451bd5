//! Slow tests: the same attack many times, at moments that nobody chose. Part of `cargo xtask test --full`.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod load;
mod patience;
mod sessions;
