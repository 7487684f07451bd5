//! Attacks that must fail, each beside a twin that must work.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

mod both;
mod credentials;
mod dbus;
mod descriptors;
mod environment;
mod files;
mod git;
mod git_nested;
mod grants;
mod growth;
mod guarded_names;
mod host;
mod life;
mod limits;
mod made;
mod network;
mod offered_sockets;
mod planted;
mod ports;
mod projects;
mod prompts;
mod proxy;
mod redirections;
mod review;
mod shown;
mod slow;
mod sockets;
mod special_files;
mod ssh_agent;
mod starts;
mod startup;
mod switches;
mod system;
mod system_calls;
mod x11;
