//! Ports that a session and the host share: connections from a program inside to a service on the host's loopback, and from
//! the host to a server inside. Each is admitted like any other connection, relayed as it is, and recorded. What listens
//! where was made by others; nothing in here decides.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;

use askbox_gate::Permit;
use askbox_policy::{Process, SharedPort};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::Ends;
use crate::capture;
use crate::dial::{dial, dial_inside};
use crate::limits::SHARED_PORT_DESCRIPTORS;
use crate::relay::{self, ResetOnDrop};
use crate::resolve::Route;
use crate::room::Reserved;
use crate::serving::{Serving, TCP, listener};
use crate::session::{Caller, Session};

/// Makes TCP sockets in a session's own network, of the family of an address. They are not connected yet.
pub type Sockets =
    Arc<dyn Fn(IpAddr) -> Pin<Box<dyn Future<Output = io::Result<OwnedFd>> + Send + 'static>> + Send + Sync>;

/// A port that is shared while this is held. Dropping it closes the listeners; the connections that came by it end when the
/// gate cuts them.
#[must_use = "dropping it closes the port"]
pub struct Shared {
    #[expect(dead_code, reason = "held so that dropping it is heard")]
    stop: watch::Sender<()>,
    #[expect(dead_code, reason = "held for the descriptors of the listeners")]
    reserved: Reserved,
}

/// Why a port is not shared.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// There is no room for its sockets.
    #[error("the sessions that run take all files that the daemon may open")]
    Full,
    /// A listener cannot be served.
    #[error("cannot listen")]
    Listen(#[from] io::Error),
}

impl Serving {
    /// Serves a port that this session shares with the host, at listeners that are bound already: inside for a service of the
    /// host, on the host for a server inside. The gate has to know of the port first.
    pub fn share(
        &self,
        port: SharedPort,
        listeners: Vec<OwnedFd>,
        sockets: &Sockets,
    ) -> Result<Shared, ShareError> {
        let reserved = self
            .share
            .try_reserve(SHARED_PORT_DESCRIPTORS)
            .ok_or(ShareError::Full)?;
        let listeners = listeners
            .into_iter()
            .map(listener)
            .collect::<io::Result<Vec<_>>>()?;
        let (stop, stopped) = watch::channel(());
        for listener in listeners {
            let (session, share) = (Arc::clone(&self.session), self.share.clone());
            let (sockets, mut stopped) = (Arc::clone(sockets), stopped.clone());
            self.spawn(async move {
                let take = |client, _from, session| take(port, client, session, Arc::clone(&sockets));
                // Nothing is ever sent: it changes when the sender is dropped.
                let stop = async { while stopped.changed().await.is_ok() {} };
                capture::accept(listener, &session, &share, stop, take).await;
            });
        }
        Ok(Shared { stop, reserved })
    }
}

/// One connection that came by a shared port.
async fn take(port: SharedPort, client: TcpStream, session: Arc<Session>, sockets: Sockets) {
    let client = Arc::new(client);
    let reset = ResetOnDrop::new(Arc::clone(&client));
    let carried = match port {
        SharedPort::Host(_) => to_host(port, &client, session).await,
        SharedPort::Published(_) => to_session(port, &client, session, &sockets).await,
    };
    match carried {
        Ok(()) => reset.ended(),
        Err(error) => tracing::debug!(%error, %port, "a connection by a shared port ended"),
    }
}

/// From a program inside to the host's service.
async fn to_host(port: SharedPort, client: &TcpStream, session: Arc<Session>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let ends = Ends {
        protocol: TCP,
        client: client.peer_addr()?,
        server: client.local_addr().ok(),
    };
    let counts = session.totals.connection();
    let caller = Caller::new(Arc::clone(&session), ends);
    let permit = caller.admit(port.target()).await.map_err(io::Error::other)?;
    let route = Route::loopback(&permit).ok_or(io::ErrorKind::InvalidInput)?;
    let carry = async {
        let dialled = dial(&route, &session.resolver).await.map_err(io::Error::other)?;
        let server = Arc::new(dialled.stream);
        let reset = ResetOnDrop::new(Arc::clone(&server));
        // Found out while the socket is there; an event without its program would be worth less.
        let (carried, _process) = tokio::join!(relay::both(client, &server, &counts), caller.process());
        carried.map(|()| reset.ended())
    };
    let carried = until_cut(&permit, carry).await;
    let (received, sent) = (counts.received.count(), counts.sent.count());
    permit.finish(received, sent, caller.process().await).await;
    carried
}

/// From a program on the host to the server inside.
async fn to_session(
    port: SharedPort,
    client: &TcpStream,
    session: Arc<Session>,
    sockets: &Sockets,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let counts = session.totals.connection();
    let permit = session.admit(port.target()).await.map_err(io::Error::other)?;
    let carry = async {
        let server = Arc::new(dial_inside(&permit, sockets).await?);
        let reset = ResetOnDrop::new(Arc::clone(&server));
        // Seen from the sandbox: the server inside is the program, and what it sends goes out.
        let carried = relay::both(&server, client, &counts).await;
        carried.map(|()| reset.ended())
    };
    let carried = until_cut(&permit, carry).await;
    let (received, sent) = (counts.received.count(), counts.sent.count());
    permit.finish(received, sent, Process::unknown()).await;
    carried
}

async fn until_cut(permit: &Permit, work: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    tokio::select! {
        biased;
        () = permit.revoked() => Err(io::ErrorKind::ConnectionAborted.into()),
        done = work => done,
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
