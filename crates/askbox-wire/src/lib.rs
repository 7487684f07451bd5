//! The messages between the daemon and its front ends, and the socket they travel on.
//!
//! Front ends are the command line and the desktop app: they speak this and nothing else. Views are
//! made for them: whatever a sandboxed program chose has been through [`askbox_policy::display`] already, with the
//! raw value beside it where a script wants it.

pub mod address;
pub mod client;
pub mod codec;
pub mod descriptors;
pub mod limits;
pub mod listener;
pub mod lock;
pub mod message;
pub mod os_text;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

pub use client::{Client, ClientError};
pub use codec::CodecError;
pub use listener::{
    Connection, Incoming, ListenError, Listener, Peer, ReceiveError, Receiver, SendError, Sender,
};
pub use lock::{Lock, LockError};
pub use message::*;
pub use os_text::OsText;
