//! A world for a black-box test: a home directory with canaries, a project, a daemon of its own, and the real binaries.
//! Everything is made below /var/tmp and removed when the world is dropped.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step of the set-up fails the test"
)]
#![expect(clippy::disallowed_methods, reason = "tests start programs")]
#![expect(clippy::missing_panics_doc, reason = "every step of a test may fail the test")]

mod canaries;
mod compositor;
pub mod desktop;
mod display;
mod inetd;
pub mod machine;
mod name_server;
mod processes;
pub mod proxy;
mod pty;
mod repeater;
mod run;
mod secret_service;
pub mod server;
mod world;

pub use canaries::MARKER;
pub use compositor::Compositor;
pub use desktop::Desktop;
pub use display::Display;
pub use machine::Machine;
pub use name_server::NameServer;
pub use processes::{Process, is_inhabited};
pub use proxy::Proxy;
pub use pty::{Left, Terminal};
pub use repeater::Repeater;
pub use run::{Finished, Running};
pub use secret_service::SecretService;
pub use world::{World, binary, eventually, eventually_or};
