//! Tries for real what a launch does first, by the launch's own code: the outer namespaces, and the network in them. In a
//! child of its own, because namespaces cannot be left again; nothing of it outlives that child. Judges nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use askbox_wire::Network;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::sys::prctl;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, pipe2};

use crate::exec_listener::{self, Missing};
use crate::{netlink, outer, sys};

/// The steps in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// User, network and mount namespaces.
    Namespaces,
    /// Our own user in them.
    Ids,
    /// Changing mounts there.
    Mounts,
    /// Interface and routes there.
    Links,
    /// The rules of `nf_tables` there.
    Firewall,
    /// The listeners there.
    Listeners,
}

/// A step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which one.
    pub step: Step,
    /// The number of the error, errno(3); 0 where there is none.
    pub errno: i32,
}

/// The device by which a file system is served (fuse(4)).
pub(crate) const FUSE: &str = "/dev/fuse";

/// Whether a file system can be served here: the device is there and may be opened.
pub fn has_fuse() -> bool {
    File::options().read(true).write(true).open(FUSE).is_ok()
}

/// Tries all steps; `None` when all of them worked. Fails when nobody can tell, since the child could not be made or was
/// killed. The caller must be single-threaded.
pub fn run() -> io::Result<Option<Failure>> {
    heard(in_child(|| told(attempt().err()))?)
}

/// Tries to listen to starts of programs; `None` when that worked. Fails, and needs what it needs, as [`run`] does.
pub fn starts() -> io::Result<Option<Missing>> {
    const HEARD: u8 = 0;
    const FAILED: u8 = u8::MAX;
    let [found] = in_child(|| {
        let renounced = prctl::set_no_new_privs().map_err(io::Error::from);
        match renounced.and_then(|()| exec_listener::install()) {
            Ok(Ok(_listener)) => [HEARD],
            Ok(Err(missing)) => [missing.number()],
            Err(_) => [FAILED],
        }
    })?;
    if found == HEARD {
        return Ok(None);
    }
    let missing = Missing::ALL.into_iter().find(|known| known.number() == found);
    Ok(Some(missing.ok_or(io::ErrorKind::Unsupported)?))
}

/// Tries whether rules for UDP can be carried out in a network of our own; `None` when that worked, else the number of the error, errno(3).
/// Fails, and needs what it needs, as [`run`] does.
pub fn datagrams() -> io::Result<Option<i32>> {
    let found = in_child(|| {
        let tried = outer::leave().and_then(|_| netlink::try_flows());
        tried
            .err()
            .map_or(0, |error| netlink::errno(&error).unwrap_or(libc::EIO))
            .to_ne_bytes()
    })?;
    Ok(Some(i32::from_ne_bytes(found)).filter(|errno| *errno != 0))
}

/// What a child finds out that does this and ends.
fn in_child<const N: usize>(job: impl FnOnce() -> [u8; N]) -> io::Result<[u8; N]> {
    let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
    let child = match sys::fork()? {
        ForkResult::Child => {
            drop(ours);
            let told = File::from(theirs).write_all(&job());
            sys::exit_now(i32::from(told.is_err()));
        }
        ForkResult::Parent { child } => child,
    };
    drop(theirs);
    let heard = hear(ours);
    while waitpid(child, None) == Err(Errno::EINTR) {}
    heard
}

fn attempt() -> Result<(), Failure> {
    let at = |step| {
        move |error: io::Error| Failure {
            step,
            errno: netlink::errno(&error).unwrap_or(0),
        }
    };
    let ids = outer::leave().map_err(at(Step::Namespaces))?;
    outer::keep(ids).map_err(at(Step::Ids))?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
        .map_err(|errno| at(Step::Mounts)(errno.into()))?;
    netlink::raise_links().map_err(at(Step::Links))?;
    netlink::place_routes(Network::Captured).map_err(at(Step::Links))?;
    netlink::place_rules().map(drop).map_err(at(Step::Firewall))?;
    netlink::listen(Network::Captured)
        .map(drop)
        .map_err(at(Step::Listeners))
}

fn hear<const N: usize>(channel: OwnedFd) -> io::Result<[u8; N]> {
    let mut message = [0; N];
    File::from(channel).read_exact(&mut message)?;
    Ok(message)
}

/// One byte for the step, 0 for none, and the number of the error.
fn told(failure: Option<Failure>) -> [u8; 5] {
    let (step, errno) = failure.map_or((0, 0), |failure| (failure.step.number(), failure.errno));
    let [a, b, c, d] = errno.to_ne_bytes();
    [step, a, b, c, d]
}

fn heard([step, errno @ ..]: [u8; 5]) -> io::Result<Option<Failure>> {
    if step == 0 {
        return Ok(None);
    }
    let step = Step::ALL.into_iter().find(|known| known.number() == step);
    Ok(Some(Failure {
        step: step.ok_or(io::ErrorKind::InvalidData)?,
        errno: i32::from_ne_bytes(errno),
    }))
}

impl Step {
    const ALL: [Self; 6] = [
        Self::Namespaces,
        Self::Ids,
        Self::Mounts,
        Self::Links,
        Self::Firewall,
        Self::Listeners,
    ];

    fn number(self) -> u8 {
        match self {
            Step::Namespaces => 1,
            Step::Ids => 2,
            Step::Mounts => 3,
            Step::Links => 4,
            Step::Firewall => 5,
            Step::Listeners => 6,
        }
    }
}

#[cfg(test)]
mod tests;
