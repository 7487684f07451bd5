//! The user's session bus, offered to a session as far as some of its services go. Each connection of a program inside is asked
//! for, once for each service, and has a proxy of its own (xdg-dbus-proxy), which knows those that were admitted: nothing else of
//! the bus is there, not even by name. The proxy ends with the connection, and with the daemon.
//!
//! Bytes are passed on, descriptors are not, and no program is told that they would be.

mod greeting;
mod proxy;

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;

use askbox_gate::Permit;
use askbox_policy::{Neighbour, ServiceName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::asking::{Asking, Caller};
use crate::limits;
use crate::listening::{self, Serving};
use crate::socket::Places;
use greeting::Greeting;
use proxy::Proxy;

/// The user's session bus, and what of it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bus {
    /// Where it is, as D-Bus writes it: one unix socket.
    pub address: String,
    /// What is offered, at least one.
    pub services: Vec<ServiceName>,
    /// The proxy's program, which nobody but root can change.
    pub program: &'static str,
}

/// Why the bus is of no use; the words go into the log.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Proxy(#[from] proxy::Error),
    #[error("{0}")]
    Talk(#[from] io::Error),
}

/// A service that a connection may use, for as long as the permit lasts.
type Admitted<'a> = (&'a ServiceName, Permit);

/// Serves the socket at which a session finds its bus and that listens already, until the result is dropped. The proxies' own
/// sockets are made in this directory, which only the user can enter. To be called inside a tokio runtime, after the session was
/// opened at the gate.
pub fn serve_bus(
    listener: OwnedFd,
    (bus, directory): (Bus, PathBuf),
    asking: Asking,
    places: &Places,
) -> io::Result<Serving> {
    let (bus, directory) = (Arc::new(bus), Arc::new(directory));
    listening::serve(listener, Arc::clone(&places.connections), move |stream| {
        converse(stream, asking.clone(), Arc::clone(&bus), Arc::clone(&directory))
    })
}

/// One connection, from the questions to its end.
async fn converse(stream: UnixStream, asking: Asking, bus: Arc<Bus>, directory: Arc<PathBuf>) {
    let Ok(caller) = Caller::of(stream) else {
        return;
    };
    // Denied, each is an event already.
    let service = |name: &ServiceName| Neighbour::Service(name.clone());
    let admitted = asking.admit_all(&caller, &bus.services, service).await;
    let pid = caller.pid;
    let Some((first, _)) = admitted.first() else {
        return;
    };
    let mut inside = match caller.stream() {
        Ok(inside) => inside,
        Err(error) => {
            let reason = format!("your session bus: {error}");
            return asking
                .refuse(pid, Neighbour::Service((*first).clone()), reason)
                .await;
        }
    };
    if let Err(error) = relay(&mut inside, (&bus, &directory), &admitted).await {
        let neighbour = Neighbour::Service((*first).clone());
        let reason = format!("your session bus: {error}");
        // It is cut off when that is in the log.
        asking.refuse(pid, neighbour, reason).await;
    }
}

/// Passes on what a program and its proxy say, until one of them has ended, or one of the permits has.
async fn relay(
    inside: &mut UnixStream,
    (bus, directory): (&Bus, &PathBuf),
    admitted: &[Admitted<'_>],
) -> Result<(), Error> {
    let services = admitted.iter().map(|(name, _)| *name);
    // Before the proxy is there as well.
    let relayed = async {
        let (_proxy, mut outside) = Proxy::start(bus, directory, services).await?;
        let (mut hear, mut answer) = inside.split();
        let (mut from_bus, mut to_bus) = outside.split();
        let said = async {
            let mut greeting = Greeting::default();
            let mut bytes = vec![0; limits::RELAY_BYTES];
            loop {
                let length = hear.read(&mut bytes).await?;
                let Some(said @ [_, ..]) = bytes.get(..length) else {
                    return Ok::<_, io::Error>(());
                };
                let Some(passed) = greeting.feed(said) else {
                    return Ok(());
                };
                to_bus.write_all(&passed).await?;
            }
        };
        // The end of either is the end, and so is an error: neither has more to say to the other.
        tokio::select! {
            _ended = said => {}
            _ended = tokio::io::copy(&mut from_bus, &mut answer) => {}
        }
        Ok(())
    };
    tokio::select! {
        relayed = relayed => relayed,
        () = any_revoked(admitted) => Ok(()),
    }
}

/// Resolves when one of the permits has ended: what it allowed cannot be taken out of a connection.
async fn any_revoked(admitted: &[Admitted<'_>]) {
    let mut ends: Vec<_> = admitted
        .iter()
        .map(|(_, permit)| Box::pin(permit.revoked()))
        .collect();
    poll_fn(|context| {
        let has_ended = ends.iter_mut().any(|end| end.as_mut().poll(context).is_ready());
        if has_ended { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests;
