//! Where secrets of Askbox are kept: in the user's Secret Service (GNOME's keyring, `KWallet`) by `keyring`, and in a file of
//! mode 0600 where there is none. A record beside says which of the two it is.
//!
//! It must not know what a secret is for, and must not hand one to anything but its caller: nothing here prints or logs one.
#![forbid(unsafe_code)]

mod error;
mod helper;
mod keyring;
mod record;
mod secret;
mod secrets;
mod service;

pub use error::{Error, Unavailable};
pub use helper::{Helper, serve};
pub use keyring::{Answer, Keyring, Order};
pub use record::{Record, Stamp};
pub use secret::Secret;
pub use secrets::{Fallback, Kept, Name, Place, Removed, Secrets};
pub use service::Service;
