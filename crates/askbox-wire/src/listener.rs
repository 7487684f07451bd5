//! The daemon's end of the control socket: who may connect, and what arrives.
//!
//! Only processes of the same user get past [`Listener::accept`]. A sandbox never sees the socket's directory.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::Uid;
use tokio::net::{UnixListener, UnixStream};

use crate::address::SocketPath;
use crate::lock::Lock;

mod connection;

pub use connection::{Connection, Incoming, ReceiveError, Receiver, SendError, Sender};

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The directory lets others in, or is not ours.
    #[error("{} is not a directory of this user alone (0700)", path.display())]
    Directory {
        /// The socket's directory.
        path: PathBuf,
    },
    /// A step of making the socket failed.
    #[error("cannot {step} {}", path.display())]
    Socket {
        /// Which step.
        step: &'static str,
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Connections cannot be accepted any more.
    #[error("cannot accept connections")]
    Accept(#[source] io::Error),
}

/// The process at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its process id when it connected; 0 when it is not visible from here.
    pub pid: u32,
    /// Its user when it connected.
    pub uid: u32,
}

impl Peer {
    /// Whether it may speak to a daemon of this user. Root may not either: it has other ways, and a program that root
    /// runs by mistake should not answer for a person.
    fn may_connect(self, own: Uid) -> bool {
        self.uid == own.as_raw()
    }
}

/// The control socket. Dropping it removes the socket file.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Makes the socket, 0600, in a directory that is 0700 and ours. A socket that a dead daemon left is removed: the
    /// lock, which the caller holds as long as the listener, proves that it is dead. Needs a runtime.
    pub fn bind(path: &Path, _lock: &Lock) -> Result<Self, ListenError> {
        let failed = |step| {
            move |source| ListenError::Socket {
                step,
                path: path.to_owned(),
                source,
            }
        };
        let directory = path.parent().unwrap_or(Path::new("/"));
        let metadata = fs::metadata(directory).map_err(failed("look at the directory of"))?;
        if metadata.uid() != Uid::effective().as_raw() || metadata.mode() & 0o077 != 0 {
            return Err(ListenError::Directory {
                path: directory.to_owned(),
            });
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("remove the old socket")(error));
            }
            Ok(()) | Err(_) => {}
        }
        let short = SocketPath::new(path).map_err(failed("open the directory of"))?;
        let socket = UnixListener::bind(short.path()).map_err(failed("bind"))?;
        // The directory's mode is what keeps others out between these two lines.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed("set the mode of"))?;
        Ok(Self {
            socket,
            path: path.to_owned(),
        })
    }

    /// The next connection of this user. Others are dropped with a line in the daemon's output.
    pub async fn accept(&self) -> Result<Connection, ListenError> {
        loop {
            let (stream, _) = self.socket.accept().await.map_err(ListenError::Accept)?;
            match peer(&stream) {
                Ok(peer) if peer.may_connect(Uid::effective()) => return Ok(Connection::new(stream, peer)),
                Ok(peer) => tracing::warn!(
                    uid = peer.uid,
                    pid = peer.pid,
                    "refused another user's connection"
                ),
                Err(error) => tracing::debug!(%error, "a connection ended before its peer was known"),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "cannot remove the socket");
        }
    }
}

fn peer(stream: &UnixStream) -> io::Result<Peer> {
    let credentials = stream.peer_cred()?;
    let pid = credentials
        .pid()
        .and_then(|pid| u32::try_from(pid).ok())
        .unwrap_or(0);
    Ok(Peer {
        pid,
        uid: credentials.uid(),
    })
}

#[cfg(test)]
mod tests;
