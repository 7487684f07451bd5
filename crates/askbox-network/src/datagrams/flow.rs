//! One flow, from where its first datagram was meant to go to the event about what it carried.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use askbox_gate::Permit;
use askbox_policy::{Basis, Destination, Host, Port, Target, Transport};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::Datagram;
use super::table::Turned;
use crate::Ends;
use crate::address::{Closed, Going, Judged};
use crate::dial::{Peer, dial_datagrams};
use crate::limits::{DATAGRAM, DATAGRAMS_AT_ONCE, DENIED_REST, FLOW_IDLE, FLOW_LEFT};
use crate::resolve::{Judgement, Route, RouteError};
use crate::room::Place;
use crate::session::{Caller, Session};
use crate::traffic::Counts;
use crate::upstream::Way;

/// Where names are asked for (RFC 1035, section 4.2).
const DNS_PORT: u16 = 53;

/// Carries a flow to its end: idle, cut, denied, or dropped by its listener.
pub(super) async fn run(
    listener: Arc<UdpSocket>,
    client: SocketAddr,
    turned: Turned,
    session: Arc<Session>,
    (mut datagrams, place): (mpsc::Receiver<Datagram>, Place),
) {
    let ends = Ends {
        protocol: Transport::Udp.number(),
        client: turned.client,
        server: Some(turned.server),
    };
    let flow = Flow {
        listener,
        client,
        counts: session.totals.connection(),
        caller: Caller::new(session, ends),
        is_dialled: AtomicBool::new(false),
    };
    let carried = flow.admit_and_carry(turned, &mut datagrams).await;
    drop(place);
    if let Err(end) = carried {
        tracing::debug!(?end, server = %turned.server, "a flow of datagrams came to nothing");
        // A program that goes on sending is heard once in this time, and its datagrams go nowhere meanwhile.
        drop(timeout(DENIED_REST, async { while datagrams.recv().await.is_some() {} }).await);
    }
}

/// Why a flow came to nothing.
#[derive(Debug)]
enum End {
    /// It may not be; that is in the log.
    Denied,
    /// There is no way.
    Broken(#[expect(dead_code, reason = "shown by Debug")] io::Error),
}

/// When a flow ends by itself.
#[derive(Clone, Copy, Debug)]
struct Idle {
    /// When a datagram went either way.
    moved: Instant,
    /// When the program sent one.
    sent: Instant,
}

struct Flow {
    listener: Arc<UdpSocket>,
    /// The program's socket, as the listener sees it.
    client: SocketAddr,
    counts: Counts,
    caller: Caller,
    is_dialled: AtomicBool,
}

impl Idle {
    fn since(sent: Instant) -> Self {
        Self { moved: sent, sent }
    }

    fn end(self) -> Instant {
        (self.moved + FLOW_IDLE).min(self.sent + FLOW_LEFT)
    }
}

impl Flow {
    async fn admit_and_carry(
        &self,
        turned: Turned,
        datagrams: &mut mpsc::Receiver<Datagram>,
    ) -> Result<(), End> {
        let destination = self.meant(turned).await?;
        let permit = self.admit(Target::Datagrams(destination)).await?;
        let carried = until_cut(&permit, async {
            tokio::select! {
                carried = self.carry(&permit, datagrams) => carried,
                // Found out while the socket is there.
                never = async { self.caller.process().await; pending().await } => never,
            }
        })
        .await;
        if self.is_dialled.load(Ordering::Relaxed) {
            let (received, sent) = (self.counts.received.count(), self.counts.sent.count());
            permit.finish(received, sent, self.caller.process().await).await;
        }
        carried
    }

    /// Where the program wanted to go.
    async fn meant(&self, turned: Turned) -> Result<Destination, End> {
        let port = Port::new(turned.server.port()).ok_or(End::Denied)?;
        let literal = Destination {
            host: Host::address(turned.server.ip()),
            port,
        };
        // What asks for names is never here; were the kernel to send it, no rule opens it.
        if turned.server.port() == DNS_PORT {
            return Err(self
                .refuse(literal, "names are asked for elsewhere".to_owned())
                .await);
        }
        if turned.server == turned.listener {
            return Err(self
                .refuse(literal, "the sandbox's own listener".to_owned())
                .await);
        }
        match self.caller.session.meant(literal) {
            Ok(destination) => Ok(destination),
            Err((literal, reason)) => Err(self.refuse(literal, reason.to_owned()).await),
        }
    }

    async fn admit(&self, target: Target) -> Result<Permit, End> {
        let admitted = self.caller.admit(target).await;
        admitted.map_err(|_logged| End::Denied)
    }

    async fn refuse(&self, destination: Destination, reason: String) -> End {
        self.refuse_by(destination, Basis::ForbiddenAddress(reason)).await
    }

    async fn refuse_by(&self, destination: Destination, basis: Basis) -> End {
        self.refuse_target(Target::Datagrams(destination), basis).await
    }

    async fn refuse_target(&self, target: Target, basis: Basis) -> End {
        drop(self.caller.refuse_datagrams(target, basis).await);
        End::Denied
    }

    /// Finds the address and judges it. One that is not public takes a rule of addresses for UDP too.
    async fn carry(&self, permit: &Permit, datagrams: &mut mpsc::Receiver<Datagram>) -> Result<(), End> {
        let Target::Datagrams(destination) = permit.target() else {
            return Err(End::Broken(io::ErrorKind::InvalidInput.into()));
        };
        let session = &self.caller.session;
        // From here on no change of rules is missed.
        let changes = session.gate.changes();
        let pin = session.pin(destination);
        if let Some(route) = pin.and_then(|pin| Route::pinned(permit, pin)) {
            return self.speak(route, Judged::Given, changes, datagrams).await;
        }
        let policy = session.gate.policy();
        let (address, judged) = match session.resolver.route(permit, policy.settings()).await {
            Ok(Judgement::Dial(route)) if *route.way() == Way::Direct => {
                return self.speak(route, Judged::Public, changes, datagrams).await;
            }
            Ok(Judgement::Dial(_)) => {
                let basis = Basis::Upstream("it carries no UDP".to_owned());
                return Err(self.refuse_by(destination.clone(), basis).await);
            }
            Err(RouteError::Proxy(reason)) => {
                return Err(self.refuse_by(destination.clone(), Basis::Upstream(reason)).await);
            }
            Err(error @ RouteError::Lookup(_)) => {
                return Err(End::Broken(io::Error::new(io::ErrorKind::HostUnreachable, error)));
            }
            Ok(Judgement::Local(address)) => (address, Judged::Local),
            Ok(Judgement::Forbidden { address, what }) => (address, Judged::Forbidden(what)),
        };
        let going = Going::Datagrams(destination.port);
        if let Some(basis) = judged.closed_by(&self.caller, going, address).await {
            return Err(self.refuse_by(destination.clone(), basis).await);
        }
        let second = self.admit(going.at(address)).await?;
        let route =
            Route::datagrams(&second).ok_or_else(|| End::Broken(io::ErrorKind::InvalidInput.into()))?;
        until_cut(&second, self.speak(route, judged, changes, datagrams)).await
    }

    /// Speaks with the first address of a route that the rules leave open, for as long as they do.
    async fn speak(
        &self,
        route: Route<'_>,
        judged: Judged,
        mut changes: watch::Receiver<u64>,
        datagrams: &mut mpsc::Receiver<Datagram>,
    ) -> Result<(), End> {
        let going = Going::Datagrams(route.port());
        let route = match judged.open(&self.caller, going, route).await {
            Ok(route) => route,
            Err(Closed { target, by }) => return Err(self.refuse_target(target, by).await),
        };
        let server = dial_datagrams(&route).await.map_err(End::Broken)?;
        let mut relayed = pin!(self.relay(&server, datagrams));
        loop {
            tokio::select! {
                biased;
                heard = changes.changed() => {
                    let closed_by = judged.closed_by(&self.caller, going, server.address());
                    if heard.is_err() || closed_by.await.is_some() {
                        return Ok(());
                    }
                }
                relayed = &mut relayed => return relayed,
            }
        }
    }

    /// Relays until nothing has moved for a while, or the program has left.
    async fn relay(&self, server: &Peer, datagrams: &mut mpsc::Receiver<Datagram>) -> Result<(), End> {
        self.is_dialled.store(true, Ordering::Relaxed);
        let mut idle = Idle::since(Instant::now());
        loop {
            tokio::select! {
                datagram = datagrams.recv() => {
                    let Some(Datagram { bytes, _room }) = datagram else {
                        return Ok(());
                    };
                    self.send(server, &bytes).await;
                    idle = Idle::since(Instant::now());
                }
                readable = server.readable() => {
                    readable.map_err(End::Broken)?;
                    self.receive(server);
                    idle.moved = Instant::now();
                }
                () = sleep_until(idle.end()) => return Ok(()),
            }
        }
    }

    /// Sends one datagram; what cannot be delivered ends nothing, as its sender would not have heard of it either.
    async fn send(&self, server: &Peer, bytes: &[u8]) {
        let mut sent = server.send(bytes).await;
        if is_of_one_before(&sent) {
            sent = server.send(bytes).await;
        }
        match sent {
            Ok(_) => self.counts.sent.add(bytes.len()),
            Err(error) => tracing::trace!(%error, "a datagram is not sent"),
        }
    }

    /// Passes on what has come.
    fn receive(&self, server: &Peer) {
        // Not kept: most flows are quiet most of the time.
        let mut buffer = vec![0; DATAGRAM];
        for _ in 0..DATAGRAMS_AT_ONCE {
            match server.try_receive(&mut buffer) {
                Ok(None) => {}
                Ok(Some(length)) => {
                    self.counts.received.add(length);
                    let bytes = buffer.get(..length).unwrap_or_default();
                    // The program may be gone, or too slow; nobody waits for it.
                    drop(self.listener.try_send_to(bytes, self.client));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => tracing::trace!(%error, "a datagram came to nothing"),
            }
        }
    }
}

/// Whether an error is what came back for a datagram before, which kept this one from being sent.
fn is_of_one_before(sent: &io::Result<usize>) -> bool {
    sent.as_ref().is_err_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
        )
    })
}

/// Does the work for as long as the permit lives; a cut ends it like any other.
async fn until_cut(permit: &Permit, work: impl Future<Output = Result<(), End>>) -> Result<(), End> {
    tokio::select! {
        biased;
        () = permit.revoked() => Ok(()),
        done = work => done,
    }
}

#[cfg(test)]
mod tests;
