//! The way to the daemon: to the one that runs, or to one that is started for it. Decides nothing and reads no policy.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use askbox_paths::Paths;
use askbox_sandbox::is_locale;
use askbox_wire::{Client, ClientError, Lock, Request, Response};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::context::Context;
use crate::error::CliError;
use crate::limits::{DAEMON_OUTPUT_BYTES, READINESS_BYTES, START_ATTEMPTS, START_PAUSE, START_WAIT};
use crate::shell_limits;

/// What the daemon needs of the environment that it is started from. It may outlive a project's shell by weeks, and
/// secrets of that shell have no business in it, but for those that its proxy variables hold.
const INHERITED: &[&str] = &[
    "DBUS_SESSION_BUS_ADDRESS",
    "ALL_PROXY",
    "DISPLAY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "SHELL",
    "TZ",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// The same by how the name begins.
const INHERITED_PREFIXES: &[&str] = &["ASKBOX_", "XDG_"];

/// Starts a program in a scope of its own, and becomes it.
const SCOPE_STARTER: &str = "/usr/bin/systemd-run";

/// The byte that a daemon writes when its socket accepts. Anything else is why it does not.
const READY: u8 = b'\n';

/// The byte before the error chain of a daemon that ended since another one holds the lock.
pub(crate) const LOCK_HELD: u8 = 0;

/// What a new daemon said.
#[derive(Debug, PartialEq, Eq)]
enum Report {
    /// Its socket accepts.
    Ready,
    /// It ended; its error chain, empty when it was never reached, or killed.
    Failed(StartFailure, String),
}

/// Why a new daemon ended, as far as it matters to whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartFailure {
    /// Another one holds the lock.
    LockHeld,
    /// What its error chain says.
    Other,
}

/// To the daemon that runs.
pub(crate) fn connect(paths: &Paths) -> Result<Client, CliError> {
    Ok(Client::connect(&paths.socket())?)
}

/// To the daemon that runs, if one does. One that holds its lock and has no socket is not taken for none: it may have sessions.
pub(crate) fn connect_if_running(paths: &Paths) -> Result<Option<Client>, CliError> {
    for _ in 0..START_ATTEMPTS {
        if let Some(client) = connect_to_listening(paths)? {
            return Ok(Some(client));
        }
        if holder(paths).is_none() {
            return Ok(None);
        }
        // It starts, or ends.
        std::thread::sleep(START_PAUSE);
    }
    no_socket(paths).map_or(Ok(None), Err)
}

/// The daemon that holds the lock, or the one of the state where its runtime directory was removed or is another. Whoever may write
/// its directories can hold them too, and is none.
pub(crate) fn holder(paths: &Paths) -> Option<u32> {
    let held = [paths.lock(), paths.state_lock()];
    let mut holders = held.iter().filter_map(|lock| Lock::holder(lock));
    holders.find(|pid| is_askbox(*pid))
}

/// Whether a process runs this program, by its file's name: another version is one too.
fn is_askbox(pid: u32) -> bool {
    let exe = fs::read_link(format!("/proc/{pid}/exe"));
    exe.is_ok_and(|exe| {
        exe.file_name()
            .is_some_and(|name| name == "askbox" || name == "askbox (deleted)")
    })
}

/// The daemon that holds the lock although nothing listens, if one does.
fn no_socket(paths: &Paths) -> Option<CliError> {
    let pid = holder(paths)?;
    Some(CliError::NoSocket {
        path: paths.socket(),
        pid,
    })
}

/// To a daemon that listens. One that hangs up before it has said who it is may have been killed a moment ago, or have as many
/// front ends as it takes.
fn connect_to_listening(paths: &Paths) -> Result<Option<Client>, CliError> {
    let mut attempt = 1;
    loop {
        match Client::connect(&paths.socket()) {
            Ok(client) => return Ok(Some(client)),
            Err(ClientError::NotRunning { .. }) => return Ok(None),
            Err(ClientError::Closed) if attempt < START_ATTEMPTS => std::thread::sleep(START_PAUSE),
            Err(error) => return Err(error.into()),
        }
        attempt += 1;
    }
}

/// To the daemon that runs, or to a new one. Several callers at once end up with one daemon.
pub(crate) fn connect_or_start(context: &Context) -> Result<Client, CliError> {
    let paths = &context.paths;
    if let Some(client) = connect_to_listening(paths)? {
        return Ok(client);
    }
    // Starters queue here; the second one finds the first one's daemon. The kernel lets go of it when we end.
    let turn = take_turn(paths)?;
    let mut attempt = 1;
    let client = loop {
        if let Some(client) = connect_to_listening(paths)? {
            break client;
        }
        let was_held = Lock::holder(&paths.lock()).is_some();
        match start(context) {
            Ok(()) => break connect(paths)?,
            // A daemon that was started by hand is not listening yet, or one that ends held the lock, perhaps until now.
            Err(CliError::Start { .. } | CliError::StartSilent { .. })
                if attempt < START_ATTEMPTS && (was_held || Lock::holder(&paths.lock()).is_some()) =>
            {
                std::thread::sleep(START_PAUSE);
            }
            Err(
                error @ CliError::Start {
                    why: StartFailure::LockHeld,
                    ..
                },
            ) => return Err(no_socket(paths).unwrap_or(error)),
            // Whatever else it says is the reason.
            Err(error) => return Err(error),
        }
        attempt += 1;
    };
    drop(turn);
    Ok(client)
}

/// A call whose only good answer is `Done`.
pub(crate) fn expect_done(client: &mut Client, request: Request) -> Result<(), CliError> {
    match client.call(request)? {
        Response::Done => Ok(()),
        _ => Err(CliError::OutOfTurn),
    }
}

/// The queue of those who want to start a daemon. Not the daemon's own lock, which says that one runs.
fn take_turn(paths: &Paths) -> Result<File, CliError> {
    private_directory(paths.runtime())?;
    let path = paths.start_lock();
    // For reading too: a named pipe would keep a writer waiting.
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path);
    let file = open.map_err(|source| CliError::Unwritable {
        directory: paths.runtime().to_owned(),
        source,
    })?;
    file.lock()
        .map_err(CliError::system(format!("lock {}", path.display())))?;
    Ok(file)
}

/// Starts a daemon that depends on nothing of this process, and waits until it accepts. In a scope of its own where there is
/// a service manager, which may end everything of a login session or of an IDE together; a service manager that fails is no
/// obstacle.
fn start(context: &Context) -> Result<(), CliError> {
    shell_limits::check(shell_limits::START)?;
    let program = std::env::current_exe().map_err(CliError::system("find this program"))?;
    let Starters { scoped, alone } = starters(context, &program, "askbox-daemon");
    if let Some(scoped) = scoped {
        match start_by(scoped, context) {
            Err(CliError::StartSilent { .. }) => {}
            other => return other,
        }
    }
    start_by(alone, context)
}

/// The commands that become a program of ours.
#[derive(Debug)]
pub(crate) struct Starters {
    /// In a scope of its own, which ends neither with a terminal nor with an IDE; where there is a service manager.
    pub(crate) scoped: Option<Command>,
    /// The program alone.
    pub(crate) alone: Command,
}

/// How to start a program of ours.
pub(crate) fn starters(context: &Context, program: &Path, name: &str) -> Starters {
    let has_scopes = has_service_manager(runtime(context), Path::new(SCOPE_STARTER));
    Starters {
        scoped: has_scopes.then(|| in_own_scope(program, name)),
        alone: command(program.as_ref()),
    }
}

fn in_own_scope(program: &Path, name: &str) -> Command {
    static STARTS: AtomicU32 = AtomicU32::new(0);
    let start = STARTS.fetch_add(1, Ordering::Relaxed);
    let mut starter = command(SCOPE_STARTER.as_ref());
    starter
        .args(["--user", "--scope", "--quiet", "--collect"])
        // One for each start: a program that ends may still have the name of another.
        .arg(format!("--unit={name}-{}-{start}", std::process::id()))
        .arg("--")
        .arg(program);
    starter
}

fn runtime(context: &Context) -> Option<&Path> {
    context.variable("XDG_RUNTIME_DIR").map(Path::new)
}

/// Whether the daemon and the desktop app get this variable.
pub(crate) fn is_inherited(name: &OsStr) -> bool {
    let is_ours = |name: &str| {
        INHERITED.contains(&name) || INHERITED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    is_locale(name) || name.to_str().is_some_and(is_ours)
}

/// Whether this user's service manager can be asked for the control groups of sessions.
pub(crate) fn has_control_groups(context: &Context) -> bool {
    has_service_manager(runtime(context), Path::new(askbox_daemon::BUSCTL))
}

/// Whether there is a service manager of this user, and a program of the system's to talk to it.
fn has_service_manager(runtime: Option<&Path>, starter: &Path) -> bool {
    let is_there = runtime.is_some_and(|runtime| {
        let socket = fs::metadata(runtime.join("systemd/private"));
        runtime.is_absolute() && socket.is_ok_and(|metadata| metadata.file_type().is_socket())
    });
    let is_the_systems =
        |metadata: fs::Metadata| metadata.is_file() && metadata.uid() == 0 && metadata.mode() & 0o022 == 0;
    is_there && fs::metadata(starter).is_ok_and(is_the_systems)
}

#[expect(
    clippy::disallowed_methods,
    reason = "programs of our own; they begin in / and get no argument from outside"
)]
fn command(program: &OsStr) -> Command {
    Command::new(program)
}

/// Starts the daemon by a command that becomes it.
fn start_by(mut command: Command, context: &Context) -> Result<(), CliError> {
    let output = context.paths.daemon_output();
    let words = open_output(&context.paths)?;
    let inherited = context.environment.iter().filter(|(name, _)| is_inherited(name));
    let mut daemon = command
        .args(["daemon", "--detached"])
        .env_clear()
        .envs(inherited.map(|(name, value)| (name, value)))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(words)
        .spawn()
        .map_err(CliError::system("start the daemon"))?;
    let Some(readiness) = daemon.stdout.take() else {
        return Err(CliError::StartTimedOut { output });
    };
    match read_report(readiness).map_err(CliError::system("hear from the daemon"))? {
        Some(Report::Ready) => Ok(()),
        Some(Report::Failed(why, report)) => {
            // It is ending; without this a dead child would stay until we end too.
            daemon.wait().map_err(CliError::system("wait for the daemon"))?;
            Err(match report.trim() {
                "" => CliError::StartSilent { output },
                report => CliError::Start {
                    why,
                    report: report.to_owned(),
                    output,
                },
            })
        }
        None => {
            // Better none than one that nobody knows of.
            daemon.kill().map_err(CliError::system("end the daemon"))?;
            daemon.wait().map_err(CliError::system("wait for the daemon"))?;
            Err(CliError::StartTimedOut { output })
        }
    }
}

/// What the new daemon says; `None` when it takes too long.
fn read_report(mut readiness: impl Read + AsFd) -> io::Result<Option<Report>> {
    let deadline = Instant::now() + START_WAIT;
    let mut report = Vec::new();
    let mut buffer = [0; 1024];
    while report.len() < READINESS_BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(readiness.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match readiness.read(&mut buffer)? {
            0 => break,
            length => report.extend_from_slice(&buffer[..length]),
        }
        if report.first() == Some(&READY) {
            return Ok(Some(Report::Ready));
        }
    }
    let (why, chain) = match report.strip_prefix(&[LOCK_HELD]) {
        Some(chain) => (StartFailure::LockHeld, chain),
        None => (StartFailure::Other, report.as_slice()),
    };
    Ok(Some(Report::Failed(
        why,
        String::from_utf8_lossy(chain).into_owned(),
    )))
}

/// Where the daemon's words go: appended, so that the ones before a crash stay, but not without end.
pub(crate) fn open_output(paths: &Paths) -> Result<File, CliError> {
    private_directory(paths.state())?;
    let path = paths.daemon_output();
    let failed = || CliError::system(format!("write {}", path.display()));
    let unwritable = |source| CliError::Unwritable {
        directory: paths.state().to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(unwritable)?;
    let metadata = file.metadata().map_err(failed())?;
    if !metadata.is_file() {
        return Err(failed()(io::Error::other(
            "it is not an ordinary file; remove it",
        )));
    }
    if DAEMON_OUTPUT_BYTES < metadata.len() {
        file.set_len(0).map_err(failed())?;
    }
    Ok(file)
}

fn private_directory(path: &Path) -> Result<(), CliError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| CliError::Unwritable {
        directory: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
