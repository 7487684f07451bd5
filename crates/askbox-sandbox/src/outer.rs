//! The outer namespaces: user, network and mount first, then pid. bwrap runs inside them, so that its payload can be
//! given nothing that undoes the network or the guards.

use std::fs;
use std::io;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, getegid, geteuid};

/// Who we are outside, and shall be inside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    user: Uid,
    group: Gid,
}

/// Leaves the host's user, network and mount namespaces. The ids stay what they are.
pub(crate) fn enter() -> io::Result<()> {
    keep(leave()?)
}

/// Leaves them, and is nobody until [`keep`].
pub(crate) fn leave() -> io::Result<Ids> {
    let ids = Ids {
        user: geteuid(),
        group: getegid(),
    };
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)?;
    Ok(ids)
}

/// Makes the ids inside the same as outside.
pub(crate) fn keep(Ids { user, group }: Ids) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Puts every later child into a pid namespace of its own, whose first process takes all others along when it ends.
pub(crate) fn isolate_children() -> io::Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWPID)?)
}

/// Whether bwrap gets along with the /proc that is there. It looks its child up by the number that this has in the new pid
/// namespace, two, and gives up where /proc has no such process. Of the machine's own /proc that is the kernel's `kthreadd`, which
/// lives for ever; in a container, or where `hidepid` hides it (proc(5)), there may be none.
pub(crate) fn has_lasting_second() -> bool {
    fs::read("/proc/2/comm").is_ok_and(|name| name == b"kthreadd\n")
}

/// Mounts the /proc of the pid namespace that the caller is in over the one that is there.
pub(crate) fn mount_proc() -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    Ok(mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)?)
}
