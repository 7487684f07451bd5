//! The terminal between a person and a session: a PTY whose slave goes inside, and the real terminal, which never does.
//! Relays bytes and window sizes; interprets none of them.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, posix_openpt, unlockpt};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

mod hidden;
mod sys;

pub(crate) use hidden::ask_hidden;

/// Bytes moved at a time.
const CHUNK: usize = 16 * 1024;

/// What a person typed ahead of a program that does not read, at most. More stays in the real terminal.
const TYPED_AHEAD: usize = 64 * 1024;

/// Ends what a program may have left the real terminal in the middle of, and would swallow the next words: a control sequence (CAN),
/// a control string such as a title (ST), another character set, hidden text (ECMA-48, and what xterm documents).
const CALM: &str = "\u{18}\u{1b}\\\u{1b}(B\u{f}\u{1b}[m";

/// Sees to it that the next words on standard error can be read, where that is a terminal.
pub(crate) fn calm() {
    let mut stderr = io::stderr().lock();
    let is_dumb = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
    if stderr.is_terminal() && !is_dumb {
        // Nobody is left to hear of a failure to write.
        drop(stderr.write_all(CALM.as_bytes()));
    }
}

/// The payload's own terminal, seen from outside.
#[derive(Debug)]
pub(crate) struct Pty {
    master: PtyMaster,
    slave: Option<OwnedFd>,
    typed: Vec<u8>,
    /// The command has made it its terminal.
    claimed: bool,
    ends_lines: bool,
}

/// What reading from the PTY gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Something, and it was written to standard output.
    Written,
    /// Nothing now.
    Empty,
    /// No process inside has the terminal open any more.
    Ended,
}

impl Pty {
    /// A fresh PTY with the size and the modes of the real terminal. `echo` says whether it shows what is typed: not
    /// where the real terminal goes on doing that. `ends_lines` says the same of carriage returns: the real terminal adds
    /// them until it is in raw mode, and twice would be once too often.
    pub(crate) fn open(real: BorrowedFd<'_>, echo: bool, ends_lines: bool) -> io::Result<Self> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        unlockpt(&master)?;
        let slave = sys::peer(&master)?;
        if let Ok(mut modes) = tcgetattr(real) {
            modes.local_flags.set(
                LocalFlags::ECHO,
                echo && modes.local_flags.contains(LocalFlags::ECHO),
            );
            if !ends_lines {
                modes.output_flags.remove(OutputFlags::OPOST);
            }
            tcsetattr(&slave, SetArg::TCSANOW, &modes)?;
        }
        let pty = Self {
            master,
            slave: Some(slave),
            typed: Vec::new(),
            claimed: false,
            ends_lines,
        };
        pty.copy_window_size(real);
        Ok(pty)
    }

    /// Lets the PTY add carriage returns, now that the real terminal is raw. Not where a program inside has chosen raw
    /// modes meanwhile.
    pub(crate) fn end_lines(&mut self) -> io::Result<()> {
        if !self.ends_lines && self.is_line_mode() {
            let mut modes = tcgetattr(&self.master)?;
            modes.output_flags.insert(OutputFlags::OPOST);
            tcsetattr(&self.master, SetArg::TCSANOW, &modes)?;
        }
        self.ends_lines = true;
        Ok(())
    }

    /// A copy of the slave for a standard descriptor inside.
    pub(crate) fn slave(&self) -> io::Result<Option<OwnedFd>> {
        self.slave.as_ref().map(OwnedFd::try_clone).transpose()
    }

    /// Closes our own copy of the slave, so that the end of the session shows.
    pub(crate) fn hand_over(&mut self) {
        self.slave = None;
    }

    /// Tells the programs inside how large the real terminal is; they get SIGWINCH when that is news.
    pub(crate) fn copy_window_size(&self, real: BorrowedFd<'_>) {
        if let Ok(size) = sys::window_size(real) {
            match sys::set_window_size(self.master.as_fd(), &size) {
                // A terminal without a size is a terminal all the same.
                Ok(()) | Err(_) => {}
            }
        }
    }

    /// Moves what the programs inside wrote to `out`.
    pub(crate) fn relay_output(&mut self, out: &mut impl Write) -> io::Result<Output> {
        let mut buffer = [0; CHUNK];
        match self.master.read(&mut buffer) {
            Ok(0) => Ok(Output::Ended),
            Ok(length) => {
                out.write_all(buffer.get(..length).unwrap_or_default())?;
                out.flush()?;
                Ok(Output::Written)
            }
            Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => Ok(Output::Ended),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(Output::Empty)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether more typing can be taken.
    pub(crate) fn wants_input(&self) -> bool {
        self.typed.len() < TYPED_AHEAD
    }

    /// Whether typing waits to be written as soon as there is room.
    pub(crate) fn has_pending(&self) -> bool {
        self.claimed && !self.typed.is_empty()
    }

    /// Whether typing waits until the command has made this its terminal. The kernel tells nobody when that is.
    pub(crate) fn holds_typing(&self) -> bool {
        !self.claimed && !self.typed.is_empty()
    }

    /// Takes typing; [`Self::flush`] hands it on.
    pub(crate) fn type_in(&mut self, bytes: &[u8]) {
        self.typed.extend_from_slice(bytes);
    }

    /// Writes as much typing as the terminal inside takes now. Nothing before it is somebody's terminal: the kernel would take a key that
    /// is a signal, as Ctrl-C is, and have nobody to send it to.
    pub(crate) fn flush(&mut self) {
        if self.holds_typing() {
            // Zero where there is no foreground, which is no error of a master (`ioctl_tty(2)`, TIOCGPGRP).
            self.claimed = tcgetpgrp(&self.master).is_ok_and(|group| 0 < group.as_raw());
            if !self.claimed {
                return;
            }
        }
        while !self.typed.is_empty() {
            match self.master.write(&self.typed) {
                Ok(written) if written > 0 => drop(self.typed.drain(..written)),
                // Full: poll tells when to go on. Ended: nobody will read it.
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// The end of typing, as Ctrl-D would say it: the character that the terminal inside takes for it.
    pub(crate) fn type_end(&mut self) {
        const CTRL_D: u8 = 4;
        self.typed.push(CTRL_D);
    }

    /// Whether the programs inside read whole lines. In raw mode (editors, pagers) nothing of ours may be printed.
    pub(crate) fn is_line_mode(&self) -> bool {
        tcgetattr(&self.master).is_ok_and(|modes| modes.local_flags.contains(LocalFlags::ICANON))
    }
}

impl AsFd for Pty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

/// Raw mode on the real terminal; dropping it brings the old modes back.
#[derive(Debug)]
pub(crate) struct RawMode {
    terminal: File,
    saved: Termios,
}

impl RawMode {
    /// Enters raw mode when this process is in the foreground of the terminal; `None` when it is not, since changing the
    /// modes would stop it (SIGTTOU).
    pub(crate) fn enter(real: BorrowedFd<'_>) -> io::Result<Option<Self>> {
        if !is_foreground(real) {
            return Ok(None);
        }
        let terminal = File::from(real.try_clone_to_owned()?);
        let saved = tcgetattr(&terminal)?;
        let mut raw = saved.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&terminal, SetArg::TCSANOW, &raw)?;
        Ok(Some(Self { terminal, saved }))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        match tcsetattr(&self.terminal, SetArg::TCSANOW, &self.saved) {
            // The terminal may be gone; then there is nothing to restore.
            Ok(()) | Err(_) => {}
        }
    }
}

/// Whether typing on the terminal is meant for this process.
pub(crate) fn is_foreground(real: BorrowedFd<'_>) -> bool {
    tcgetpgrp(real).is_ok_and(|foreground| foreground == getpgrp())
}

/// Whether the real terminal hands out whole lines: nobody else (a pager behind a pipe) reads single keys from it.
pub(crate) fn reads_lines(real: BorrowedFd<'_>) -> bool {
    tcgetattr(real).is_ok_and(|modes| modes.local_flags.contains(LocalFlags::ICANON))
}

/// Reads typing; `None` at its end.
pub(crate) fn read_typing(real: BorrowedFd<'_>) -> Option<Vec<u8>> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match nix::unistd::read(real, &mut buffer) {
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return Some(Vec::new()),
            Ok(0) | Err(_) => return None,
            Ok(length) => {
                buffer.truncate(length);
                return Some(buffer);
            }
        }
    }
}
