//! Everything that can go wrong in the command line, each with what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use askbox_wire::limits::MAX_FRAME;
use askbox_wire::{ClientError, ErrorCode};

use crate::launch;
use crate::output;
use crate::shell_limits::ShellLimit;
use crate::standard::Unfit;

/// What helps against a daemon that does not say what was asked.
const RESTART: &str = "`askbox daemon --restart` starts it anew";

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

    /// What to do about it, where somebody can do something.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            CliError::Client(error) => of_client(error),
            CliError::Launch(error) => of_launch(error),
            CliError::Daemon(error) => of_daemon(error),
            CliError::Secrets(error) => of_secrets(error),
            CliError::Login(_) => Some("`askbox proxy-login --help` has examples".to_owned()),
            CliError::Start { output, .. }
            | CliError::StartSilent { output }
            | CliError::StartTimedOut { output } => Some(format!(
                "`askbox doctor` looks for causes; the daemon's own words are in {}",
                output.display()
            )),
            CliError::Limited { command, .. } => Some(format!(
                "start it where that limit is not set: {command}; commands that are run here keep the limit"
            )),
            CliError::NoSocket { .. } => Some(
                "`askbox daemon --restart` ends it, and its sessions with it, and starts another".to_owned(),
            ),
            CliError::StopTimedOut { pid } => {
                Some(format!("end it with `kill -9 {pid}`; its sessions end with it"))
            }
            CliError::Halted { pid } => Some(format!(
                "`kill -CONT {pid}` lets it go on, and it ends then, since it was told to; `kill -9 {pid}` ends it at once; its sessions \
                 end with it"
            )),
            CliError::Log(error) => of_log(error),
            CliError::NoDisplay
            | CliError::NoTray(_)
            | CliError::TrayEnded { .. }
            | CliError::NotTheTray(_)
            | CliError::TrayDeaf(_) => of_tray(self),
            CliError::ImportTooLong { .. } => {
                Some("import it in parts, or put its rules into policy.toml with an editor".to_owned())
            }
            CliError::NoInit { place } => Some(format!(
                "it belongs at {}; in a build: cargo build --workspace",
                place.display()
            )),
            CliError::NoReview { .. } => {
                Some("records are kept for 30 days, of the last 50 sessions".to_owned())
            }
            CliError::StillRuns(id) => Some(format!("`askbox stop {id}` ends it")),
            CliError::NothingThere(_) => Some("name it as `askbox review` does".to_owned()),
            CliError::NotInLog(_) => Some(
                "each event of `askbox log` names its session; `askbox sessions` lists those that run"
                    .to_owned(),
            ),
            CliError::Unwritable { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some space on its disk; nothing runs without a log".to_owned())
            }
            CliError::Unwritable { directory, source }
                if source.kind() == io::ErrorKind::ReadOnlyFilesystem =>
            {
                Some(format!(
                    "its file system is read-only (findmnt -T {}): mount it for writing, or set {} to an absolute path that you can write",
                    output::typed(directory),
                    askbox_paths::ROOT_VARIABLE
                ))
            }
            CliError::Unwritable { .. } => Some(format!(
                "give it to yourself with mode 700, or set {} to an absolute path that you can write",
                askbox_paths::ROOT_VARIABLE
            )),
            CliError::Paths(askbox_paths::Error::RelativeHome(_) | askbox_paths::Error::NoHome) => {
                Some("set HOME to your home directory, as login does".to_owned())
            }
            CliError::BareProgram(name) => Some(format!(
                "./{name} begins in the working directory; a program of the system's has a whole path, such as /usr/bin/{name}"
            )),
            CliError::NoSuchCommand(_) => Some("`askbox help` lists them".to_owned()),
            CliError::Value(_) => Some("`askbox settings set --help` has examples".to_owned()),
            CliError::OutOfTurn => Some(RESTART.to_owned()),
            CliError::Root => Some("run it as an ordinary user; nothing of Askbox needs root".to_owned()),
            CliError::Paths(askbox_paths::Error::RelativeRoot(_)) => Some(format!(
                "unset {variable}, or begin it with a slash: {variable}=\"$PWD/NAME\"",
                variable = askbox_paths::ROOT_VARIABLE
            )),
            CliError::NoDirectory(_) => Some("go to a directory that exists: cd ~".to_owned()),
            CliError::Review(_) | CliError::Output(_) | CliError::System { .. } => None,
        }
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

/// What to do without the desktop app, or about it.
fn of_tray(error: &CliError) -> Option<String> {
    match error {
        CliError::NoDisplay => Some(
            "without a desktop, `askbox questions --follow` shows what waits, and `askbox rules` what is remembered"
                .to_owned(),
        ),
        CliError::NoTray(_) => {
            Some("it belongs beside askbox; without it, `askbox questions` shows what waits".to_owned())
        }
        CliError::TrayEnded { output, .. } => Some(format!(
            "its own words are in {}; without it, `askbox questions` shows what waits",
            output.display()
        )),
        CliError::NotTheTray(path) => Some(format!(
            "move {} away; without the app, `askbox questions` shows what waits",
            path.display()
        )),
        CliError::TrayDeaf(_) => Some(
            "quit it in its menu, or end its process (`pgrep -l askbox-tray`): sessions and questions stay with the \
             daemon, and `askbox questions` shows what waits"
                .to_owned(),
        ),
        _ => None,
    }
}

fn of_log(error: &askbox_audit::Error) -> Option<String> {
    match error {
        askbox_audit::Error::Missing { .. } => {
            Some("it begins with the first session: askbox run -- true".to_owned())
        }
        askbox_audit::Error::Unreadable { .. } => {
            Some("`askbox log verify` says where it was changed".to_owned())
        }
        askbox_audit::Error::Forbidden { path, .. } => Some(format!(
            "`namei -l {path}` says whose it is, and what it lies in; where it is yours: chmod 600 {path}",
            path = output::typed(path)
        )),
        // The message says what to do, or the daemon does it.
        askbox_audit::Error::NoDirectory { .. }
        | askbox_audit::Error::Create { .. }
        | askbox_audit::Error::Thread { .. }
        | askbox_audit::Error::NotAFile { .. }
        | askbox_audit::Error::Gone { .. }
        | askbox_audit::Error::Torn { .. }
        | askbox_audit::Error::Open { .. }
        | askbox_audit::Error::Unwritable { .. }
        | askbox_audit::Error::Newer { .. }
        | askbox_audit::Error::KeepAside { .. }
        | askbox_audit::Error::Write { .. }
        | askbox_audit::Error::Read { .. }
        | askbox_audit::Error::Sign { .. }
        | askbox_audit::Error::ReadSigned { .. }
        | askbox_audit::Error::Export { .. }
        | askbox_audit::Error::Closed => None,
    }
}

fn of_launch(error: &launch::Error) -> Option<String> {
    match error {
        launch::Error::Daemon(error) => of_client(error),
        launch::Error::Launch(askbox_sandbox::launch::Error::Bwrap(unusable)) => Some(unusable.hint()),
        launch::Error::Launch(_) => {
            Some("`askbox doctor` checks what this machine allows, and names the fix".to_owned())
        }
        launch::Error::OutOfTurn => Some(RESTART.to_owned()),
        launch::Error::Standard(Unfit::Directory(_)) => {
            Some("give it a file, a pipe or /dev/null: askbox run -- COMMAND </dev/null".to_owned())
        }
        launch::Error::Standard(Unfit::Socket(_)) => {
            Some("put a pipe between: … | askbox run -- COMMAND | …".to_owned())
        }
        launch::Error::Step { .. } => None,
    }
}

fn of_secrets(error: &askbox_secrets::Error) -> Option<String> {
    match error {
        askbox_secrets::Error::Keyring(unavailable) => Some(format!(
            "{}; or keep it in a file that only you may read, with --file",
            unavailable.hint()
        )),
        askbox_secrets::Error::File { .. } => {
            Some("`askbox doctor` looks at the directories of Askbox".to_owned())
        }
        askbox_secrets::Error::Exposed(_)
        | askbox_secrets::Error::Garbled(_)
        | askbox_secrets::Error::Lost
        | askbox_secrets::Error::Random => None,
    }
}

fn of_daemon(error: &askbox_daemon::Error) -> Option<String> {
    let hint = match error {
        askbox_daemon::Error::Lock(askbox_wire::LockError::Held) => {
            "`askbox status` shows it; `askbox daemon --restart` starts it anew"
        }
        askbox_daemon::Error::Descriptors { .. } => {
            "raise the limit with `ulimit -n` where the daemon is started"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

fn of_client(error: &ClientError) -> Option<String> {
    match error {
        ClientError::NotRunning { .. } => {
            Some("`askbox run` starts one; so does `askbox daemon --restart`".to_owned())
        }
        ClientError::Refused(refusal) => refusal
            .hint
            .clone()
            .or_else(|| of_code(refusal.code).map(str::to_owned)),
        ClientError::Connect { .. } | ClientError::Stranger { .. } => {
            Some("`askbox doctor` looks at the directories of Askbox".to_owned())
        }
        ClientError::Closed | ClientError::Socket(_) => Some(
            "`askbox status` says whether one runs; `askbox log` has what happened until then".to_owned(),
        ),
        ClientError::Encode(_) => Some(
            "the command line is too long: give the command its arguments in a file or on standard input"
                .to_owned(),
        ),
        ClientError::Decode(_) | ClientError::OutOfTurn => Some(RESTART.to_owned()),
        ClientError::TimedOut { .. } => Some(
            "try again when the machine has less to do; `askbox daemon --restart` ends a daemon that hangs, and its \
             sessions, or says what keeps it"
                .to_owned(),
        ),
        // The message says what to do.
        ClientError::Version { .. } => None,
    }
}

/// For refusals to which the daemon has nothing to add.
fn of_code(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::Stale => Some("`askbox questions` shows what it asks now"),
        ErrorCode::Policy => Some("`askbox status` shows each file with line and reason"),
        ErrorCode::Log => Some("`askbox doctor` looks at the log; without it nothing is allowed"),
        ErrorCode::NotFound
        | ErrorCode::Malformed
        | ErrorCode::Refused
        | ErrorCode::TooLong
        | ErrorCode::Stopping
        | ErrorCode::Internal => None,
    }
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
