//! Which standard streams may not go inside at all, since they lead to more than their own bytes. Those that are regular files are
//! replaced by `streams`; terminals by `terminal`.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;

use nix::sys::socket::{
    AddressFamily, SockType, SockaddrLike, SockaddrStorage, getpeername, getsockname, getsockopt, sockopt,
};

/// Why a standard stream may not go inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// Everything below it would be open.
    #[error("standard {0} is a directory, which would be open inside with all that is in it")]
    Directory(&'static str),
    /// What is at its other end would be up to the command: a socket belongs to the network it was made in, and all but a connected
    /// stream between two processes can be connected anew (connect(2)).
    #[error("standard {0} is a socket that could be connected from inside to whatever this machine reaches")]
    Socket(&'static str),
}

/// Looks at the three.
pub(crate) fn check() -> io::Result<Result<(), Unfit>> {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let standard = [
        ("input", stdin.as_fd()),
        ("output", stdout.as_fd()),
        ("error", stderr.as_fd()),
    ];
    for (name, stream) in standard {
        let kind = File::from(stream.try_clone_to_owned()?).metadata()?.file_type();
        if kind.is_dir() {
            return Ok(Err(Unfit::Directory(name)));
        }
        if kind.is_socket() && !is_connected_for_good(stream) {
            return Ok(Err(Unfit::Socket(name)));
        }
    }
    Ok(Ok(()))
}

/// A Unix socket that is a stream and was connected stays so, also when its peer has gone (unix(7)).
fn is_connected_for_good(socket: BorrowedFd<'_>) -> bool {
    let number = socket.as_raw_fd();
    let is_unix = getsockname::<SockaddrStorage>(number)
        .is_ok_and(|address| address.family() == Some(AddressFamily::Unix));
    let is_stream = getsockopt(&socket, sockopt::SockType)
        .is_ok_and(|kind| matches!(kind, SockType::Stream | SockType::SeqPacket));
    is_unix && is_stream && getpeername::<SockaddrStorage>(number).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

    use super::*;

    #[test]
    fn only_connected_streams_between_processes_are_fit() {
        let (one, other) = UnixStream::pair().unwrap();
        assert!(is_connected_for_good(one.as_fd()));
        // A program that reads the rest of what its peer has left is a common thing.
        drop(other);
        assert!(is_connected_for_good(one.as_fd()));
        let (datagram, _other) = UnixDatagram::pair().unwrap();
        assert!(!is_connected_for_good(datagram.as_fd()));
        let directory = tempfile::tempdir().unwrap();
        let unix = UnixListener::bind(directory.path().join("socket")).unwrap();
        assert!(!is_connected_for_good(unix.as_fd()));
        let tcp = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        assert!(!is_connected_for_good(tcp.as_fd()));
        let connected = TcpStream::connect(tcp.local_addr().unwrap()).unwrap();
        assert!(!is_connected_for_good(connected.as_fd()));
        assert!(!is_connected_for_good(
            UdpSocket::bind(("127.0.0.1", 0)).unwrap().as_fd()
        ));
    }
}
