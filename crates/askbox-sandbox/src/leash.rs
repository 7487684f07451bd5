//! The leash between the daemon and askbox-init: a pipe. Its end takes everything inside along; a byte on it is an order
//! that askbox-init carries out for everything in its pid namespace in one call, which nothing inside can run away from.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, read, write};

/// What the daemon can want of everything inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Programs are asked to end.
    Terminate,
    /// Nothing runs until [`Order::Thaw`].
    Freeze,
    /// Everything goes on.
    Thaw,
}

/// What came over the leash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The daemon let go.
    Released,
    /// Something to do.
    Order(Order),
    /// Nothing that this build understands.
    Nothing,
}

impl Order {
    fn byte(self) -> u8 {
        match self {
            Order::Terminate => b't',
            Order::Freeze => b'f',
            Order::Thaw => b'w',
        }
    }

    fn of_byte(byte: u8) -> Option<Self> {
        [Order::Terminate, Order::Freeze, Order::Thaw]
            .into_iter()
            .find(|order| order.byte() == byte)
    }

    /// The daemon's side.
    pub fn send(self, leash: &OwnedFd) -> io::Result<()> {
        Ok(write(leash, &[self.byte()]).map(drop)?)
    }

    /// For the first process of a pid namespace alone: signals every other process in it (kill(2) with -1).
    pub fn carry_out(self) -> io::Result<()> {
        let signals: &[Signal] = match self {
            // What is frozen has to run to end.
            Order::Terminate => &[Signal::SIGTERM, Signal::SIGCONT],
            Order::Freeze => &[Signal::SIGSTOP],
            Order::Thaw => &[Signal::SIGCONT],
        };
        for signal in signals {
            match kill(Pid::from_raw(-1), *signal) {
                // Nothing runs any more.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Reads what is there, which somebody has seen to be so.
pub fn hear(leash: impl AsFd) -> io::Result<Heard> {
    let mut byte = [0];
    match read(leash, &mut byte) {
        Ok(0) => Ok(Heard::Released),
        Ok(_) => Ok(Order::of_byte(byte[0]).map_or(Heard::Nothing, Heard::Order)),
        Err(Errno::EINTR | Errno::EAGAIN) => Ok(Heard::Nothing),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
