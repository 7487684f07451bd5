//! The root of the outer mount namespace, which bwrap starts in: the session's root in a directory, and what bwrap itself
//! needs. The host's root is left behind, so that nothing of it is there for bwrap to bind, whatever its arguments; and
//! bwrap, which reads the table of mounts once for each of its own, finds a short one.

use std::io;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::mount::{MntFlags, umount2};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{chdir, fchdir, pivot_root, symlinkat};

use crate::bwrap_args::ROOT;
use crate::sys;

/// Directories that bwrap expects: it mounts its own root on /tmp, and reads /proc.
const DIRECTORIES: [&str; 2] = ["tmp", "proc"];

/// Where the loader finds bwrap and its libraries. Dangling where a machine has no such directory.
const LINKS: [&str; 8] = ["bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr"];

/// Furnishes the root that is open as `outer`, and opens the directory that becomes the session's root.
pub(super) fn make(outer: &OwnedFd) -> io::Result<OwnedFd> {
    let mode = Mode::from_bits_truncate(0o755);
    let root = ROOT.trim_start_matches('/');
    for name in DIRECTORIES.into_iter().chain([root]) {
        mkdirat(outer, name, mode)?;
    }
    for name in LINKS {
        symlinkat(format!("{root}/{name}").as_str(), outer, name)?;
    }
    Ok(open(outer, root)?)
}

/// Makes it the root of the mount namespace and lets go of the host's, whose /proc comes along: bwrap writes the id maps of
/// its namespace there.
pub(super) fn enter(outer: &OwnedFd) -> io::Result<()> {
    let proc = sys::clone_tree(super::open_source("/proc".as_ref())?)?;
    sys::attach(proc, open(outer, "proc")?)?;
    fchdir(outer)?;
    // The old root lies on top of the new one afterwards, and is taken off (pivot_root(2), NOTES).
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(chdir("/")?)
}

fn open(outer: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    openat2(outer, name, how)
}
