//! The desktop app beside the daemon: brought up by `askbox open`, and started by `askbox run` where a person sits in front of
//! a display. It is a program of its own, and depends on nothing of the process that starts it.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use askbox_wire::{Client, ClientError, Lock, Request, Response, Show};

use crate::connect::{self, Starters};
use crate::context::Context;
use crate::error::CliError;
use crate::limits::{TRAY_ANSWER_WAIT, TRAY_PAUSE, TRAY_WAIT};
use crate::shell_limits;

/// The app's program, beside this one.
const PROGRAM: &str = "askbox-tray";

/// What toolkits read, beyond what the daemon gets.
const INHERITED_PREFIXES: &[&str] = &["GDK_", "GTK_", "LIBGL_", "NO_AT_BRIDGE", "WEBKIT_"];

/// Brings a window up, in the app that runs or in a new one.
pub(crate) fn open(context: &Context, show: &Show) -> Result<(), CliError> {
    if tell(context, show)? || tell_later(context, show)? {
        return Ok(());
    }
    if !has_display(context) {
        return Err(CliError::NoDisplay);
    }
    // The app starts a daemon where there is none, and starts it anew.
    shell_limits::check("askbox open")?;
    let Starters { scoped, alone } = connect::starters(context, &program(), PROGRAM);
    if let Some(scoped) = scoped {
        match start_and_tell(context, scoped, show) {
            // A service manager that fails is no obstacle; an app that cannot run ends once more.
            Err(CliError::TrayEnded { .. }) => {}
            other => return other,
        }
    }
    start_and_tell(context, alone, show)
}

/// Starts the app where there is a display of this seat and none runs. What goes wrong is no obstacle: questions can be
/// answered on the command line.
pub(crate) fn accompany(context: &Context) {
    if !is_local(context) || !has_display(context) || !program().exists() {
        return;
    }
    if shell_limits::check(shell_limits::START).is_err() {
        return;
    }
    // Not its socket: an app that hangs would keep the session waiting. One that finds the lock held by this look ends, but
    // then another is started here.
    if Lock::is_held(&context.paths.tray_lock()) {
        return;
    }
    let Starters { scoped, alone } = connect::starters(context, &program(), PROGRAM);
    // It says itself where it cannot run, in the daemon's output. It is nobody's child for long: this process ends, or becomes
    // a session's client, which never waits for it.
    drop(start(context, scoped.unwrap_or(alone)));
}

/// Starts the app and has it show something, once it listens.
fn start_and_tell(context: &Context, starter: Command, show: &Show) -> Result<(), CliError> {
    let mut app = start(context, starter)?;
    let end = Instant::now() + TRAY_WAIT;
    loop {
        let ended = app.try_wait().map_err(CliError::NoTray)?;
        if tell(context, show)? {
            return Ok(());
        }
        match ended {
            // One that ends because another was faster leaves the rest to that one.
            Some(status) if !Lock::is_held(&context.paths.tray_lock()) => {
                let output = context.paths.daemon_output();
                return Err(CliError::TrayEnded { status, output });
            }
            Some(_) | None if end < Instant::now() => {
                return Err(CliError::NoTray(io::Error::from(io::ErrorKind::TimedOut)));
            }
            Some(_) | None => thread::sleep(TRAY_PAUSE),
        }
    }
}

/// The same where the app that runs does not listen yet. Whether it runs and shows it now.
fn tell_later(context: &Context, show: &Show) -> Result<bool, CliError> {
    let end = Instant::now() + TRAY_ANSWER_WAIT;
    while Lock::is_held(&context.paths.tray_lock()) {
        if tell(context, show)? {
            return Ok(true);
        }
        if end < Instant::now() {
            return Err(CliError::TrayDeaf(context.paths.tray_socket()));
        }
        thread::sleep(TRAY_PAUSE);
    }
    Ok(false)
}

/// Whether the app listens, and now shows it.
fn tell(context: &Context, show: &Show) -> Result<bool, CliError> {
    let socket = context.paths.tray_socket();
    // The kernel says of anything else what it says of a socket that nobody listens at.
    let is_other = fs::symlink_metadata(&socket).is_ok_and(|found| !found.file_type().is_socket());
    if is_other {
        return Err(CliError::NotTheTray(socket));
    }
    match Client::call_once(&socket, Request::Show(show.clone()), TRAY_ANSWER_WAIT) {
        Ok(Response::Done) => Ok(true),
        Ok(_) => Err(CliError::OutOfTurn),
        Err(ClientError::NotRunning { .. }) => Ok(false),
        Err(ClientError::TimedOut { .. }) => Err(CliError::TrayDeaf(socket)),
        Err(error) => Err(error.into()),
    }
}

fn has_display(context: &Context) -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .any(|name| context.variable(name).is_some())
}

/// Whether the person is where this process runs: over ssh a display may be forwarded, or be somebody else's screen.
fn is_local(context: &Context) -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .into_iter()
        .all(|name| context.variable(name).is_none())
}

fn program() -> PathBuf {
    std::env::current_exe()
        .unwrap_or_default()
        .with_file_name(PROGRAM)
}

/// Starts the app; its words go where the daemon's go.
fn start(context: &Context, mut starter: Command) -> Result<Child, CliError> {
    let output = connect::open_output(&context.paths)?;
    let inherited = context.environment.iter().filter(|(name, _)| {
        let is_toolkits = |name: &str| INHERITED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        connect::is_inherited(name) || name.to_str().is_some_and(is_toolkits)
    });
    let app = starter
        .arg("--background")
        .env_clear()
        .envs(inherited.map(|(name, value)| (name, value)))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output)
        // Ctrl-C in the terminal is not meant for it.
        .process_group(0)
        .spawn();
    app.map_err(CliError::NoTray)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::time::Duration;

    use super::*;

    fn questions() -> Show {
        Show {
            view: askbox_wire::View::Questions,
            item: None,
        }
    }

    #[test]
    fn the_app_lies_beside_this_program() {
        assert_eq!(program().file_name(), Some(PROGRAM.as_ref()));
        assert_eq!(
            program().parent(),
            std::env::current_exe().unwrap().parent().map(Path::new)
        );
    }

    /// The surroundings of a process without a service manager, in directories of its own.
    fn context() -> (tempfile::TempDir, Context) {
        let root = tempfile::tempdir().unwrap();
        let context = Context {
            paths: askbox_paths::Paths::new(Some(root.path().into())).unwrap(),
            environment: Vec::new(),
            stdout_is_terminal: false,
            now: std::time::SystemTime::UNIX_EPOCH,
        };
        (root, context)
    }

    /// The error of showing a view here, and how long it took.
    fn refused(context: &Context) -> (CliError, Duration) {
        let begun = Instant::now();
        let error = open(context, &questions()).unwrap_err();
        (error, begun.elapsed())
    }

    const SOON: Duration = Duration::from_secs(2);

    #[test]
    fn what_is_no_socket_is_named_at_once() {
        let (_root, context) = context();
        let socket = context.paths.tray_socket();
        fs::create_dir_all(&socket).unwrap();
        let (error, took) = refused(&context);
        assert!(
            matches!(&error, CliError::NotTheTray(path) if *path == socket),
            "{error:?}"
        );
        assert!(error.hint().unwrap().contains(&socket.display().to_string()));
        assert!(took < SOON, "{took:?}");
        // A socket that nobody listens at is one that an app left behind: a new one takes its place.
        fs::remove_dir(&socket).unwrap();
        drop(UnixListener::bind(&socket).unwrap());
        let (error, took) = refused(&context);
        assert!(matches!(error, CliError::NoDisplay), "{error:?}");
        assert!(took < SOON, "{took:?}");
    }

    #[test]
    fn an_app_that_does_not_answer_is_not_waited_for() {
        let (_root, context) = context();
        let socket = context.paths.tray_socket();
        fs::create_dir_all(context.paths.runtime()).unwrap();
        let lock = Lock::take(&context.paths.tray_lock()).unwrap();
        let listener = UnixListener::bind(&socket).unwrap();
        let (error, took) = refused(&context);
        assert!(
            matches!(&error, CliError::TrayDeaf(path) if *path == socket),
            "{error:?}"
        );
        assert!(took < SOON, "{took:?}");
        // Nor is one that does not listen.
        drop(listener);
        let (error, took) = refused(&context);
        assert!(
            matches!(&error, CliError::TrayDeaf(path) if *path == socket),
            "{error:?}"
        );
        assert!(took < SOON, "{took:?}");
        drop(lock);
        assert!(matches!(refused(&context).0, CliError::NoDisplay));
    }

    #[test]
    fn an_app_that_ends_at_once_is_not_waited_for() {
        let (_root, context) = context();
        let show = questions();
        let starter = connect::starters(&context, Path::new("/bin/false"), PROGRAM).alone;
        let begun = Instant::now();
        let error = start_and_tell(&context, starter, &show).unwrap_err();
        assert!(begun.elapsed() < TRAY_WAIT, "{error}");
        let CliError::TrayEnded { status, output } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((status.code(), output), (Some(1), &context.paths.daemon_output()));
        assert!(error.hint().unwrap().contains(&output.display().to_string()));
    }
}
