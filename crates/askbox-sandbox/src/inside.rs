//! Sockets in the network of a session that runs: for ports that it shares with the host. A socket belongs to the network
//! namespace that it was made in, so a small process of ours enters that of the session, makes what the daemon asks for, and
//! ends with the daemon's end of their channel.
//!
//! It is `askbox-init` under another first argument, started only for a session that shares ports. It finds the namespaces
//! by a socket that lives in them (`SIOCGSKNS`, `ioctl_ns(2)`), so no process id can be mistaken for another's; whoever made a
//! user namespace may enter it. A thread of the daemon cannot: a process with threads enters no user namespace. Programs
//! inside neither see this process (its pid namespace is the host's) nor hold anything of it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use askbox_wire::descriptors;
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::prctl;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socket, socketpair};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::{limits, netlink, sys};

pub mod datagrams;

/// The first argument of `askbox-init` that makes it this process.
pub const ARGUMENT: &str = "sockets";

/// Bytes of a [`Wanted`].
const WANTED_BYTES: usize = 4;
/// Bytes of an answer: an error number, 0 with a descriptor.
const ANSWER_BYTES: usize = 4;

/// What the daemon can ask for. Everything is on the session's loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A TCP socket of the address's family.
    Socket(IpAddr),
    /// A TCP listener.
    Listener(SocketAddr),
}

/// The process in a session's network. Dropping it ends it.
#[derive(Debug)]
pub struct Inside {
    channel: OwnedFd,
    child: Child,
}

impl Wanted {
    fn bytes(self) -> [u8; WANTED_BYTES] {
        let (kind, ip, port) = match self {
            Wanted::Socket(ip) => (0, ip, 0),
            Wanted::Listener(address) => (1, address.ip(), address.port()),
        };
        let [high, low] = port.to_be_bytes();
        [kind, u8::from(ip.is_ipv6()), high, low]
    }

    /// The opposite; only loopback addresses can be written.
    fn read(bytes: [u8; WANTED_BYTES]) -> Option<Self> {
        let [kind, family, high, low] = bytes;
        let loopback = match family {
            0 => IpAddr::V4(Ipv4Addr::LOCALHOST),
            1 => IpAddr::V6(Ipv6Addr::LOCALHOST),
            _ => return None,
        };
        match kind {
            0 => Some(Wanted::Socket(loopback)),
            1 => Some(Wanted::Listener(SocketAddr::new(
                loopback,
                u16::from_be_bytes([high, low]),
            ))),
            _ => None,
        }
    }

    fn make(self) -> io::Result<OwnedFd> {
        match self {
            Wanted::Listener(address) => Ok(TcpListener::bind(address)?.into()),
            Wanted::Socket(address) => {
                let family = match address {
                    IpAddr::V4(_) => AddressFamily::Inet,
                    IpAddr::V6(_) => AddressFamily::Inet6,
                };
                Ok(socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?)
            }
        }
    }
}

impl Inside {
    /// Starts `init` in the network that a socket belongs to. Blocks until it is there.
    pub fn start(init: &Path, member: BorrowedFd<'_>) -> io::Result<Self> {
        let inside = Self::spawn(init, [ARGUMENT.to_owned()], member)?;
        inside.answer()?;
        Ok(inside)
    }

    /// Starts `init` with these arguments and gives it the socket. What it answers to that is not waited for.
    fn spawn(
        init: &Path,
        arguments: impl IntoIterator<Item = String>,
        member: BorrowedFd<'_>,
    ) -> io::Result<Self> {
        let (ours, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        #[expect(
            clippy::disallowed_methods,
            reason = "our own program, which never sees a project: its arguments are words and numbers of ours and its environment is empty"
        )]
        let child = Command::new(init)
            .args(arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        // From here on it is ended whatever fails.
        let inside = Self { channel: ours, child };
        let wait = TimeVal::seconds(limits::INSIDE_WAIT_SECONDS);
        setsockopt(&inside.channel, ReceiveTimeout, &wait)?;
        descriptors::send(inside.channel.as_fd(), &[0], &[member])?;
        Ok(inside)
    }

    /// Asks for a socket, and waits for it: as long as a system call takes.
    pub fn make(&self, wanted: Wanted) -> io::Result<OwnedFd> {
        descriptors::send(self.channel.as_fd(), &wanted.bytes(), &[])?;
        self.answer()?.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn answer(&self) -> io::Result<Option<OwnedFd>> {
        let (mut bytes, mut received) = ([0; ANSWER_BYTES], Vec::new());
        if receive(self.channel.as_fd(), &mut bytes, &mut received)? != ANSWER_BYTES {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match i32::from_ne_bytes(bytes) {
            0 => Ok(received.pop()),
            number => Err(io::Error::from_raw_os_error(number)),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // Fails only for one that has ended already; waiting is what matters then, and takes no time.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Is this process, until the other end of the channel is closed.
pub fn serve(channel: BorrowedFd<'_>) -> io::Result<()> {
    let (mut byte, mut received) = ([0], Vec::new());
    receive(channel, &mut byte, &mut received)?;
    let member = received.pop().ok_or(io::ErrorKind::InvalidInput)?;
    let entered = enter(member);
    answer(channel, entered.map(|()| None))?;
    loop {
        let (mut bytes, mut received) = ([0; WANTED_BYTES], Vec::new());
        if receive(channel, &mut bytes, &mut received)? == 0 {
            return Ok(());
        }
        let made = Wanted::read(bytes)
            .ok_or_else(|| io::ErrorKind::InvalidInput.into())
            .and_then(Wanted::make);
        answer(channel, made.map(Some))?;
    }
}

/// Enters the network of a socket, and keeps no right there but to listen at any port.
fn enter(member: OwnedFd) -> io::Result<()> {
    enter_whole(member)?;
    sys::keep_only_low_ports()?;
    Ok(prctl::set_no_new_privs()?)
}

/// Enters the network of a socket, with every right over it.
fn enter_whole(member: OwnedFd) -> io::Result<()> {
    let network = sys::network_of(&member)?;
    let user = sys::owner_of(&network)?;
    drop(member);
    // The user namespace first: the right to enter the other comes with it.
    setns(user, CloneFlags::CLONE_NEWUSER)?;
    Ok(setns(network, CloneFlags::CLONE_NEWNET)?)
}

fn answer(channel: BorrowedFd<'_>, made: io::Result<Option<OwnedFd>>) -> io::Result<()> {
    let (number, made) = match made {
        Ok(made) => (0, made),
        Err(error) => (netlink::errno(&error).unwrap_or(libc::EINVAL), None),
    };
    let attached: Vec<BorrowedFd<'_>> = made.iter().map(AsFd::as_fd).collect();
    descriptors::send(channel, &number.to_ne_bytes(), &attached).map(drop)
}

fn receive(channel: BorrowedFd<'_>, bytes: &mut [u8], received: &mut Vec<OwnedFd>) -> io::Result<usize> {
    loop {
        match descriptors::receive(channel, bytes, received) {
            Err(error) if error.raw_os_error() == Some(Errno::EINTR as i32) => {}
            length => return length,
        }
    }
}

#[cfg(test)]
mod tests;
