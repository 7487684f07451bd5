//! What a launch hands over, by its use. Knows names only; what is wrong with a descriptor its user finds out.

use std::os::fd::OwnedFd;

use askbox_network::{Arrival, Listeners, ProxyToken};
use askbox_wire::{Descriptor, ErrorCode, WireError};

/// All of it.
pub(super) struct Sorted {
    pub(super) sockets: Sockets,
    pub(super) diagnostics: OwnedFd,
    pub(super) leash: OwnedFd,
    pub(super) agent: OwnedFd,
    pub(super) tree: OwnedFd,
    pub(super) files: Option<OwnedFd>,
    pub(super) starts: Option<OwnedFd>,
}

/// Those of the network.
pub(super) struct Sockets {
    tcp: [OwnedFd; 2],
    dns_udp: [OwnedFd; 2],
    dns_tcp: [OwnedFd; 2],
    /// Where connections are captured.
    rejected: Option<OwnedFd>,
}

impl Sockets {
    /// What is to be served: captured connections, or those of programs that have this token.
    pub(super) fn listeners(self, token: ProxyToken) -> Listeners {
        let Self {
            tcp,
            dns_udp,
            dns_tcp,
            rejected,
        } = self;
        Listeners {
            tcp,
            dns_udp,
            dns_tcp,
            arrival: match rejected {
                Some(rejected) => Arrival::Captured { rejected },
                None => Arrival::ByProxy { token },
            },
        }
    }
}

/// Sorts descriptors by their names. All are needed, each once, but for the file system and the starts of programs.
pub(super) fn sort(attached: &[Descriptor], descriptors: Vec<OwnedFd>) -> Result<Sorted, WireError> {
    let wrong = || WireError::new(ErrorCode::Malformed, "not the descriptors of a launch");
    if attached.len() != descriptors.len() {
        return Err(wrong());
    }
    let mut given: Vec<(Descriptor, OwnedFd)> = attached.iter().copied().zip(descriptors).collect();
    let mut take = |wanted: Descriptor| {
        let at = given
            .iter()
            .position(|(name, _)| *name == wanted)
            .ok_or_else(wrong)?;
        Ok::<OwnedFd, WireError>(given.swap_remove(at).1)
    };
    let is_proxy = attached.contains(&Descriptor::Proxy4);
    let (tcp, rejected) = if is_proxy {
        ([take(Descriptor::Proxy4)?, take(Descriptor::Proxy6)?], None)
    } else {
        let rejected = take(Descriptor::Rejected)?;
        ([take(Descriptor::Tcp4)?, take(Descriptor::Tcp6)?], Some(rejected))
    };
    let sockets = Sockets {
        tcp,
        dns_udp: [take(Descriptor::DnsUdp4)?, take(Descriptor::DnsUdp6)?],
        dns_tcp: [take(Descriptor::DnsTcp4)?, take(Descriptor::DnsTcp6)?],
        rejected,
    };
    let sorted = Sorted {
        sockets,
        diagnostics: take(Descriptor::Diagnostics)?,
        leash: take(Descriptor::Leash)?,
        agent: take(Descriptor::SshAgent)?,
        tree: take(Descriptor::Root)?,
        files: take(Descriptor::Files).ok(),
        starts: take(Descriptor::Starts).ok(),
    };
    if given.is_empty() {
        Ok(sorted)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests;
