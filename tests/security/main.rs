//! Attacks that must fail, each beside a twin that must work.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

mod both;
mod descriptors;
mod environment;
mod files;
mod git;
mod grants;
mod host;
mod life;
mod network;
mod projects;
mod prompts;
mod redirections;
mod sockets;
mod system;
