//! What a launch hands over, by its use. Knows names only; what is wrong with a descriptor its user finds out.

use std::os::fd::OwnedFd;

use askbox_network::Listeners;
use askbox_wire::{Descriptor, ErrorCode, WireError};

/// The descriptors of a launch, by their use.
pub(super) struct Sorted {
    pub(super) listeners: Listeners,
    pub(super) diagnostics: OwnedFd,
    pub(super) leash: OwnedFd,
    pub(super) tree: OwnedFd,
    pub(super) files: Option<OwnedFd>,
    pub(super) starts: Option<OwnedFd>,
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
    let listeners = Listeners {
        tcp: [take(Descriptor::Tcp4)?, take(Descriptor::Tcp6)?],
        dns_udp: [take(Descriptor::DnsUdp4)?, take(Descriptor::DnsUdp6)?],
        dns_tcp: [take(Descriptor::DnsTcp4)?, take(Descriptor::DnsTcp6)?],
        rejected: take(Descriptor::Rejected)?,
    };
    let sorted = Sorted {
        listeners,
        diagnostics: take(Descriptor::Diagnostics)?,
        leash: take(Descriptor::Leash)?,
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
