//! Carries a plan out. [`begin`] forks the launch child, which makes the outer namespaces and the network while the plan
//! is being made; with the plan it builds the root, and becomes bwrap once it is told to go. The caller must be
//! single-threaded.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use askbox_wire::{Descriptor, Network, NetworkChoice, descriptors};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, socketpair};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, pipe2};

use crate::host_programs::{BWRAP, Unusable};
use crate::{limits, sys};

mod child;

/// What askbox-init ends with when it failed itself, or has lost its leash.
pub const INIT_FAILED: u8 = 125;

/// Signals that a person or a service manager sends to a command: the client hands them to askbox-init, and that to the
/// command. They are blocked from bwrap on, so that none is lost before init takes them. SIGCONT is none of them: a program inside
/// would let go on what is frozen. askbox-init sends it itself after those that ask a command to end.
pub const FORWARDED: [Signal; 6] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

const TAG_CAPTURED: u8 = b'D';
const TAG_BY_PROXY: u8 = b'P';
const TAG_STARTED: u8 = b'S';
const TAG_FAILED: u8 = b'F';

/// What the launch child gets of the caller.
#[derive(Debug)]
pub struct Inheritance {
    /// Replaces standard descriptors: the slave of a PTY for a terminal, a pipe for a file; for each of 0, 1 and 2.
    pub terminal: [Option<OwnedFd>; 3],
    /// The caller's environment, complete; the plan says what of it is passed on.
    pub environment: Vec<(OsString, OsString)>,
    /// An empty directory on the host, to mount the root on in the child's own mount namespace.
    pub stage: PathBuf,
    /// How its programs are to reach the network.
    pub network: NetworkChoice,
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
    /// The launch child said something that does not belong here.
    #[error("the launch said something out of turn")]
    OutOfTurn,
    /// The launch child hangs.
    #[error(
        "the launch is stuck: nothing was heard of it for {} seconds; does every file system that is opened answer?",
        limits::LAUNCH_WAIT.as_secs()
    )]
    Stuck,
}

/// A launch child at work. Dropping it ends the child, and all that it made with it.
#[derive(Debug)]
pub struct Begun {
    channel: OwnedFd,
    /// Until it was sent.
    plan: Option<OwnedFd>,
    child: Child,
}

/// A process of the launch. Dropping it ends and reaps it.
#[derive(Debug)]
struct Child(Option<Pid>);

/// A launch child that has made everything but the command, and waits. Dropping it ends the child, and all that it made
/// with it.
#[derive(Debug)]
pub struct Waiting {
    channel: OwnedFd,
    bwrap: Child,
}

/// Forks the launch child, which goes as far as it can without a plan.
pub fn begin(inheritance: Inheritance) -> Result<Begun, Error> {
    let step = |step| move |source: io::Error| Error::Step { step, source };
    BWRAP.check()?;
    let (ours, theirs) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .map_err(|errno| step("make a socket pair")(errno.into()))?;
    let (plan_end, plan) = pipe2(OFlag::O_CLOEXEC).map_err(|errno| step("make a pipe")(errno.into()))?;
    let parent = nix::unistd::getpid();
    match sys::fork().map_err(step("fork"))? {
        ForkResult::Child => {
            drop((ours, plan));
            let failure = child::run(inheritance, plan_end, parent, &theirs);
            child::report(&theirs, &failure);
            sys::exit_now(125);
        }
        ForkResult::Parent { child } => Ok(Begun {
            channel: ours,
            plan: Some(plan),
            child: Child(Some(child)),
        }),
    }
}

impl Begun {
    /// The launch child, from which everything inside descends.
    pub fn pid(&self) -> u32 {
        self.child.number()
    }

    /// Hands over the plan: the JSON of a [`crate::Plan`]. A child that has failed by then says so in the next calls.
    pub fn send_plan(&mut self, plan: &str) -> Result<(), Error> {
        let Some(pipe) = self.plan.take() else {
            return Ok(());
        };
        match File::from(pipe).write_all(plan.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Step {
                step: "hand over the plan",
                source: error,
            }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The descriptors for the daemon, as soon as the network is made, and how programs reach it. Nobody else may keep a copy:
    /// they hold the namespaces alive.
    pub fn descriptors(&self) -> Result<(Network, Vec<(Descriptor, OwnedFd)>), Error> {
        match hear(&self.channel, limits::LAUNCH_WAIT)? {
            Word::Descriptors(network, descriptors) => Ok((network, descriptors)),
            Word::Started(_) => Err(Error::OutOfTurn),
        }
    }

    /// Waits until everything but the command is made.
    pub fn finish(self) -> Result<Waiting, Error> {
        let Word::Started(bwrap) = hear(&self.channel, limits::LAUNCH_WAIT)? else {
            return Err(Error::OutOfTurn);
        };
        let Self { channel, child, .. } = self;
        // It has sent its last word and is about to exit; bwrap-to-be is its sibling, a child of ours.
        child.wait();
        let bwrap = Child(Some(bwrap));
        Ok(Waiting { channel, bwrap })
    }
}

impl Child {
    fn number(&self) -> u32 {
        self.0.map_or(0, |child| child.as_raw().cast_unsigned())
    }

    fn wait(mut self) {
        reap(self.0.take());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(child) = self.0 {
            // Fails only for a child that has ended already; waiting is what matters then.
            let _ended = kill(child, Signal::SIGKILL);
            reap(self.0.take());
        }
    }
}

fn reap(child: Option<Pid>) {
    if let Some(child) = child {
        while waitpid(child, None) == Err(Errno::EINTR) {}
    }
}

impl Waiting {
    /// The process that becomes bwrap, a child of the caller and the first of the outer pid namespace.
    pub fn pid(&self) -> u32 {
        self.bwrap.number()
    }

    /// Lets the command start, and returns when the process has become bwrap, or is gone: it is the caller's to wait for then.
    /// Otherwise why it cannot, and the process has ended.
    pub fn go(mut self) -> Result<Pid, Error> {
        send(self.channel.as_raw_fd(), b"g", MsgFlags::MSG_NOSIGNAL).map_err(|errno| Error::Step {
            step: "start the command",
            source: errno.into(),
        })?;
        // Its end of the channel closes with execve(2).
        match hear(&self.channel, limits::LAUNCH_WAIT) {
            Err(Error::Gone) => self.bwrap.0.take().ok_or(Error::Gone),
            Err(error) => Err(error),
            Ok(_word) => Err(Error::OutOfTurn),
        }
    }
}

/// What the launch child says, in this order.
#[derive(Debug)]
enum Word {
    Descriptors(Network, Vec<(Descriptor, OwnedFd)>),
    Started(Pid),
}

/// The next word of the launch child, which must not be silent for longer than this.
fn hear(channel: &OwnedFd, patience: Duration) -> Result<Word, Error> {
    let step = |source| Error::Step {
        step: "hear of the launch",
        source,
    };
    if !speaks(channel, patience).map_err(step)? {
        return Err(Error::Stuck);
    }
    let (message, descriptors) = message(channel).map_err(step)?;
    match message.split_first() {
        None => Err(Error::Gone),
        Some((&TAG_CAPTURED, names)) => Ok(Word::Descriptors(Network::Captured, named(names, descriptors)?)),
        Some((&TAG_BY_PROXY, names)) => Ok(Word::Descriptors(Network::Proxy, named(names, descriptors)?)),
        Some((&TAG_STARTED, pid)) => {
            let pid = pid.try_into().map_err(|_length| Error::OutOfTurn)?;
            Ok(Word::Started(Pid::from_raw(i32::from_ne_bytes(pid))))
        }
        Some((&TAG_FAILED, text)) => Err(Error::Child(String::from_utf8_lossy(text).into_owned())),
        Some(_) => Err(Error::OutOfTurn),
    }
}

/// Descriptors with their names, which came beside them.
fn named(names: &[u8], descriptors: Vec<OwnedFd>) -> Result<Vec<(Descriptor, OwnedFd)>, Error> {
    let names: Vec<Descriptor> = serde_json::from_slice(names).map_err(|_names| Error::OutOfTurn)?;
    if names.len() != descriptors.len() {
        return Err(Error::OutOfTurn);
    }
    Ok(names.into_iter().zip(descriptors).collect())
}

/// Waits until there is a message, or the other end is gone; false when that takes too long.
fn speaks(channel: &OwnedFd, patience: Duration) -> io::Result<bool> {
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = PollTimeout::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(channel.as_fd(), PollFlags::POLLIN)], left) {
            Err(Errno::EINTR) => {}
            ready => return Ok(0 < ready?),
        }
    }
}

fn message(channel: &OwnedFd) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let (mut buffer, mut received) = (vec![0; limits::MESSAGE_BYTES], Vec::new());
    let length = loop {
        match descriptors::receive(channel.as_fd(), &mut buffer, &mut received) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            length => break length?,
        }
    };
    buffer.truncate(length);
    Ok((buffer, received))
}

#[cfg(test)]
mod tests;
