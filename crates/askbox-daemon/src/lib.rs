//! The gate's process: wires policy, gate, network, log and wire together. It decides nothing itself; it opens what the
//! others need, moves what they say between them, and ends them in order.
#![forbid(unsafe_code)]

mod daemon;
mod descriptors;
mod directories;
mod error;
mod event;
mod limits;
mod mount_table;
mod own_programs;
mod shutdown;

mod connection;
mod follow;
mod requests;
mod signing;
mod upstream;
mod views;

mod policy_store;
pub mod process_view;
mod session;
mod watcher;

#[cfg(test)]
mod testing;

pub use askbox_network::ProxyEnvironment;
pub use daemon::{DaemonOptions, run};
pub use error::Error;
pub use session::BUSCTL;
pub use signing::{LOG_KEY, key_to_verify};
pub use upstream::{ASK_KEYRING, PROXY_LOGIN};
