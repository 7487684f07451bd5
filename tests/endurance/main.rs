//! Slow tests: the same attack many times, at moments that nobody chose. Part of `cargo xtask test --full`.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

mod connections;
mod figures;
mod load;
mod patience;
mod sessions;
mod sudden_death;
