//! The kernel's table of connections (`linux/netfilter/nfnetlink_conntrack.h`), which is asked where a datagram was meant to go.

use std::io;
use std::os::fd::OwnedFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};

use super::batch::{ACK, Batch};

/// `NFNL_SUBSYS_CTNETLINK`, `IPCTNL_MSG_CT_GET_STATS`: how many entries there are, which is always known.
const COUNT: u16 = (1 << 8) | 5;
/// struct nfgenmsg: no family, version 0, no resource.
const HEADER: [u8; 4] = [0; 4];

/// A socket that the table of the calling process's network answers by. Fails where the kernel has no `nf_conntrack_netlink`: the socket
/// alone is there without it.
pub(super) fn open() -> io::Result<OwnedFd> {
    let table = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkNetFilter,
    )?;
    let mut batch = Batch::default();
    batch.message(COUNT, ACK, &HEADER, |_| {});
    batch.send_by(&table)?;
    Ok(table)
}
