//! The network of a session: one interface, default routes that lead nowhere, and a ruleset that turns every connection
//! to our listeners and rejects the rest. By raw netlink: 0.2 ms, against 15–60 ms for the `ip` and `nft` programs.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use firewall::Telling;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};

mod batch;
mod firewall;
mod links;
mod rejected;

/// Where redirected TCP connections arrive, inside.
const TCP_PORT: u16 = 10080;
/// Where redirected name questions arrive, inside.
const DNS_PORT: u16 = 10053;

/// Sets the network up in the calling process's own namespace and opens the listeners:
/// TCP v4, v6, DNS over UDP v4, v6, DNS over TCP v4, v6; a socket for diagnostics (`sock_diag(7)`), which answers for
/// this namespace to whoever holds it; and one that tells of rejected packets.
pub(crate) fn set_up() -> io::Result<[OwnedFd; 8]> {
    raise_links()?;
    let rejected = place_rules()?;
    let [tcp4, tcp6, dns4, dns6, dns_tcp4, dns_tcp6, diagnostics] = listen()?;
    Ok([tcp4, tcp6, dns4, dns6, dns_tcp4, dns_tcp6, diagnostics, rejected])
}

/// The interface and the routes.
pub(crate) fn raise_links() -> io::Result<()> {
    links::batch().send(SockProtocol::NetlinkRoute)
}

/// The ruleset; returns the socket that tells what it rejects. It rejects the same where the kernel cannot tell.
pub(crate) fn place_rules() -> io::Result<OwnedFd> {
    let rejected = rejected::open()?;
    let place = |telling| firewall::batch(telling).send(SockProtocol::NetlinkNetFilter);
    if rejected::tell(&rejected).is_err() || place(Telling::Of(rejected::GROUP)).is_err() {
        place(Telling::Nothing)?;
    }
    Ok(rejected)
}

/// The listeners and the socket for diagnostics, as [`set_up`] returns them.
pub(crate) fn listen() -> io::Result<[OwnedFd; 7]> {
    let (v4, v6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
    // std sets SO_REUSEADDR on TCP listeners only. The UDP sockets must not have it, or a program inside could bind the
    // same port.
    Ok([
        TcpListener::bind((v4, TCP_PORT))?.into(),
        TcpListener::bind((v6, TCP_PORT))?.into(),
        UdpSocket::bind((v4, DNS_PORT))?.into(),
        UdpSocket::bind((v6, DNS_PORT))?.into(),
        TcpListener::bind((v4, DNS_PORT))?.into(),
        TcpListener::bind((v6, DNS_PORT))?.into(),
        diagnostics()?,
    ])
}

fn diagnostics() -> io::Result<OwnedFd> {
    let (family, protocol) = (AddressFamily::Netlink, SockProtocol::NetlinkSockDiag);
    Ok(socket(
        family,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        protocol,
    )?)
}
