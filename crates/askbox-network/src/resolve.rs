//! From a name to the addresses that may be dialled: real look-ups on the host, and the judgement of what they found.
//! The only place that makes a [`Route`], which is what `dial` takes. Opens no socket.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use askbox_gate::Permit;
use askbox_policy::address::{AddressClass, HostNetwork, classify};
use askbox_policy::shared_port::LOOPBACK;
use askbox_policy::{Destination, Host, HostName, Pin, Port, Target};
use dns_lookup::{AddrInfoHints, LookupErrorKind, SockType, getaddrinfo};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::host_network;
use crate::limits::{
    ADDRESSES_PER_NAME, HOST_NETWORK_AGE, LOOKUP_DEADLINE, LOOKUP_REUSE, LOOKUPS, LOOKUPS_PER_SESSION,
    LOOKUPS_REMEMBERED,
};

/// Where a permit leads: its own port, at addresses that were judged for its own host or given for it by hand. What is
/// dialled is this value, so nothing can change between the judgement and the connection, and no permit for one
/// destination opens another.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    permit: &'a Permit,
    port: Port,
    addresses: Vec<IpAddr>,
}

/// What the addresses of a host come to. The plain ones of a host that nobody admitted lead nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement<A = Vec<IpAddr>> {
    /// These may be dialled, in this order.
    Dial(A),
    /// The host is on the local network: a second question decides about this address.
    Local(IpAddr),
    /// No name may lead there.
    Forbidden {
        /// The first of the addresses.
        address: IpAddr,
        /// What it is.
        what: &'static str,
    },
}

/// Why a name has no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookupError {
    /// There is no such name, or it has no address.
    #[error("there is no such name")]
    NoName,
    /// It could not be found out.
    #[error("the name could not be looked up")]
    Failed,
}

/// What all sessions share: the pool that looks names up, and what is known of the host's own network.
#[derive(Debug)]
pub struct Upstream {
    lookups: Arc<Semaphore>,
    network: Mutex<Option<(Instant, Arc<HostNetwork>)>>,
}

/// The look-ups of one session.
#[derive(Debug)]
pub(crate) struct Resolver {
    shared: Arc<Upstream>,
    lookups: Arc<Semaphore>,
    recent: Mutex<HashMap<HostName, (Instant, Vec<IpAddr>)>>,
}

impl<'a> Route<'a> {
    /// To the address that the user gave by hand for just this destination; `None` for another.
    pub(crate) fn pinned(permit: &'a Permit, pin: &Pin) -> Option<Self> {
        let Destination { host, port } = named(permit)?;
        (pin.host == *host && pin.port == *port).then(|| Self {
            permit,
            port: *port,
            addresses: vec![pin.address.to_canonical()],
        })
    }

    /// To the private address that a permit is about; `None` for a permit that is about something else.
    pub(crate) fn local(permit: &'a Permit) -> Option<Self> {
        match permit.target() {
            Target::LocalNetwork { destination, address } => Some(Self {
                permit,
                port: destination.port,
                addresses: vec![*address],
            }),
            Target::Network(_)
            | Target::Published(_)
            | Target::Read(_)
            | Target::Write(_)
            | Target::Execute(_)
            | Target::Profile(_) => None,
        }
    }

    /// To the service on the host's loopback that a permit is about, whichever family it listens in; `None` for a permit that
    /// is about something else.
    pub(crate) fn loopback(permit: &'a Permit) -> Option<Self> {
        let Destination { host, port } = named(permit)?;
        matches!(host, Host::Address(address) if LOOPBACK.contains(address)).then(|| Self {
            permit,
            port: *port,
            addresses: LOOPBACK.to_vec(),
        })
    }

    /// What it may be taken by.
    pub(crate) fn permit(&self) -> &Permit {
        self.permit
    }

    /// Where it leads, in the order in which to try.
    pub(crate) fn addresses(&self) -> impl ExactSizeIterator<Item = SocketAddr> {
        self.addresses
            .iter()
            .map(|address| SocketAddr::new(*address, self.port.get()))
    }
}

/// The destination that a permit is about; `None` for one that is about something else.
fn named(permit: &Permit) -> Option<&Destination> {
    match permit.target() {
        Target::Network(destination) => Some(destination),
        Target::LocalNetwork { .. }
        | Target::Published(_)
        | Target::Read(_)
        | Target::Write(_)
        | Target::Execute(_)
        | Target::Profile(_) => None,
    }
}

/// Judges the addresses of a name. Public ones are used and the others left alone; without any, a private one is asked
/// about.
pub(crate) fn judge(addresses: &[IpAddr], network: &HostNetwork) -> Option<Judgement> {
    let classes: Vec<(IpAddr, AddressClass)> = addresses
        .iter()
        .map(|address| (address.to_canonical(), classify(*address, network)))
        .collect();
    let public: Vec<IpAddr> = classes
        .iter()
        .filter(|(_, class)| matches!(class, AddressClass::Public))
        .map(|(address, _)| *address)
        .collect();
    if !public.is_empty() {
        return Some(Judgement::Dial(public));
    }
    if let Some((address, _)) = classes
        .iter()
        .find(|(_, class)| matches!(class, AddressClass::Private))
    {
        return Some(Judgement::Local(*address));
    }
    classes.iter().find_map(|(address, class)| match class {
        AddressClass::Forbidden(what) => Some(Judgement::Forbidden {
            address: *address,
            what,
        }),
        AddressClass::Public | AddressClass::Private => None,
    })
}

/// Judges an address that the program itself named; whether it may go there is the first question already, so a private
/// one raises no second.
pub(crate) fn judge_literal(address: IpAddr, network: &HostNetwork) -> Judgement {
    match classify(address, network) {
        AddressClass::Public | AddressClass::Private => Judgement::Dial(vec![address]),
        AddressClass::Forbidden(what) => Judgement::Forbidden { address, what },
    }
}

impl Default for Upstream {
    fn default() -> Self {
        Self::new()
    }
}

impl Upstream {
    /// An empty pool; looks at the host's network when it first has to.
    pub fn new() -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            network: Mutex::new(None),
        }
    }

    /// What is known of the host's network, at most ten seconds old.
    pub(crate) fn network(&self) -> Result<Arc<HostNetwork>, LookupError> {
        let mut known = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, network)) = known.as_ref().filter(|(at, _)| at.elapsed() < HOST_NETWORK_AGE) {
            return Ok(Arc::clone(network));
        }
        let network = host_network::look().map(Arc::new).map_err(|error| {
            tracing::warn!(%error, "cannot read the host's own addresses");
            LookupError::Failed
        })?;
        *known = Some((Instant::now(), Arc::clone(&network)));
        Ok(network)
    }
}

impl Resolver {
    pub(crate) fn new(shared: Arc<Upstream>) -> Self {
        let lookups = Arc::new(Semaphore::new(LOOKUPS_PER_SESSION));
        Self {
            shared,
            lookups,
            recent: Mutex::new(HashMap::new()),
        }
    }

    /// What is known of the host's network.
    pub(crate) fn network(&self) -> Result<Arc<HostNetwork>, LookupError> {
        self.shared.network()
    }

    /// Finds and judges the addresses of what a permit is about.
    pub(crate) async fn route<'a>(&self, permit: &'a Permit) -> io::Result<Judgement<Route<'a>>> {
        let destination = named(permit).ok_or(io::ErrorKind::InvalidInput)?;
        let network = self.network().map_err(io::Error::other)?;
        let judgement = match &destination.host {
            Host::Address(address) => judge_literal(*address, &network),
            Host::Name(name) => {
                let addresses = self.lookup(name).await.map_err(io::Error::other)?;
                judge(&addresses, &network).ok_or(io::ErrorKind::AddrNotAvailable)?
            }
        };
        Ok(match judgement {
            Judgement::Dial(addresses) => Judgement::Dial(Route {
                permit,
                port: destination.port,
                addresses,
            }),
            Judgement::Local(address) => Judgement::Local(address),
            Judgement::Forbidden { address, what } => Judgement::Forbidden { address, what },
        })
    }

    /// The real addresses of a name, by everything that the host asks: its hosts file, VPN split DNS, mDNS.
    pub(crate) async fn lookup(&self, name: &HostName) -> Result<Vec<IpAddr>, LookupError> {
        if let Some(addresses) = self.remembered(name) {
            return Ok(addresses);
        }
        let found = timeout(LOOKUP_DEADLINE, self.lookup_in_pool(name)).await;
        let addresses = found.unwrap_or(Err(LookupError::Failed))?;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if LOOKUPS_REMEMBERED <= recent.len() {
            recent.retain(|_, (at, _)| at.elapsed() < LOOKUP_REUSE);
        }
        if recent.len() < LOOKUPS_REMEMBERED {
            recent.insert(name.clone(), (Instant::now(), addresses.clone()));
        }
        Ok(addresses)
    }

    fn remembered(&self, name: &HostName) -> Option<Vec<IpAddr>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent
            .get(name)
            .filter(|(at, _)| at.elapsed() < LOOKUP_REUSE)
            .map(|(_, addresses)| addresses.clone())
    }

    async fn lookup_in_pool(&self, name: &HostName) -> Result<Vec<IpAddr>, LookupError> {
        let closed = |_| LookupError::Failed;
        let own = Arc::clone(&self.lookups).acquire_owned().await.map_err(closed)?;
        let shared = Arc::clone(&self.shared.lookups)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let name = name.clone();
        let search = spawn_blocking(move || {
            let found = blocking_lookup(&name);
            // Held until libc has given up, so that slow names cannot pile up threads.
            drop((own, shared));
            found
        });
        // A search that panicked has found nothing.
        search.await.unwrap_or(Err(LookupError::Failed))
    }
}

fn blocking_lookup(name: &HostName) -> Result<Vec<IpAddr>, LookupError> {
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let found = match getaddrinfo(Some(name.as_str()), None, Some(hints)) {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), LookupErrorKind::NoName | LookupErrorKind::NoData) => {
            return Err(LookupError::NoName);
        }
        Err(error) => {
            tracing::debug!(host = %name, error = ?error.kind(), "look-up failed");
            return Err(LookupError::Failed);
        }
    };
    let mut addresses: Vec<IpAddr> = Vec::new();
    for info in found.filter_map(Result::ok).take(ADDRESSES_PER_NAME) {
        let address = info.sockaddr.ip().to_canonical();
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        Err(LookupError::NoName)
    } else {
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests;
