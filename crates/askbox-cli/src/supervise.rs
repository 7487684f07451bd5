//! Stays with a session until it ends: relays the terminal and files, forwards signals, shows questions, and is one of its two
//! leashes. One thread, one poll loop.

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};

use askbox_policy::Resource;
use askbox_wire::{Client, Event, StopReason};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::streams::{Failure, Streams, Which};
use crate::terminal::{self, Output, Pty, RawMode};

/// Handled by the loop. SIGINT and SIGQUIT come by the terminal only while it is not in raw mode.
const WATCHED: [Signal; 9] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGCONT,
    Signal::SIGWINCH,
    Signal::SIGCHLD,
];

/// How often a terminal that a pager has taken over is looked at again.
const RECHECK_MILLISECONDS: u16 = 250;

/// How often a terminal inside is looked at again that no command has made its own yet, while something typed waits for that.
const UNCLAIMED_MILLISECONDS: u16 = 5;

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The command ended: its status, 128 + n for signal n.
    Command(u8),
    /// The daemon went away, and the session with it.
    DaemonGone,
    /// Somebody stopped the session, or a limit did.
    Stopped {
        /// For programs.
        reason: StopReason,
        /// For people; empty where there is nothing to say.
        text: String,
    },
}

/// The signals of the loop, blocked from now on. Made before the launch, so that none is lost.
pub(crate) fn block_signals() -> io::Result<SignalFd> {
    let watched = SigSet::from_iter(WATCHED);
    watched.thread_block()?;
    // A file that may not grow is an error of writing it then, and not the end of us.
    SigSet::from(Signal::SIGXFSZ).thread_block()?;
    Ok(SignalFd::with_flags(
        &watched,
        SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK,
    )?)
}

/// The session's terminal, when it has one.
#[derive(Debug)]
pub(crate) struct Console {
    /// The PTY whose slave is inside.
    pub(crate) pty: Pty,
    /// Standard input is the terminal, so typing is relayed.
    pub(crate) input: bool,
    /// Standard output is the terminal too, so every key belongs to the command. Otherwise a pager may read keys.
    pub(crate) whole: bool,
    /// No process inside has the terminal open any more.
    pub(crate) ended: bool,
}

impl Console {
    /// Takes what was typed; its end becomes the end of file inside.
    fn read_typing(&mut self) {
        if let Some(bytes) = terminal::read_typing(io::stdin().as_fd()) {
            self.pty.type_in(&bytes);
        } else {
            self.pty.type_end();
            self.input = false;
        }
    }

    /// From whichever standard stream is the real terminal.
    fn copy_window_size(&self) {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let streams = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
        if let Some(real) = streams.into_iter().find(IsTerminal::is_terminal) {
            self.pty.copy_window_size(real);
        }
    }

    /// To standard output where that is the terminal; where it is a pipe, the terminal shows errors only.
    fn relay_output(&mut self) -> io::Result<Output> {
        if self.whole {
            self.pty.relay_output(&mut io::stdout())
        } else {
            self.pty.relay_output(&mut io::stderr())
        }
    }
}

/// One session under supervision.
#[derive(Debug)]
pub(crate) struct Supervisor<'a> {
    client: &'a mut Client,
    signals: SignalFd,
    bwrap: Pid,
    console: Option<Console>,
    streams: Streams,
    raw: Option<RawMode>,
    daemon_gone: bool,
    /// Why the session ends, once that is so.
    stopped: Option<(StopReason, String)>,
    /// The signal that ended the sandbox before there was a command to get it.
    ended_by: Option<Signal>,
    quiet: bool,
}

impl<'a> Supervisor<'a> {
    /// Takes over a session whose command was just told to go.
    pub(crate) fn new(
        client: &'a mut Client,
        signals: SignalFd,
        bwrap: Pid,
        (console, streams): (Option<Console>, Streams),
        quiet: bool,
    ) -> Self {
        Self {
            client,
            signals,
            bwrap,
            console,
            streams,
            raw: None,
            daemon_gone: false,
            stopped: None,
            ended_by: None,
            quiet,
        }
    }

    /// Runs until the sandbox is empty. The real terminal is as it was when this returns. Says what of a standard stream
    /// was lost on the way, if that happened.
    pub(crate) fn run(mut self) -> io::Result<(End, Option<Failure>)> {
        self.streams.hand_over();
        if let Some(console) = &mut self.console {
            console.pty.hand_over();
        }
        self.enter_raw_mode()?;
        loop {
            let ready = self.wait()?;
            if ready.contains(&Source::Daemon) || self.client.has_held_event() {
                self.hear_daemon()?;
            }
            // A pager may have taken the terminal over since the wait began.
            let may_read = ready.contains(&Source::Input) && self.may_read(io::stdin().as_fd());
            if let Some(console) = &mut self.console {
                if ready.contains(&Source::Output) {
                    console.ended = console.relay_output()? == Output::Ended;
                }
                if may_read {
                    console.read_typing();
                }
                console.pty.flush();
            }
            for source in &ready {
                if let Source::Stream(which) = *source {
                    self.streams.relay(which);
                }
            }
            if ready.contains(&Source::Signal)
                && let Some(status) = self.handle_signals()?
            {
                self.drain()?;
                let end = match status {
                    _ if self.daemon_gone => End::DaemonGone,
                    status => match self.stopped.take() {
                        Some((reason, text)) => End::Stopped { reason, text },
                        None => End::Command(status),
                    },
                };
                return Ok((end, self.streams.finish()));
            }
        }
    }

    fn enter_raw_mode(&mut self) -> io::Result<()> {
        if self.raw.is_none()
            && self
                .console
                .as_ref()
                .is_some_and(|console| console.input && console.whole)
        {
            self.raw = RawMode::enter(io::stdin().as_fd())?;
            if let (Some(_), Some(console)) = (&self.raw, &mut self.console) {
                console.pty.end_lines()?;
            }
        }
        Ok(())
    }

    /// Waits for news and says where it is.
    fn wait(&self) -> io::Result<Vec<Source>> {
        let stdin = io::stdin();
        let mut watched = vec![(
            Source::Signal,
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
        )];
        if !self.daemon_gone {
            watched.push((
                Source::Daemon,
                PollFd::new(self.client.as_fd(), PollFlags::POLLIN),
            ));
        }
        watched.extend(
            self.streams
                .watched()
                .map(|(which, polled)| (Source::Stream(which), polled)),
        );
        let mut timeout = PollTimeout::NONE;
        if let Some(console) = self.console.as_ref().filter(|console| !console.ended) {
            let mut flags = PollFlags::POLLIN;
            flags.set(PollFlags::POLLOUT, console.pty.has_pending());
            if console.pty.holds_typing() {
                timeout = PollTimeout::from(UNCLAIMED_MILLISECONDS);
            }
            watched.push((Source::Output, PollFd::new(console.pty.as_fd(), flags)));
            if console.input && console.pty.wants_input() {
                if self.may_read(stdin.as_fd()) {
                    watched.push((Source::Input, PollFd::new(stdin.as_fd(), PollFlags::POLLIN)));
                } else if timeout == PollTimeout::NONE {
                    timeout = PollTimeout::from(RECHECK_MILLISECONDS);
                }
            }
        }
        let (sources, mut polled): (Vec<Source>, Vec<PollFd<'_>>) = watched.into_iter().unzip();
        match poll(&mut polled, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = sources
            .into_iter()
            .zip(&polled)
            .filter(|(_, polled)| polled.any().unwrap_or(false));
        Ok(ready.map(|(source, _)| source).collect())
    }

    /// Whether a key on the real terminal is for the command: it is while we are in raw mode ourselves, and behind a pipe
    /// while nobody else is and we are in the foreground.
    fn may_read(&self, stdin: BorrowedFd<'_>) -> bool {
        self.raw.is_some() || (terminal::is_foreground(stdin) && terminal::reads_lines(stdin))
    }

    fn hear_daemon(&mut self) -> io::Result<()> {
        match self.client.next_event() {
            Ok(Some(Event::QuestionOpened(question))) => {
                self.notice(&format!(
                    "{}; answer with: askbox allow {id}  or  askbox deny {id}",
                    question.title,
                    id = question.id
                ));
            }
            Ok(Some(Event::SessionQuiet { quiet: true, .. })) => {
                self.notice("too many questions: new ones are denied until `askbox questions --resume`");
            }
            Ok(Some(Event::Flagged { names, .. })) => {
                self.notice(&format!("runs outside the sandbox later: {}", names.join(", ")));
            }
            Ok(Some(Event::LimitHit { resource, text, .. })) => match resource {
                // Said when the session has ended, and the terminal is as it was.
                Resource::RunTime | Resource::Memory | Resource::Disk => {}
                Resource::Processes => self.notice(&text),
            },
            Ok(Some(Event::SessionStopping { reason, text, .. })) => self.stopped = Some((reason, text)),
            Ok(Some(Event::Refused { what, .. })) => self.notice(&what),
            Ok(Some(Event::SessionEnded { .. })) => {
                self.stopped.get_or_insert((StopReason::Asked, String::new()));
                self.end_now()?;
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => {
                self.daemon_gone = true;
                self.end_now()?;
            }
        }
        Ok(())
    }

    /// The first process of the outer pid namespace takes every other along.
    fn end_now(&self) -> io::Result<()> {
        match kill(self.bwrap, Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// One line on standard error, never into an editor's or a pager's screen.
    fn notice(&self, text: &str) {
        let in_the_way = self
            .console
            .as_ref()
            .is_some_and(|console| !console.pty.is_line_mode());
        if self.quiet || in_the_way {
            return;
        }
        let end = if self.raw.is_some() { "\r\n" } else { "\n" };
        terminal::calm();
        // Nobody is left to hear of a failure to write.
        drop(write!(io::stderr(), "askbox: {text}{end}"));
    }

    /// The status of the command when it ended.
    fn handle_signals(&mut self) -> io::Result<Option<u8>> {
        while let Some(signal) = self.signals.read_signal()? {
            match Signal::try_from(signal.ssi_signo.cast_signed())? {
                Signal::SIGCHLD => {
                    if let Some(status) = self.reap()? {
                        return Ok(Some(status));
                    }
                }
                Signal::SIGWINCH => {
                    if let Some(console) = &self.console {
                        console.copy_window_size();
                    }
                }
                Signal::SIGCONT => self.enter_raw_mode()?,
                signal => {
                    if forward(self.bwrap, signal) == Forwarded::AsItsEnd {
                        self.ended_by.get_or_insert(signal);
                    }
                }
            }
        }
        Ok(None)
    }

    fn reap(&self) -> io::Result<Option<u8>> {
        match waitpid(self.bwrap, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(_, code)) => Ok(u8::try_from(code & 0xff).ok()),
            Ok(WaitStatus::Signaled(_, signal, _)) => {
                let signal = self.ended_by.unwrap_or(signal);
                Ok(u8::try_from(128 + signal as i32).ok())
            }
            Ok(_) | Err(Errno::EINTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What the command wrote last.
    fn drain(&mut self) -> io::Result<()> {
        let Some(console) = &mut self.console else {
            return Ok(());
        };
        while console.relay_output()? == Output::Written {}
        Ok(())
    }
}

/// Where news comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Signal,
    Daemon,
    Output,
    Input,
    Stream(Which),
}

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forwarded {
    /// It was handed on, or means nothing now.
    AsItself,
    /// There was no command yet, and none will be.
    AsItsEnd,
}

/// Signals go to askbox-init, bwrap's only child, which hands them on; bwrap itself would die of them. Before there is an
/// init, what asks a program to end ends bwrap: as the first of its pid namespace it heeds nothing milder than SIGKILL.
fn forward(bwrap: Pid, signal: Signal) -> Forwarded {
    let children =
        std::fs::read_to_string(format!("/proc/{bwrap}/task/{bwrap}/children")).unwrap_or_default();
    let init = children
        .split_whitespace()
        .next()
        .and_then(|pid| pid.parse().ok());
    let (sent, forwarded) = match (init, signal) {
        (Some(init), signal) => (kill(Pid::from_raw(init), signal), Forwarded::AsItself),
        (None, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP | Signal::SIGQUIT) => {
            (kill(bwrap, Signal::SIGKILL), Forwarded::AsItsEnd)
        }
        (None, _) => return Forwarded::AsItself,
    };
    match sent {
        // It may have ended just now.
        Ok(()) | Err(_) => forwarded,
    }
}
