//! UDP of a session: datagrams that the network of the session turned around, because a rule names their port. Each pair of a
//! program's socket and a destination is a flow: admitted, resolved, judged and recorded like a connection, and relayed by a
//! socket that speaks with the judged address alone. Nobody is asked about one, and every bound here drops datagrams, which is an event.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::limits::{
    ACCEPT_PAUSE, DATAGRAM, DATAGRAM_DESCRIPTORS, FLOW_QUEUE, FLOWS, FLOWS_BYTES, LOOK_AGAIN,
};
use crate::room::{Place, Reserved, Share};
use crate::serving::Serving;
use crate::session::Session;
use crate::shared::ShareError;

mod dropped;
mod flow;
mod table;

pub(crate) use dropped::Dropped;
use dropped::Lack;
use table::{Table, Turned};

/// What carries a session's datagrams, made in its network.
#[derive(Debug)]
pub struct Datagrams {
    /// Where they arrive; IPv4 first, then IPv6. Without `SO_REUSEADDR`.
    pub listeners: [OwnedFd; 2],
    /// The netlink socket that knows where each was meant to go.
    pub table: OwnedFd,
}

/// One datagram on its way out, and the room that it takes.
#[derive(Debug)]
struct Datagram {
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// A flow as its listener sees it. Dropping it ends the flow.
#[derive(Debug)]
struct Flow {
    queue: mpsc::Sender<Datagram>,
    turned: Turned,
    /// When the table was asked about it last.
    looked: Instant,
}

/// What the flows of both listeners share.
#[derive(Debug)]
struct Shared {
    session: Arc<Session>,
    table: Mutex<Table>,
    /// Bytes that wait in queues.
    room: Arc<Semaphore>,
    /// Where flows take their places.
    share: Share,
    dropped: Arc<Dropped>,
    #[expect(dead_code, reason = "held for the descriptors of the listeners and the table")]
    reserved: Reserved,
}

impl Serving {
    /// Carries datagrams for as long as this lives.
    pub fn carry_datagrams(&self, datagrams: Datagrams) -> Result<(), ShareError> {
        let reserved = self
            .share
            .try_reserve(DATAGRAM_DESCRIPTORS)
            .ok_or(ShareError::Full)?;
        let shared = Arc::new(Shared {
            session: Arc::clone(&self.session),
            table: Mutex::new(Table::new(datagrams.table)),
            room: Arc::new(Semaphore::new(FLOWS_BYTES)),
            share: self.share.clone(),
            dropped: Arc::default(),
            reserved,
        });
        for listener in datagrams.listeners {
            let listener = std::net::UdpSocket::from(listener);
            listener.set_nonblocking(true)?;
            let listener = Arc::new(UdpSocket::from_std(listener)?);
            self.spawn(serve(listener, Arc::clone(&shared)));
        }
        let dropped = Arc::clone(&shared.dropped);
        self.spawn(Arc::clone(&dropped).tell(Arc::clone(&self.session)));
        // A session carries datagrams once.
        drop(self.dropped.set(dropped));
        Ok(())
    }
}

/// Takes datagrams for as long as the future lives; dropping it ends all flows.
async fn serve(listener: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut flows: HashMap<SocketAddr, Flow> = HashMap::new();
    let mut running = JoinSet::new();
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let received = tokio::select! {
            received = listener.recv_from(&mut buffer) => received,
            Some(_) = running.join_next(), if !running.is_empty() => {
                flows.retain(|_, flow| !flow.queue.is_closed());
                continue;
            }
        };
        let (length, client) = match received {
            // What we sent to a client of which the kernel knows no more, and turned back to us. Nobody else can be there.
            Ok((_, client)) if listener.local_addr().is_ok_and(|own| own == client) => continue,
            Ok(received) => received,
            // What a client that is gone was sent: nobody has to hear of it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => {
                tracing::warn!(%error, session = %shared.session.network.session, "cannot take a datagram");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let bytes = buffer.get(..length).unwrap_or_default();
        if is_known(&listener, client, &shared, &mut flows).await {
            send(&shared, &flows, client, bytes);
        } else if let Some((queue, turned, taken)) = begin(&listener, client, &shared, flows.len()).await {
            let flow = flow::run(
                Arc::clone(&listener),
                client,
                turned,
                Arc::clone(&shared.session),
                taken,
            );
            running.spawn(flow);
            let looked = Instant::now();
            flows.insert(
                client,
                Flow {
                    queue,
                    turned,
                    looked,
                },
            );
            send(&shared, &flows, client, bytes);
        }
    }
}

/// Whether a flow of this client leads where its datagram was meant to go. After a pause the kernel may have forgotten it, and the
/// same socket may mean another place.
async fn is_known(
    listener: &UdpSocket,
    client: SocketAddr,
    shared: &Shared,
    flows: &mut HashMap<SocketAddr, Flow>,
) -> bool {
    let Some(flow) = flows.get_mut(&client).filter(|flow| !flow.queue.is_closed()) else {
        return false;
    };
    if flow.looked.elapsed() < LOOK_AGAIN {
        return true;
    }
    let turned = shared.table.lock().await.turned(listener, client);
    flow.looked = Instant::now();
    let same = turned.is_ok_and(|turned| turned == flow.turned);
    if !same {
        flows.remove(&client);
    }
    same
}

type Begun = (mpsc::Sender<Datagram>, Turned, (mpsc::Receiver<Datagram>, Place));

/// A flow for a datagram of a client that has none; `None` where there is no room, the session ends, or nobody knows where it was meant
/// to go.
async fn begin(listener: &UdpSocket, client: SocketAddr, shared: &Shared, open: usize) -> Option<Begun> {
    if shared.share.is_closed() || shared.dropped.is_over() {
        return None;
    }
    let place = (open < FLOWS).then(|| shared.share.try_take()).flatten();
    let Some(place) = place else {
        shared.dropped.count(Lack::Flow);
        return None;
    };
    let turned = match shared.table.lock().await.turned(listener, client) {
        Ok(turned) => turned,
        Err(error) => {
            tracing::debug!(%error, %client, "a datagram without a destination");
            return None;
        }
    };
    let (queue, datagrams) = mpsc::channel(FLOW_QUEUE);
    Some((queue, turned, (datagrams, place)))
}

/// Queues a datagram; drops it where there is no room, as networks do.
fn send(shared: &Shared, flows: &HashMap<SocketAddr, Flow>, client: SocketAddr, bytes: &[u8]) {
    let Some(flow) = flows.get(&client) else { return };
    // At least one, so that empty ones have an end too.
    let taken = u32::try_from(bytes.len().max(1)).unwrap_or(u32::MAX);
    let Ok(room) = Arc::clone(&shared.room).try_acquire_many_owned(taken) else {
        shared.dropped.count(Lack::Waiting);
        return;
    };
    let datagram = Datagram {
        bytes: bytes.to_vec(),
        _room: room,
    };
    match flow.queue.try_send(datagram) {
        Err(TrySendError::Full(_)) => shared.dropped.count(Lack::Waiting),
        // One that has ended wants nothing.
        Ok(()) | Err(TrySendError::Closed(_)) => {}
    }
}

#[cfg(test)]
mod tests;
