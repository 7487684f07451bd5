//! The network of a session: one interface, default routes that lead nowhere, and a ruleset that turns every connection
//! to our listeners and rejects the rest. By raw netlink: 0.2 ms, against 15–60 ms for the `ip` and `nft` programs.
//!
//! Where the kernel takes no rules, the routes themselves refuse what goes anywhere, and programs ask a proxy at the same
//! port.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use askbox_policy::Port;
use askbox_wire::{Network, NetworkChoice};
use firewall::Telling;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};

use crate::identity;

mod batch;
mod firewall;
mod flows;
mod links;
mod rejected;

pub(crate) use batch::errno;

/// Where redirected TCP connections arrive, inside; or those to the session's proxy.
pub(crate) const TCP_PORT: u16 = 10080;
/// Where redirected datagrams arrive, inside, where rules name ports for them.
const UDP_PORT: u16 = 10081;
/// Where redirected name questions arrive, inside.
const DNS_PORT: u16 = 10053;
/// Where names are asked for, by everybody.
const NAMES_PORT: u16 = 53;

/// A network that was set up.
#[derive(Debug)]
pub(crate) struct SetUp {
    /// How programs reach it.
    pub(crate) network: Network,
    /// Listeners: TCP v4, v6, DNS over UDP v4, v6, DNS over TCP v4, v6; a socket for diagnostics (`sock_diag(7)`), which
    /// answers for this namespace to whoever holds it; and where connections are captured one that tells of rejected packets.
    pub(crate) descriptors: Vec<OwnedFd>,
}

/// Sets the network up in the calling process's own namespace and opens the listeners.
pub(crate) fn set_up(choice: NetworkChoice) -> io::Result<SetUp> {
    raise_links()?;
    let rejected = match choice {
        NetworkChoice::Capture => Some(place_rules()?),
        // Whatever the reason: what follows is closed all the same, and says so.
        NetworkChoice::Auto => place_rules().ok(),
        NetworkChoice::Proxy => None,
    };
    let network = if rejected.is_some() {
        Network::Captured
    } else {
        Network::Proxy
    };
    place_routes(network)?;
    let mut descriptors: Vec<OwnedFd> = listen(network)?.into();
    descriptors.extend(rejected);
    Ok(SetUp { network, descriptors })
}

/// The interface.
pub(crate) fn raise_links() -> io::Result<()> {
    links::batch().send(SockProtocol::NetlinkRoute)
}

/// Where everything goes that is not local.
pub(crate) fn place_routes(network: Network) -> io::Result<()> {
    links::routes(network).send(SockProtocol::NetlinkRoute)
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
pub(crate) fn listen(network: Network) -> io::Result<[OwnedFd; 7]> {
    let (v4, v6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
    // Without rules a question goes where it is sent.
    let (names4, names6) = match network {
        Network::Captured => ((v4, DNS_PORT), (v6, DNS_PORT)),
        Network::Proxy => ((identity::NAME_SERVER, NAMES_PORT), (v6, NAMES_PORT)),
    };
    // std sets SO_REUSEADDR on TCP listeners only. The UDP sockets must not have it, or a program inside could bind the
    // same port.
    Ok([
        TcpListener::bind((v4, TCP_PORT))?.into(),
        TcpListener::bind((v6, TCP_PORT))?.into(),
        UdpSocket::bind(names4)?.into(),
        UdpSocket::bind(names6)?.into(),
        TcpListener::bind(names4)?.into(),
        TcpListener::bind(names6)?.into(),
        diagnostics()?,
    ])
}

/// Turns datagrams to these ports to listeners of their own, in a network that was set up; returns those, IPv4 and IPv6, and a
/// socket that knows where each datagram was meant to go.
pub(crate) fn open_datagrams(ports: &[(Port, Port)]) -> io::Result<[OwnedFd; 3]> {
    let listeners = [
        UdpSocket::bind((Ipv4Addr::LOCALHOST, UDP_PORT))?.into(),
        UdpSocket::bind((Ipv6Addr::LOCALHOST, UDP_PORT))?.into(),
    ];
    let table = flows::open()?;
    // Last: what is turned has somewhere to go by then.
    firewall::datagrams(ports).send(SockProtocol::NetlinkNetFilter)?;
    let [v4, v6] = listeners;
    Ok([v4, v6, table])
}

/// Whether the kernel knows where datagrams were meant to go that it turned around; an error says why not.
pub(crate) fn try_flows() -> io::Result<()> {
    flows::open().map(drop)
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
