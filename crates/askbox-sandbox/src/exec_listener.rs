//! The exec listener: a seccomp filter that stops every execve(2) and execveat(2) of a session until somebody outside
//! answers (`SECCOMP_RET_USER_NOTIF`, `seccomp_unotify(2)`). Owns the filter, and receiving and answering; which program is
//! meant is `program`'s to find out, and whether it may start is the gate's to decide.
//!
//! It guides and records. What a program wrote into its memory can be changed after it was read, so the walls are mounts
//! and the network.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

mod caller;
mod end;
mod filter;
mod program;
mod sys;

pub use caller::{At, Caller, runs};
pub use end::End;
pub use program::{Look, Start, Tree};

/// Where Yama says who may look at another's memory (Documentation/admin-guide/LSM/Yama.rst). Scope 3 is nobody.
const YAMA: &str = "/proc/sys/kernel/yama/ptrace_scope";

/// The end of the listener that hears of starts and answers. Dropping the last one lets every start fail with ENOSYS.
#[derive(Debug)]
pub struct Listener(OwnedFd);

/// What a look at the listener brings.
#[derive(Debug)]
pub enum Heard {
    /// A program is about to start, and waits.
    Start(Start),
    /// Nobody is left who could start anything, or the listening was told to stop.
    Over,
}

/// Why starts of programs cannot be listened to on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nobody may read the memory of others, without which no path is known.
    Memory,
    /// The kernel has no such filters.
    Kernel,
    /// Askbox runs below such a listener itself, and there can be one only.
    Taken,
}

impl Missing {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::Kernel, Self::Taken];

    pub(crate) fn number(self) -> u8 {
        match self {
            Missing::Memory => 1,
            Missing::Kernel => 2,
            Missing::Taken => 3,
        }
    }
}

/// Puts the filter on this process and all that it starts, which must have renounced new privileges. Must come before bwrap,
/// which hands no listener out.
pub(crate) fn install() -> io::Result<Result<OwnedFd, Missing>> {
    if is_unreadable(Path::new(YAMA)) || !program::can_read_memory() {
        return Ok(Err(Missing::Memory));
    }
    sys::install(&filter::program()).map_or_else(
        |error| match errno_of(&error) {
            Errno::EINVAL | Errno::ENOSYS => Ok(Err(Missing::Kernel)),
            Errno::EBUSY => Ok(Err(Missing::Taken)),
            _ => Err(error),
        },
        |listener| Ok(Ok(listener)),
    )
}

fn is_unreadable(yama: &Path) -> bool {
    std::fs::read_to_string(yama).is_ok_and(|scope| scope.trim() == "3")
}

fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw)
}

impl Listener {
    /// Takes over what the launch installed. On a kernel that can (6.6), who waits and who answers hand the processor to each
    /// other, which makes an answer some twenty times faster.
    pub fn new(listener: OwnedFd) -> Self {
        match sys::wake_in_step(&listener) {
            // An older kernel: slower, and otherwise the same.
            Ok(()) | Err(_) => {}
        }
        Self(listener)
    }

    /// Waits for the next start that nobody heard of yet; one thread alone at a time. Until `stop` can be read, or is closed at
    /// its other end.
    pub fn hear(&self, stop: BorrowedFd<'_>) -> io::Result<Heard> {
        loop {
            let mut polled = [
                PollFd::new(self.0.as_fd(), PollFlags::POLLIN),
                PollFd::new(stop, PollFlags::POLLIN),
            ];
            match poll(&mut polled, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                ready => ready?,
            };
            let [start, stop] = polled.map(|polled| polled.revents().unwrap_or(PollFlags::empty()));
            if !stop.is_empty() || !start.contains(PollFlags::POLLIN) {
                return Ok(Heard::Over);
            }
            match sys::receive(&self.0) {
                Ok(start) => return Ok(Heard::Start(start)),
                // It was killed between the two calls, or a signal came.
                Err(error) if [Errno::ENOENT, Errno::EINTR].contains(&errno_of(&error)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether who wanted this start still waits. What was read of its memory and of /proc before belongs to it, if so.
    pub fn is_waiting(&self, start: &Start) -> bool {
        sys::is_waiting(&self.0, start.id).is_ok()
    }

    /// Lets the kernel carry the start out, as it would have without us.
    pub fn go_on(&self, start: &Start) {
        self.answer(start, None);
    }

    /// Lets the call fail.
    pub fn refuse(&self, start: &Start, errno: i32) {
        self.answer(start, Some(errno));
    }

    fn answer(&self, start: &Start, errno: Option<i32>) {
        match sys::answer(&self.0, start.id, errno) {
            // ENOENT: it was killed meanwhile.
            Ok(()) | Err(_) => {}
        }
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests;
