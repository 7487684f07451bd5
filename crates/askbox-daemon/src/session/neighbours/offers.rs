//! Sockets of ours that stand for some of the host's in one session: made on the host, in a directory that only the user can
//! enter, and bound by the launch where programs inside look for them. They go when the session goes.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use askbox_policy::{SessionId, SocketPath};
use askbox_sandbox::plan::OfferedSocket;
use askbox_wire::{ErrorCode, WireError};

/// The sockets of one session. Dropping it removes them; those that are served go on until they are dropped themselves.
#[derive(Debug, Default)]
pub(in crate::session) struct Offers {
    directory: Option<PathBuf>,
    planned: Vec<OfferedSocket>,
    /// Until they are served.
    listeners: Mutex<Vec<(SocketPath, OwnedFd)>>,
}

impl Offers {
    /// Listens for each of these sockets of the host, in `directory`.
    pub(in crate::session) fn listen(
        directory: &Path,
        session: &SessionId,
        sockets: Vec<SocketPath>,
    ) -> Result<Self, WireError> {
        if sockets.is_empty() {
            return Ok(Self::default());
        }
        let failed = |error: io::Error| {
            WireError::new(
                ErrorCode::Internal,
                format!("cannot make sockets for the session: {error}"),
            )
        };
        let directory = directory.canonicalize().map_err(failed)?.join(&session.0);
        DirBuilder::new().mode(0o700).create(&directory).map_err(failed)?;
        let mut offers = Self {
            directory: Some(directory.clone()),
            planned: Vec::new(),
            listeners: Mutex::default(),
        };
        let held = File::open(&directory).map_err(failed)?;
        let mut listeners = Vec::new();
        for (number, path) in sockets.into_iter().enumerate() {
            let name = number.to_string();
            // By a descriptor, since an address has room for a hundred characters only.
            let place = format!("/proc/self/fd/{}/{name}", held.as_raw_fd());
            let listener = UnixListener::bind(place).map_err(failed)?;
            offers.planned.push(OfferedSocket {
                source: directory.join(name),
                target: path.as_path().to_owned(),
            });
            listeners.push((path, listener.into()));
        }
        offers.listeners = Mutex::new(listeners);
        Ok(offers)
    }

    /// Where they lie, and where they are to be found inside.
    pub(in crate::session) fn planned(&self) -> Vec<OfferedSocket> {
        self.planned.clone()
    }

    /// What listens for which, once.
    pub(super) fn take(&self) -> Vec<(SocketPath, OwnedFd)> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *listeners)
    }
}

impl Drop for Offers {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory
            && let Err(error) = fs::remove_dir_all(directory)
        {
            tracing::warn!(%error, "the sockets of a session stay behind");
        }
    }
}

/// Removes what a daemon that was killed has left. To be called by the one daemon.
pub(crate) fn forget_offers(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if let Err(error) = fs::remove_dir_all(entry.path()) {
            tracing::warn!(%error, "the sockets of an earlier session stay behind");
        }
    }
}
