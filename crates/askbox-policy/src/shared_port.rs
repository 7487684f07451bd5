//! Ports that a session and the host share, because a person said so for that session: `--host-port` and `--publish`.
//! Pure; what listens where is the daemon's business.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::host::{Host, Port};
use crate::request::{Destination, Target};
use crate::rule::RuleId;

#[cfg(test)]
mod tests;

/// One port that a session and the host share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SharedPort {
    /// A service on the host's loopback, which programs inside reach on their own loopback at the same port.
    Host(#[cfg_attr(feature = "typescript", ts(type = "number"))] Port),
    /// A server of the session, which programs on the host reach.
    Published(Publish),
}

/// Where a server of the session is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Publish {
    /// The host's address to listen at; `None` is the loopback, in both families.
    pub address: Option<IpAddr>,
    /// The port on the host.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub port: Port,
    /// The port that the server inside listens at, on its loopback.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub inside: Port,
}

/// The loopback addresses, in the order in which they are tried.
pub const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

impl SharedPort {
    /// What stands in an event for the rule that this is.
    pub fn id(&self) -> RuleId {
        RuleId(self.to_string())
    }

    /// What a connection that comes by this port asks for.
    pub fn target(&self) -> Target {
        match self {
            SharedPort::Host(port) => Target::Network(Destination {
                host: Host::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                port: *port,
            }),
            SharedPort::Published(publish) => Target::Published(publish.inside),
        }
    }

    /// Whether it lets a request through: one that leads to just this port. A name that leads to the loopback counts like the
    /// loopback itself, since whoever said this opened the service.
    pub fn opens(&self, target: &Target) -> bool {
        match (self, target) {
            (SharedPort::Host(port), Target::Network(Destination { host, port: wanted })) => {
                port == wanted && matches!(host, Host::Address(address) if LOOPBACK.contains(address))
            }
            (SharedPort::Host(port), Target::LocalNetwork { destination, address }) => {
                *port == destination.port && LOOPBACK.contains(address)
            }
            (SharedPort::Published(publish), Target::Published(inside)) => publish.inside == *inside,
            (
                SharedPort::Host(_) | SharedPort::Published(_),
                Target::Network(_)
                | Target::Datagrams(_)
                | Target::LocalNetwork { .. }
                | Target::Published(_)
                | Target::Read(_)
                | Target::Write(_)
                | Target::Execute(_)
                | Target::Profile(_)
                | Target::Neighbour(_)
                | Target::Growth(_),
            ) => false,
        }
    }

    /// Whether both take the same place: the same port inside to listen at, or the same port and address on the host.
    pub fn clashes(&self, other: &SharedPort) -> bool {
        match (self, other) {
            (SharedPort::Host(own), SharedPort::Host(other)) => own == other,
            (SharedPort::Published(own), SharedPort::Published(other)) => {
                own.port == other.port && own.address == other.address
            }
            (SharedPort::Host(_), SharedPort::Published(_))
            | (SharedPort::Published(_), SharedPort::Host(_)) => false,
        }
    }
}

impl fmt::Display for SharedPort {
    /// As it is typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SharedPort::Host(port) => write!(f, "--host-port {port}"),
            SharedPort::Published(publish) => write!(f, "--publish {publish}"),
        }
    }
}

impl fmt::Display for Publish {
    /// `[ADDRESS:]PORT[:INSIDE]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(IpAddr::V4(address)) => write!(f, "{address}:")?,
            Some(IpAddr::V6(address)) => write!(f, "[{address}]:")?,
            None => {}
        }
        write!(f, "{}", self.port)?;
        if self.inside == self.port {
            Ok(())
        } else {
            write!(f, ":{}", self.inside)
        }
    }
}
