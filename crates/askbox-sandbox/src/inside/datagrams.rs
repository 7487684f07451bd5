//! UDP of a session that has rules for it: a second process that enters its network, turns datagrams to the ports that the rules
//! name to a listener there, and hands that out. It ends at once: nothing is kept, and what was placed stays for the
//! session's life. A session without such rules has neither the listener nor what leads there.
//!
//! The kernel tells by no socket option where a datagram was meant to go before it was turned. Its table of
//! connections does, which a netlink socket of that network is asked for.

use std::fs;
use std::io;
use std::iter;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use askbox_policy::Port;
use nix::sys::prctl;

use super::{Inside, answer, enter_whole, receive};
use crate::{limits, netlink};

/// The first argument of `askbox-init` that makes it this process; ports follow, as `low-high`.
pub const ARGUMENT: &str = "datagrams";

/// Where the kernel takes settings of the network that a process is in.
const SETTINGS: &str = "/proc/sys/net/netfilter";

/// What carries a session's datagrams.
#[derive(Debug)]
pub struct Opened {
    /// Where they arrive; IPv4 first, then IPv6. Without `SO_REUSEADDR`, or a program inside could take them away.
    pub listeners: [OwnedFd; 2],
    /// What knows where each was meant to go: a netlink socket for `nfnetlink_conntrack`.
    pub table: OwnedFd,
}

/// Opens these ports for datagrams in the network that a socket belongs to, by `init`. Blocks until that is done.
pub fn open(init: &Path, member: BorrowedFd<'_>, ports: &[(Port, Port)]) -> io::Result<Opened> {
    let ports = ports.iter().map(|(low, high)| format!("{low}-{high}"));
    let inside = Inside::spawn(init, iter::once(ARGUMENT.to_owned()).chain(ports), member)?;
    let next =
        || -> io::Result<OwnedFd> { inside.answer()?.ok_or_else(|| io::ErrorKind::InvalidData.into()) };
    Ok(Opened {
        listeners: [next()?, next()?],
        table: next()?,
    })
}

/// Is this process.
pub fn serve(channel: BorrowedFd<'_>, ports: impl Iterator<Item = String>) -> io::Result<()> {
    let ports: Vec<(Port, Port)> = ports
        .map(|text| read(&text).ok_or_else(|| io::ErrorKind::InvalidInput.into()))
        .collect::<io::Result<_>>()?;
    let (mut byte, mut received) = ([0], Vec::new());
    receive(channel, &mut byte, &mut received)?;
    let member = received.pop().ok_or(io::ErrorKind::InvalidInput)?;
    prctl::set_no_new_privs()?;
    let opened = enter_whole(member).and_then(|()| netlink::open_datagrams(&ports));
    remember_flows();
    match opened {
        Ok(opened) => opened
            .into_iter()
            .try_for_each(|opened| answer(channel, Ok(Some(opened)))),
        Err(error) => answer(channel, Err(error)),
    }
}

/// Has the kernel remember where flows lead for as long as the daemon keeps them, in the network that was entered. It forgets them after
/// 30 seconds at first, which is too soon for a server that is slow to answer.
fn remember_flows() {
    for name in ["nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"] {
        let place = Path::new(SETTINGS).join(name);
        // A machine may have its settings read-only. Late answers are lost there.
        drop(fs::write(place, limits::FLOW_REMEMBERED_SECONDS.to_string()));
    }
}

fn read(text: &str) -> Option<(Port, Port)> {
    let (low, high) = text.split_once('-')?;
    let port = |text: &str| Port::new(text.parse().ok()?);
    Some((port(low)?, port(high)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_they_are_written() {
        let port = |number| Port::new(number).unwrap();
        assert_eq!(read("443-443"), Some((port(443), port(443))));
        assert_eq!(read("1-65535"), Some((port(1), port(65535))));
        for text in ["", "443", "0-1", "1-65536", "a-b", "1-2-3"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
