//! `askbox daemon`: runs it in this process, or ends the one that runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use askbox_daemon::{ASK_KEYRING, DaemonOptions};
use askbox_paths::{MANAGED_POLICY, Paths};
use askbox_secrets::{Helper, Secrets};
use askbox_wire::{Client, ClientError, LockError, Request};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{self, Pid};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::DaemonArgs;
use crate::connect;
use crate::context::Context;
use crate::error::{CliError, chain};
use crate::exit_code::ExitStatus;
use crate::limits::STOP_WAIT;
use crate::{init_program, output, shell_limits};

mod memory;

/// Serves until it is told to end; or stops, or restarts.
pub(crate) fn run(context: &Context, arguments: &DaemonArgs) -> Result<ExitStatus, CliError> {
    if arguments.restart {
        // Before anything is ended.
        shell_limits::check("askbox daemon --restart")?;
    }
    if arguments.stop || arguments.restart {
        let stopped = stop(&context.paths)?;
        let mut text = match stopped {
            Some(pid) => format!("the daemon (process {pid}) has ended\n"),
            None => "no daemon was running\n".to_owned(),
        };
        if arguments.restart {
            drop(connect::connect_or_start(context)?);
            text.push_str("a new daemon runs\n");
        }
        output::print(&text)?;
        return Ok(ExitStatus::Success);
    }
    if arguments.start {
        drop(connect::connect_or_start(context)?);
        return Ok(ExitStatus::Success);
    }
    if arguments.detached {
        return serve_detached(context);
    }
    memory::set_up();
    listen_to_ourselves(context);
    askbox_daemon::run(&context.paths, options(context, None)?)?;
    Ok(ExitStatus::Success)
}

/// Serves for a starter that reads our standard output until it knows whether we are ready.
fn serve_detached(context: &Context) -> Result<ExitStatus, CliError> {
    detach()?;
    memory::set_up();
    listen_to_ourselves(context);
    let starter = let_go_of_stdout().map_err(CliError::system("let go of standard output"))?;
    let ready = starter
        .try_clone()
        .map_err(CliError::system("answer whoever started the daemon"))?;
    let served = options(context, Some(ready))
        .and_then(|options| askbox_daemon::run(&context.paths, options).map_err(CliError::from));
    if let Err(error) = &served {
        let mut report = Vec::new();
        if let CliError::Daemon(askbox_daemon::Error::Lock(LockError::Held)) = error {
            report.push(connect::LOCK_HELD);
        }
        report.extend_from_slice(format!("{}\n", chain(error)).as_bytes());
        // Nobody reads this any more once we were ready. The file that is our standard error has it in any case.
        drop(File::from(starter).write_all(&report));
    }
    served.map(|()| ExitStatus::Success)
}

fn options(context: &Context, ready: Option<OwnedFd>) -> Result<DaemonOptions, CliError> {
    shell_limits::lift()?;
    let program = std::env::current_exe().map_err(CliError::system("find this program"))?;
    let Some(init) = init_program::find(&program) else {
        return Err(CliError::NoInit {
            place: program.with_file_name("askbox-init"),
        });
    };
    Ok(DaemonOptions {
        init,
        managed_policy: PathBuf::from(MANAGED_POLICY),
        path_directories: context.search_path().collect(),
        has_service_manager: connect::has_control_groups(context),
        open_files: raise_descriptor_limit()?,
        proxy_environment: askbox_daemon::ProxyEnvironment::read(|name| {
            Some(context.variable(name)?.to_str()?.to_owned())
        }),
        secrets: Secrets::new(context.paths.secrets(), Helper::new(ASK_KEYRING)),
        give_memory_back: memory::give_back,
        ready,
    })
}

/// What happens goes to standard error, as fine as `ASKBOX_LOG` asks for.
fn listen_to_ourselves(context: &Context) {
    let wanted = context
        .variable("ASKBOX_LOG")
        .and_then(|value| value.to_str())
        .unwrap_or("info");
    let filter: Targets = wanted
        .parse()
        .unwrap_or_else(|_unreadable| Targets::new().with_default(LevelFilter::INFO));
    // Fails only where somebody listens already.
    drop(
        tracing_subscriber::registry()
            .with(tracing_subscriber::fmt::layer().with_writer(io::stderr))
            .with(filter)
            .try_init(),
    );
}

/// Leaves terminal, session and whatever else the starter had open. Runs before anything is opened here.
fn detach() -> Result<(), CliError> {
    unistd::setsid()
        .map_err(io::Error::from)
        .map_err(CliError::system("leave the terminal"))?;
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
    let open = fs::read_dir("/proc/self/fd").map_err(CliError::system("list open descriptors"))?;
    // Collected first: the listing itself is one of them.
    let open: Vec<RawFd> = open
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open.into_iter().filter(|descriptor| 2 < *descriptor) {
        // Only that of the listing is not there any more.
        let _gone = unistd::close(descriptor);
    }
    Ok(())
}

/// The pipe to the starter, which nothing else writes to from now on.
fn let_go_of_stdout() -> io::Result<OwnedFd> {
    let starter = io::stdout().as_fd().try_clone_to_owned()?;
    let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
    unistd::dup2_stdout(nowhere)?;
    Ok(starter)
}

/// Ends the daemon that runs, of whatever version, and waits until it has ended. One that does not understand us
/// understands a signal.
fn stop(paths: &Paths) -> Result<Option<u32>, CliError> {
    let (pid, understands) = match Client::connect(&paths.socket()) {
        Ok(mut client) => match client.call(Request::Shutdown) {
            // It may be gone before it has answered.
            Ok(_) | Err(ClientError::Closed) => (client.daemon_pid(), true),
            Err(ClientError::Decode(_) | ClientError::OutOfTurn | ClientError::TimedOut { .. })
                if client.daemon_pid() != 0 =>
            {
                (client.daemon_pid(), false)
            }
            Err(error) => return Err(error.into()),
        },
        Err(ClientError::Version { pid, .. } | ClientError::TimedOut { pid }) if pid != 0 => (pid, false),
        // Its socket may be gone, or it may be killed at this moment.
        Err(ClientError::NotRunning { .. } | ClientError::Closed) => match connect::holder(paths) {
            Some(pid) => (pid, false),
            None => return Ok(None),
        },
        Err(error) => return Err(error.into()),
    };
    if !understands {
        let target = Pid::from_raw(pid.cast_signed());
        kill(target, Signal::SIGTERM)
            .map_err(io::Error::from)
            .map_err(CliError::system("end the daemon"))?;
    }
    wait_for_end(paths, pid)?;
    Ok(Some(pid))
}

/// The kernel drops the daemon's locks when the daemon has ended, and not before.
fn wait_for_end(paths: &Paths, pid: u32) -> Result<(), CliError> {
    let failed = || CliError::system("wait for the end of the daemon");
    let mut locks = Vec::new();
    for path in [paths.lock(), paths.state_lock()] {
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => locks.push(opened.map_err(failed())?),
        }
    }
    let (sender, ended) = mpsc::channel();
    // A thread, because the call that waits for a lock knows no time-out. It ends with this process at the latest.
    // It lets go of the locks before it says so, or a daemon that is started next finds them held, by us.
    thread::spawn(move || {
        let locked = locks.iter().try_for_each(File::lock);
        drop(locks);
        sender.send(locked)
    });
    match ended.recv_timeout(STOP_WAIT) {
        Ok(locked) => locked.map_err(failed()),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            let status = fs::read_to_string(format!("/proc/{pid}/status"));
            Err(if status.is_ok_and(|status| is_halted(&status)) {
                CliError::Halted { pid }
            } else {
                CliError::StopTimedOut { pid }
            })
        }
    }
}

/// Whether a process stands still since a signal stopped it, by its `/proc/PID/status`. Such a one hears of no signal but two
/// (signal(7)).
fn is_halted(status: &str) -> bool {
    let mut lines = status.lines();
    let state = lines.find_map(|line| line.strip_prefix("State:"));
    state.is_some_and(|state| state.trim_start().starts_with('T'))
}

/// Each captured connection takes some descriptors, and the soft limit is made for programs that use select(2). Returns
/// how many there may be; the daemon divides them, so that no session uses all of them up.
fn raise_descriptor_limit() -> Result<u64, CliError> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raise = || {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map(|()| hard)
    };
    raise().map_err(|errno| CliError::system("raise the limit of open files")(errno.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_a_signal_stopped_is_told_from_others() {
        for (state, expected) in [
            ("T (stopped)", true),
            ("t (tracing stop)", false),
            ("S (sleeping)", false),
            ("D (disk sleep)", false),
        ] {
            let status = format!("Name:\taskbox T\nUmask:\t0077\nState:\t{state}\nTgid:\t1\n");
            assert_eq!(is_halted(&status), expected, "{state}");
        }
        assert!(!is_halted(""));
    }
}
