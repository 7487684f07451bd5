//! From a command line to a running session: the daemon plans, our own child carries the plan out, the daemon serves.
//! Single-threaded throughout, because the launch forks.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use askbox_sandbox::environment::Variable;
use askbox_sandbox::launch::{self, Inheritance};
use askbox_sandbox::plan::Plan;
use askbox_wire::{
    Client, ClientError, Descriptor, Follow, LaunchRequest, Request, Response, Terminals, Topic,
};

use crate::streams::{Failure, Inside, Streams};
use crate::supervise::{self, Console, End, Supervisor};
use crate::terminal::{self, Pty};

/// Why no session began.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The daemon said no, or cannot be spoken with.
    #[error(transparent)]
    Daemon(#[from] ClientError),
    /// The daemon's plan is none.
    #[error("the daemon's plan cannot be read")]
    Plan(#[source] serde_json::Error),
    /// The daemon answered something else.
    #[error("the daemon answered out of turn")]
    OutOfTurn,
    /// A standard stream is a directory.
    #[error("standard {0} is a directory, which would be open inside with all that is in it")]
    Directory(&'static str),
    /// The launch child failed.
    #[error("cannot start the sandbox")]
    Launch(#[source] launch::Error),
    /// Something on our side failed.
    #[error("cannot {step}")]
    Step {
        /// What was tried.
        step: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

fn step(step: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Step { step, source }
}

/// Runs the command to its end.
pub(crate) fn run(
    client: &mut Client,
    request: LaunchRequest,
    caller: &[(OsString, OsString)],
) -> Result<End, Error> {
    refuse_directories()?;
    let terminals = request.terminals;
    let quiet = request.options.quiet;
    let Response::Launched { session, plan } = client.call(Request::Launch(Box::new(request)))? else {
        return Err(Error::OutOfTurn);
    };
    let plan: Plan = serde_json::from_value(plan).map_err(Error::Plan)?;
    // A script reads what the command prints, not what we have to say.
    if terminals.stderr && !quiet {
        show(&plan.notices);
    }
    let signals = supervise::block_signals().map_err(step("watch signals"))?;
    let console = open_console(terminals).map_err(step("open a terminal for the session"))?;
    let (streams, files) = Streams::open().map_err(step("open pipes for standard streams"))?;
    let slaves = slaves(console.as_ref(), terminals).map_err(step("open a terminal for the session"))?;
    let inheritance = Inheritance {
        terminal: either(slaves, files),
        environment: environment(&plan, caller),
    };
    let mut waiting = launch::spawn(&plan, inheritance).map_err(Error::Launch)?;
    let descriptors = waiting.take_descriptors();
    let borrowed: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    let serve = Request::Serve {
        session: session.clone(),
        attached: Descriptor::ALL.to_vec(),
    };
    expect(
        &client.call_with_descriptors(serve, &borrowed)?,
        &Response::Serving,
    )?;
    // The daemon alone holds the session's network from now on.
    drop(borrowed);
    drop(descriptors);
    let pid = waiting.pid().as_raw().cast_unsigned();
    expect(
        &client.call(Request::Started {
            session: session.clone(),
            pid,
        })?,
        &Response::Done,
    )?;
    let follow = Follow {
        topics: vec![Topic::Questions],
        session: Some(session.clone()),
    };
    expect(&client.call(Request::Follow(follow))?, &Response::Done)?;
    let bwrap = waiting.go().map_err(step("start the command"))?;
    let (end, lost) = Supervisor::new(client, signals, bwrap, (console, streams), quiet)
        .run()
        .map_err(step("stay with the session"))?;
    if let End::Command(status) = end {
        // A daemon that ends at this moment takes nothing from a command that ran to its end.
        drop(client.call(Request::Ended { session, status }));
    }
    report_lost(end, lost)
}

/// A command that could not know that its words were lost must not seem to have succeeded; one that failed says so itself.
fn report_lost(end: End, lost: Option<Failure>) -> Result<End, Error> {
    match (end, lost) {
        (_, None) => Ok(end),
        (End::Command(0), Some(Failure { step, source })) => Err(Error::Step { step, source }),
        (_, Some(Failure { step, source })) => {
            show(&[format!("cannot {step}: {source}")]);
            Ok(end)
        }
    }
}

/// What takes the place of each standard stream: none is both a terminal and a file.
fn either(slaves: Inside, files: Inside) -> Inside {
    let mut files = files.into_iter();
    slaves.map(|slave| slave.or(files.next().flatten()))
}

/// A directory would open all that lies below it, and above.
fn refuse_directories() -> Result<(), Error> {
    for (number, name) in ["input", "output", "error"].into_iter().enumerate() {
        let is_directory =
            std::fs::metadata(format!("/proc/self/fd/{number}")).is_ok_and(|metadata| metadata.is_dir());
        if is_directory {
            return Err(Error::Directory(name));
        }
    }
    Ok(())
}

fn expect(response: &Response, expected: &Response) -> Result<(), Error> {
    if response == expected {
        Ok(())
    } else {
        Err(Error::OutOfTurn)
    }
}

fn show(notices: &[String]) {
    for notice in notices {
        // Nobody is left to hear of a failure to write.
        drop(io::Write::write_fmt(
            &mut io::stderr(),
            format_args!("askbox: {notice}\n"),
        ));
    }
}

/// Which standard streams are terminals.
pub(crate) fn terminals() -> Terminals {
    Terminals {
        stdin: io::stdin().is_terminal(),
        stdout: io::stdout().is_terminal(),
        stderr: io::stderr().is_terminal(),
    }
}

fn open_console(terminals: Terminals) -> io::Result<Option<Console>> {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let real = match terminals {
        Terminals { stdin: true, .. } => stdin.as_fd(),
        Terminals { stdout: true, .. } => stdout.as_fd(),
        Terminals { stderr: true, .. } => stderr.as_fd(),
        Terminals {
            stdin: false,
            stdout: false,
            stderr: false,
        } => return Ok(None),
    };
    // As the supervisor decides about raw mode.
    let raw = terminals.stdin && terminals.stdout && terminal::is_foreground(real);
    Ok(Some(Console {
        pty: Pty::open(real, terminals.stdout, raw)?,
        input: terminals.stdin,
        whole: terminals.stdout,
        ended: false,
    }))
}

/// A copy of the PTY's slave for each standard stream that is a terminal.
fn slaves(console: Option<&Console>, terminals: Terminals) -> io::Result<Inside> {
    let slave = |wanted: bool| match console {
        Some(console) if wanted => console.pty.slave(),
        Some(_) | None => Ok(None),
    };
    Ok([
        slave(terminals.stdin)?,
        slave(terminals.stdout)?,
        slave(terminals.stderr)?,
    ])
}

/// The plan's environment with the caller's values. The last of equal names wins, as in env(1).
fn environment(plan: &Plan, caller: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = Vec::new();
    for variable in &plan.environment {
        let (name, value) = match variable {
            Variable::Set(name, value) => (name.0.clone(), Some(value.0.clone())),
            Variable::Keep(name) => {
                let own = caller.iter().find(|(known, _)| *known == name.0);
                (name.0.clone(), own.map(|(_, value)| value.clone()))
            }
        };
        if let Some(value) = value {
            variables.retain(|(known, _)| *known != name);
            variables.push((name, value));
        }
    }
    variables
}
