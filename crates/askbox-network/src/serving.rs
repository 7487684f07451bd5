//! Starts and ends the network of one session. Owns its tasks; what they do is in the other modules.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::pin::Pin as Pinned;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use askbox_gate::Gate;
use askbox_policy::{Pin, Process, Project, SessionId};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::capture;
use crate::datagrams::Dropped;
use crate::dns_server;
use crate::explicit_proxy::{self, ProxyToken};
use crate::limits::SETTLE;
use crate::names::Names;
use crate::rejected;
use crate::resolve::{Resolver, Upstream};
use crate::room::Share;
use crate::session::Session;
use crate::traffic::{Totals, Traffic};

/// The sockets of a sandbox's network namespace, bound and listening; IPv4 first, then IPv6. The UDP ones must not have
/// `SO_REUSEADDR`, or a program inside could take queries away.
#[derive(Debug)]
pub struct Listeners {
    /// Where TCP connections arrive.
    pub tcp: [OwnedFd; 2],
    /// Where DNS queries over UDP arrive.
    pub dns_udp: [OwnedFd; 2],
    /// Where DNS queries over TCP arrive.
    pub dns_tcp: [OwnedFd; 2],
    /// How they arrive.
    pub arrival: Arrival,
}

/// How connections come to the listeners.
#[derive(Debug)]
pub enum Arrival {
    /// The kernel turns all of them there.
    Captured {
        /// Where it tells of packets that it has rejected: a netlink socket for `nfnetlink_log`.
        rejected: OwnedFd,
    },
    /// Programs ask for them there, as they ask an HTTP or SOCKS proxy. Nothing else leads anywhere.
    ByProxy {
        /// What proves that they are of this session.
        token: ProxyToken,
    },
}

/// TCP's number in the header of an IP packet (RFC 9293, section 3.1).
pub const TCP: u8 = 6;

/// Both ends of a connection, or of a packet, as the program inside sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// [`TCP`], or the number of another protocol.
    pub protocol: u8,
    /// Its own.
    pub client: SocketAddr,
    /// What it connected to, before the connection was turned around; `None` where that cannot be found out.
    pub server: Option<SocketAddr>,
}

/// Finds out which process holds a socket. Answers in bounded time, with [`Process::unknown`] when it cannot say.
pub type Identify =
    Arc<dyn Fn(Ends) -> Pinned<Box<dyn Future<Output = Process> + Send + 'static>> + Send + Sync>;

/// What the network of a session has to know about it.
#[derive(Clone)]
pub struct SessionNetwork {
    /// Which run; open at the gate.
    pub session: SessionId,
    /// What it is for.
    pub project: Project,
    /// Addresses given by hand; of two for the same destination the last counts.
    pub pins: Vec<Pin>,
    /// Who is behind a connection.
    pub identify: Identify,
}

/// The network of one session, at work. Dropping it closes the listeners and every connection.
#[must_use = "dropping it ends the session's network"]
#[derive(Debug)]
pub struct Serving {
    /// Dropping them ends them.
    tasks: Mutex<JoinSet<()>>,
    pub(crate) session: Arc<Session>,
    pub(crate) share: Share,
    totals: Arc<Totals>,
    /// `None` where nothing is told of.
    rejected: Option<Arc<rejected::End>>,
    /// What of the session's datagrams had no room, where it has rules for any.
    pub(crate) dropped: OnceLock<Arc<Dropped>>,
}

impl Serving {
    /// One more task for as long as this lives.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended are kept until somebody looks.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// What the session's connections have carried so far.
    pub fn traffic(&self) -> Traffic {
        self.totals.now()
    }

    /// Whether the kernel turns every connection to this; else programs have to ask for them.
    pub fn is_captured(&self) -> bool {
        self.rejected.is_some()
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.share.held()
    }

    /// Waits until whatever was rejected or dropped by now is logged. To be called before the session is closed at the gate, which
    /// counts what repeats until then; nothing that comes later is logged, and no datagrams begin anything.
    pub async fn told(&self) {
        if let Some(rejected) = &self.rejected {
            rejected.reach().await;
        }
        if let Some(dropped) = self.dropped.get() {
            dropped.end().await;
        }
    }

    /// Lets no further connection in and waits until none is open. After the session was closed at the gate that is when
    /// the last one has recorded what it carried; a client that lingers could make it long, so it is given up after a
    /// while.
    pub async fn settle(&self) {
        self.share.close();
        if timeout(SETTLE, self.share.until_empty()).await.is_err() {
            tracing::debug!("connections of an ended session are dropped with their byte counts");
        }
    }
}

/// Serves a session's network until the result is dropped. To be called inside a tokio runtime, after the session was
/// opened at the gate. When it ends: [`Serving::told`], close it at the gate, [`Serving::settle`], so that what was rejected and
/// what its connections carried is recorded.
pub fn serve(
    listeners: Listeners,
    session: SessionNetwork,
    gate: Gate,
    shared: Arc<Upstream>,
    share: Share,
) -> io::Result<Serving> {
    let totals = Arc::<Totals>::default();
    let session = Arc::new(Session {
        network: session,
        gate,
        names: Names::new(Instant::now()),
        resolver: Resolver::new(shared),
        totals: Arc::clone(&totals),
    });
    let Listeners {
        tcp,
        dns_udp,
        dns_tcp,
        arrival,
    } = listeners;
    let mut tasks = JoinSet::new();
    for fd in tcp {
        let (listener, session, share) = (listener(fd)?, Arc::clone(&session), share.clone());
        match &arrival {
            Arrival::Captured { .. } => tasks.spawn(capture::serve(listener, session, share)),
            Arrival::ByProxy { token } => {
                tasks.spawn(explicit_proxy::serve(listener, session, share, token.clone()))
            }
        };
    }
    for fd in dns_udp {
        let socket = std::net::UdpSocket::from(fd);
        socket.set_nonblocking(true)?;
        tasks.spawn(dns_server::serve_udp(
            UdpSocket::from_std(socket)?,
            Arc::clone(&session),
        ));
    }
    for fd in dns_tcp {
        tasks.spawn(dns_server::serve_tcp(
            listener(fd)?,
            Arc::clone(&session),
            share.clone(),
        ));
    }
    let rejected = match arrival {
        Arrival::ByProxy { .. } => None,
        Arrival::Captured { rejected } => {
            let (source, end) = (rejected::Source::new(rejected)?, Arc::default());
            tasks.spawn(rejected::tell(source, Arc::clone(&session), Arc::clone(&end)));
            Some(end)
        }
    };
    Ok(Serving {
        tasks: Mutex::new(tasks),
        session,
        share,
        totals,
        rejected,
        dropped: OnceLock::new(),
    })
}

/// A listener that is bound already.
pub(crate) fn listener(fd: OwnedFd) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::from(fd);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

impl fmt::Debug for SessionNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionNetwork")
            .field("session", &self.session)
            .field("project", &self.project)
            .field("pins", &self.pins)
            .finish_non_exhaustive()
    }
}
