//! Carries a plan out. `spawn` forks the launch child, which makes the outer namespaces, the network and the root, hands
//! its descriptors over and becomes bwrap once it is told to go. The caller must be single-threaded.

use std::ffi::OsString;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr, recvmsg, send, socketpair,
};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid};

use crate::bwrap_program::{self, Unusable};
use crate::plan::Plan;
use crate::sys;

mod child;

/// How many descriptors the launch child hands over: six listeners, a socket for diagnostics, then the
/// daemon's end of the leash.
pub const DESCRIPTORS: usize = 8;

/// Longest message of the launch child: an error text.
const MAX_MESSAGE: usize = 4096;

const TAG_DESCRIPTORS: u8 = b'D';
const TAG_STARTED: u8 = b'S';
const TAG_FAILED: u8 = b'F';

/// What the launch child gets of the caller.
#[derive(Debug)]
pub struct Inheritance {
    /// Replaces standard descriptors: the slave of a PTY for a terminal, a pipe for a file; for each of 0, 1 and 2.
    pub terminal: [Option<OwnedFd>; 3],
    /// The environment, complete.
    pub environment: Vec<(OsString, OsString)>,
}

/// Why a launch failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Before or around the launch child.
    #[error("cannot {step}")]
    Step {
        /// What was tried.
        step: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// bubblewrap is missing, or is not to be trusted.
    #[error(transparent)]
    Bwrap(#[from] Unusable),
    /// The launch child says why.
    #[error("{0}")]
    Child(String),
    /// The launch child ended without a word: it was killed.
    #[error("the launch was killed")]
    Gone,
}

/// A launch child that has sent its descriptors and waits. Dropping it ends the child, and all that it made with it.
#[derive(Debug)]
pub struct Waiting {
    channel: OwnedFd,
    bwrap: Pid,
    descriptors: Option<Vec<OwnedFd>>,
}

/// Forks the launch child and waits until it has made everything but the command itself.
pub fn spawn(plan: &Plan, inheritance: Inheritance) -> Result<Waiting, Error> {
    let step = |step| move |source: io::Error| Error::Step { step, source };
    bwrap_program::check()?;
    let (ours, theirs) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .map_err(|errno| step("make a socket pair")(errno.into()))?;
    let parent = nix::unistd::getpid();
    let launch_child = match sys::fork().map_err(step("fork"))? {
        ForkResult::Child => {
            drop(ours);
            let failure = child::run(plan, inheritance, parent, &theirs);
            child::report(&theirs, &failure);
            sys::exit_now(125);
        }
        ForkResult::Parent { child } => child,
    };
    drop((theirs, inheritance));
    let outcome = receive(&ours);
    // It has sent its last word and is about to exit; bwrap-to-be is its sibling, a child of ours.
    while waitpid(launch_child, None) == Err(Errno::EINTR) {}
    let (bwrap, descriptors) = outcome?;
    Ok(Waiting {
        channel: ours,
        bwrap,
        descriptors: Some(descriptors),
    })
}

impl Waiting {
    /// The descriptors for the daemon, once: TCP v4, v6, DNS over UDP v4, v6, DNS over TCP v4, v6, diagnostics,
    /// leash. Nobody else may
    /// keep a copy: they hold the namespaces alive.
    pub fn take_descriptors(&mut self) -> Vec<OwnedFd> {
        self.descriptors.take().unwrap_or_default()
    }

    /// The process that becomes bwrap, a child of the caller and the first of the outer pid namespace.
    pub fn pid(&self) -> Pid {
        self.bwrap
    }

    /// Lets the command start.
    pub fn go(self) -> io::Result<Pid> {
        send(self.channel.as_raw_fd(), b"g", MsgFlags::MSG_NOSIGNAL)?;
        Ok(self.bwrap)
    }
}

/// Reads the child's messages up to the pid of bwrap.
fn receive(channel: &OwnedFd) -> Result<(Pid, Vec<OwnedFd>), Error> {
    let mut descriptors = Vec::new();
    loop {
        let (message, mut received) = message(channel).map_err(|source| Error::Step {
            step: "hear of the launch",
            source,
        })?;
        descriptors.append(&mut received);
        match message.split_first() {
            Some((&TAG_DESCRIPTORS, _)) => {}
            Some((&TAG_STARTED, pid)) => {
                let pid = pid
                    .try_into()
                    .map(i32::from_ne_bytes)
                    .map_err(|_error| Error::Gone)?;
                return Ok((Pid::from_raw(pid), descriptors));
            }
            Some((&TAG_FAILED, text)) => {
                return Err(Error::Child(String::from_utf8_lossy(text).into_owned()));
            }
            Some(_) | None => return Err(Error::Gone),
        }
    }
}

fn message(channel: &OwnedFd) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut buffer = vec![0; MAX_MESSAGE];
    let mut space = cmsg_space!([i32; DESCRIPTORS]);
    let mut slices = [IoSliceMut::new(&mut buffer)];
    let received = loop {
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        match recvmsg::<UnixAddr>(channel.as_raw_fd(), &mut slices, Some(&mut space), flags) {
            Err(Errno::EINTR) => {}
            other => break other?,
        }
    };
    let mut descriptors = Vec::new();
    for control in received.cmsgs()? {
        if let ControlMessageOwned::ScmRights(numbers) = control {
            descriptors.extend(numbers.into_iter().map(own));
        }
    }
    let length = received.bytes;
    buffer.truncate(length);
    Ok((buffer, descriptors))
}

#[expect(unsafe_code, reason = "a received descriptor has no owner yet")]
fn own(number: i32) -> OwnedFd {
    // SAFETY: recvmsg(2) installed this descriptor for us just now, and each number is handed over once.
    unsafe { OwnedFd::from_raw_fd(number) }
}
