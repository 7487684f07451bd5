//! What happens in the watched directories of all sessions, read in one place and handed to each. Decides nothing.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use askbox_sandbox::watch::{Happened, Watches};
use tokio::net::unix::pipe;
use tokio::sync::broadcast;
use tokio::time::sleep;

use crate::limits;

/// What happens, as one session hears it.
pub(crate) type Events = broadcast::Receiver<Arc<[Happened]>>;

/// The one reader.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// `None` where the user has too many instances of inotify: what sessions make is then seen at their end only.
    watches: Option<Arc<Watches>>,
    happened: broadcast::Sender<Arc<[Happened]>>,
}

impl Watcher {
    /// One that nobody follows yet.
    pub(crate) fn new() -> Self {
        let watches = Watches::new().inspect_err(|error| {
            tracing::warn!(%error, "what sessions make is not noticed while they run");
        });
        Self {
            watches: watches.ok().map(Arc::new),
            happened: broadcast::Sender::new(limits::WATCH_BUFFERED),
        }
    }

    /// What to watch with, and what happens from now on.
    pub(crate) fn follow(&self) -> Option<(Arc<Watches>, Events)> {
        let watches = self.watches.as_ref()?;
        Some((Arc::clone(watches), self.happened.subscribe()))
    }

    /// Reads until it fails.
    pub(crate) async fn run(&self) {
        let Some(watches) = &self.watches else { return };
        if let Err(error) = self.read(watches).await {
            tracing::error!(%error, "what sessions make is not noticed any more");
        }
    }

    async fn read(&self, watches: &Watches) -> io::Result<()> {
        // The safe way of tokio's to wait for a descriptor; nothing is read through it, so it need be no pipe.
        let readable = pipe::Receiver::from_owned_fd_unchecked(watches.as_fd().try_clone_to_owned()?)?;
        loop {
            readable.readable().await?;
            for _read in 0..limits::WATCH_READS {
                match readable.try_io(|| watches.read()) {
                    // Nobody following is no error.
                    Ok(happened) => drop(self.happened.send(happened.into())),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
            sleep(limits::WATCH_REST).await;
        }
    }
}
