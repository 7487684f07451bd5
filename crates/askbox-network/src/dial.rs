//! Opens connections to the outside. Nothing else in Askbox does: what it takes is proof that the destination was
//! admitted and that the address was judged for it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use askbox_gate::Permit;
use askbox_policy::Target;
use askbox_policy::shared_port::LOOPBACK;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::limits::{ATTEMPTS, CONNECT_DEADLINE, CONNECT_STAGGER, PROXIED_ADDRESSES};
use crate::proxy;
use crate::resolve::{Resolver, Route};
use crate::shared::Sockets;
use crate::upstream::Way;

mod peer;

pub(crate) use peer::Peer;

/// Why nothing was reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// Nobody answered.
    #[error(transparent)]
    Connect(#[from] io::Error),
    /// The proxy does not let it through, or is not there.
    #[error(transparent)]
    Proxy(#[from] proxy::Failure),
}

/// A connection to the outside.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) stream: TcpStream,
    /// Where it leads; `None` where a proxy found that.
    pub(crate) address: Option<IpAddr>,
}

/// Connects to the first address of the route that answers, directly or by the proxy that the route goes by.
pub(crate) async fn dial(route: &Route<'_>, resolver: &Resolver) -> Result<Dialled, DialError> {
    if route.permit().is_revoked() {
        return Err(io::Error::from(ErrorKind::PermissionDenied).into());
    }
    let by = match route.way() {
        Way::Direct => return Ok(connect(route.addresses()).await?),
        Way::By(by) => by,
    };
    let addresses = resolver
        .addresses_of(by)
        .await
        .map_err(|error| proxy::Failure::Unreachable(io::Error::other(error)))?;
    let mut failure = proxy::Failure::Unreachable(ErrorKind::AddrNotAvailable.into());
    for (place, address) in route.places().into_iter().take(PROXIED_ADDRESSES) {
        let Dialled { stream, .. } = connect(addresses.iter().copied())
            .await
            .map_err(proxy::Failure::Unreachable)?;
        match timeout(CONNECT_DEADLINE, proxy::ask(&stream, &place, by)).await {
            Ok(Ok(())) => return Ok(Dialled { stream, address }),
            // The next address may be reached.
            Ok(Err(error @ proxy::Failure::NotThere(_))) => failure = error,
            Ok(Err(error)) => return Err(error.into()),
            Err(_late) => failure = proxy::Failure::Unreachable(ErrorKind::TimedOut.into()),
        }
    }
    Err(failure.into())
}

/// A socket for datagrams to the first address of the route that there is a way to.
pub(crate) async fn dial_datagrams(route: &Route<'_>) -> io::Result<Peer> {
    if route.permit().is_revoked() {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let mut failure = ErrorKind::AddrNotAvailable.into();
    for address in route.addresses() {
        match Peer::new(address).await {
            Ok(peer) => return Ok(peer),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// They are tried in order, each a quarter of a second after the one before, a few at a time; dropping the future gives up all
/// attempts.
async fn connect(mut addresses: impl ExactSizeIterator<Item = SocketAddr>) -> io::Result<Dialled> {
    let dialled = match (addresses.len(), addresses.next()) {
        (_, None) => Err(ErrorKind::AddrNotAvailable.into()),
        (1, Some(only)) => attempt(only).await,
        (_, Some(first)) => race(first, addresses).await,
    }?;
    // Both ends relay what they get at once; waiting for more would only add latency.
    dialled.stream.set_nodelay(true)?;
    Ok(dialled)
}

/// Connects to the server inside a session that a permit is about, by a socket of the session's own network, whichever family
/// it listens in.
pub(crate) async fn dial_inside(permit: &Permit, sockets: &Sockets) -> io::Result<TcpStream> {
    let Target::Published(port) = permit.target() else {
        return Err(ErrorKind::InvalidInput.into());
    };
    if permit.is_revoked() {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let mut failure: io::Error = ErrorKind::AddrNotAvailable.into();
    for address in LOOPBACK {
        let target = SocketAddr::new(address, port.get());
        match connect_inside(target, sockets).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn connect_inside(target: SocketAddr, sockets: &Sockets) -> io::Result<TcpStream> {
    let socket = std::net::TcpStream::from(sockets(target.ip()).await?);
    socket.set_nonblocking(true)?;
    let connecting = TcpSocket::from_std_stream(socket).connect(target);
    let stream = timeout(CONNECT_DEADLINE, connecting)
        .await
        .map_err(|_late| ErrorKind::TimedOut)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn race(
    first: SocketAddr,
    mut others: impl ExactSizeIterator<Item = SocketAddr>,
) -> io::Result<Dialled> {
    let mut attempts = JoinSet::new();
    let mut failure: io::Error = ErrorKind::AddrNotAvailable.into();
    let mut handles: VecDeque<AbortHandle> = VecDeque::new();
    let mut next = Some(first);
    while let Some(address) = next {
        handles.retain(|handle| !handle.is_finished());
        if ATTEMPTS <= handles.len()
            && let Some(oldest) = handles.pop_front()
        {
            oldest.abort();
        }
        handles.push_back(attempts.spawn(attempt(address)));
        next = others.next();
        let more = next.is_some();
        // The next one starts when this one fails or takes its time; after the last there is only waiting.
        loop {
            let ended = tokio::select! {
                ended = attempts.join_next() => ended,
                () = sleep(CONNECT_STAGGER), if more => break,
            };
            match ended {
                Some(Ok(Ok(dialled))) => return Ok(dialled),
                Some(Ok(Err(error))) => failure = error,
                Some(Err(_given_up)) => continue,
                None => break,
            }
            if more {
                break;
            }
        }
    }
    Err(failure)
}

async fn attempt(target: SocketAddr) -> io::Result<Dialled> {
    let connected = timeout(CONNECT_DEADLINE, TcpStream::connect(target)).await;
    let stream = connected.map_err(|_late| ErrorKind::TimedOut)??;
    Ok(Dialled {
        stream,
        address: Some(target.ip()),
    })
}

#[cfg(test)]
mod tests;
