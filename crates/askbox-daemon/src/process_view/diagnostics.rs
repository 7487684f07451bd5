//! The kernel's socket diagnostics (`sock_diag(7)`): which socket has these two addresses, in constant time. The table of
//! /proc takes milliseconds, since the kernel walks a hash table whose size goes by the machine's memory.
//!
//! The netlink socket must have been made inside the sandbox's network namespace; it answers for that namespace, whoever
//! holds it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex, PoisonError};

use askbox_network::TCP;

/// `SOCK_DIAG_BY_FAMILY`: the one request, and the type of its answer.
const BY_FAMILY: u16 = 20;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// `AF_INET`, `AF_INET6`.
const INET: u8 = 2;
const INET6: u8 = 10;
/// `TCP_LISTEN`: what the kernel finds where there is no connection.
const LISTEN: u8 = 10;
/// `ENOENT`: there is no such socket.
const NO_ENTRY: i32 = 2;
/// Bytes of a request: header, `inet_diag_req_v2`.
const REQUEST_BYTES: u32 = 16 + 56;
/// Answers of earlier requests that may lie in the socket, after one was given up.
const STALE: usize = 16;

/// A netlink socket for diagnostics of one network namespace. Clones share it.
#[derive(Clone, Debug)]
pub struct Diagnostics(Arc<Mutex<Socket>>);

#[derive(Debug)]
struct Socket {
    /// The standard library has no netlink socket; sending and receiving is the same for all kinds.
    socket: UnixDatagram,
    sequence: u32,
}

impl Diagnostics {
    /// Uses a socket of the family `AF_NETLINK` and the protocol `NETLINK_SOCK_DIAG`.
    pub fn new(socket: OwnedFd) -> io::Result<Self> {
        let socket = UnixDatagram::from(socket);
        // The kernel has answered when sending returns; if not, waiting would hold up everybody else.
        socket.set_nonblocking(true)?;
        Ok(Self(Arc::new(Mutex::new(Socket { socket, sequence: 0 }))))
    }

    /// The inode number of the socket of this protocol that connects `client`, its own address, to `server`, or sent
    /// something there; `None` when nobody holds such a socket.
    pub(super) fn inode(
        &self,
        protocol: u8,
        client: SocketAddr,
        server: SocketAddr,
    ) -> io::Result<Option<u64>> {
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        socket.sequence = socket.sequence.wrapping_add(1);
        let sequence = socket.sequence;
        let request = request(protocol, client, server, sequence).ok_or(io::ErrorKind::InvalidInput)?;
        socket.socket.send(&request)?;
        let mut answer = [0; 4096];
        for _ in 0..STALE {
            let length = socket.socket.recv(&mut answer)?;
            let answer = answer.get(..length).unwrap_or_default();
            if number(answer, 8) == Some(sequence) {
                return inode(answer);
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// The request for one socket; `None` when the addresses are of two families.
fn request(protocol: u8, client: SocketAddr, server: SocketAddr, sequence: u32) -> Option<Vec<u8>> {
    // Of datagrams the kernel wants the other end first (`udp_dump_one` in net/ipv4/udp_diag.c).
    let (client, server) = if protocol == TCP {
        (client, server)
    } else {
        (server, client)
    };
    let (family, client_address, server_address) =
        match (client.ip().to_canonical(), server.ip().to_canonical()) {
            (IpAddr::V4(client), IpAddr::V4(server)) => {
                (INET, field(client.octets()), field(server.octets()))
            }
            (IpAddr::V6(client), IpAddr::V6(server)) => (INET6, client.octets(), server.octets()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return None,
        };
    let mut bytes = Vec::with_capacity(REQUEST_BYTES as usize);
    // nlmsghdr: length, type, flags, sequence, port of the sender (the kernel fills it in).
    bytes.extend(REQUEST_BYTES.to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(REQUEST.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    // inet_diag_req_v2: family, protocol, no extensions, padding, every state.
    bytes.extend([family, protocol, 0, 0]);
    bytes.extend(u32::MAX.to_ne_bytes());
    // inet_diag_sockid: ports and addresses in network order, any interface, no cookie (all ones).
    bytes.extend(client.port().to_be_bytes());
    bytes.extend(server.port().to_be_bytes());
    bytes.extend(client_address);
    bytes.extend(server_address);
    bytes.extend([0; 4]);
    bytes.extend([0xff; 8]);
    Some(bytes)
}

/// An IPv4 address in the room of an IPv6 one.
fn field(octets: [u8; 4]) -> [u8; 16] {
    let [a, b, c, d] = octets;
    [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// Reads the answer: an error, or a header and an `inet_diag_msg`.
fn inode(answer: &[u8]) -> io::Result<Option<u64>> {
    let incomplete = || io::Error::from(io::ErrorKind::InvalidData);
    match u16::from_ne_bytes(
        *answer
            .get(4..)
            .and_then(<[u8]>::first_chunk)
            .ok_or_else(incomplete)?,
    ) {
        ERROR => {
            let code = i32::from_ne_bytes(
                *answer
                    .get(16..)
                    .and_then(<[u8]>::first_chunk)
                    .ok_or_else(incomplete)?,
            );
            if code == -NO_ENTRY {
                Ok(None)
            } else {
                Err(io::Error::from_raw_os_error(-code))
            }
        }
        BY_FAMILY => {
            // Family and state, then 48 bytes of addresses, two time and size fields, the second size, the user.
            let state = *answer.get(16 + 1).ok_or_else(incomplete)?;
            let inode = number(answer, 16 + 4 + 48 + 16).ok_or_else(incomplete)?;
            Ok((state != LISTEN && inode != 0).then_some(inode.into()))
        }
        _other => Err(incomplete()),
    }
}

/// The 32-bit number at this place.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|bytes| u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
pub(super) mod tests;
