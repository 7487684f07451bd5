//! Asks the kernel where a datagram was meant to go before it was turned around: its table of connections, by netlink
//! (`linux/netfilter/nfnetlink_conntrack.h`). The messages are made and read here, and nothing else.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{MsgFlags, recv, send};
use tokio::net::UdpSocket;

use crate::rejected::message::{number_16, number_32, part};

/// `NFNL_SUBSYS_CTNETLINK`, `IPCTNL_MSG_CT_GET`.
const GET: u16 = (1 << 8) | 1;
/// The answer: `IPCTNL_MSG_CT_NEW`.
const ENTRY: u16 = 1 << 8;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// `CTA_TUPLE_ORIG`, `CTA_TUPLE_REPLY`.
const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
/// `CTA_TUPLE_IP`, `CTA_TUPLE_PROTO`.
const ADDRESSES: u16 = 1;
const PORTS: u16 = 2;
/// `CTA_PROTO_NUM`, `CTA_PROTO_SRC_PORT`, `CTA_PROTO_DST_PORT`.
const NUMBER: u16 = 1;
const SOURCE_PORT: u16 = 2;
const DESTINATION_PORT: u16 = 3;
/// `NLA_F_NESTED`, and the bits of a type that are its number.
const NESTED: u16 = 0x8000;
const TYPE: u16 = 0x3fff;
/// nlmsghdr and nfgenmsg.
const HEADERS: usize = 16 + 4;
const UDP: u8 = 17;
/// An entry has some 300 bytes.
const ANSWER: usize = 4096;

/// The table of one network namespace.
#[derive(Debug)]
pub(super) struct Table {
    socket: OwnedFd,
    asked: u32,
}

/// Where a datagram came from and was meant to go, and where it was turned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
    pub(super) listener: SocketAddr,
}

impl Table {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self { socket, asked: 0 }
    }

    /// Asks about a datagram from this client, as the listener sees it. The kernel answers at once.
    pub(super) fn turned(&mut self, listener: &UdpSocket, client: SocketAddr) -> io::Result<Turned> {
        let listener = listener.local_addr()?;
        self.asked = self.asked.wrapping_add(1);
        send(
            self.socket.as_raw_fd(),
            &question(listener, client, self.asked),
            MsgFlags::empty(),
        )?;
        let mut buffer = vec![0; ANSWER];
        let message = loop {
            let length = recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT)?;
            let message = buffer.get(..length).unwrap_or_default();
            // What else lies there answers a question that was given up.
            if is_answer(message, self.asked) {
                break message;
            }
        };
        let (source, server) =
            answer(message, self.asked, listener, client).ok_or(io::ErrorKind::NotFound)?;
        Ok(Turned {
            client: source,
            server,
            listener,
        })
    }
}

/// The message that asks for the entry whose answers go from the listener to the client.
fn question(listener: SocketAddr, client: SocketAddr, number: u32) -> Vec<u8> {
    let mut body = vec![libc_family(listener.is_ipv4()), 0, 0, 0];
    put(&mut body, REPLY, listener, client);
    let length = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(GET.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend(number.to_ne_bytes());
    message.extend([0; 4]); // Port: the kernel.
    message.extend(body);
    message
}

/// One direction of an entry.
fn put(bytes: &mut Vec<u8>, direction: u16, source: SocketAddr, destination: SocketAddr) {
    let kinds = if source.is_ipv4() { (1, 2) } else { (3, 4) };
    let mut addresses = Vec::new();
    attribute(&mut addresses, kinds.0, &octets(source.ip()));
    attribute(&mut addresses, kinds.1, &octets(destination.ip()));
    let mut ports = Vec::new();
    attribute(&mut ports, NUMBER, &[UDP]);
    attribute(&mut ports, SOURCE_PORT, &source.port().to_be_bytes());
    attribute(&mut ports, DESTINATION_PORT, &destination.port().to_be_bytes());
    let mut tuple = Vec::new();
    attribute(&mut tuple, ADDRESSES | NESTED, &addresses);
    attribute(&mut tuple, PORTS | NESTED, &ports);
    attribute(bytes, direction | NESTED, &tuple);
}

/// `AF_INET` or `AF_INET6`, as in nfgenmsg.
fn libc_family(is_ipv4: bool) -> u8 {
    if is_ipv4 { 2 } else { 10 }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn attribute(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Whether a message answers the question with this number, by whatever.
fn is_answer(message: &[u8], number: u32) -> bool {
    message.get(8..12) == Some(&number.to_ne_bytes())
}

/// Source and destination of the entry whose answers go from the listener to the client; `None` for an error, an answer to something
/// else, and any other entry: the kernel finds one by either of its directions, and what our listener began was turned from nowhere.
fn answer(
    message: &[u8],
    number: u32,
    listener: SocketAddr,
    client: SocketAddr,
) -> Option<(SocketAddr, SocketAddr)> {
    let (message, _) = part(message, number_32(message))?;
    let is_entry = number_16(message.get(4..)) == Some(ENTRY);
    if !is_entry || !is_answer(message, number) {
        return None;
    }
    let attributes = message.get(HEADERS..)?;
    let (source, destination) = direction(attributes, ORIGINAL)?;
    let (from, to) = direction(attributes, REPLY)?;
    let is_same = |one: SocketAddr, other: SocketAddr| (one.ip(), one.port()) == (other.ip(), other.port());
    let is_ours = is_same(from, listener) && is_same(to, client) && !is_same(source, listener);
    is_ours.then_some((source, destination))
}

/// Source and destination of one direction of an entry of UDP.
fn direction(attributes: &[u8], direction: u16) -> Option<(SocketAddr, SocketAddr)> {
    let tuple = find(attributes, direction)?;
    let (addresses, ports) = (find(tuple, ADDRESSES)?, find(tuple, PORTS)?);
    let v4 = |kind| {
        Some(IpAddr::V4(Ipv4Addr::from_octets(
            *find(addresses, kind)?.first_chunk()?,
        )))
    };
    let v6 = |kind| {
        Some(IpAddr::V6(Ipv6Addr::from_octets(
            *find(addresses, kind)?.first_chunk()?,
        )))
    };
    let port = |kind| Some(u16::from_be_bytes(*find(ports, kind)?.first_chunk()?));
    let source = v4(1).or_else(|| v6(3))?;
    let destination = v4(2).or_else(|| v6(4))?;
    if find(ports, NUMBER)? != [UDP] {
        return None;
    }
    Some((
        SocketAddr::new(source, port(SOURCE_PORT)?),
        SocketAddr::new(destination, port(DESTINATION_PORT)?),
    ))
}

/// The value of the first attribute of a kind.
fn find(mut rest: &[u8], kind: u16) -> Option<&[u8]> {
    while let Some((attribute, after)) = part(rest, number_16(Some(rest)).map(usize::from)) {
        if number_16(attribute.get(2..)).map(|found| found & TYPE) == Some(kind) {
            return attribute.get(4..);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
pub(super) mod tests;
