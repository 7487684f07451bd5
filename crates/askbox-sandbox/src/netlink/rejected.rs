//! The socket on which the kernel tells of rejected packets (`linux/netfilter/nfnetlink_log.h`): it is bound to a group of
//! this network namespace for as long as it is open, whoever holds it.

use std::io;
use std::os::fd::OwnedFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};

use super::batch::{ACK, Batch};

/// The group that the ruleset logs to. Groups are the namespace's own, so any number does.
pub(super) const GROUP: u16 = 1;

/// `NFNL_SUBSYS_ULOG`, `NFULNL_MSG_CONFIG`.
const CONFIGURE: u16 = (4 << 8) | 1;
/// `NFULA_CFG_CMD` and `NFULNL_CFG_CMD_BIND`.
const COMMAND: u16 = 1;
const BIND: u8 = 1;
/// `NFULA_CFG_MODE` and `NFULNL_COPY_PACKET`; the range 0 is everything, and the ruleset says how much that is.
const MODE: u16 = 2;
const COPY_PACKET: [u8; 6] = [0, 0, 0, 0, 2, 0];

/// The socket, which tells of nothing yet.
pub(super) fn open() -> io::Result<OwnedFd> {
    Ok(socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkNetFilter,
    )?)
}

/// Binds it to the group. Fails where the kernel has no `nfnetlink_log`.
pub(super) fn tell(rejected: &OwnedFd) -> io::Result<()> {
    // One message a datagram: the kernel takes no more than one of this subsystem at a time.
    for (kind, value) in [(COMMAND, &[BIND][..]), (MODE, &COPY_PACKET)] {
        let mut batch = Batch::default();
        let [high, low] = GROUP.to_be_bytes();
        // struct nfgenmsg: no family, version 0, the group.
        batch.message(CONFIGURE, ACK, &[0, 0, high, low], |batch| {
            batch.attribute(kind, value);
        });
        batch.send_by(rejected)?;
    }
    Ok(())
}
