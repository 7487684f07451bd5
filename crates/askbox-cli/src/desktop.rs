//! The desktop app beside the daemon: brought up by `askbox open`, and started by `askbox run` where a person sits in front of
//! a display. It is a program of its own, and depends on nothing of the process that starts it.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use askbox_wire::{Client, ClientError, Request, Show};

use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::limits::{TRAY_PAUSE, TRAY_WAIT};

/// The app's program, beside this one.
const PROGRAM: &str = "askbox-tray";

/// What toolkits read, beyond what the daemon gets.
const INHERITED_PREFIXES: &[&str] = &["GDK_", "GTK_", "LIBGL_", "NO_AT_BRIDGE", "WEBKIT_"];

/// Brings a window up, in the app that runs or in a new one.
pub(crate) fn open(context: &Context, show: &Show) -> Result<(), CliError> {
    if tell(context, show)? {
        return Ok(());
    }
    if !has_display(context) {
        return Err(CliError::NoDisplay);
    }
    start(context)?;
    let end = Instant::now() + TRAY_WAIT;
    while !tell(context, show)? {
        if end < Instant::now() {
            return Err(CliError::NoTray(io::Error::from(io::ErrorKind::TimedOut)));
        }
        thread::sleep(TRAY_PAUSE);
    }
    Ok(())
}

/// Starts the app where there is a display of this seat and none runs. What goes wrong is no obstacle: questions can be
/// answered on the command line.
pub(crate) fn accompany(context: &Context) {
    let runs = || !matches!(connect_to(context), Err(ClientError::NotRunning { .. }));
    if is_local(context) && has_display(context) && program().exists() && !runs() {
        // It says itself where it cannot run, in the daemon's output.
        drop(start(context));
    }
}

/// Whether the app runs, and now shows it.
fn tell(context: &Context, show: &Show) -> Result<bool, CliError> {
    match connect_to(context) {
        Ok(mut client) => {
            connect::expect_done(&mut client, Request::Show(show.clone()))?;
            Ok(true)
        }
        Err(ClientError::NotRunning { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn connect_to(context: &Context) -> Result<Client, ClientError> {
    Client::connect(&context.paths.tray_socket())
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

fn start(context: &Context) -> Result<(), CliError> {
    let program = program();
    let output = connect::open_output(&context.paths)?;
    let mut command = connect::in_own_scope(context, &program, PROGRAM);
    let inherited = context.environment.iter().filter(|(name, _)| {
        let is_toolkits = |name: &str| INHERITED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        connect::is_inherited(name) || name.to_str().is_some_and(is_toolkits)
    });
    let started = command
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
    // It is nobody's child for long: this process ends, or becomes a session's client, which never waits for it.
    started.map(drop).map_err(CliError::NoTray)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_app_lies_beside_this_program() {
        assert_eq!(program().file_name(), Some(PROGRAM.as_ref()));
        assert_eq!(
            program().parent(),
            std::env::current_exe().unwrap().parent().map(Path::new)
        );
    }
}
