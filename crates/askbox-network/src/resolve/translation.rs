//! How this network translates IPv4 addresses to IPv6 ones (NAT64): looked up for all sessions together, in a slot of its own
//! that no session can keep busy. A look-up that fails says nothing, and nothing is kept of it.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use askbox_policy::HostName;
use askbox_policy::address::{HostNetwork, NAT64_NAME, nat64_prefixes};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{LookupError, blocking_lookup};
use crate::limits::{LOOKUP_DEADLINE, NAT64_AGE};

/// What this network puts before IPv4 addresses.
#[derive(Debug)]
pub(super) struct Translation {
    known: Mutex<Option<Known>>,
    slot: Arc<Semaphore>,
}

#[derive(Debug)]
struct Known {
    at: Instant,
    /// The host's own addresses when that was found out.
    own: Vec<IpAddr>,
    prefixes: Vec<(Ipv6Addr, u8)>,
}

impl Default for Translation {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            slot: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Translation {
    /// The prefixes of this network. Looked up when an IPv6 address is first judged, and again after a while or on another
    /// network; a network that has no such name is one that does not translate.
    pub(super) async fn prefixes(&self, network: &HostNetwork) -> Result<Vec<(Ipv6Addr, u8)>, LookupError> {
        if let Some(prefixes) = self.known(network) {
            return Ok(prefixes);
        }
        let found = timeout(LOOKUP_DEADLINE, self.find(network)).await;
        found.unwrap_or(Err(LookupError::Failed))
    }

    fn known(&self, network: &HostNetwork) -> Option<Vec<(Ipv6Addr, u8)>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let current = known
            .as_ref()
            .filter(|known| known.at.elapsed() < NAT64_AGE && known.own == network.own);
        current.map(|known| known.prefixes.clone())
    }

    async fn find(&self, network: &HostNetwork) -> Result<Vec<(Ipv6Addr, u8)>, LookupError> {
        let slot = Arc::clone(&self.slot).acquire_owned().await;
        let slot = slot.map_err(|_closed| LookupError::Failed)?;
        // Whoever had the slot before may have found it out.
        if let Some(prefixes) = self.known(network) {
            return Ok(prefixes);
        }
        let search = spawn_blocking(move || {
            let found = HostName::parse(NAT64_NAME)
                .map_err(|_error| LookupError::Failed)
                .and_then(|name| blocking_lookup(&name));
            // Held until libc has given up, so that a slow answer cannot pile up threads.
            drop(slot);
            found
        });
        let prefixes = told(search.await.unwrap_or(Err(LookupError::Failed)))?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known {
            at: Instant::now(),
            own: network.own.clone(),
            prefixes: prefixes.clone(),
        });
        Ok(prefixes)
    }
}

/// What a look-up of [`NAT64_NAME`] says of the network: without the name it does not translate, and one that failed says
/// nothing.
fn told(found: Result<Vec<IpAddr>, LookupError>) -> Result<Vec<(Ipv6Addr, u8)>, LookupError> {
    match found {
        Ok(addresses) => Ok(nat64_prefixes(&addresses)),
        Err(LookupError::NoName) => Ok(Vec::new()),
        Err(LookupError::Failed) => Err(LookupError::Failed),
    }
}

#[cfg(test)]
mod tests;
