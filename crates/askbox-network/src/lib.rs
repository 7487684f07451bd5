//! The network of a session: its connections from the program to the server, captured or by its own proxy, the ports that it
//! shares with the host, and its resolver. Nothing in here decides; every connection goes through the gate, and nothing is dialled without its permit.
#![forbid(unsafe_code)]
// A test that looks at the wrong thing fails, and that is all.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm))]

mod limits;

mod names;

mod dns;
mod dns_server;

mod address;
mod capture;
mod connection;
mod datagrams;
mod entry;
mod exact;
mod explicit_proxy;
mod rejected;
mod session;
mod shared;

mod classify;
mod client_hello;
mod http_frames;
mod http_head;
mod opening;
mod refusal;

mod dial;
mod host_network;
mod proxy;
mod resolve;
mod upstream;

mod http;
mod http_denial;
mod http_io;
mod relay;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

mod room;
mod serving;
mod traffic;

#[cfg(test)]
mod world;

pub use datagrams::Datagrams;
pub use explicit_proxy::ProxyToken;
pub use names::RESOLVER;
pub use resolve::Upstream;
pub use room::{Room, Share};
pub use serving::{Arrival, Ends, Identify, Listeners, Serving, SessionNetwork, TCP, serve};
pub use shared::{ShareError, Shared, Sockets};
pub use traffic::Traffic;
pub use upstream::{Credentials, Finding, Proxies, ProxyEnvironment};
