//! The asking file system of a session: mounted here, since that takes the right to mount, and served by the daemon, which gets
//! the device. Nothing in here decides what it shows.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::mount::MsFlags;
use nix::sys::stat::Mode;
use nix::unistd::{getegid, geteuid};

use super::{Error, Stage, Step, open_source};
use crate::probe::FUSE;
use crate::sys;

/// Mounts it on a directory of the host, in the caller's mount namespace: its top directory and its device. `None` where this
/// machine has no FUSE, or keeps it from users.
pub(super) fn mount(place: &Path) -> Result<Option<(OwnedFd, OwnedFd)>, Error> {
    let Ok(device) = open(FUSE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()) else {
        return Ok(None);
    };
    // Names users and nobody else; only a process of this user may look at it. No `default_permissions`: who may do what is
    // the daemon's to say, for each request.
    let options = format!(
        "fd={},rootmode=40000,user_id={},group_id={}",
        device.as_raw_fd(),
        geteuid(),
        getegid()
    );
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    nix::mount::mount(Some("askbox"), place, Some("fuse"), flags, Some(options.as_str()))
        .step("mount the asking file system on", place)?;
    let top = open_source(place).step("open", place)?;
    Ok(Some((top, device)))
}

/// Shows one of its directories at the same path inside.
pub(super) fn attach(stage: &Stage, path: &Path) -> io::Result<()> {
    let top = stage
        .files
        .as_ref()
        .ok_or_else(|| io::Error::other("this machine has no FUSE any more; start again"))?;
    let below = path.strip_prefix("/").map_err(io::Error::other)?;
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    let directory = openat2(top, below, how)?;
    sys::attach(sys::clone_tree(directory)?, stage.open(path)?)
}
