//! Connecting to a socket of the host by its path, through no link: a program inside may change what a path in the project leads
//! to.

use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use askbox_policy::SocketPath;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{SFlag, fstat};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::limits;

/// Why a socket of the host cannot be used; the words go into the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("it cannot be opened: {0}")]
    Open(Errno),
    #[error("it is no socket any more")]
    NoSocket,
    #[error("it cannot be connected to: {0}")]
    Connect(io::Error),
    #[error("it takes no connection")]
    Silent,
}

/// Connects to a stream socket.
pub(crate) async fn connect(path: &SocketPath) -> Result<UnixStream, Error> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let socket = openat2(AT_FDCWD, path.as_path(), how).map_err(Error::Open)?;
    let kind = fstat(&socket).map_err(Error::Open)?.st_mode & SFlag::S_IFMT.bits();
    if kind != SFlag::S_IFSOCK.bits() {
        return Err(Error::NoSocket);
    }
    // A magic link to a descriptor of ours: as exact as the descriptor itself, for a call that takes paths only.
    let place = Path::new("/proc/self/fd").join(socket.as_raw_fd().to_string());
    let connecting = timeout(limits::HOST_WAIT, UnixStream::connect(place));
    connecting
        .await
        .map_err(|_late| Error::Silent)?
        .map_err(Error::Connect)
}
