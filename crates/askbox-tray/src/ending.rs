//! The end that a person chose: first nothing is started any more, then the app ends.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// How far it is.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    begun: AtomicBool,
    finished: Notify,
}

impl Ending {
    /// Nothing shall be started any more.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// The app shall end now.
    pub(crate) fn finish(&self) {
        self.finished.notify_one();
    }

    /// Waits until the app shall end.
    pub(crate) async fn finished(&self) {
        self.finished.notified().await;
    }
}
