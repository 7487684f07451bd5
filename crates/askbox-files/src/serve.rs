//! Serves a session's file system on the descriptor that its launch mounted, and cuts what was revoked.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use askbox_gate::Gate;
use fuser::{Config, Session, SessionACL};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::filesystem::AskingFs;
use crate::shared::{SessionFiles, Shared};

/// Threads that take requests of the kernel; more would only wait for the same two or four processors.
const THREADS: usize = 2;

/// A file system that is served. Dropping it stops the cutting of what is revoked; the threads end with the mount, which ends
/// with the session's processes.
#[derive(Debug)]
pub struct Serving {
    revocation: JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.revocation.abort();
    }
}

/// Serves `fuse`, a mounted /dev/fuse, until the mount is gone. Needs a tokio runtime with time. Fails when the kernel does
/// not speak with us, which it does at once after mounting.
pub async fn serve(fuse: OwnedFd, files: SessionFiles, gate: Gate) -> io::Result<Serving> {
    let runtime = Handle::current();
    let cuts = gate.cuts();
    let started = tokio::task::spawn_blocking(move || start(fuse, files, gate, &runtime)).await;
    let shared = started.map_err(io::Error::other)??;
    Ok(Serving {
        revocation: tokio::spawn(cut_revoked(shared, cuts)),
    })
}

fn start(fuse: OwnedFd, files: SessionFiles, gate: Gate, runtime: &Handle) -> io::Result<Arc<Shared>> {
    let shared = Arc::new(Shared::new(files, gate, runtime.clone()));
    let mut config = Config::default();
    config.n_threads = Some(THREADS);
    config.clone_fd = true;
    // The mount lets only its own user in; fuser's own check would look at ids it cannot know here.
    let session = Session::from_fd(AskingFs::new(&shared), fuse, SessionACL::All, config)?;
    let known = shared.notifier.set(session.notifier());
    debug_assert!(known.is_ok(), "set once");
    let knowing = Arc::clone(&shared);
    runtime.spawn_blocking(move || knowing.know_guarded());
    let name = format!("files-{}", shared.files.session);
    std::thread::Builder::new().name(name).spawn(move || {
        if let Err(error) = session.run() {
            tracing::warn!(%error, "a session's file system ended early");
        }
    })?;
    Ok(shared)
}

/// Reads and writes on a revoked handle fail by themselves; what the kernel keeps of the file would still be read.
async fn cut_revoked(shared: Arc<Shared>, mut cuts: tokio::sync::watch::Receiver<u64>) {
    while cuts.changed().await.is_ok() {
        let cut = Arc::clone(&shared);
        let done = tokio::task::spawn_blocking(move || {
            for number in cut.handles.revoked_nodes() {
                cut.forget_cached(number);
            }
        });
        if let Err(error) = done.await {
            tracing::error!(%error, "cached content of revoked files was not dropped");
        }
    }
}
