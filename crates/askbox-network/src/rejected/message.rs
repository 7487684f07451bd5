//! Reads what the kernel says of packets: netlink messages of `nfnetlink_log` (`linux/netfilter/nfnetlink_log.h`), and in
//! each the beginning of an IP packet (RFC 791, RFC 8200). Pure. What is not understood is passed over.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use askbox_policy::Transport;

/// `NFNL_SUBSYS_ULOG`, `NFULNL_MSG_PACKET`.
const PACKET: u16 = 4 << 8;
/// Bytes before the attributes: nlmsghdr and nfgenmsg.
const HEADERS: usize = 16 + 4;
/// `NFULA_PAYLOAD`.
const PAYLOAD: u16 = 9;
/// The bits of an attribute's type that are its number.
const NUMBER: u16 = 0x3fff;
/// Where the ports begin in an IPv6 packet without extension headers.
const IPV6_HEADER: usize = 40;

/// A packet that was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) transport: Transport,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
}

/// The packets of a datagram from the kernel.
pub(super) fn packets(datagram: &[u8]) -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut rest = datagram;
    while let Some((message, after)) = part(rest, number_32(rest)) {
        if number_16(message.get(4..)) == Some(PACKET) {
            packets.extend(payload(message).and_then(packet));
        }
        rest = after;
    }
    packets
}

/// The beginning of the packet that a message is about.
fn payload(message: &[u8]) -> Option<&[u8]> {
    let mut rest = message.get(HEADERS..)?;
    while let Some((attribute, after)) = part(rest, number_16(Some(rest)).map(usize::from)) {
        if number_16(attribute.get(2..)).map(|kind| kind & NUMBER) == Some(PAYLOAD) {
            return attribute.get(4..);
        }
        rest = after;
    }
    None
}

/// The first part, which says how long it is, and what comes after its padding; `None` at the end, and where the length
/// cannot be.
pub(crate) fn part(bytes: &[u8], length: Option<usize>) -> Option<(&[u8], &[u8])> {
    let length = length.filter(|length| 4 <= *length)?;
    let part = bytes.get(..length)?;
    let after = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((part, after))
}

/// Where an IP packet goes; `None` for a protocol without ports and for a fragment that has none.
fn packet(bytes: &[u8]) -> Option<Packet> {
    let first = *bytes.first()?;
    let (protocol, source, destination, ports): (u8, IpAddr, IpAddr, usize) = match first >> 4 {
        4 => {
            let fragment = u16::from_be_bytes(*bytes.get(6..)?.first_chunk()?) & 0x1fff;
            if fragment != 0 {
                return None;
            }
            let address = |at| Some(Ipv4Addr::from_octets(*bytes.get(at..)?.first_chunk()?).into());
            let header = usize::from(first & 0xf) * 4;
            (*bytes.get(9)?, address(12)?, address(16)?, header)
        }
        6 => {
            let address = |at| Some(Ipv6Addr::from_octets(*bytes.get(at..)?.first_chunk()?).into());
            (*bytes.get(6)?, address(8)?, address(24)?, IPV6_HEADER)
        }
        _other => return None,
    };
    let port = |at| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    Some(Packet {
        transport: Transport::from_number(protocol)?,
        source: SocketAddr::new(source, port(ports)?),
        destination: SocketAddr::new(destination, port(ports + 2)?),
    })
}

pub(crate) fn number_16(bytes: Option<&[u8]>) -> Option<u16> {
    bytes?.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
}

pub(crate) fn number_32(bytes: &[u8]) -> Option<usize> {
    let number = u32::from_ne_bytes(*bytes.first_chunk()?);
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests;
