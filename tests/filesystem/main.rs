//! Suites that nobody here wrote, and random operations, on the asking file system and on the host's own beside it: what a
//! program gets has to be the same. Part of `cargo xtask test --full`, which installs the suites.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]
#![expect(
    clippy::unnecessary_debug_formatting,
    reason = "odd names are told as they are"
)]

mod fsx;
mod pjdfstest;
mod place;
mod walk;
