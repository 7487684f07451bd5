//! From a command line to a running session: the daemon plans, our own child carries the plan out, the daemon serves.
//! Single-threaded throughout, because the launch forks.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};

use askbox_policy::SessionId;
use askbox_sandbox::launch::{self, Inheritance};
use askbox_wire::{
    Client, ClientError, Descriptor, Event, Follow, LaunchRequest, Network, NetworkChoice, Request, Response,
    Terminals, Topic,
};

use crate::context::Context;
use crate::output;
use crate::standard;
use crate::streams::{Failure, Inside, Streams};
use crate::supervise::{self, Console, End, Supervisor};
use crate::terminal::{self, Pty};

/// What a person is told where connections cannot be captured.
const NO_CAPTURE: &str = "this machine has no nf_tables that you may use, so programs reach the network by the session's proxy \
                          alone (http_proxy and the like are set), and those that do not use it reach nothing: askbox doctor";

/// Why no session began.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The daemon said no, or cannot be spoken with.
    #[error(transparent)]
    Daemon(#[from] ClientError),
    /// The daemon answered something else.
    #[error("the daemon answered out of turn")]
    OutOfTurn,
    /// A standard stream may not go inside.
    #[error(transparent)]
    Standard(#[from] standard::Unfit),
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

/// What a person is told where starts of programs cannot be listened to.
const NO_STARTS: &str = "starts of programs cannot be listened to here, so outside the asking file system they ask nobody and \
                         are not in the log: askbox doctor";

/// Runs the command to its end.
pub(crate) fn run(client: &mut Client, mut request: LaunchRequest, context: &Context) -> Result<End, Error> {
    standard::check().map_err(step("look at the standard streams"))??;
    let terminals = request.terminals;
    let (quiet, choice) = (request.options.quiet, request.options.network);
    let console = open_console(terminals).map_err(step("open a terminal for the session"))?;
    let (streams, files) = Streams::open().map_err(step("open pipes for standard streams"))?;
    let slaves = slaves(console.as_ref(), terminals).map_err(step("open a terminal for the session"))?;
    let inheritance = Inheritance {
        terminal: either(slaves, files),
        environment: context.environment.clone(),
        stage: context.paths.stage(),
        network: choice,
    };
    // Before the daemon plans: the launch child has enough to do meanwhile.
    let mut begun = launch::begin(inheritance).map_err(Error::Launch)?;
    request.child = Some(begun.pid());
    let Response::Launched {
        session,
        mut notices,
        notices_by_proxy,
        closing_nothing,
        plan,
    } = client.call(Request::Launch(Box::new(request)))?
    else {
        return Err(Error::OutOfTurn);
    };
    // Only now: until there is a session, Ctrl-C ends us at once, and the launch child with us.
    let signals = supervise::block_signals().map_err(step("watch signals"))?;
    begun.send_plan(plan.text()).map_err(Error::Launch)?;
    let (network, descriptors) = begun.descriptors().map_err(Error::Launch)?;
    notices.extend(fallen_back(choice, network));
    let by_proxy = network == Network::Proxy;
    notices.extend(notices_by_proxy.into_iter().filter(|_| by_proxy));
    if !descriptors.iter().any(|(name, _)| *name == Descriptor::Starts) {
        notices.push(NO_STARTS.to_owned());
    }
    if !quiet {
        show_at_start(&closing_nothing, &notices, terminals);
    }
    hand_over(client, &session, &descriptors)?;
    // The daemon alone holds the session's network from now on.
    drop(descriptors);
    let follow = Follow {
        topics: vec![Topic::Questions, Topic::Flagged, Topic::Limits],
        session: Some(session.clone()),
    };
    expect(&client.call(Request::Follow(follow))?, &Response::Done)?;
    let waiting = begun.finish().map_err(Error::Launch)?;
    let pid = waiting.pid();
    expect(
        &client.call(Request::Started {
            session: session.clone(),
            pid,
        })?,
        &Response::Done,
    )?;
    let bwrap = match waiting.go() {
        Ok(bwrap) => bwrap,
        Err(error) => return not_started(client, session, quiet, error),
    };
    let (mut end, lost) = Supervisor::new(client, signals, bwrap, (console, streams), quiet)
        .run()
        .map_err(step("stay with the session"))?;
    if let End::Command(status) = end {
        match client.call(Request::Ended { session, status }) {
            Ok(Response::Ended { made }) if !quiet => show_made(&made),
            // askbox-init lost its leash, bwrap could not start it, or a shell could start no program: we hear of both ends in
            // either order.
            Err(ClientError::Closed | ClientError::Socket(_)) if may_come_of_the_end(status) => {
                end = End::DaemonGone;
            }
            // A daemon that ends at this moment takes nothing from a command that has a result of its own.
            Ok(_) | Err(_) => {}
        }
        end = heard_late(client, quiet).unwrap_or(end);
    }
    report_lost(end, lost)
}

/// Whether a command may have ended with this because the daemon did: by bwrap's word, askbox-init's, or a shell's.
fn may_come_of_the_end(status: u8) -> bool {
    const CANNOT_RUN: u8 = 126;
    const NOT_FOUND: u8 = 127;
    matches!(status, 1 | launch::INIT_FAILED | CANNOT_RUN | NOT_FOUND)
}

/// Why a command that was told to start did not. The session may have been stopped meanwhile; and where the daemon is gone, nobody is
/// left who lets a program start.
fn not_started(
    client: &mut Client,
    session: SessionId,
    quiet: bool,
    error: launch::Error,
) -> Result<End, Error> {
    let status = launch::INIT_FAILED;
    match client.call(Request::Ended { session, status }) {
        Err(ClientError::Closed | ClientError::Socket(_)) => Ok(End::DaemonGone),
        Ok(_) | Err(_) => heard_late(client, quiet).ok_or(Error::Launch(error)),
    }
}

/// What is said where connections are not captured although nobody wanted it so.
fn fallen_back(choice: NetworkChoice, network: Network) -> Option<String> {
    let is_worse = network == Network::Proxy && choice == NetworkChoice::Auto;
    is_worse.then(|| NO_CAPTURE.to_owned())
}

/// Hands the descriptors of a session to the daemon.
fn hand_over(
    client: &mut Client,
    session: &SessionId,
    descriptors: &[(Descriptor, OwnedFd)],
) -> Result<(), Error> {
    let named = descriptors.iter().map(|(name, fd)| (*name, fd.as_fd()));
    let (attached, borrowed): (Vec<Descriptor>, Vec<_>) = named.unzip();
    let serve = Request::Serve {
        session: session.clone(),
        attached,
    };
    expect(
        &client.call_with_descriptors(serve, &borrowed)?,
        &Response::Serving,
    )
}

/// A command may have ended because it was told to, or because something was refused, and that be heard of only now.
fn heard_late(client: &mut Client, quiet: bool) -> Option<End> {
    let mut told = None;
    while client.has_held_event() {
        match client.next_event() {
            Ok(Some(Event::SessionStopping { reason, text, .. })) => {
                told = Some(End::Stopped { reason, text });
            }
            Ok(Some(Event::Refused { what, .. })) if !quiet => show_after(&what),
            Ok(_) | Err(_) => {}
        }
    }
    told
}

/// A command that could not know that its words were lost must not seem to have succeeded; one that failed says so itself. What will be
/// said of another end can be read.
fn report_lost(end: End, lost: Option<Failure>) -> Result<End, Error> {
    if !matches!(end, End::Command(_)) {
        terminal::calm();
    }
    match lost {
        None => Ok(end),
        Some(Failure { step, source }) if end == End::Command(0) => Err(Error::Step { step, source }),
        Some(Failure { step, source }) => {
            show_after(&format!("cannot {step}: {source}"));
            Ok(end)
        }
    }
}

/// What takes the place of each standard stream: none is both a terminal and a file.
fn either(slaves: Inside, files: Inside) -> Inside {
    let mut files = files.into_iter();
    slaves.map(|slave| slave.or(files.next().flatten()))
}

fn expect(response: &Response, expected: &Response) -> Result<(), Error> {
    if response == expected {
        Ok(())
    } else {
        Err(Error::OutOfTurn)
    }
}

/// A script reads what the command prints, not what else we have to say; what was closed in vain it hears of.
fn show_at_start(closing_nothing: &[String], notices: &[String], terminals: Terminals) {
    show(closing_nothing);
    if terminals.stderr {
        show(notices);
    }
}

fn show(notices: &[String]) {
    for notice in notices {
        // Nobody is left to hear of a failure to write.
        drop(io::Write::write_all(&mut io::stderr(), line(notice).as_bytes()));
    }
}

/// A notice, of whomever the words in it are: it may quote a file or name one.
fn line(notice: &str) -> String {
    format!("askbox: {}\n", output::safe_sentence(notice))
}

/// The same of one, where programs inside had the terminal before.
fn show_after(notice: &str) {
    terminal::calm();
    show(&[notice.to_owned()]);
}

/// The daemon made the names harmless. A script hears of it too: what it starts next may be one of them.
fn show_made(names: &[String]) {
    if !names.is_empty() {
        show_after(&format!(
            "made in this session, runs outside: {}; look at them with `askbox review` before you use the project on the host",
            names.join(", ")
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
    // As whoever stays with the session decides about raw mode.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_one_line_that_acts_on_no_terminal() {
        assert_eq!(line("a plain one"), "askbox: a plain one\n");
        let shown = line("policy\u{1b}[2J.toml: odd\nsecond");
        assert_eq!(shown.matches('\n').count(), 1, "{shown:?}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        // What was made harmless before stays as it is.
        let once = output::safe_sentence("a\u{1b}b");
        assert_eq!(line(&once), format!("askbox: {once}\n"));
    }
}
