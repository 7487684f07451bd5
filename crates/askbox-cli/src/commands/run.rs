//! `askbox run` and `askbox shell`: a command, or the user's shell, in a sandbox.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use askbox_wire::{LaunchRequest, OsText};

use crate::args::{RunArgs, SessionArgs, ShellArgs};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::launch;
use crate::supervise::End;

/// Shells that exist inside under the same path as outside.
const SYSTEM_DIRECTORIES: [&str; 3] = ["/bin", "/usr/bin", "/usr/local/bin"];

/// The shell for everybody whose own lies elsewhere.
const PLAIN_SHELL: &str = "/bin/sh";

/// `askbox run`.
pub(crate) fn run(context: &Context, arguments: RunArgs) -> Result<ExitStatus, CliError> {
    session(context, arguments.options, arguments.command)
}

/// `askbox shell`.
pub(crate) fn shell(context: &Context, arguments: ShellArgs) -> Result<ExitStatus, CliError> {
    let own = context.variable("SHELL").filter(|shell| {
        let parent = Path::new(shell).parent();
        parent.is_some_and(|parent| {
            SYSTEM_DIRECTORIES
                .iter()
                .any(|system| parent == Path::new(system))
        })
    });
    let shell = own.map_or_else(|| PLAIN_SHELL.into(), OsString::from);
    session(context, arguments.options, vec![shell])
}

fn session(context: &Context, options: SessionArgs, command: Vec<OsString>) -> Result<ExitStatus, CliError> {
    if nix::unistd::geteuid().is_root() {
        return Err(CliError::Root);
    }
    let cwd = std::env::current_dir().map_err(CliError::system("find the working directory"))?;
    let mut client = connect::connect_or_start(context)?;
    let request = LaunchRequest {
        argv: command.into_iter().map(OsText::from).collect(),
        cwd: OsText::from(cwd),
        options: options.into(),
        env_names: context
            .environment
            .iter()
            .map(|(name, _)| OsText::from(name.clone()))
            .collect(),
        uid: nix::unistd::getuid().as_raw(),
        terminals: launch::terminals(),
    };
    match launch::run(&mut client, request, context)? {
        End::Command(status) => Ok(ExitStatus::External(status)),
        End::Stopped => {
            say("the session was stopped");
            Ok(ExitStatus::Failed)
        }
        End::DaemonGone => {
            say("the daemon is gone, and the sandbox ended with it");
            Ok(ExitStatus::Failed)
        }
    }
}

fn say(text: &str) {
    // Nobody is left to hear of a failure to write.
    drop(writeln!(io::stderr(), "askbox: {text}"));
}
