//! Counts bytes as they pass: those of each connection, for its event, and those of all connections of a session. Only
//! atomic numbers, since the data path waits for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the connections of a session have carried so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes into the sandbox.
    pub bytes_in: u64,
    /// Bytes out of the sandbox.
    pub bytes_out: u64,
}

/// Bytes of one direction of a connection, which count for its session too.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    own: AtomicU64,
    total: Arc<AtomicU64>,
}

/// Bytes that have passed on a connection, seen from the sandbox.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// From the server to the program.
    pub(crate) received: Counter,
    /// From the program to the server.
    pub(crate) sent: Counter,
}

/// Bytes that have passed on all connections of a session.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    received: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

impl Counter {
    fn of(total: &Arc<AtomicU64>) -> Self {
        Self {
            own: AtomicU64::new(0),
            total: Arc::clone(total),
        }
    }

    /// Counts bytes that were read.
    pub(crate) fn add(&self, bytes: usize) {
        self.own.fetch_add(bytes as u64, Ordering::Relaxed);
        self.total.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Those of the connection.
    pub(crate) fn count(&self) -> u64 {
        self.own.load(Ordering::Relaxed)
    }
}

impl Totals {
    /// For one more connection.
    pub(crate) fn connection(&self) -> Counts {
        Counts {
            received: Counter::of(&self.received),
            sent: Counter::of(&self.sent),
        }
    }

    /// What has passed by now.
    pub(crate) fn now(&self) -> Traffic {
        Traffic {
            bytes_in: self.received.load(Ordering::Relaxed),
            bytes_out: self.sent.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_counts_for_its_connection_and_for_the_session() {
        let totals = Totals::default();
        let (first, second) = (totals.connection(), totals.connection());
        first.received.add(10);
        first.sent.add(1);
        second.received.add(100);
        drop(second);
        assert_eq!((first.received.count(), first.sent.count()), (10, 1));
        let carried = Traffic {
            bytes_in: 110,
            bytes_out: 1,
        };
        assert_eq!(totals.now(), carried);
    }
}
