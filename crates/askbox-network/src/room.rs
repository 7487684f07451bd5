//! The descriptors that captured connections may take: those of all sessions together, and each session's share of them.
//! Counts what could be taken, not what is open at this moment; opens and closes nothing itself.
//!
//! A session may hold as much as stays free for the others. One that holds all it may leaves half; two leave a third; and
//! whichever comes next always finds room.

use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::limits::{
    ALL_CONNECTIONS, CONNECTION_DESCRIPTORS, CONNECTIONS, FULL_EVENT_EVERY, SESSION_DESCRIPTORS,
};

/// The descriptors of all sessions' networks. Clones are the same room.
#[derive(Clone, Debug)]
pub struct Room(Arc<Shared>);

/// One session's part of the room. Clones are the same part; the last one gives it back.
#[derive(Clone, Debug)]
pub struct Share(Arc<Part>);

/// The place of one open connection. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Place(Arc<Part>);

/// Descriptors of a session that are no connection's. Dropping it gives them back.
#[derive(Debug)]
pub(crate) struct Reserved {
    part: Arc<Part>,
    descriptors: usize,
}

#[derive(Debug)]
struct Shared {
    /// Descriptors that nobody has taken.
    free: Mutex<usize>,
    /// There is more room than before.
    changed: Notify,
}

#[derive(Debug)]
struct Part {
    room: Arc<Shared>,
    /// Open connections; changed under the room's lock only.
    held: AtomicUsize,
    is_closed: AtomicBool,
    told: Mutex<Option<Instant>>,
}

impl Room {
    /// A room for this many descriptors.
    pub fn new(descriptors: usize) -> Self {
        let free = Mutex::new(descriptors.min(ALL_CONNECTIONS * CONNECTION_DESCRIPTORS));
        Self(Arc::new(Shared {
            free,
            changed: Notify::new(),
        }))
    }

    /// A share for one more session; `None` when there is no room for its own sockets and a first connection.
    pub fn join(&self) -> Option<Share> {
        let mut free = self.0.free();
        if *free < SESSION_DESCRIPTORS + 2 * CONNECTION_DESCRIPTORS {
            return None;
        }
        *free -= SESSION_DESCRIPTORS;
        Some(Share(Arc::new(Part {
            room: Arc::clone(&self.0),
            held: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            told: Mutex::default(),
        })))
    }
}

impl Shared {
    fn free(&self) -> MutexGuard<'_, usize> {
        // A number is never half changed.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, mut free: MutexGuard<'_, usize>, descriptors: usize) {
        *free += descriptors;
        drop(free);
        self.changed.notify_waiters();
    }
}

impl Share {
    /// A place for one more connection, if the session may have it now.
    pub(crate) fn try_take(&self) -> Option<Place> {
        let mut free = self.0.room.free();
        let held = self.0.held.load(Ordering::Relaxed) + 1;
        let left = free.checked_sub(CONNECTION_DESCRIPTORS)?;
        if CONNECTIONS < held || left < held * CONNECTION_DESCRIPTORS {
            return None;
        }
        *free = left;
        self.0.held.store(held, Ordering::Relaxed);
        Some(Place(Arc::clone(&self.0)))
    }

    /// The same, waiting until it may. Never resolves after [`Share::close`].
    pub(crate) async fn take(&self) -> Place {
        loop {
            let mut changed = pin!(self.0.room.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            if self.is_closed() {
                return pending().await;
            }
            if let Some(place) = self.try_take() {
                return place;
            }
            changed.await;
        }
    }

    /// Descriptors for something that is no connection, if they leave as much free as a connection must.
    pub(crate) fn try_reserve(&self, descriptors: usize) -> Option<Reserved> {
        let mut free = self.0.room.free();
        let left = free.checked_sub(descriptors)?;
        if left < (self.held() + 1) * CONNECTION_DESCRIPTORS {
            return None;
        }
        *free = left;
        Some(Reserved {
            part: Arc::clone(&self.0),
            descriptors,
        })
    }

    /// Connections that are open now.
    pub(crate) fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// Whether it is time for an event about a session that holds all it may: not for each connection that waits.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|last| now.duration_since(last) < FULL_EVENT_EVERY) {
            return false;
        }
        *told = Some(now);
        true
    }

    /// Lets no further connection in.
    pub(crate) fn close(&self) {
        self.0.is_closed.store(true, Ordering::Relaxed);
    }

    /// Whether it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::Relaxed)
    }

    /// Waits until no connection is open.
    pub(crate) async fn until_empty(&self) {
        loop {
            let mut changed = pin!(self.0.room.changed.notified());
            changed.as_mut().enable();
            if self.held() == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let free = self.0.room.free();
        self.0.held.fetch_sub(1, Ordering::Relaxed);
        self.0.room.give_back(free, CONNECTION_DESCRIPTORS);
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.part.room.give_back(self.part.room.free(), self.descriptors);
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.room.give_back(self.room.free(), SESSION_DESCRIPTORS);
    }
}

#[cfg(test)]
mod tests;
