//! From a name to the addresses that may be dialled: real look-ups on the host, and the judgement of what they found.
//! The only place that makes a [`Route`], which is what `dial` takes. Opens no socket.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use askbox_gate::Permit;
use askbox_policy::address::{AddressClass, HostNetwork, NAT64_NAME, classify, nat64_prefixes};
use askbox_policy::{Destination, Host, HostName, Port, Settings, UpstreamResolve};
use dns_lookup::{AddrInfoHints, LookupErrorKind, SockType, getaddrinfo};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::host_network;
use crate::limits::{
    ADDRESSES_PER_NAME, HOST_NETWORK_AGE, LOOKUP_DEADLINE, LOOKUP_REUSE, LOOKUPS, LOOKUPS_PER_SESSION,
    LOOKUPS_REMEMBERED, NAT64_AGE,
};
use crate::upstream::{Proxies, Proxy, Way};

mod route;

pub(crate) use route::Route;
use route::named;

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

/// Why there is no route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RouteError {
    /// The addresses are not known.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The proxy cannot be used.
    #[error("{0}")]
    Proxy(String),
}

/// What all sessions share: the pool that looks names up, and what is known of the host's own network.
#[derive(Debug)]
pub struct Upstream {
    lookups: Arc<Semaphore>,
    network: Mutex<Option<(Instant, Arc<HostNetwork>)>>,
    proxies: Proxies,
    /// What this network puts before IPv4 addresses, and what the host's own addresses were when that was found out.
    nat64: tokio::sync::Mutex<Option<Translation>>,
}

#[derive(Debug)]
struct Translation {
    at: Instant,
    own: Vec<IpAddr>,
    prefixes: Vec<(Ipv6Addr, u8)>,
}

/// The look-ups of one session.
#[derive(Debug)]
pub(crate) struct Resolver {
    shared: Arc<Upstream>,
    lookups: Arc<Semaphore>,
    recent: Mutex<HashMap<HostName, (Instant, Vec<IpAddr>)>>,
}

fn is_name(host: &Host) -> bool {
    match host {
        Host::Name(_) => true,
        Host::Address(_) => false,
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
        return Some(Judgement::Dial(interleaved(public)));
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

/// The same addresses, the families in turn, beginning with that of the first: where one family leads nowhere, the other is
/// tried next (RFC 8305, section 4).
fn interleaved(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let Some(first) = addresses.first().map(IpAddr::is_ipv4) else {
        return addresses;
    };
    let (own, other): (Vec<IpAddr>, Vec<IpAddr>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv4() == first);
    let (mut own, mut other) = (own.into_iter(), other.into_iter());
    let mut mixed = Vec::new();
    loop {
        let (next, after) = (own.next(), other.next());
        if next.is_none() && after.is_none() {
            return mixed;
        }
        mixed.extend(next);
        mixed.extend(after);
    }
}

/// Judges an address that the program itself named; whether it may go there is the first question already, so a private
/// one raises no second.
pub(crate) fn judge_literal(address: IpAddr, network: &HostNetwork) -> Judgement {
    match classify(address, network) {
        // What looks public and is not is known of this network alone: no rule meant it.
        AddressClass::Private if classify(address, &HostNetwork::default()) == AddressClass::Public => {
            Judgement::Local(address)
        }
        AddressClass::Public | AddressClass::Private => Judgement::Dial(vec![address]),
        AddressClass::Forbidden(what) => Judgement::Forbidden { address, what },
    }
}

impl Default for Upstream {
    fn default() -> Self {
        Self::new(Proxies::default())
    }
}

impl Upstream {
    /// An empty pool; looks at the host's network when it first has to.
    pub fn new(proxies: Proxies) -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            network: Mutex::new(None),
            proxies,
            nat64: tokio::sync::Mutex::new(None),
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

    /// What is known of the host's network, as far as it matters to these addresses.
    pub(crate) async fn network(&self, addresses: &[IpAddr]) -> Result<Arc<HostNetwork>, LookupError> {
        let network = self.shared.network()?;
        if !addresses.iter().any(|address| address.to_canonical().is_ipv6()) {
            return Ok(network);
        }
        let nat64 = self.translation(&network).await;
        Ok(if nat64.is_empty() {
            network
        } else {
            Arc::new(HostNetwork {
                nat64,
                ..HostNetwork::clone(&network)
            })
        })
    }

    /// What this network puts before IPv4 addresses. Looked up when an IPv6 address is first judged, and again after a while or on
    /// another network; a network that does not say is one that does not translate.
    async fn translation(&self, network: &HostNetwork) -> Vec<(Ipv6Addr, u8)> {
        let mut known = self.shared.nat64.lock().await;
        let is_current = |known: &&Translation| known.at.elapsed() < NAT64_AGE && known.own == network.own;
        if let Some(known) = known.as_ref().filter(is_current) {
            return known.prefixes.clone();
        }
        let prefixes = match HostName::parse(NAT64_NAME) {
            Ok(name) => nat64_prefixes(&self.lookup(&name).await.unwrap_or_default()),
            Err(_) => Vec::new(),
        };
        *known = Some(Translation {
            at: Instant::now(),
            own: network.own.clone(),
            prefixes: prefixes.clone(),
        });
        prefixes
    }

    /// Finds and judges the addresses of what a permit is about, and which way it goes. Only what is on the Internet goes by
    /// a proxy: the local network is the one that this machine is on.
    pub(crate) async fn route<'a>(
        &self,
        permit: &'a Permit,
        settings: &Settings,
    ) -> Result<Judgement<Route<'a>>, RouteError> {
        let destination = named(permit).ok_or(LookupError::Failed)?;
        let to = |addresses| Route::judged(permit, addresses).ok_or(LookupError::Failed);
        let way = self.way(destination, settings).await?;
        let is_by_proxy = way != Way::Direct;
        if is_by_proxy && settings.upstream_resolve == UpstreamResolve::Proxy && is_name(&destination.host) {
            return Ok(Judgement::Dial(to(Vec::new())?.by(way)));
        }
        let found = match &destination.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.lookup(name).await?,
        };
        let network = self.network(&found).await?;
        let judgement = match &destination.host {
            Host::Address(address) => judge_literal(*address, &network),
            Host::Name(_) => judge(&found, &network).ok_or(LookupError::NoName)?,
        };
        Ok(match judgement {
            Judgement::Dial(addresses) => {
                let is_public = |address: &IpAddr| classify(*address, &network) == AddressClass::Public;
                let is_public = addresses.iter().all(is_public);
                let route = to(addresses)?;
                Judgement::Dial(if is_public { route.by(way) } else { route })
            }
            Judgement::Local(address) => Judgement::Local(address),
            Judgement::Forbidden { address, what } => Judgement::Forbidden { address, what },
        })
    }

    async fn way(&self, destination: &Destination, settings: &Settings) -> Result<Way, RouteError> {
        if !self
            .shared
            .proxies
            .is_proxied(&settings.upstream_proxy, destination)
        {
            return Ok(Way::Direct);
        }
        let found = self.shared.proxies.way(&settings.upstream_proxy, destination);
        found.await.map_err(RouteError::Proxy)
    }

    /// Whether nobody here looks for the addresses of a name.
    pub(crate) fn leaves_to_proxy(&self, name: &HostName, settings: &Settings) -> bool {
        let is_proxied = |port| {
            let destination = Destination {
                host: Host::Name(name.clone()),
                port,
            };
            self.shared
                .proxies
                .is_proxied(&settings.upstream_proxy, &destination)
        };
        settings.upstream_resolve == UpstreamResolve::Proxy && Port::new(443).is_some_and(is_proxied)
    }

    /// The addresses of a proxy. They are the user's own choice, and not judged.
    pub(crate) async fn addresses_of(&self, proxy: &Proxy) -> Result<Vec<SocketAddr>, LookupError> {
        let found = match &proxy.url.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.lookup(name).await?,
        };
        let port = proxy.url.port.get();
        Ok(found
            .into_iter()
            .map(|address| SocketAddr::new(address, port))
            .collect())
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
