//! The outer namespaces: user, network and mount first, then pid. bwrap runs inside them, so that its payload can be
//! given nothing that undoes the network or the guards.

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};

/// Leaves the host's user, network and mount namespaces. The ids stay what they are.
pub(crate) fn enter() -> io::Result<()> {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

/// Puts every later child into a pid namespace of its own, whose first process takes all others along when it ends.
pub(crate) fn isolate_children() -> io::Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWPID)?)
}
