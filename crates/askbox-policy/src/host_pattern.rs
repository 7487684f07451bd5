//! Patterns over destinations: `example.com`, `*.example.com`, `**.example.com`, `*`, addresses, CIDR, ports.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::host::{HostName, Port};

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

/// A host pattern with ports, and the private address that it may stand for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetworkPattern {
    /// Which hosts.
    pub host: HostPattern,
    /// Which ports.
    pub ports: Ports,
    /// Set in answers to the second question: the pattern covers the host at this private address, and nothing else.
    pub address: Option<IpAddr>,
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
