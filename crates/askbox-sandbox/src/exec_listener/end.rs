//! How a process ended, told by a descriptor that stays its own when its number passes on. Waits for nothing: that the
//! descriptor can be read says when.

use std::os::fd::BorrowedFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::caller::Caller;
use super::sys;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exited(u8),
    /// By this signal.
    Killed(u8),
    /// The kernel does not say: before 6.15 of one whose parent has heard of it.
    Unknown,
}

impl End {
    /// How the caller ended, which `held` holds; `None` while any thread of it runs.
    pub fn of(caller: Caller, held: BorrowedFd<'_>) -> Option<Self> {
        let heard_status = || sys::end_status(held);
        if let Some(status) = heard_status() {
            return Some(Self::read(status));
        }
        if !is_over(held) {
            return None;
        }
        // Where neither says, its parent has heard of it between the two.
        let status = caller.unheard_status().or_else(heard_status);
        Some(status.map_or(Self::Unknown, Self::read))
    }

    /// From what wait(2) says: the signal in the low seven bits, and above them whether memory was dumped; else the status in the
    /// byte after that.
    fn read(status: i32) -> Self {
        let [low, high, ..] = status.to_le_bytes();
        match low & 0x7f {
            0 => Self::Exited(high),
            signal => Self::Killed(signal),
        }
    }
}

fn is_over(held: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::new(held, PollFlags::POLLIN)];
    poll(&mut polled, PollTimeout::ZERO).is_ok_and(|ready| ready != 0)
}

#[cfg(test)]
mod tests;
