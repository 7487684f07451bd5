//! The asking file system: what a session sees of the host beyond its native mounts. A program's open, create or rename
//! waits in its system call until the gate has decided, and fails or goes on where it was.
//!
//! Rules and questions are the gate's; where the file system is mounted and what is mounted on top of it is the launch's.
//! Nothing in here blocks one program for another: what has to wait waits in a task of its own.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod admission;
mod asked_mode;
mod attributes;
mod filesystem;
mod guarded;
mod handles;
mod limits;
mod listing;
mod locks;
mod nodes;
mod pool;
mod serve;
mod shared;
mod tree;
mod view;
mod waiter;

pub use serve::{Serving, serve};
pub use shared::{Identify, SessionFiles};
pub use view::{MountPoint, View};
