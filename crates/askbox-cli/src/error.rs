//! Everything that can go wrong in the command line. What to do about it is in `hint`.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use askbox_wire::ClientError;
use askbox_wire::limits::MAX_FRAME;

use crate::connect::StartFailure;
use crate::launch;
use crate::limits::LEAST_STACK;
use crate::shell_limits::ShellLimit;

mod hint;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// There are no directories to work with.
    #[error(transparent)]
    Paths(#[from] askbox_paths::Error),
    /// The daemon said no, or cannot be spoken with.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The daemon answered something else than what was asked.
    #[error("the daemon answered out of turn")]
    OutOfTurn,
    /// No daemon could be started; what the new one said.
    #[error("cannot start the daemon: {report}")]
    Start {
        /// Why.
        why: StartFailure,
        /// The error chain of the new daemon.
        report: String,
        /// Where it wrote the rest.
        output: PathBuf,
    },
    /// The new daemon said nothing: it was never reached, or killed.
    #[error("cannot start the daemon: it ended without a word")]
    StartSilent {
        /// Where it may have written something before.
        output: PathBuf,
    },
    /// A daemon runs, and nobody can reach it.
    #[error("a daemon runs (process {pid}), and its socket {} is gone", path.display())]
    NoSocket {
        /// The socket.
        path: PathBuf,
        /// The daemon.
        pid: u32,
    },
    /// No window can be shown here.
    #[error("there is no display: neither WAYLAND_DISPLAY nor DISPLAY is set")]
    NoDisplay,
    /// The desktop app does not start.
    #[error("cannot start the desktop app, askbox-tray")]
    NoTray(#[source] io::Error),
    /// The desktop app ended before it could show anything.
    #[error("the desktop app, askbox-tray, ended at once: {status}")]
    TrayEnded {
        /// How it ended.
        status: ExitStatus,
        /// Where its words are.
        output: PathBuf,
    },
    /// Something else is where the desktop app would listen.
    #[error("{} is not the socket of the desktop app, askbox-tray", .0.display())]
    NotTheTray(PathBuf),
    /// A desktop app runs, and does not listen or answer.
    #[error("the desktop app, askbox-tray, runs and does not answer at {}", .0.display())]
    TrayDeaf(PathBuf),
    /// A policy that does not fit into one request.
    #[error("{file} has too many rules to import at once: a request holds {MAX_FRAME} bytes", file = file.display())]
    ImportTooLong {
        /// The file.
        file: PathBuf,
    },
    /// A program of ours is missing.
    #[error("askbox-init is not installed")]
    NoInit {
        /// Where it should be.
        place: PathBuf,
    },
    /// A daemon that is started here would fail by a limit of this shell.
    #[error("no daemon can be started here: `ulimit {}` is set, and it would fail by that, with every session", limit.flag())]
    Limited {
        /// The limit.
        limit: ShellLimit,
        /// What would start one elsewhere.
        command: &'static str,
    },
    /// This process would end by a limit of this shell.
    #[error("`ulimit -s` leaves this program {} KiB of stack, and it needs {}", bytes / 1024, LEAST_STACK / 1024)]
    Stack {
        /// What it may have.
        bytes: u64,
    },
    /// The new daemon is silent.
    #[error("the daemon did not start in time")]
    StartTimedOut {
        /// Where it writes what it does.
        output: PathBuf,
    },
    /// The old daemon stays.
    #[error("the daemon (process {pid}) does not end")]
    StopTimedOut {
        /// Its process.
        pid: u32,
    },
    /// The old daemon stays, because a signal stopped it.
    #[error("the daemon (process {pid}) was stopped by a signal and does not end before it goes on")]
    Halted {
        /// Its process.
        pid: u32,
    },
    /// The daemon failed, in this process.
    #[error(transparent)]
    Daemon(#[from] askbox_daemon::Error),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] askbox_audit::Error),
    /// A secret cannot be had or kept.
    #[error(transparent)]
    Secrets(#[from] askbox_secrets::Error),
    /// No name and password for a proxy.
    #[error("{0}")]
    Login(&'static str),
    /// No session began.
    #[error(transparent)]
    Launch(#[from] launch::Error),
    /// No record of a session is left, or not of this one.
    #[error("there is nothing to review{}", of_session(session.as_deref()))]
    NoReview {
        /// The session, where one was named.
        session: Option<String>,
    },
    /// The review cannot be made.
    #[error(transparent)]
    Review(#[from] askbox_sandbox::review::Error),
    /// Nothing can be put back while programs inside can change it again.
    #[error("session {0} still runs in this project")]
    StillRuns(String),
    /// Nothing that changed is there.
    #[error("the review lists nothing at {}", .0.display())]
    NothingThere(PathBuf),
    /// What is named so as it is shown is another thing than what is called so, or several things are shown so.
    #[error("the review lists more than one thing that {} can mean", .0.display())]
    Several(PathBuf),
    /// The log has no session of this name.
    #[error("the log has no session `{0}`")]
    NotInLog(String),
    /// A setting cannot have this value.
    #[error("{0}")]
    Value(String),
    /// Standard output is closed or full.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// Root asks for a sandbox. Bubblewrap cannot map user 0 without capabilities, which no session keeps
    /// (`user_namespaces(7)`, `CAP_SETFCAP`).
    #[error("root cannot have a sandbox")]
    Root,
    /// A rule for a program that is named, and not where it lies.
    #[error("`{0}` is the name of a program, and a rule takes a path")]
    BareProgram(String),
    /// There is no command of this name.
    #[error("askbox has no command `{0}`")]
    NoSuchCommand(String),
    /// One of Askbox's own directories cannot be made or written.
    #[error("cannot write below {}", directory.display())]
    Unwritable {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The working directory was removed, or cannot be reached any more.
    #[error("cannot find the working directory")]
    NoDirectory(#[source] io::Error),
    /// Something on our side failed.
    #[error("cannot {step}")]
    System {
        /// What was tried.
        step: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl CliError {
    /// For `map_err`: what was tried.
    pub(crate) fn system(step: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let step = step.into();
        move |source| Self::System { step, source }
    }

    /// What else is wrong, a line each.
    pub(crate) fn details(&self) -> &[String] {
        match self {
            CliError::Client(ClientError::Refused(refusal)) => &refusal.details,
            _ => &[],
        }
    }

    /// Whether the reader of standard output went away, as `head` does; that is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        match self {
            CliError::Output(error) => error.kind() == io::ErrorKind::BrokenPipe,
            CliError::Log(askbox_audit::Error::Export { source }) => {
                source.kind() == io::ErrorKind::BrokenPipe
            }
            CliError::Paths(_)
            | CliError::Client(_)
            | CliError::OutOfTurn
            | CliError::Start { .. }
            | CliError::StartSilent { .. }
            | CliError::NoSocket { .. }
            | CliError::Limited { .. }
            | CliError::Stack { .. }
            | CliError::NoDisplay
            | CliError::NoTray(_)
            | CliError::NotTheTray(_)
            | CliError::TrayDeaf(_)
            | CliError::NoInit { .. }
            | CliError::StartTimedOut { .. }
            | CliError::StopTimedOut { .. }
            | CliError::Halted { .. }
            | CliError::Daemon(_)
            | CliError::Secrets(_)
            | CliError::Login(_)
            | CliError::Log(_)
            | CliError::Launch(_)
            | CliError::Root
            | CliError::Value(_)
            | CliError::NoReview { .. }
            | CliError::Review(_)
            | CliError::StillRuns(_)
            | CliError::NothingThere(_)
            | CliError::Several(_)
            | CliError::Unwritable { .. }
            | CliError::NotInLog(_)
            | CliError::NoSuchCommand(_)
            | CliError::BareProgram(_)
            | CliError::NoDirectory(_)
            | CliError::TrayEnded { .. }
            | CliError::ImportTooLong { .. }
            | CliError::System { .. } => false,
        }
    }
}

fn of_session(session: Option<&str>) -> String {
    session
        .map(|session| format!(" of session {session}"))
        .unwrap_or_default()
}

/// An error and its sources, outermost first.
pub(crate) fn links<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The same on one line, as it is: whoever shows it makes it harmless.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let links: Vec<String> = links(error).map(ToString::to_string).collect();
    links.join(": ")
}

#[cfg(test)]
mod tests;
