//! Takes the connections that the sandbox's network namespace turned around, and finds out where each wanted to go.
//! What happens to them is `connection`'s business.

use std::future::{Future, pending};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use askbox_policy::{Basis, Destination, Host, HostName, Port, Target};
use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::{Ip6tOriginalDst, OriginalDst};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::connection;
use crate::entry::Entry;
use crate::limits::{ACCEPT_PAUSE, SETTLE};
use crate::names::meant;
use crate::relay::reset_on_close;
use crate::room::{Place, Share};
use crate::session::{Caller, Session};
use crate::{Ends, SessionNetwork, TCP};

/// Where a captured connection wanted to go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Captured {
    /// There.
    To(Destination),
    /// Nowhere that could be allowed.
    Nowhere(Destination, &'static str),
    /// Port 0, which cannot even be written down as a destination.
    NoPort,
}

/// Takes captured connections for as long as the future lives; dropping it ends all connections that came this way.
pub(crate) async fn serve(listener: TcpListener, session: Arc<Session>, share: Share) {
    accept(listener, &session, &share, pending(), take).await;
}

/// Accepts until it is told to stop, and then waits a moment for the connections that came this way; dropping the future
/// ends them.
pub(crate) async fn accept<T: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    session: &Arc<Session>,
    share: &Share,
    stop: impl Future<Output = ()>,
    mut take: impl FnMut(TcpStream, SocketAddr, Arc<Session>) -> T,
) {
    let mut open = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break accepted,
                Some(_) = open.join_next(), if !open.is_empty() => {}
                () = &mut stop => {
                    drop(listener);
                    return settle(open).await;
                }
            }
        };
        match accepted {
            Ok((client, from)) => {
                // While the session is full this one waits here, and all others in the backlog.
                let place = tokio::select! {
                    place = place(share, session) => place,
                    () = &mut stop => return settle(open).await,
                };
                let taken = take(client, from, Arc::clone(session));
                open.spawn(async move {
                    taken.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, session = %session.network.session, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Lets connections that were cut record what they carried.
async fn settle(mut open: JoinSet<()>) {
    let all = async { while open.join_next().await.is_some() {} };
    if timeout(SETTLE, all).await.is_err() {
        tracing::debug!("connections of a closed port are dropped with their byte counts");
    }
}

/// A place for one more connection, as soon as the session may have it. That it has to wait is an event, once in a while.
pub(crate) async fn place(share: &Share, session: &Session) -> Place {
    if let Some(place) = share.try_take() {
        return place;
    }
    if share.is_due(Instant::now()) {
        let SessionNetwork {
            session: id, project, ..
        } = &session.network;
        let open = share.held();
        let detail = format!("{open} connections are open; further ones wait until some of them end");
        session.gate.tell_full(id, project, detail).await;
    }
    share.take().await
}

async fn take(client: TcpStream, from: SocketAddr, session: Arc<Session>) {
    let original = client.set_nodelay(true).and_then(|()| original(&client));
    let server = original.as_ref().ok().map(|turned| turned.original);
    let caller = Caller::new(
        Arc::clone(&session),
        Ends {
            protocol: TCP,
            client: from,
            server,
        },
    );
    let captured = original.map(|Turned { original, listener }| {
        destination(original, listener, |address| session.names.name_of(address))
    });
    match captured {
        Ok(Captured::To(destination)) => {
            connection::handle(client, destination, Entry::Captured, caller).await;
        }
        Ok(Captured::Nowhere(destination, reason)) => {
            let basis = Basis::ForbiddenAddress(reason.to_owned());
            caller.refuse(Target::Network(destination), basis).await;
            reset_on_close(&client);
        }
        Ok(Captured::NoPort) => reset_on_close(&client),
        Err(error) => {
            tracing::debug!(%error, %from, "a captured connection without a destination");
            reset_on_close(&client);
        }
    }
}

/// Where a connection was turned around to, and from.
#[derive(Clone, Copy, Debug)]
struct Turned {
    original: SocketAddr,
    listener: SocketAddr,
}

fn original(client: &TcpStream) -> io::Result<Turned> {
    let listener = client.local_addr()?;
    // A connection that was made to the listener itself was never turned around, and has no entry to look up.
    let original = original_destination(client, listener.is_ipv4()).unwrap_or(listener);
    Ok(Turned { original, listener })
}

/// What an original destination stands for.
fn destination(
    original: SocketAddr,
    listener: SocketAddr,
    name_of: impl FnOnce(Ipv4Addr) -> Option<HostName>,
) -> Captured {
    let Some(port) = Port::new(original.port()) else {
        return Captured::NoPort;
    };
    let literal = Destination {
        host: Host::address(original.ip()),
        port,
    };
    if original == listener {
        return Captured::Nowhere(literal, "the sandbox's own listener");
    }
    match meant(literal, name_of) {
        Ok(destination) => Captured::To(destination),
        Err((literal, reason)) => Captured::Nowhere(literal, reason),
    }
}

fn original_destination(client: &TcpStream, is_ipv4: bool) -> nix::Result<SocketAddr> {
    if is_ipv4 {
        let found = getsockopt(client, OriginalDst)?;
        let address = Ipv4Addr::from(u32::from_be(found.sin_addr.s_addr));
        Ok(SocketAddr::from((address, u16::from_be(found.sin_port))))
    } else {
        let found = getsockopt(client, Ip6tOriginalDst)?;
        let address = Ipv6Addr::from(found.sin6_addr.s6_addr);
        Ok(SocketAddr::from((address, u16::from_be(found.sin6_port))))
    }
}

#[cfg(test)]
mod tests;
