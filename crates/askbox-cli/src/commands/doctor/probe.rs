//! Tries what a launch needs, for real: the namespaces, and a redirecting chain of `nf_tables` in them. Runs in a process of
//! its own (`askbox probe`), because namespaces cannot be left again; nothing of it outlives that process.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};
use nix::unistd::{getgid, getuid};
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// The first step that failed; `None` when all of them worked.
    pub(super) failure: Option<Failure>,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    /// Which one.
    pub(super) step: Step,
    /// The number of the error, errno(3).
    pub(super) errno: i32,
}

/// The steps in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// A user namespace.
    User,
    /// Our own user in it.
    Map,
    /// Network and mount namespaces of it.
    Namespaces,
    /// Changing mounts there.
    Mount,
    /// A table and a chain of `nf_tables` there.
    Firewall,
}

/// Prints the report as JSON.
pub(crate) fn run() -> Result<ExitStatus, CliError> {
    let failure = attempt().err().map(|(step, error)| Failure {
        step,
        errno: error.raw_os_error().unwrap_or(0),
    });
    output::print_json_line(&Report { failure })?;
    Ok(ExitStatus::Success)
}

fn attempt() -> Result<(), (Step, io::Error)> {
    let (user, group) = (getuid(), getgid());
    let at = |step| move |error: Errno| (step, io::Error::from(error));
    unshare(CloneFlags::CLONE_NEWUSER).map_err(at(Step::User))?;
    for (file, content) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{user} {user} 1")),
        ("gid_map", format!("{group} {group} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), content).map_err(|error| (Step::Map, error))?;
    }
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).map_err(at(Step::Namespaces))?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).map_err(at(Step::Mount))?;
    firewall().map_err(|error| (Step::Firewall, error))
}

// linux/netfilter/nfnetlink.h and nf_tables.h
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = 10 << 8;
const NEW_CHAIN: u16 = 10 << 8 | 3;
const REQUEST: u16 = 1;
const ACK: u16 = 4;
const CREATE: u16 = 0x400;
const NESTED: u16 = 0x8000;
/// struct nfgenmsg: family inet.
const INET: [u8; 4] = [1, 0, 0, 0];
/// struct nfgenmsg of a batch: the subsystem in network byte order.
const BATCH: [u8; 4] = [0, 0, 0, 10];
const ERROR: u16 = 2;
const HEADER: usize = 16;

/// A table with a chain that may redirect what goes out.
fn firewall() -> io::Result<()> {
    let hook = [
        attribute(1, &3u32.to_be_bytes()),
        attribute(2, &(-100i32).to_be_bytes()),
    ]
    .concat();
    let table = attribute(1, b"probe\0");
    let chain = [
        attribute(1, b"probe\0"),
        attribute(3, b"out\0"),
        attribute(4 | NESTED, &hook),
        attribute(7, b"nat\0"),
    ];
    let batch = [
        message(BATCH_BEGIN, 0, BATCH, &[]),
        message(NEW_TABLE, ACK | CREATE, INET, &table),
        message(NEW_CHAIN, ACK | CREATE, INET, &chain.concat()),
        message(BATCH_END, 0, BATCH, &[]),
    ];
    let flags = SockFlag::SOCK_CLOEXEC;
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        flags,
        SockProtocol::NetlinkNetFilter,
    )?;
    send(netlink.as_raw_fd(), &batch.concat(), MsgFlags::empty())?;
    let mut buffer = [0; 8192];
    let mut waiting = 2;
    while 0 < waiting {
        let length = recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
        waiting -= acknowledged(buffer.get(..length).unwrap_or_default())?;
    }
    Ok(())
}

fn message(kind: u16, flags: u16, header: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + header.len() + body.len()).unwrap_or(u32::MAX);
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | REQUEST).to_ne_bytes());
    bytes.extend([0; 8]); // Sequence number, and the kernel's port.
    bytes.extend(header);
    bytes.extend(body);
    bytes
}

fn attribute(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + data.len()).unwrap_or(u16::MAX);
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Counts the acknowledgements of one datagram; the first error is the result.
fn acknowledged(mut rest: &[u8]) -> io::Result<i32> {
    let mut count = 0;
    while let Some((header, body)) = rest.split_at_checked(HEADER) {
        if u16::from_ne_bytes([header[4], header[5]]) == ERROR {
            let errno = body.first_chunk().map_or(0, |errno| i32::from_ne_bytes(*errno));
            if errno != 0 {
                return Err(io::Error::from_raw_os_error(-errno));
            }
            count += 1;
        }
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        rest = rest
            .get(length.next_multiple_of(4).max(HEADER)..)
            .unwrap_or_default();
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
