//! The process behind a start, held by a descriptor: its number can pass on to another process, one of the host too, while it
//! is looked at or ended. Decides nothing.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Start, sys};

/// A process that starts a program.
#[derive(Debug)]
pub struct Caller {
    number: u32,
    held: OwnedFd,
}

impl Caller {
    /// The process of a thread. It is the one that waits if [`super::Listener::is_waiting`] says so afterwards.
    pub fn of(thread: u32) -> io::Result<Self> {
        // The first thread of a process has its number. When another one starts a program, it becomes the first.
        sys::hold(thread).map_or_else(
            |_other| {
                let number = process_of(thread).ok_or(io::ErrorKind::NotFound)?;
                let held = sys::hold(number)?;
                Ok(Self { number, held })
            },
            |held| Ok(Self { number: thread, held }),
        )
    }

    /// Its number on the host, which is another process's when it has ended.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The file that it runs, as its own mounts name it; `None` when it has ended.
    pub fn runs(&self) -> Option<PathBuf> {
        runs(self.number).filter(|_| !self.has_ended())
    }

    /// Whether it has ended. Of what was read by its number before, this says whether it was its own.
    pub fn has_ended(&self) -> bool {
        let mut polled = [PollFd::new(self.held.as_fd(), PollFlags::POLLIN)];
        // An error tells nothing, and what is not known to live is let alone.
        !matches!(poll(&mut polled, PollTimeout::ZERO), Ok(0))
    }

    /// Whether the kernel is about the start that was let go on still: what runs then is the program before. Only what the
    /// caller makes slow takes long (its arguments may lie in a file that does not answer).
    pub fn is_in(&self, start: &Start) -> bool {
        let call = fs::read_to_string(format!("/proc/{}/task/{}/syscall", self.number, start.thread));
        // "running", or gone with its thread: it has left the call.
        call.is_ok_and(|call| call.split(' ').next() == Some(&start.call.to_string()))
    }

    /// Ends it.
    pub fn end(&self) {
        match sys::kill(&self.held) {
            // ESRCH: it has ended by itself.
            Ok(()) | Err(_) => {}
        }
    }
}

/// The file that a thread runs, as its own mounts name it.
pub fn runs(thread: u32) -> Option<PathBuf> {
    let exe = fs::read_link(format!("/proc/{thread}/exe")).ok()?;
    let text = exe.as_os_str().as_bytes();
    let text = text.strip_suffix(b" (deleted)").unwrap_or(text);
    Some(PathBuf::from(OsStr::from_bytes(text)))
}

/// The process that a thread belongs to (proc(5), Tgid in /proc/TID/status).
fn process_of(thread: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests;
