//! What to do about an error, where somebody can do something. What went wrong is said by the error itself.

use std::io;
use std::path::Path;

use askbox_wire::{ClientError, ErrorCode};

use super::CliError;
use crate::launch;
use crate::output;
use crate::standard::Unfit;

/// What helps against a daemon that does not say what was asked.
const RESTART: &str = "`askbox daemon --restart` starts it anew";

impl CliError {
    /// What to do about it, where somebody can do something.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            CliError::Client(error) => of_client(error),
            CliError::Launch(error) => of_launch(error),
            CliError::Daemon(error) => of_daemon(error),
            CliError::Secrets(error) => of_secrets(error),
            CliError::Login(_) => Some("`askbox proxy-login --help` has examples".to_owned()),
            CliError::Start { .. }
            | CliError::StartSilent { .. }
            | CliError::StartTimedOut { .. }
            | CliError::Limited { .. }
            | CliError::Stack { .. }
            | CliError::NoSocket { .. }
            | CliError::StopTimedOut { .. }
            | CliError::Halted { .. } => of_process(self),
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
            CliError::Several(_) => {
                Some("take its `path` in `askbox review --json`, with ./ before it".to_owned())
            }
            CliError::NotInLog(_) => Some(
                "each event of `askbox log` names its session; `askbox sessions` lists those that run"
                    .to_owned(),
            ),
            CliError::Unwritable { directory, source } => Some(of_unwritable(directory, source)),
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
}

/// What to do about a daemon that does not start, does not end or cannot be reached.
fn of_process(error: &CliError) -> Option<String> {
    match error {
        CliError::Start { output, .. }
        | CliError::StartSilent { output }
        | CliError::StartTimedOut { output } => Some(format!(
            "`askbox doctor` looks for causes; the daemon's own words are in {}",
            output.display()
        )),
        CliError::Limited { command, .. } => Some(format!(
            "start it where that limit is not set: {command}; commands that are run here keep the limit"
        )),
        CliError::Stack { .. } => Some(
            "set it higher, and where a command needs it low, inside: askbox run -- sh -c 'ulimit -s 64; exec COMMAND'"
                .to_owned(),
        ),
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
        _ => None,
    }
}

/// What to do where one of Askbox's own directories cannot be written.
fn of_unwritable(directory: &Path, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::StorageFull => "free some space on its disk; nothing runs without a log".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => format!(
            "its file system is read-only (findmnt -T {}): mount it for writing, or set {} to an absolute path that you can write",
            output::typed(directory),
            askbox_paths::ROOT_VARIABLE
        ),
        _ => format!(
            "give it to yourself with mode 700, or set {} to an absolute path that you can write",
            askbox_paths::ROOT_VARIABLE
        ),
    }
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
