//! One connection, from where the program wanted to go to the last byte: admitted, resolved, judged, dialled,
//! classified, relayed, recorded. How it came decides only in which words its program is answered (`entry`).

use std::future::{Future, pending};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use askbox_gate::{Denial, Permit};
use askbox_policy::{Basis, Destination, Host, Target};
use bytes::Bytes;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::address::{Closed, Going, Judged};
use crate::dial::{DialError, Dialled, dial};
use crate::entry::Entry;
use crate::http::{Exchange, Via, serve};
use crate::opening::{Held, Next, hold_for, next};
use crate::refusal;
use crate::relay::{self, Copied, ResetOnDrop};
use crate::resolve::{Judgement, Route, RouteError, judge_literal};
use crate::session::Caller;
use crate::traffic::Counts;

/// How a connection ended before its time.
#[derive(Debug)]
pub(crate) enum End {
    /// It may not be, or not any more; with what the client had said by then.
    Denied(Box<Denial>, Option<Held>),
    /// Its permit was cut.
    Cut,
    /// The client went away while it was waiting.
    Gone,
    /// One side failed.
    Broken(io::Error),
}

/// What is in flight. Everything that a connection does only once, and then never again while it idles, is boxed where it
/// is awaited: ten thousand idle connections would pay for its place.
struct Connection {
    client: Arc<TcpStream>,
    destination: Destination,
    entry: Entry,
    caller: Arc<Caller>,
    counts: Arc<Counts>,
    is_dialled: AtomicBool,
}

/// Carries a connection to its end. Dropping the future closes both sides.
pub(crate) async fn handle(client: TcpStream, destination: Destination, entry: Entry, caller: Caller) {
    let connection = Connection {
        client: Arc::new(client),
        destination,
        entry,
        counts: Arc::new(caller.session.totals.connection()),
        caller: Arc::new(caller),
        is_dialled: AtomicBool::new(false),
    };
    let client = Arc::clone(&connection.client);
    let reset = ResetOnDrop::new(Arc::clone(&client));
    let carried = connection.carry().await;
    if let Some(words) = connection.untold(&carried) {
        if Box::pin(refusal::tell(&client, &words)).await {
            reset.ended();
        }
        return;
    }
    match carried {
        Ok(()) | Err(End::Gone) => reset.ended(),
        // After the server has spoken, an alert or an answer of ours would be taken for its words.
        Err(End::Denied(denial, held)) if connection.counts.received.count() == 0 => {
            Box::pin(refusal::refuse(&client, held, &denial, reset)).await;
        }
        Err(End::Denied(..) | End::Cut) => {}
        Err(End::Broken(error)) => {
            tracing::debug!(%error, destination = %connection.destination, "connection broken");
        }
    }
}

impl Connection {
    async fn carry(&self) -> Result<(), End> {
        self.refuse_forbidden_address().await?;
        let permit = self.admit(Target::Network(self.destination.clone())).await?;
        let carried = until_cut(&permit, self.connect(&permit)).await;
        if self.is_dialled.load(Ordering::Relaxed) {
            let received = self.counts.received.count();
            let sent = self.counts.sent.count();
            Box::pin(permit.finish(received, sent, self.caller.process().await)).await;
        }
        carried
    }

    /// What a program has to hear that waits for a word of its proxy.
    fn untold(&self, carried: &Result<(), End>) -> Option<Vec<u8>> {
        if self.is_dialled.load(Ordering::Relaxed) {
            return None;
        }
        match carried {
            Err(End::Denied(denial, _)) => self.entry.denied(denial),
            Err(End::Broken(error)) => self.entry.failed(error),
            Ok(()) | Err(End::Cut | End::Gone) => None,
        }
    }

    /// Asks the gate, and stops asking when the client goes away.
    async fn admit(&self, target: Target) -> Result<Permit, End> {
        tokio::select! {
            biased;
            admitted = Box::pin(self.caller.admit(target)) => admitted.map_err(|denial| End::Denied(Box::new(denial), None)),
            () = gone(&self.client, &self.caller) => Err(End::Gone),
        }
    }

    async fn refuse(&self, basis: Basis, held: Option<Held>) -> End {
        let target = Target::Network(self.destination.clone());
        let denial = Box::pin(self.caller.refuse(target, basis)).await;
        End::Denied(Box::new(denial), held)
    }

    /// Resolves, judges and dials an admitted destination.
    async fn connect(&self, permit: &Permit) -> Result<(), End> {
        let session = &self.caller.session;
        // From here on no change of rules is missed.
        let changes = session.gate.changes();
        let pin = session.pin(&self.destination);
        if let Some(route) = pin.and_then(|pin| Route::pinned(permit, pin)) {
            return self.dial_and_carry(route, Judged::Given, changes).await;
        }
        let (local, judged) = match Box::pin(self.route(permit)).await? {
            Judgement::Dial(route) => return self.dial_and_carry(route, Judged::Public, changes).await,
            Judgement::Local(address) => (address, Judged::Local),
            Judgement::Forbidden { address, what } => {
                self.check_rule_names(address, what).await?;
                (address, Judged::Forbidden(what))
            }
        };
        let target = Target::LocalNetwork {
            destination: self.destination.clone(),
            address: local,
        };
        let second = self.admit(target).await?;
        let route = Route::local(&second).ok_or_else(|| End::Broken(io::ErrorKind::InvalidInput.into()))?;
        until_cut(&second, self.dial_and_carry(route, judged, changes)).await
    }

    /// Refuses an address that no answer can open before anybody is asked about it. A name's addresses are only looked up
    /// after the name was admitted.
    async fn refuse_forbidden_address(&self) -> Result<(), End> {
        let (Host::Address(address), session) = (&self.destination.host, &self.caller.session) else {
            return Ok(());
        };
        if session.pin(&self.destination).is_some() {
            return Ok(());
        }
        match session
            .resolver
            .network(&[*address])
            .await
            .map(|network| judge_literal(*address, &network))
        {
            Ok(Judgement::Forbidden { address, what }) => self.check_rule_names(address, what).await,
            Ok(Judgement::Dial(_) | Judgement::Local(_)) | Err(_) => Ok(()),
        }
    }

    async fn check_rule_names(&self, address: IpAddr, what: &'static str) -> Result<(), End> {
        match self.closed_by(Judged::Forbidden(what), address).await {
            Some(basis) => Err(self.refuse(basis, None).await),
            None => Ok(()),
        }
    }

    async fn closed_by(&self, judged: Judged, address: IpAddr) -> Option<Basis> {
        let going = Going::Connection(&self.destination);
        Box::pin(judged.closed_by(&self.caller, going, address)).await
    }

    /// Ends when the rules close an address that was open. Permits do not know what it was judged to be.
    async fn closed(
        &self,
        judged: Judged,
        address: Option<IpAddr>,
        mut changes: watch::Receiver<u64>,
    ) -> End {
        let Some(address) = address else {
            return pending().await;
        };
        while changes.changed().await.is_ok() && self.closed_by(judged, address).await.is_none() {}
        End::Cut
    }

    async fn route<'a>(&self, permit: &'a Permit) -> Result<Judgement<Route<'a>>, End> {
        let session = &self.caller.session;
        let policy = session.gate.policy();
        match session.resolver.route(permit, policy.settings()).await {
            Ok(judgement) => Ok(judgement),
            Err(RouteError::Proxy(reason)) => Err(self.refuse(Basis::Upstream(reason), None).await),
            Err(error @ RouteError::Lookup(_)) => {
                Err(End::Broken(io::Error::new(io::ErrorKind::HostUnreachable, error)))
            }
        }
    }

    /// Dials those addresses of a route that the rules leave open, and carries for as long as they do.
    async fn dial_and_carry(
        &self,
        route: Route<'_>,
        judged: Judged,
        changes: watch::Receiver<u64>,
    ) -> Result<(), End> {
        let Dialled { stream, address } = Box::pin(self.dial(route, judged)).await?;
        self.is_dialled.store(true, Ordering::Relaxed);
        let server = Arc::new(stream);
        let reset = ResetOnDrop::new(Arc::clone(&server));
        if let Some(words) = self.entry.connected() {
            relay::write_all(&self.client, &words)
                .await
                .map_err(End::Broken)?;
        }
        let carried = tokio::select! {
            biased;
            end = self.closed(judged, address, changes) => Err(end),
            carried = self.converse(&server) => carried,
            // Found out while both are busy with each other: afterwards the socket is gone.
            never = async { self.caller.process().await; pending().await } => never,
        };
        if carried.is_ok() {
            reset.ended();
        }
        carried
    }

    async fn dial(&self, route: Route<'_>, judged: Judged) -> Result<Dialled, End> {
        let going = Going::Connection(&self.destination);
        let route = match judged.open(&self.caller, going, route).await {
            Ok(route) => route,
            Err(Closed { target, by }) => {
                let denial = self.caller.refuse(target, by).await;
                return Err(End::Denied(Box::new(denial), None));
            }
        };
        match dial(&route, &self.caller.session.resolver).await {
            Ok(dialled) => Ok(dialled),
            Err(DialError::Connect(error)) => Err(End::Broken(error)),
            Err(DialError::Proxy(failure)) => {
                Err(self.refuse(Basis::Upstream(failure.to_string()), None).await)
            }
        }
    }

    /// Passes server bytes on at once, and client bytes once they are known to mean this destination.
    async fn converse(&self, server: &Arc<TcpStream>) -> Result<(), End> {
        if let Entry::Forward(head) = &self.entry {
            self.counts.sent.add(head.len());
            return self.exchange(server, head.clone(), Via::Proxy).await;
        }
        let copying = Box::pin(relay::copy(server, &self.client, &self.counts.received));
        let mut down = Down { copying, ended: None };
        let ends = (&*self.client, &**server);
        let holding = Box::pin(hold_for(ends, &self.destination, &self.counts.sent));
        let held = down.beside(holding).await?.map_err(End::Broken)?;
        match next(&held.opening, &self.destination) {
            Next::Relay => self.pass_on(server, held, down).await,
            Next::Admit(other) => {
                let permit = match down.beside(self.admit(Target::Network(other))).await? {
                    Ok(permit) => permit,
                    Err(End::Denied(denial, _)) => return Err(End::Denied(denial, Some(held))),
                    Err(end) => return Err(end),
                };
                until_cut(&permit, self.pass_on(server, held, down)).await
            }
            Next::OnlyByExactRule(_) if self.caller.session.is_named_exactly(&self.destination) => {
                self.pass_on(server, held, down).await
            }
            Next::OnlyByExactRule(reason) => {
                Err(self.refuse(Basis::Malformed(reason.to_owned()), Some(held)).await)
            }
            Next::Refuse(reason) => Err(self.refuse(Basis::Malformed(reason), Some(held)).await),
            Next::Http if down.ended.is_some() || 0 < self.counts.received.count() => {
                let reason = "an HTTP request to a server that spoke first".to_owned();
                Err(self.refuse(Basis::Malformed(reason), Some(held)).await)
            }
            Next::Http => self.exchange(server, Bytes::from(held.bytes), Via::Capture).await,
        }
    }

    /// Reads requests, of which so much has come.
    fn exchange(&self, server: &Arc<TcpStream>, held: Bytes, via: Via) -> Exchanging {
        let ends = (Arc::clone(&self.client), Arc::clone(server));
        let connected = (self.destination.clone(), via);
        let counts = Arc::clone(&self.counts);
        let exchange = Exchange::new(Arc::clone(&self.caller), connected, ends, counts);
        Box::pin(serve(Arc::new(exchange), held))
    }

    /// Sends what was held, and then relays both ways until both have ended.
    async fn pass_on(&self, server: &TcpStream, held: Held, mut down: Down<'_>) -> Result<(), End> {
        let up = async {
            if relay::write_all(server, &held.bytes).await.is_err() {
                return Ok(Copied::Unwritable);
            }
            drop(held.bytes);
            if held.ended {
                return Ok(if relay::end(server).is_ok() {
                    Copied::Ended
                } else {
                    Copied::Unwritable
                });
            }
            relay::copy(&self.client, server, &self.counts.sent).await
        };
        let up = down.beside(up).await?.map_err(End::Broken)?;
        let down = match down.ended {
            Some(down) => down,
            None => down.copying.await.map_err(End::Broken)?,
        };
        match (up, down) {
            (Copied::Ended, Copied::Ended) => Ok(()),
            (Copied::Unwritable, _) | (_, Copied::Unwritable) => {
                Err(End::Broken(io::ErrorKind::ConnectionReset.into()))
            }
        }
    }
}

type Exchanging = Pin<Box<dyn Future<Output = Result<(), End>> + Send>>;

/// The server's bytes on their way to the client, whatever else goes on.
struct Down<'a> {
    copying: Pin<Box<dyn Future<Output = io::Result<Copied>> + Send + 'a>>,
    ended: Option<Copied>,
}

impl Down<'_> {
    /// Does something else while they flow. Fails when the server fails.
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Result<T, End> {
        let mut work = pin!(work);
        if self.ended.is_none() {
            tokio::select! {
                done = &mut work => return Ok(done),
                copied = self.copying.as_mut() => self.ended = Some(copied.map_err(End::Broken)?),
            }
        }
        Ok(work.await)
    }
}

/// Does the work for as long as the permit lives.
async fn until_cut<T>(permit: &Permit, work: impl Future<Output = Result<T, End>>) -> Result<T, End> {
    tokio::select! {
        biased;
        () = permit.revoked() => Err(End::Cut),
        done = work => done,
    }
}

/// Resolves when a client has closed its connection, without reading from it. On a descriptor of its own, because the
/// readiness that is used up here would be missing later.
async fn gone(client: &TcpStream, caller: &Caller) {
    let watch = client.as_fd().try_clone_to_owned();
    let Ok(watch) = watch.and_then(|fd| TcpStream::from_std(fd.into())) else {
        return pending().await;
    };
    loop {
        let Ok(ready) = watch.ready(Interest::READABLE).await else {
            return;
        };
        if ready.is_read_closed() {
            break;
        }
        // Says that nothing is left to read, so that only news wakes us up: more bytes, or the end.
        drop(watch.try_io(Interest::READABLE, || {
            Err::<(), _>(io::ErrorKind::WouldBlock.into())
        }));
    }
    // Closed, or only closed for writing: then somebody still holds it and waits for the server's words.
    if caller.is_still_held().await {
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests;
