//! What the sandbox's rules reject without asking, since it is no TCP connection: the kernel tells of it, and here it
//! becomes a denial in the log, at the gate like every other. It is rejected already, so nothing waits for this.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixDatagram as Datagrams;
use std::sync::Arc;

use askbox_policy::{Basis, Destination, Host, Port, Target, Transport};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use tokio::net::UnixDatagram;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::Ends;
use crate::limits::{REJECTED_DATAGRAM, SETTLE};
use crate::names::is_fake;
use crate::session::Session;

pub(crate) mod message;

/// The netlink socket of one network namespace.
#[derive(Debug)]
pub(crate) struct Source(UnixDatagram);

impl Source {
    /// Neither the standard library nor tokio has netlink sockets; receiving is the same for all kinds of datagrams.
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Self> {
        let socket = Datagrams::from(socket);
        socket.set_nonblocking(true)?;
        UnixDatagram::from_std(socket).map(Self)
    }
}

/// The end of the telling: asked for once, and said once.
#[derive(Debug, Default)]
pub(crate) struct End {
    wanted: Notify,
    reached: Notify,
}

impl End {
    /// Waits until everything that the kernel has told by now is logged, and nothing more is going to be.
    pub(crate) async fn reach(&self) {
        self.wanted.notify_one();
        if timeout(SETTLE, self.reached.notified()).await.is_err() {
            tracing::debug!("what an ended session sent in vain is not all told");
        }
    }

    /// Waits until somebody does. Cancel-safe.
    pub(crate) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Says that nothing more is going to be told.
    pub(crate) fn reached(&self) {
        self.reached.notify_one();
    }
}

/// Tells the gate of rejected packets until the end is wanted, or for as long as the future lives.
pub(crate) async fn tell(Source(socket): Source, session: Arc<Session>, end: Arc<End>) {
    let mut datagram = vec![0; REJECTED_DATAGRAM];
    loop {
        let received = tokio::select! {
            received = socket.recv(&mut datagram) => received,
            () = end.wanted() => break,
        };
        if !take(received, &datagram, &session).await {
            break;
        }
    }
    // Asked of the kernel itself: tokio may not have heard yet that there is something.
    loop {
        let received = recv(socket.as_raw_fd(), &mut datagram, MsgFlags::MSG_DONTWAIT);
        if !take(received.map_err(io::Error::from), &datagram, &session).await {
            break;
        }
    }
    end.reached();
}

/// Tells of the packets of one datagram; false when there is none, and none will come.
async fn take(received: io::Result<usize>, datagram: &[u8], session: &Session) -> bool {
    match received {
        Ok(length) => {
            for packet in message::packets(datagram.get(..length).unwrap_or_default()) {
                tell_of(packet, session).await;
            }
            true
        }
        // More came than the socket holds, or more than is read of one message: some are not told.
        Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => true,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
        Err(error) => {
            tracing::warn!(%error, session = %session.network.session, "rejected packets are not told any more");
            false
        }
    }
}

async fn tell_of(packet: message::Packet, session: &Session) {
    let Some(destination) = destination(packet.destination, session) else {
        return;
    };
    let ends = Ends {
        protocol: packet.transport.number(),
        client: packet.source,
        server: Some(packet.destination),
    };
    let target = match packet.transport {
        // As the rule is written that would allow it.
        Transport::Udp => Target::Datagrams(destination),
        Transport::UdpLite | Transport::Sctp | Transport::Dccp => Target::Network(destination),
    };
    let basis = Basis::NotTcp(packet.transport);
    session.refuse_sent(target, basis, ends).await;
}

/// Where a packet was meant to go; `None` for port 0, which nothing can be sent to.
fn destination(address: SocketAddr, session: &Session) -> Option<Destination> {
    let port = Port::new(address.port())?;
    let named = match address.ip().to_canonical() {
        IpAddr::V4(fake) if is_fake(fake) => session.names.name_of(fake).map(Host::Name),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    };
    let host = named.unwrap_or_else(|| Host::address(address.ip().to_canonical()));
    Some(Destination { host, port })
}

#[cfg(test)]
mod tests;
