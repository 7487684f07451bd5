//! The user's Wayland display, offered to a session: each connection of a program inside is asked for, and has one to the
//! compositor, between which messages are passed on one by one. Of the compositor the program sees what lets it show windows of
//! its own and be used in them; the rest is not there, on any compositor (`interfaces`).
//!
//! Descriptors are passed on, since pictures are shared memory: so many at a time, and of few kinds.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod interfaces;
mod kind;
mod lane;
mod message;
mod wall;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use askbox_gate::Permit;
use askbox_policy::{Neighbour, SocketPath};
use tokio::net::UnixStream;

use crate::asking::{Asking, Caller};
use crate::host_socket;
use crate::listening::{self, Serving};
use crate::socket::Places;
use lane::End;
use wall::Wall;

/// Why a connection came to nothing; the words go into the log.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Socket(#[from] host_socket::Error),
    #[error("the program {0}")]
    Program(End),
    #[error("the compositor {0}")]
    Compositor(End),
}

/// Serves the socket at which a session finds a compositor and that listens already, until the result is dropped. `display` is
/// the compositor's own. To be called inside a tokio runtime, after the session was opened at the gate.
pub fn serve_wayland(
    listener: OwnedFd,
    display: SocketPath,
    asking: Asking,
    places: &Places,
) -> io::Result<Serving> {
    let (display, room) = (Arc::new(display), places.clone());
    listening::serve(listener, Arc::clone(&places.connections), move |stream| {
        converse(stream, asking.clone(), Arc::clone(&display), room.clone())
    })
}

/// One connection, from the question to its end.
async fn converse(stream: UnixStream, asking: Asking, display: Arc<SocketPath>, places: Places) {
    let Ok(caller) = Caller::of(stream) else {
        return;
    };
    let pid = caller.pid;
    // Denied, it is an event already.
    let Some(permit) = asking.admit(&caller, Neighbour::Wayland).await else {
        return;
    };
    let Ok(inside) = caller.stream() else {
        return;
    };
    if let Err(error) = relay(&inside, &display, &places, &permit).await {
        let reason = format!("your Wayland display: {error}");
        // It is cut off when that is in the log.
        asking.refuse(pid, Neighbour::Wayland, reason).await;
    }
}

/// Passes messages on until one side has ended, one has said what it may not, or the permit has ended.
async fn relay(
    inside: &UnixStream,
    display: &SocketPath,
    places: &Places,
    permit: &Permit,
) -> Result<(), Error> {
    let outside = host_socket::connect(display).await?;
    let wall = Mutex::new(Wall::default());
    let wall = || wall.lock().unwrap_or_else(PoisonError::into_inner);
    let held = &places.descriptors;
    let said = async {
        let end = lane::pass(inside, &outside, held, |message| {
            wall().request(message).map(Some)
        });
        match end.await {
            // What the compositor has said last is why.
            End::Deaf => std::future::pending().await,
            end @ (End::Silent | End::Violation(_) | End::Kind | End::Descriptors) => end,
        }
    };
    let heard = lane::pass(&outside, inside, held, |message| wall().event(message));
    tokio::select! {
        end = said => ended(end, Error::Program),
        end = heard => ended(end, Error::Compositor),
        () = permit.revoked() => Ok(()),
    }
}

/// Nothing to tell, where a side has merely ended.
fn ended(end: End, by: impl FnOnce(End) -> Error) -> Result<(), Error> {
    match end {
        End::Silent | End::Deaf => Ok(()),
        end @ (End::Violation(_) | End::Kind | End::Descriptors) => Err(by(end)),
    }
}

#[cfg(test)]
mod tests;
