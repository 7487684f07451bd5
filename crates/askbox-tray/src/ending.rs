//! The end that a person chose: first nothing is started any more, then the app ends; or goes on, where the daemon does.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How far it is.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    has_begun: Mutex<bool>,
    given_up: Condvar,
    finished: Notify,
}

impl Ending {
    /// Nothing shall be started any more.
    pub(crate) fn begin(&self) {
        *self.has_begun() = true;
    }

    /// It did not come about: all goes on.
    pub(crate) fn give_up(&self) {
        *self.has_begun() = false;
        self.given_up.notify_all();
    }

    /// Blocks for as long as nothing may be started: until the process ends, or the end is given up.
    pub(crate) fn hold(&self) {
        let held = self.given_up.wait_while(self.has_begun(), |has_begun| *has_begun);
        drop(held);
    }

    /// The app shall end now.
    pub(crate) fn finish(&self) {
        self.finished.notify_one();
    }

    /// Waits until the app shall end.
    pub(crate) async fn finished(&self) {
        self.finished.notified().await;
    }

    fn has_begun(&self) -> MutexGuard<'_, bool> {
        self.has_begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
