//! A socket of the host, offered to a session: each connection of a program inside is asked for, and its bytes go to the host's
//! socket and back. Descriptors beside them (`SCM_RIGHTS`) are not passed on, either way: the kernel closes what nobody takes.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use askbox_gate::Permit;
use askbox_policy::{Neighbour, SocketPath};
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;

use crate::asking::{Asking, Caller};
use crate::host_socket;
use crate::limits;
use crate::listening::{self, Serving};

/// What one session may take up by all sockets that it is offered.
#[derive(Clone, Debug)]
pub struct Places {
    /// Places for connections.
    pub(crate) connections: Arc<Semaphore>,
    /// Places for descriptors that are passed on.
    pub(crate) descriptors: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            connections: Arc::new(Semaphore::new(limits::SOCKET_CONNECTIONS)),
            descriptors: Arc::new(Semaphore::new(limits::WAYLAND_DESCRIPTORS)),
        }
    }
}

/// Serves a socket that a session is offered and that listens already, until the result is dropped. To be called inside a tokio
/// runtime, after the session was opened at the gate.
pub fn serve_socket(
    listener: OwnedFd,
    path: SocketPath,
    asking: Asking,
    places: &Places,
) -> io::Result<Serving> {
    listening::serve(listener, Arc::clone(&places.connections), move |stream| {
        converse(stream, asking.clone(), path.clone())
    })
}

/// One connection, from the question to its end.
async fn converse(stream: UnixStream, asking: Asking, path: SocketPath) {
    let Ok(caller) = Caller::of(stream) else {
        return;
    };
    let (pid, neighbour) = (caller.pid, Neighbour::Socket(path.clone()));
    // Denied, it is an event already.
    let Some(permit) = asking.admit(&caller, neighbour.clone()).await else {
        return;
    };
    let mut inside = match caller.stream() {
        Ok(inside) => inside,
        Err(error) => {
            let reason = format!("the socket {path}: {error}");
            return asking.refuse(pid, neighbour, reason).await;
        }
    };
    if let Err(error) = relay(&mut inside, &path, &permit).await {
        let reason = format!("the socket {path}: {error}");
        // It is cut off when that is in the log.
        asking.refuse(pid, neighbour, reason).await;
    }
}

/// Passes bytes on until both sides have ended, or the permit has. Errors on the way are ends as well.
async fn relay(
    inside: &mut UnixStream,
    path: &SocketPath,
    permit: &Permit,
) -> Result<(), host_socket::Error> {
    let mut outside = host_socket::connect(path).await?;
    let bytes = limits::RELAY_BYTES;
    tokio::select! {
        _ended = copy_bidirectional_with_sizes(inside, &mut outside, bytes, bytes) => {}
        () = permit.revoked() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
