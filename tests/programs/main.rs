//! Real programs and services, each started inside and used. What needs a switch fails without it, in the words that its own
//! documentation has for that. Part of `cargo xtask test --full`: it installs what it runs, some of it from the internet.
//!
//! Others are used elsewhere: git, ssh, tmux, vim and less in tests/functional; npm, pnpm, pip, uv, cargo and an agent with their
//! registries in tests/registries; bwrap, strace and gdb as attackers in tests/security/switches.rs.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "tests start programs")]

mod dev_servers;
mod install;
mod languages;
mod proxied;
mod sandboxes;
mod services;
mod shared;
