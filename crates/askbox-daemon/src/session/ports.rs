//! The ports that a session shares with the host: opened when it starts or while it runs, listed, closed; and those for datagrams,
//! opened when it starts. Makes the listeners; who may connect is the gate's to decide, and what is carried the network's.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use askbox_audit::{Durability, SessionChange};
use askbox_network::{Datagrams, Shared, Sockets};
use askbox_policy::shared_port::LOOPBACK;
use askbox_policy::{Port, Publish, SessionId, SharedPort};
use askbox_sandbox::inside::datagrams::{self, Opened};
use askbox_sandbox::inside::{Inside, Wanted};
use askbox_wire::{ErrorCode, Response, WireError};
use tokio::task::spawn_blocking;

use super::{entry, tell};
use crate::daemon::Daemon;
use crate::limits;
use crate::views;

/// What is said where the proxy of a session keeps its rules for UDP from opening anything.
const UDP_IN_VAIN: &str = "rules for UDP open nothing in this session, since its proxy carries TCP alone";

/// The shared ports of one session. Whoever changes them holds the lock meanwhile.
pub(crate) type Ports = Arc<tokio::sync::Mutex<Vec<(SharedPort, Shared)>>>;

/// What makes sockets in a session's network: the process there, started when it is first needed, and again if it ended.
#[derive(Debug)]
pub(crate) struct Maker {
    init: PathBuf,
    /// A socket of that network.
    member: OwnedFd,
    inside: Mutex<Option<Inside>>,
}

impl Maker {
    pub(super) fn new(init: PathBuf, member: OwnedFd) -> Arc<Self> {
        Arc::new(Self {
            init,
            member,
            inside: Mutex::new(None),
        })
    }

    /// Waits for what it asks for.
    async fn make(self: Arc<Self>, wanted: Wanted) -> io::Result<OwnedFd> {
        spawn_blocking(move || self.make_blocking(wanted))
            .await
            .map_err(io::Error::other)?
    }

    fn make_blocking(&self, wanted: Wanted) -> io::Result<OwnedFd> {
        // Whatever ended halfway is not trusted with another question.
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match inside.take() {
            Some(running) => running,
            None => Inside::start(&self.init, self.member.as_fd())?,
        };
        match running.make(wanted) {
            Err(error) if is_broken(&error) => {
                let anew = Inside::start(&self.init, self.member.as_fd())?;
                let made = anew.make(wanted);
                *inside = Some(anew);
                made
            }
            made => {
                *inside = Some(running);
                made
            }
        }
    }

    /// Opens ports for datagrams; the process for that ends with it.
    async fn open_datagrams(self: Arc<Self>, ports: Vec<(Port, Port)>) -> io::Result<Opened> {
        spawn_blocking(move || datagrams::open(&self.init, self.member.as_fd(), &ports))
            .await
            .map_err(io::Error::other)?
    }

    fn sockets(self: &Arc<Self>) -> Sockets {
        let maker = Arc::clone(self);
        Arc::new(move |family| Box::pin(Arc::clone(&maker).make(Wanted::Socket(family))))
    }
}

/// Whether the process is gone, or does not answer.
fn is_broken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::WouldBlock
    )
}

/// Opens what a session has from its start on: ports for datagrams where rules allow them, and these, which it shares.
pub(super) async fn open_all(
    daemon: &Daemon,
    id: &SessionId,
    wanted: Vec<SharedPort>,
) -> Result<(), WireError> {
    open_datagrams(daemon, id).await?;
    for port in wanted {
        open(daemon, id, port).await?;
    }
    Ok(())
}

/// Opens a port of a session, which is being served. It is in the log before anybody can connect.
pub(crate) async fn open(daemon: &Daemon, id: &SessionId, port: SharedPort) -> Result<Response, WireError> {
    let (ports, maker) = daemon.sessions.ports(id).ok_or_else(|| unknown(id))?;
    let mut ports = ports.lock().await;
    if ports.iter().any(|(other, _)| port.clashes(other)) {
        return Err(refused(format!("{port}: the session shares this port already"))
            .with_hint("`askbox ports` lists them"));
    }
    if limits::SHARED_PORTS <= ports.len() {
        return Err(refused(format!(
            "a session shares at most {} ports",
            limits::SHARED_PORTS
        )));
    }
    let listeners = listen(&maker, port).await?;
    record(daemon, id, SessionChange::PortOpened, port).await?;
    let all: Vec<SharedPort> = ports.iter().map(|(port, _)| *port).chain([port]).collect();
    daemon.gate.share_ports(id, all.clone());
    match daemon.sessions.share(id, port, listeners, &maker.sockets()) {
        None => return Err(unknown(id)),
        Some(Err(error)) => {
            let before = ports.iter().map(|(port, _)| *port).collect();
            daemon.gate.share_ports(id, before);
            return Err(refused(format!("{port}: {}", views::chain(&error))));
        }
        Some(Ok(shared)) => ports.push((port, shared)),
    }
    if let Some(view) = daemon.sessions.set_ports(id, &all) {
        tell(daemon, view);
    }
    Ok(Response::Done)
}

/// What is said of rules for UDP in a session whose programs reach the network by a proxy.
pub(super) fn udp_in_vain(daemon: &Daemon, id: &SessionId) -> Vec<String> {
    let has_rules = !daemon.gate.datagram_ports(id).is_empty();
    has_rules.then(|| UDP_IN_VAIN.to_owned()).into_iter().collect()
}

/// Opens the ports for datagrams that rules allow in a session, which is being served; a session without such rules gets nothing.
async fn open_datagrams(daemon: &Daemon, id: &SessionId) -> Result<(), WireError> {
    let wanted = daemon.gate.datagram_ports(id);
    if wanted.is_empty() || !daemon.sessions.is_captured(id) {
        return Ok(());
    }
    check_number(&wanted)?;
    let (_, maker) = daemon.sessions.ports(id).ok_or_else(|| unknown(id))?;
    let failed = |error: io::Error| {
        refused(format!("cannot open ports for UDP, which rules allow: {error}"))
            .with_hint("`askbox doctor` says what the kernel lacks; without rules for UDP the session starts")
    };
    let Opened { listeners, table } = maker.open_datagrams(wanted).await.map_err(failed)?;
    match daemon
        .sessions
        .carry_datagrams(id, Datagrams { listeners, table })
    {
        Some(carried) => carried.map_err(|error| refused(format!("cannot carry UDP: {error}"))),
        None => Err(unknown(id)),
    }
}

/// Refuses more ports or ranges of them than the kernel is to compare for one session.
fn check_number(wanted: &[(Port, Port)]) -> Result<(), WireError> {
    let most = limits::DATAGRAM_PORTS;
    if wanted.len() <= most {
        return Ok(());
    }
    let reason = format!("rules for UDP name more than {most} different ports or ranges of ports");
    Err(refused(reason).with_hint("fewer rules with a range each, such as example.com:27000-27100/udp"))
}

/// Closes a port of a session, and cuts what came by it.
pub(crate) async fn close(daemon: &Daemon, id: &SessionId, port: SharedPort) -> Result<Response, WireError> {
    let (ports, _) = daemon.sessions.ports(id).ok_or_else(|| unknown(id))?;
    let mut ports = ports.lock().await;
    let Some(at) = ports.iter().position(|(open, _)| *open == port) else {
        return Err(
            WireError::new(ErrorCode::NotFound, format!("session {id} does not share {port}"))
                .with_hint("`askbox ports` lists them"),
        );
    };
    drop(ports.swap_remove(at));
    let left: Vec<SharedPort> = ports.iter().map(|(port, _)| *port).collect();
    daemon.gate.share_ports(id, left.clone());
    if let Some(view) = daemon.sessions.set_ports(id, &left) {
        tell(daemon, view);
    }
    // It is closed whatever becomes of the log.
    record(daemon, id, SessionChange::PortClosed, port).await?;
    Ok(Response::Done)
}

async fn record(
    daemon: &Daemon,
    id: &SessionId,
    change: SessionChange,
    port: SharedPort,
) -> Result<(), WireError> {
    let project = daemon.sessions.project(id).ok_or_else(|| unknown(id))?;
    let entry = entry(id, &project, change, Some(port.to_string()));
    match daemon.log.record(entry, Durability::Synced).await {
        Ok(_number) => Ok(()),
        Err(error) => Err(views::log_failed(&error)),
    }
}

/// Listens: inside for a service of the host, on the host for a server inside.
async fn listen(maker: &Arc<Maker>, port: SharedPort) -> Result<Vec<OwnedFd>, WireError> {
    match port {
        SharedPort::Host(number) => {
            let mut listeners = Vec::new();
            for address in LOOPBACK {
                let address = SocketAddr::new(address, number.get());
                let made = Arc::clone(maker).make(Wanted::Listener(address)).await;
                keep(&mut listeners, address, made)
                    .map_err(|error| refused(format!("{port}: {}", why_not_inside(&error))))?;
            }
            Ok(listeners)
        }
        SharedPort::Published(publish) => {
            let mut listeners = Vec::new();
            for address in addresses(&publish) {
                let made = TcpListener::bind(address).map(OwnedFd::from);
                keep(&mut listeners, address, made)
                    .map_err(|error| refused(format!("{port}: {}", why_not_outside(address, &error))))?;
            }
            Ok(listeners)
        }
    }
}

fn addresses(publish: &Publish) -> Vec<SocketAddr> {
    let of = |address: IpAddr| SocketAddr::new(address, publish.port.get());
    publish.address.map_or_else(
        || LOOPBACK.into_iter().map(of).collect(),
        |address| vec![of(address)],
    )
}

/// Keeps a listener. A machine without IPv6 has none for it, which is no failure beside one that there is.
fn keep(listeners: &mut Vec<OwnedFd>, address: SocketAddr, made: io::Result<OwnedFd>) -> io::Result<()> {
    match made {
        Ok(listener) => listeners.push(listener),
        Err(error) if address.is_ipv6() && !listeners.is_empty() && is_without_ipv6(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

fn is_without_ipv6(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(libc::EAFNOSUPPORT)
}

fn why_not_inside(error: &io::Error) -> String {
    if error.kind() == ErrorKind::AddrInUse {
        "a program inside listens at this port already".to_owned()
    } else {
        format!("cannot listen inside: {error}")
    }
}

fn why_not_outside(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => format!("something on this machine listens at {address} already"),
        ErrorKind::PermissionDenied => format!("you may not listen at {address}; take a port from 1024 on"),
        _ => format!("cannot listen at {address}: {error}"),
    }
}

fn refused(reason: String) -> WireError {
    WireError::new(ErrorCode::Refused, reason)
}

fn unknown(id: &SessionId) -> WireError {
    let id = askbox_policy::display::text(&id.0, limits::NAME_SHOWN);
    WireError::new(ErrorCode::NotFound, format!("there is no running session {id}"))
        .with_hint("askbox sessions")
}

#[cfg(test)]
mod tests;
