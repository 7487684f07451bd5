//! What a user does, and what should happen.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod asked_files;
mod asking;
mod command_line;
mod daemon;
mod dbus;
mod denying;
mod exit_status;
mod explicit_proxy;
mod files;
mod git;
mod granted;
mod grants;
mod host_sockets;
mod keyring;
mod log;
mod no_fuse;
mod ports;
mod profiles;
mod programs;
mod project_mount;
mod proxy;
mod questions;
mod redirections;
mod rules;
mod sessions;
mod settings;
mod ssh;
mod ssh_agent;
mod starts;
mod streams;
mod switches;
mod terminal;
mod terminal_programs;
mod view;
mod x11;
