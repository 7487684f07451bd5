//! A line that is typed and not shown. Whatever ends the typing, the terminal shows again what comes next.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

/// What a person ends or stops a program with.
const SIGNALS: [Signal; 5] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGTSTP,
];

/// The terminal without echo; dropping it brings the old modes back.
struct Hidden {
    terminal: File,
    saved: Termios,
}

impl Hidden {
    fn begin(real: BorrowedFd<'_>) -> io::Result<Self> {
        let terminal = File::from(real.try_clone_to_owned()?);
        let saved = tcgetattr(&terminal)?;
        let mut modes = saved.clone();
        modes.local_flags.remove(LocalFlags::ECHO);
        // What was typed before it was asked for is not the answer.
        tcsetattr(&terminal, SetArg::TCSAFLUSH, &modes)?;
        Ok(Self { terminal, saved })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        match tcsetattr(&self.terminal, SetArg::TCSANOW, &self.saved) {
            // The terminal may be gone; then there is nothing to restore.
            Ok(()) | Err(_) => {}
        }
    }
}

/// Writes the question to standard error once nothing is shown any more, and reads one line of at most `limit` bytes from the
/// terminal, without its end. A signal that would end this program does so once the terminal is as it was.
pub(crate) fn ask_hidden(real: BorrowedFd<'_>, question: &str, limit: usize) -> io::Result<String> {
    let signals = SigSet::from_iter(SIGNALS);
    signals.thread_block()?;
    let typed = ask(real, question, limit, &signals);
    // The end of the line was not shown either.
    drop(io::stderr().write_all(b"\n"));
    signals.thread_unblock()?;
    match typed? {
        Typed::Line(line) => Ok(line),
        Typed::Signal(signal) => {
            raise(signal).map_err(io::Error::from)?;
            // It was stopped and goes on, or the signal is ignored.
            Err(io::ErrorKind::Interrupted.into())
        }
    }
}

enum Typed {
    Line(String),
    Signal(Signal),
}

fn ask(real: BorrowedFd<'_>, question: &str, limit: usize, signals: &SigSet) -> io::Result<Typed> {
    let heard = SignalFd::with_flags(signals, SfdFlags::SFD_CLOEXEC)?;
    let _hidden = Hidden::begin(real)?;
    io::stderr().write_all(question.as_bytes())?;
    let mut line = Vec::new();
    loop {
        let mut watched = [
            PollFd::new(real, PollFlags::POLLIN),
            PollFd::new(heard.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut watched, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => continue,
            polled => polled?,
        };
        if watched[1].any() == Some(true) {
            let signal = heard
                .read_signal()?
                .and_then(|info| i32::try_from(info.ssi_signo).ok());
            let signal = signal.and_then(|number| Signal::try_from(number).ok());
            return Ok(Typed::Signal(signal.unwrap_or(Signal::SIGTERM)));
        }
        // The terminal hands out whole lines, and long ones in parts.
        let part = super::read_typing(real).ok_or(io::ErrorKind::UnexpectedEof)?;
        line.extend(part);
        if limit < line.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is too long"));
        }
        if line.ends_with(b"\n") {
            line.pop();
            return String::from_utf8(line)
                .map(Typed::Line)
                .map_err(|_bytes| io::Error::new(io::ErrorKind::InvalidInput, "it is not UTF-8"));
        }
    }
}
