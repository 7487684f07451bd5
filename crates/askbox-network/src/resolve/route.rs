//! Where a permit leads. Every way to make a [`Route`] is here, and each takes the permit that it is for.

use std::net::{IpAddr, SocketAddr};

use askbox_gate::Permit;
use askbox_policy::shared_port::LOOPBACK;
use askbox_policy::{Destination, Host, Pin, Port, Target};

use crate::upstream::Way;

/// Where a permit leads: its own port, at addresses that were judged for its own host or given for it by hand. What is
/// dialled is this value, so nothing can change between the judgement and the connection, and no permit for one
/// destination opens another.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    permit: &'a Permit,
    port: Port,
    addresses: Vec<IpAddr>,
    way: Way,
}

impl<'a> Route<'a> {
    /// To the address that the user gave by hand for just this destination; `None` for another.
    pub(crate) fn pinned(permit: &'a Permit, pin: &Pin) -> Option<Self> {
        let Destination { host, port } = named(permit)?;
        (pin.host == *host && pin.port == *port).then(|| Self {
            permit,
            port: *port,
            addresses: vec![pin.address.to_canonical()],
            way: Way::Direct,
        })
    }

    /// To the private address that a permit is about; `None` for a permit that is about something else.
    pub(crate) fn local(permit: &'a Permit) -> Option<Self> {
        let Target::LocalNetwork { destination, address } = permit.target() else {
            return None;
        };
        Some(Self {
            permit,
            port: destination.port,
            addresses: vec![*address],
            way: Way::Direct,
        })
    }

    /// To the service on the host's loopback that a permit is about, whichever family it listens in; `None` for a permit that
    /// is about something else.
    pub(crate) fn loopback(permit: &'a Permit) -> Option<Self> {
        let Target::Network(Destination { host, port }) = permit.target() else {
            return None;
        };
        matches!(host, Host::Address(address) if LOOPBACK.contains(address)).then(|| Self {
            permit,
            port: *port,
            addresses: LOOPBACK.to_vec(),
            way: Way::Direct,
        })
    }

    /// By datagrams to the address that a permit is about; `None` for a permit that is about a name, or about something else.
    pub(crate) fn datagrams(permit: &'a Permit) -> Option<Self> {
        let Target::Datagrams(Destination {
            host: Host::Address(address),
            port,
        }) = permit.target()
        else {
            return None;
        };
        Some(Self {
            permit,
            port: *port,
            addresses: vec![*address],
            way: Way::Direct,
        })
    }

    /// To addresses that were judged for the destination that a permit is about; `None` for a permit that is about something else.
    pub(crate) fn judged(permit: &'a Permit, addresses: Vec<IpAddr>) -> Option<Self> {
        Some(Self {
            permit,
            port: named(permit)?.port,
            addresses,
            way: Way::Direct,
        })
    }

    /// The port that it leads to.
    pub(crate) fn port(&self) -> Port {
        self.port
    }

    /// What it may be taken by.
    pub(crate) fn permit(&self) -> &Permit {
        self.permit
    }

    /// The same to those of its addresses that are picked; `None` where that is none.
    pub(crate) fn only(mut self, picked: impl Fn(IpAddr) -> bool) -> Option<Self> {
        self.addresses.retain(|address| picked(*address));
        (!self.addresses.is_empty()).then_some(self)
    }

    /// By a proxy, that is to connect to just these addresses, or to find them itself where there are none.
    pub(super) fn by(self, way: Way) -> Self {
        Self { way, ..self }
    }

    /// The way that it goes: directly, or by a proxy.
    pub(crate) fn way(&self) -> &Way {
        &self.way
    }

    /// What a proxy is asked to connect to, in this order: each address that was judged, or the name where nobody here looked
    /// for its addresses.
    pub(crate) fn places(&self) -> Vec<(String, Option<IpAddr>)> {
        if self.addresses.is_empty() {
            let name = named(self.permit).map(|name| (name.to_string(), None));
            return name.into_iter().collect();
        }
        self.addresses()
            .map(|address| (address.to_string(), Some(address.ip())))
            .collect()
    }

    /// Where it leads, in the order in which to try.
    pub(crate) fn addresses(&self) -> impl ExactSizeIterator<Item = SocketAddr> {
        self.addresses
            .iter()
            .map(|address| SocketAddr::new(*address, self.port.get()))
    }
}

/// The destination that a permit is about; `None` for one that is about something else.
pub(super) fn named(permit: &Permit) -> Option<&Destination> {
    match permit.target() {
        Target::Network(destination) | Target::Datagrams(destination) => Some(destination),
        Target::LocalNetwork { .. }
        | Target::Published(_)
        | Target::Read(_)
        | Target::Write(_)
        | Target::Execute(_)
        | Target::Profile(_)
        | Target::Neighbour(_)
        | Target::Growth(_) => None,
    }
}
