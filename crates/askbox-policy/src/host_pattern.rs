//! Patterns over destinations: `example.com`, `*.example.com`, `**.example.com`, `*`, addresses, CIDR, ports, `/udp`. Says what
//! a pattern matches and which of two is more specific; what follows from a match is decided elsewhere.
//!
//! No pattern of names, `*` included, matches an address that is not public: the loopback interface and the local network
//! are reached only by a pattern that names the address.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{self, AddressClass, HostNetwork};
use crate::host::{Host, HostName, Port};
use crate::request::{Destination, Target};

pub use parse::HostPatternError;

/// What stands behind the ports of a pattern of datagrams.
const UDP: &str = "/udp";

/// Where names are asked for: of Askbox, and nobody else.
const NAMES: u16 = 53;

/// Which hosts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HostPattern {
    /// `example.com`: this name alone.
    Exact(HostName),
    /// `*.example.com`: any depth below, not the apex.
    Below(HostName),
    /// `**.example.com`: the apex and any depth below.
    Family(HostName),
    /// `*`: every name and every public address.
    Any,
    /// `192.0.2.1`: this address alone.
    Address(IpAddr),
    /// `192.0.2.0/24`: a range of addresses.
    Range {
        /// First address of the range.
        network: IpAddr,
        /// Bits that count, up to 32 or 128.
        prefix: u8,
    },
}

/// Which ports of the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ports {
    /// Every port.
    Any,
    /// From the first to the last, both included; a single port is a range of one.
    Range(Port, Port),
}

/// By what the hosts are spoken with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Protocol {
    /// TCP connections: a pattern that says nothing of it.
    #[default]
    Tcp,
    /// UDP datagrams: `/udp` behind the ports, which such a pattern always names.
    Udp,
}

/// A host pattern with ports, and the private address that it may stand for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetworkPattern {
    /// Which hosts.
    pub host: HostPattern,
    /// Which ports.
    pub ports: Ports,
    /// By what.
    #[serde(default)]
    pub protocol: Protocol,
    /// Set in answers to the second question: the pattern covers the host at this private address, and nothing else.
    pub address: Option<IpAddr>,
}

/// Orders patterns that match the same target: the greater one decides. The host counts first (exact, then the longer
/// suffix, then the longer prefix of a range, then `*`), then the narrower ports, then a private address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Specificity {
    host: HostRank,
    /// 0 for every port, more the fewer ports there are.
    ports: u32,
    address: bool,
}

/// In ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum HostRank {
    Any,
    Range(u8),
    Suffix { labels: usize, without_apex: bool },
    Exact,
}

impl HostPattern {
    /// Whether it matches this host. The own addresses and the NAT64 prefixes of the host are not known here: whoever dials
    /// judges the address again.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (HostPattern::Exact(own), Host::Name(name)) => own == name,
            (HostPattern::Below(own), Host::Name(name)) => is_below(own, name),
            (HostPattern::Family(own), Host::Name(name)) => own == name || is_below(own, name),
            (HostPattern::Any, Host::Name(_)) => true,
            (HostPattern::Any, Host::Address(address)) => {
                address::classify(*address, &HostNetwork::default()) == AddressClass::Public
            }
            (HostPattern::Address(_) | HostPattern::Range { .. }, Host::Address(address)) => {
                self.names(*address)
            }
            (HostPattern::Exact(_) | HostPattern::Below(_) | HostPattern::Family(_), Host::Address(_))
            | (HostPattern::Address(_) | HostPattern::Range { .. }, Host::Name(_)) => false,
        }
    }

    /// Whether it is an address or a range, and this address is in it.
    fn names(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            HostPattern::Address(own) => own.to_canonical() == address,
            HostPattern::Range { network, prefix } => address::contains(*network, *prefix, address),
            HostPattern::Exact(_) | HostPattern::Below(_) | HostPattern::Family(_) | HostPattern::Any => {
                false
            }
        }
    }

    /// Whether every host that `other` matches is matched by this one too. `*` covers no range of addresses, because it
    /// would have to be public throughout.
    pub fn covers(&self, other: &HostPattern) -> bool {
        match other {
            HostPattern::Exact(name) => self.matches(&Host::Name(name.clone())),
            HostPattern::Address(address) => self.matches(&Host::Address(*address)),
            HostPattern::Below(name) => match self {
                HostPattern::Below(own) | HostPattern::Family(own) => own == name || is_below(own, name),
                HostPattern::Any => true,
                HostPattern::Exact(_) | HostPattern::Address(_) | HostPattern::Range { .. } => false,
            },
            HostPattern::Family(name) => match self {
                HostPattern::Below(own) => is_below(own, name),
                HostPattern::Family(own) => own == name || is_below(own, name),
                HostPattern::Any => true,
                HostPattern::Exact(_) | HostPattern::Address(_) | HostPattern::Range { .. } => false,
            },
            HostPattern::Any => matches!(self, HostPattern::Any),
            HostPattern::Range { network, prefix } => match self {
                HostPattern::Range { prefix: own, .. } => own <= prefix && self.names(*network),
                HostPattern::Exact(_)
                | HostPattern::Below(_)
                | HostPattern::Family(_)
                | HostPattern::Any
                | HostPattern::Address(_) => false,
            },
        }
    }

    fn rank(&self) -> HostRank {
        let labels = |name: &HostName| name.as_str().split('.').count();
        match self {
            HostPattern::Exact(_) | HostPattern::Address(_) => HostRank::Exact,
            HostPattern::Below(name) => HostRank::Suffix {
                labels: labels(name),
                without_apex: true,
            },
            HostPattern::Family(name) => HostRank::Suffix {
                labels: labels(name),
                without_apex: false,
            },
            HostPattern::Range { prefix, .. } => HostRank::Range(*prefix),
            HostPattern::Any => HostRank::Any,
        }
    }
}

impl Ports {
    /// This port alone.
    pub fn only(port: Port) -> Self {
        Ports::Range(port, port)
    }

    /// Whether the port is one of them.
    pub fn contains(self, port: Port) -> bool {
        match self {
            Ports::Any => true,
            Ports::Range(low, high) => low <= port && port <= high,
        }
    }

    /// Whether every port of `other` is one of these.
    pub fn covers(self, other: Ports) -> bool {
        match (self, other) {
            (Ports::Any, _) => true,
            (Ports::Range(low, high), Ports::Any) => low.get() == 1 && high.get() == u16::MAX,
            (Ports::Range(..), Ports::Range(low, high)) => self.contains(low) && self.contains(high),
        }
    }

    fn narrowness(self) -> u32 {
        match self {
            Ports::Any => 0,
            Ports::Range(low, high) => u32::from(u16::MAX) + 1 - u32::from(high.get().abs_diff(low.get())),
        }
    }
}

impl NetworkPattern {
    /// Whether it matches a TCP destination as a program named it. A pattern with a private address never does: it answers
    /// the second question only.
    pub fn matches(&self, destination: &Destination) -> bool {
        self.protocol == Protocol::Tcp && self.address.is_none() && self.includes(destination)
    }

    /// Whether these are datagrams that a denial or a question of this is about. One that says nothing of UDP means all that the
    /// host is spoken with.
    pub fn restricts(&self, target: &Target) -> bool {
        match target {
            Target::Datagrams(destination) => self.address.is_none() && self.includes(destination),
            Target::Network(_)
            | Target::LocalNetwork { .. }
            | Target::Published(_)
            | Target::Read(_)
            | Target::Write(_)
            | Target::Execute(_)
            | Target::Profile(_)
            | Target::Neighbour(_)
            | Target::Growth(_) => false,
        }
    }

    /// Whether it matches a target. A name on the local network is matched only by what names its address: the answer to
    /// the second question, or a pattern of addresses.
    pub fn matches_target(&self, target: &Target) -> bool {
        match target {
            Target::Network(destination) => self.matches(destination),
            Target::Datagrams(destination) => {
                self.protocol == Protocol::Udp && self.address.is_none() && self.includes(destination)
            }
            Target::LocalNetwork { .. } if self.protocol == Protocol::Udp => false,
            Target::LocalNetwork { destination, address } => match self.address {
                Some(own) => own.to_canonical() == address.to_canonical() && self.includes(destination),
                None => self.host.names(*address) && self.ports.contains(destination.port),
            },
            Target::Published(_)
            | Target::Read(_)
            | Target::Write(_)
            | Target::Execute(_)
            | Target::Profile(_)
            | Target::Neighbour(_)
            | Target::Growth(_) => false,
        }
    }

    /// Whether every target that `other` matches is matched by this one too.
    pub fn covers(&self, other: &NetworkPattern) -> bool {
        if self.protocol != other.protocol || !self.ports.covers(other.ports) {
            return false;
        }
        match (self.address, other.address) {
            (None, None) => self.host.covers(&other.host),
            (None, Some(address)) => self.host.names(address),
            (Some(own), Some(address)) => own == address && self.host.covers(&other.host),
            (Some(_), None) => false,
        }
    }

    /// Its place among the patterns that match the same target; the greatest decides.
    pub fn specificity(&self) -> Specificity {
        Specificity {
            host: self.host.rank(),
            ports: self.ports.narrowness(),
            address: self.address.is_some(),
        }
    }

    fn includes(&self, destination: &Destination) -> bool {
        self.host.matches(&destination.host) && self.ports.contains(destination.port)
    }
}

/// Whether `name` ends in `.suffix`, with something before it.
fn is_below(suffix: &HostName, name: &HostName) -> bool {
    name.as_str()
        .strip_suffix(suffix.as_str())
        .is_some_and(|rest| rest.ends_with('.'))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Exact(name) => write!(f, "{name}"),
            HostPattern::Below(name) => write!(f, "*.{name}"),
            HostPattern::Family(name) => write!(f, "**.{name}"),
            HostPattern::Any => f.write_str("*"),
            HostPattern::Address(address) => write!(f, "{address}"),
            HostPattern::Range { network, prefix } => write!(f, "{network}/{prefix}"),
        }
    }
}

impl fmt::Display for Ports {
    /// `443` or `8000-8099`; nothing for every port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ports::Any => Ok(()),
            Ports::Range(low, high) if low == high => write!(f, "{low}"),
            Ports::Range(low, high) => write!(f, "{low}-{high}"),
        }
    }
}

impl fmt::Display for NetworkPattern {
    /// Host and ports as they are written in rules, then ` at ADDRESS` where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, self.ports) {
            (host, Ports::Any) => write!(f, "{host}")?,
            (
                host @ (HostPattern::Address(IpAddr::V6(_))
                | HostPattern::Range {
                    network: IpAddr::V6(_),
                    ..
                }),
                ports,
            ) => write!(f, "[{host}]:{ports}")?,
            (host, ports) => write!(f, "{host}:{ports}")?,
        }
        match self.protocol {
            Protocol::Tcp => {}
            Protocol::Udp => f.write_str(UDP)?,
        }
        match self.address {
            Some(address) => write!(f, " at {address}"),
            None => Ok(()),
        }
    }
}
