//! What a session reaches of the user's desktop. The ssh agent is served by a socket of the session's own: what keys there
//! are and each signature are the gate's to decide, and nothing else is passed on. A socket of the host is offered by one of the
//! session's own as well: each connection is the gate's to decide, and its bytes are passed on as they are. The user's X11
//! display is such a socket with a cookie of its own, and the Wayland display one of which messages are judged.
//!
//! Reading messages, of programs inside and of the agent outside alike, is pure and bounded.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod agent;
mod asking;
mod bus;
mod frame;
mod host_key;
mod host_socket;
mod known_hosts;
mod limits;
mod listening;
mod message;
mod purpose;
mod socket;
#[cfg(test)]
mod testing;
mod upstream;
mod wayland;
mod x11;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

pub use agent::{SessionAgent, serve};
pub use asking::Asking;
pub use bus::{Bus, serve_bus};
pub use listening::{Identify, Serving};
pub use socket::{Places, serve_socket};
pub use wayland::serve_wayland;
pub use x11::{Display, serve_display};
