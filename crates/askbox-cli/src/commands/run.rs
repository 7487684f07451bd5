//! `askbox run` and `askbox shell`: a command, or the user's shell, in a sandbox.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use askbox_policy::Resource;
use askbox_wire::{LaunchRequest, OsText, StopReason};
use nix::unistd::{AccessFlags, access};

use crate::args::{RunArgs, SessionArgs, ShellArgs};
use crate::caller_desktop;
use crate::connect;
use crate::context::{self, Context};
use crate::desktop;
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
    let cwd = context::working_directory()?;
    let mut client = connect::connect_or_start(context)?;
    if !options.non_interactive {
        desktop::accompany(context);
    }
    let program = command
        .first()
        .and_then(|name| find_program(name, context.variable("PATH"), &cwd));
    let request = LaunchRequest {
        program: program.map(OsText::from),
        argv: command.into_iter().map(OsText::from).collect(),
        cwd: OsText::from(cwd),
        options: options.into(),
        env_names: context
            .environment
            .iter()
            .map(|(name, _)| OsText::from(name.clone()))
            .collect(),
        search: context.search_path().map(OsText::from).collect(),
        uid: nix::unistd::getuid().as_raw(),
        terminals: launch::terminals(),
        child: None,
        ssh_agent: context
            .variable("SSH_AUTH_SOCK")
            .filter(|path| std::path::Path::new(path).is_absolute())
            .map(|path| OsText::from(path.to_owned())),
        desktop: caller_desktop::of(context),
    };
    match launch::run(&mut client, request, context)? {
        End::Command(status) => Ok(ExitStatus::External(status)),
        End::Stopped { reason, text } if text.is_empty() => {
            say("the session was stopped");
            Ok(stopped(reason))
        }
        End::Stopped { reason, text } => {
            say(&format!("the session was stopped: {text}"));
            Ok(stopped(reason))
        }
        End::DaemonGone => {
            say("the daemon is gone, and the session ended with it");
            Ok(ExitStatus::Failed)
        }
    }
}

/// As timeout(1) ends when the time is over, and as a shell tells of what the kernel killed for its memory.
fn stopped(reason: StopReason) -> ExitStatus {
    match reason {
        StopReason::Asked | StopReason::Limit(Resource::Processes | Resource::Disk) => ExitStatus::Failed,
        StopReason::Limit(Resource::RunTime) => ExitStatus::OutOfTime,
        StopReason::Limit(Resource::Memory) => ExitStatus::OutOfMemory,
    }
}

/// The file that a command names: itself where it has a slash, or the first one on PATH that can be started.
fn find_program(name: &OsStr, path: Option<&OsStr>, cwd: &Path) -> Option<PathBuf> {
    let is_program = |file: &PathBuf| access(file, AccessFlags::X_OK).is_ok() && file.is_file();
    if name.as_encoded_bytes().contains(&b'/') {
        return Some(cwd.join(name)).filter(is_program);
    }
    std::env::split_paths(path?)
        .map(|directory| cwd.join(directory).join(name))
        .find(is_program)
}

fn say(text: &str) {
    // Nobody is left to hear of a failure to write.
    drop(writeln!(io::stderr(), "askbox: {text}"));
}
