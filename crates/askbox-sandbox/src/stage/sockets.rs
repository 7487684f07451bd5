//! Sockets that programs inside find by their paths and the daemon listens at. They lie on the root tmpfs, which nothing outside
//! the session ever sees.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;

use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};

use super::{Error, Stage, Step};
use crate::plan::SSH_AGENT;

/// Makes the socket of the session's ssh agent, which listens from now on.
pub(crate) fn ssh_agent(stage: &Stage) -> Result<OwnedFd, Error> {
    let path = Path::new(SSH_AGENT);
    let (parent, name) = stage.parent(path).step("make the parent of", path)?;
    // A magic link to a descriptor of ours: as exact as the descriptor itself, for a call that takes paths only.
    let place = Path::new("/proc/self/fd")
        .join(parent.as_raw_fd().to_string())
        .join(name);
    let listener = UnixListener::bind(place).step("listen at", path)?;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    fchmodat(&*parent, name, mode, FchmodatFlags::FollowSymlink).step("close to others", path)?;
    stage.parents.borrow_mut().clear();
    Ok(listener.into())
}
