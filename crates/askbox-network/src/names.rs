//! Which fake address stands for which name. One to one for the session's life: an address is never given to a second
//! name, not even after everybody has forgotten the first. Knows nothing of sockets, rules or real addresses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use askbox_policy::{Destination, Host, HostName};

use crate::limits::{NAME_LIMIT_EVENT_EVERY, NAMES, NEW_NAMES_PER_SECOND};

/// 198.18.0.0/15, set aside for benchmarks (RFC 2544): no public host lives there.
const RANGE: u32 = 0xC612_0000;
const RANGE_MASK: u32 = 0xFFFE_0000;

/// The first address that stands for a name. Those below are reserved; 198.18.0.1 is the resolver's.
const FIRST: u32 = RANGE + 0x100;

/// Where programs find the session's resolver.
pub const RESOLVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// Whether an address is one of those that stand for names.
pub(crate) fn is_fake(address: Ipv4Addr) -> bool {
    address.to_bits() & RANGE_MASK == RANGE
}

/// What a program means that connects to an address: the name that it stands for, where it stands for one.
pub(crate) fn meant(
    destination: Destination,
    name_of: impl FnOnce(Ipv4Addr) -> Option<HostName>,
) -> Result<Destination, (Destination, &'static str)> {
    match destination.host {
        Host::Address(IpAddr::V4(fake)) if is_fake(fake) => match name_of(fake) {
            Some(name) => Ok(Destination {
                host: Host::Name(name),
                ..destination
            }),
            None => Err((destination, "stands for no name")),
        },
        Host::Address(_) | Host::Name(_) => Ok(destination),
    }
}

/// What asking for a name's address gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assigned {
    /// The address that stands for it from now on.
    Address(Ipv4Addr),
    /// None: too many names, or too many new ones in a second. `tell` is set when the log should hear about it.
    Refused {
        /// Whether this refusal is worth an event; at most one a minute is.
        tell: bool,
    },
}

/// The names of one session.
#[derive(Debug)]
pub(crate) struct Names(Mutex<Table>);

#[derive(Debug)]
struct Table {
    by_name: HashMap<HostName, u32>,
    by_number: Vec<HostName>,
    tokens: u32,
    refilled: Instant,
    told: Option<Instant>,
}

impl Names {
    pub(crate) fn new(now: Instant) -> Self {
        Self(Mutex::new(Table {
            by_name: HashMap::new(),
            by_number: Vec::new(),
            tokens: NEW_NAMES_PER_SECOND,
            refilled: now,
            told: None,
        }))
    }

    /// The address that stands for this name; a new one if it was never asked for.
    pub(crate) fn address_of(&self, name: &HostName, now: Instant) -> Assigned {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = table.by_name.get(name) {
            return Assigned::Address(Ipv4Addr::from_bits(FIRST + number));
        }
        let number = table.by_number.len();
        let (Ok(offset), true) = (u32::try_from(number), number < NAMES && table.take_token(now)) else {
            return Assigned::Refused {
                tell: table.is_worth_telling(now),
            };
        };
        table.by_number.push(name.clone());
        table.by_name.insert(name.clone(), offset);
        Assigned::Address(Ipv4Addr::from_bits(FIRST + offset))
    }

    /// The name that a fake address stands for; `None` for one that was never given out.
    pub(crate) fn name_of(&self, address: Ipv4Addr) -> Option<HostName> {
        let number = address.to_bits().checked_sub(FIRST)?;
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.by_number.get(usize::try_from(number).ok()?).cloned()
    }
}

impl Table {
    fn take_token(&mut self, now: Instant) -> bool {
        let millis = now.saturating_duration_since(self.refilled).as_millis();
        let earned = u32::try_from(millis * u128::from(NEW_NAMES_PER_SECOND) / 1_000).unwrap_or(u32::MAX);
        if 0 < earned {
            self.tokens = self.tokens.saturating_add(earned).min(NEW_NAMES_PER_SECOND);
            self.refilled = now;
        }
        let taken = 0 < self.tokens;
        self.tokens = self.tokens.saturating_sub(1);
        taken
    }

    fn is_worth_telling(&mut self, now: Instant) -> bool {
        let tell = self
            .told
            .is_none_or(|told| NAME_LIMIT_EVENT_EVERY <= now.saturating_duration_since(told));
        if tell {
            self.told = Some(now);
        }
        tell
    }
}

#[cfg(test)]
mod tests;
