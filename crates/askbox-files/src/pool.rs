//! Threads for what may take long on the host: a few at a time for each slow tree of a session, so that what hangs there
//! holds neither another path of the session nor what other parts of the daemon do.

use std::sync::Arc;

use fuser::Errno;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits;

/// Where something is done that touches the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// On the thread that took the request of the kernel.
    Here,
    /// On one of those for what takes long by itself.
    Long,
    /// On one of those of a slow tree, by its place in the view.
    Slow(usize),
}

/// A number of places for work, and another of places to wait for one.
#[derive(Debug)]
pub(crate) struct Pool {
    runtime: Handle,
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn new(runtime: Handle, waiting: usize) -> Self {
        Self {
            runtime,
            places: Arc::new(Semaphore::new(limits::AT_ONCE)),
            waiting: Arc::new(Semaphore::new(waiting)),
        }
    }

    /// Does this on a thread of its own, as soon as there is a place. Called with an error, and not on such a thread, when
    /// too many wait already (EBUSY) or the wait was too long (ETIMEDOUT). What is begun is never given up: it keeps its place
    /// for as long as the host lets it wait.
    pub(crate) fn run(&self, work: impl FnOnce(Result<(), Errno>) + Send + 'static) {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return start(place, work);
        }
        let Ok(turn) = Arc::clone(&self.waiting).try_acquire_owned() else {
            return work(Err(Errno::EBUSY));
        };
        let places = Arc::clone(&self.places);
        self.runtime.spawn(async move {
            let place = tokio::time::timeout(limits::WAIT, places.acquire_owned()).await;
            drop(turn);
            match place {
                Ok(Ok(place)) => start(place, work),
                Ok(Err(_)) | Err(_) => work(Err(Errno::ETIMEDOUT)),
            }
        });
    }
}

/// Without a thread the work is dropped, with the answer that it was to give: fuser tells the program EIO then.
fn start(place: OwnedSemaphorePermit, work: impl FnOnce(Result<(), Errno>) + Send + 'static) {
    let thread = std::thread::Builder::new()
        .name("askbox-slow-file".to_owned())
        .stack_size(limits::STACK);
    let started = thread.spawn(move || {
        let _place = place;
        work(Ok(()));
    });
    if let Err(error) = started {
        tracing::warn!(%error, "no thread for a file that may be slow");
    }
}

#[cfg(test)]
mod tests;
