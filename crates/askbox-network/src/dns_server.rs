//! The session's resolver: takes queries over UDP and TCP and answers them from the session's own names. A name is looked
//! up for real only if it is allowed already; one that is denied, or that nobody has decided about, never leaves this
//! process. It gets a fake address all the same, because the refusal belongs to the connection, where the program can be
//! told why.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use askbox_policy::{Basis, Destination, Host, HostName, Port, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::capture::place;
use crate::dns::{self, Answer, Asked, Query};
use crate::limits::{ACCEPT_PAUSE, DNS_CONNECTIONS, DNS_DATAGRAM, DNS_IDLE, WAITING_QUERIES};
use crate::names::Assigned;
use crate::resolve::LookupError;
use crate::room::Share;
use crate::session::Session;

/// Stands in an event for the query itself, which has no port of its own.
const DNS_PORT: u16 = 53;

/// What a query needs.
enum Answering {
    /// Nothing more.
    Now(Answer),
    /// To know whether this name exists.
    Lookup(HostName),
    /// An event first: the session asks for too many names.
    Tell(HostName),
}

/// Answers over UDP for as long as the future lives. What can be answered at once is, here; only real look-ups get tasks of
/// their own, and those are counted.
pub(crate) async fn serve_udp(socket: UdpSocket, session: Arc<Session>) {
    let socket = Arc::new(socket);
    let mut buffer = vec![0; DNS_DATAGRAM];
    let mut waiting = JoinSet::new();
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            Some(_) = waiting.join_next(), if !waiting.is_empty() => continue,
        };
        let (count, from) = match received {
            Ok(received) => received,
            Err(error) => {
                tracing::debug!(%error, "cannot receive a DNS query");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let query = match dns::read(buffer.get(..count).unwrap_or_default()) {
            Ok(query) => query,
            Err(reply) => {
                send(&socket, reply, from).await;
                continue;
            }
        };
        match answering(&session, &query.asked) {
            Answering::Now(answer) => send(&socket, dns::reply(&query, &answer), from).await,
            Answering::Lookup(_) | Answering::Tell(_) if WAITING_QUERIES <= waiting.len() => {
                send(&socket, dns::reply(&query, &Answer::Failure), from).await;
            }
            more @ (Answering::Lookup(_) | Answering::Tell(_)) => {
                let (session, socket) = (Arc::clone(&session), Arc::clone(&socket));
                waiting.spawn(async move {
                    let answer = answer(&session, more).await;
                    send(&socket, dns::reply(&query, &answer), from).await;
                });
            }
        }
    }
}

/// Answers over TCP for as long as the future lives.
pub(crate) async fn serve_tcp(listener: TcpListener, session: Arc<Session>, share: Share) {
    let slots = Arc::new(Semaphore::new(DNS_CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break accepted,
                Some(_) = open.join_next(), if !open.is_empty() => {}
            }
        };
        match accepted {
            Ok((stream, _)) => {
                let place = place(&share, &session).await;
                let session = Arc::clone(&session);
                open.spawn(async move {
                    if let Err(error) = serve_stream(stream, &session).await {
                        tracing::debug!(%error, "a DNS connection ended");
                    }
                    drop((place, slot));
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a DNS connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection: queries one after the other, each behind its length (RFC 1035, section 4.2.2).
async fn serve_stream(mut stream: TcpStream, session: &Session) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let Ok(length) = timeout(DNS_IDLE, stream.read_u16()).await else {
            return Ok(());
        };
        let mut bytes = vec![0; usize::from(length?)];
        let Ok(read) = timeout(DNS_IDLE, stream.read_exact(&mut bytes)).await else {
            return Ok(());
        };
        read?;
        let reply = match dns::read(&bytes) {
            Ok(Query {
                asked: Asked::Fixed(Answer::Malformed),
                ..
            })
            | Err(None) => return Ok(()),
            Ok(query) => dns::reply(&query, &answer(session, answering(session, &query.asked)).await),
            Err(reply) => reply,
        };
        let reply = reply.ok_or(io::ErrorKind::InvalidData)?;
        let length = u16::try_from(reply.len()).map_err(io::Error::other)?;
        let written = timeout(
            DNS_IDLE,
            stream.write_all(&[&length.to_be_bytes()[..], &reply].concat()),
        )
        .await;
        let Ok(written) = written else { return Ok(()) };
        written?;
    }
}

/// What a query needs to be answered.
fn answering(session: &Session, asked: &Asked) -> Answering {
    match asked {
        Asked::Fixed(answer) => Answering::Now(answer.clone()),
        Asked::Other(_) => Answering::Now(Answer::NoData),
        Asked::Reverse(address) => Answering::Now(
            session
                .names
                .name_of(*address)
                .map_or(Answer::NoName, Answer::Name),
        ),
        Asked::Address(name)
            if !session.is_pinned(name) && session.is_allowed(name) && !session.leaves_to_proxy(name) =>
        {
            Answering::Lookup(name.clone())
        }
        Asked::Address(name) => stand_in(session, name),
    }
}

/// The address that stands for a name.
fn stand_in(session: &Session, name: &HostName) -> Answering {
    match session.names.address_of(name, Instant::now()) {
        Assigned::Address(address) => Answering::Now(Answer::Address(IpAddr::V4(address))),
        Assigned::Refused { tell: true } => Answering::Tell(name.clone()),
        Assigned::Refused { tell: false } => Answering::Now(Answer::Failure),
    }
}

/// Does what a query needs.
async fn answer(session: &Session, needed: Answering) -> Answer {
    let name = match needed {
        Answering::Now(answer) => return answer,
        Answering::Tell(name) => name,
        Answering::Lookup(name) => {
            let answer = match session.resolver.lookup(&name).await {
                Ok(_) => stand_in(session, &name),
                Err(LookupError::NoName) => return Answer::NoName,
                Err(LookupError::Failed) => return Answer::Failure,
            };
            match answer {
                Answering::Now(answer) => return answer,
                Answering::Lookup(name) | Answering::Tell(name) => name,
            }
        }
    };
    if let Some(port) = Port::new(DNS_PORT) {
        let target = Target::Network(Destination {
            host: Host::Name(name),
            port,
        });
        session
            .refuse(
                target,
                Basis::Malformed("the session asks for too many names".to_owned()),
            )
            .await;
    }
    Answer::Failure
}

async fn send(socket: &UdpSocket, reply: Option<Vec<u8>>, to: SocketAddr) {
    let Some(reply) = reply else { return };
    if let Err(error) = socket.send_to(&reply, to).await {
        tracing::debug!(%error, "cannot send a DNS reply");
    }
}

#[cfg(test)]
mod tests;
