//! PID 1 inside the sandbox: claims the terminal for the command, starts it, forwards signals, reaps orphans, and ends
//! with the command's status, or at once when the leash to the daemon breaks. What the daemon orders by the leash it does to
//! everything inside at once. Must never be debuggable by what it
//! starts, and must leave it nothing open but the standard descriptors.
//!
//! Outside, as `askbox-init sockets` or `askbox-init datagrams`, it is a process of `askbox_sandbox::inside`.

mod sys;

use std::ffi::CString;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::ExitCode;

use askbox_sandbox::inside::{self, datagrams};
use askbox_sandbox::launch::{FORWARDED, INIT_FAILED};
use askbox_sandbox::leash::{self, Heard, Order};
use askbox_sandbox::name_for_command;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, execvpe, setsid};

/// Exit codes of env(1) for a command that cannot be run, or is not there.
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

/// The code of a signal that kill(2) has sent: `SI_USER`, which libc has for some systems only.
const SI_USER: i32 = 0;

/// Those of the forwarded signals that ask a command to end.
const ENDING: [Signal; 4] = [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT];

fn main() -> ExitCode {
    match run() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            complain(&format!("askbox-init: {error}"));
            ExitCode::from(INIT_FAILED)
        }
    }
}

fn run() -> io::Result<u8> {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some(inside::ARGUMENT.as_ref()) {
        prctl::set_dumpable(false)?;
        let channel = io::stdin().as_fd().try_clone_to_owned()?;
        sys::close_all_above_standard_but(&channel)?;
        return inside::serve(channel.as_fd()).map(|()| 0);
    }
    if first.as_deref() == Some(datagrams::ARGUMENT.as_ref()) {
        prctl::set_dumpable(false)?;
        let channel = io::stdin().as_fd().try_clone_to_owned()?;
        sys::close_all_above_standard_but(&channel)?;
        let ports = arguments.map(|argument| argument.to_string_lossy().into_owned());
        return datagrams::serve(channel.as_fd(), ports).map(|()| 0);
    }
    let leash = first.and_then(|number| number.to_str()?.parse().ok());
    let leash = sys::adopt(
        leash.ok_or_else(|| io::Error::other("the first argument must be the leash's descriptor"))?,
    )?;
    let argv = arguments
        .map(|argument| CString::new(argument.into_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    prctl::set_dumpable(false)?;
    sys::close_all_above_standard_but(&leash)?;
    // Everything is blocked before the fork, so that no signal is lost between the fork and the loop.
    let mut watched = SigSet::from_iter(FORWARDED);
    watched.add(Signal::SIGCHLD);
    watched.thread_block()?;
    match sys::fork()? {
        ForkResult::Child => Ok(become_command(&argv, leash)),
        ForkResult::Parent { child } => watch(
            child,
            &leash,
            &SignalFd::with_flags(&watched, SfdFlags::SFD_CLOEXEC)?,
        ),
    }
}

/// In the child: a session and a terminal of its own, so that Ctrl-C reaches the command and never init or bwrap.
/// Returns only when the command cannot be run.
fn become_command(argv: &[CString], leash: OwnedFd) -> u8 {
    drop(leash);
    let attempt = || -> nix::Result<std::convert::Infallible> {
        setsid()?;
        sys::claim_terminal()?;
        sys::restore_sigpipe();
        SigSet::all().thread_unblock()?;
        let environment = std::env::vars_os()
            .map(|(name, value)| {
                CString::new([name_for_command(&name).as_bytes(), b"=", value.as_bytes()].concat())
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_holds_a_nul| Errno::EINVAL)?;
        execvpe(argv.first().ok_or(Errno::EINVAL)?, argv, &environment)
    };
    let Err(error) = attempt();
    let name = argv
        .first()
        .map(|name| name.to_string_lossy().escape_debug().to_string())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "''".to_owned());
    match error {
        Errno::ENOENT => {
            complain(&format!(
                "askbox: {name}: command not found\nhint: inside are /usr, the project and your toolchains"
            ));
            NOT_FOUND
        }
        error => {
            complain(&format!("askbox: cannot run {name}: {}", error.desc()));
            CANNOT_RUN
        }
    }
}

/// Until the command ends, or the daemon does.
fn watch(command: Pid, leash: &OwnedFd, signals: &SignalFd) -> io::Result<u8> {
    let mut is_frozen = false;
    loop {
        let mut ready = [
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(leash.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut ready, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            other => other?,
        };
        let [signalled, unleashed] = ready.map(|entry| entry.any().unwrap_or(true));
        if unleashed {
            match leash::hear(leash)? {
                // The kernel ends everything else with PID 1.
                Heard::Released => return Ok(INIT_FAILED),
                Heard::Order(order) => {
                    is_frozen = order == Order::Freeze;
                    order.carry_out()?;
                }
                Heard::Nothing => {}
            }
        }
        if !signalled {
            continue;
        }
        let Some(signal) = signals.read_signal()? else {
            continue;
        };
        let signalled_from_outside = signal.ssi_pid == 0 && signal.ssi_code == SI_USER;
        match Signal::try_from(signal.ssi_signo.cast_signed())? {
            Signal::SIGCHLD => {
                if let Some(status) = reap(command)? {
                    return Ok(status);
                }
            }
            signal => {
                hand_on(command, signal)?;
                // A command that stopped itself hears of its end only when it goes on. Not by the word of programs inside: who
                // calls kill(2) in another pid namespace has no number in this one (pid_namespaces(7)), and other ways to send
                // a signal, by which a number can be made up, have other codes (sigaction(2)).
                if ENDING.contains(&signal) && signalled_from_outside && !is_frozen {
                    hand_on(command, Signal::SIGCONT)?;
                }
            }
        }
    }
}

fn hand_on(command: Pid, signal: Signal) -> io::Result<()> {
    match kill(command, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Collects every ended child; the status of the command when it is among them, as a shell would give it.
fn reap(command: Pid) -> io::Result<Option<u8>> {
    loop {
        let ended = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(None),
            Err(Errno::EINTR) => continue,
            other => other?,
        };
        match ended {
            WaitStatus::Exited(pid, code) if pid == command => return Ok(u8::try_from(code & 0xff).ok()),
            WaitStatus::Signaled(pid, signal, _) if pid == command => {
                return Ok(u8::try_from(128 + signal as i32).ok());
            }
            _ => {}
        }
    }
}

fn complain(text: &str) {
    // Nobody is left to hear of a failure to write.
    drop(writeln!(io::stderr(), "{text}"));
}
