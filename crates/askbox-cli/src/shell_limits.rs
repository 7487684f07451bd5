//! Limits of the shell that happens to start the daemon (ulimit in sh(1), setrlimit(2)). They are a wish about the commands of that
//! shell, which keep them inside; the daemon serves every shell, writes the log and files of programs, and must not end by them.

use std::io;

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};

use crate::error::CliError;
use crate::limits::{LEAST_MEMORY, LEAST_PROCESSOR_TIME, LEAST_STACK};

/// What starts a daemon and nothing else.
pub(crate) const START: &str = "askbox daemon --start";

/// A limit that a daemon could fail by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShellLimit {
    /// Bytes of a file: the log could not grow, nor what programs of any shell write by way of the daemon.
    FileSize(u64),
    /// Seconds on a processor: the kernel kills what has used them.
    ProcessorTime(u64),
    /// Bytes of addresses: what gets no memory ends.
    Addresses(u64),
    /// Bytes of memory of its own, likewise.
    Data(u64),
}

impl ShellLimit {
    /// The flag of ulimit for it.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::FileSize(_) => "-f",
            Self::ProcessorTime(_) => "-t",
            Self::Addresses(_) => "-v",
            Self::Data(_) => "-d",
        }
    }

    /// Where it is too close for a daemon, which runs for weeks.
    fn is_too_low(self) -> bool {
        match self {
            Self::FileSize(bytes) => bytes < RLIM_INFINITY,
            Self::ProcessorTime(seconds) => seconds < LEAST_PROCESSOR_TIME,
            Self::Addresses(bytes) | Self::Data(bytes) => bytes < LEAST_MEMORY,
        }
    }
}

/// A limit of this size.
type OfSize = fn(u64) -> ShellLimit;

/// What the kernel calls them.
const RESOURCES: [(Resource, OfSize); 4] = [
    (Resource::RLIMIT_FSIZE, ShellLimit::FileSize),
    (Resource::RLIMIT_CPU, ShellLimit::ProcessorTime),
    (Resource::RLIMIT_AS, ShellLimit::Addresses),
    (Resource::RLIMIT_DATA, ShellLimit::Data),
];

/// Refuses to start a daemon here where it would fail by a limit that cannot be lifted. `command` starts one elsewhere.
pub(crate) fn check(command: &'static str) -> Result<(), CliError> {
    for (resource, limit) in RESOURCES {
        let limit = limit(hard(resource)?);
        if limit.is_too_low() {
            return Err(CliError::Limited { limit, command });
        }
    }
    Ok(())
}

/// Refuses to go on with a stack that the kernel would not let grow as far as this program needs: it kills what goes beyond. Raised
/// here it would be raised for the command inside too, which keeps the shell's.
pub(crate) fn check_stack() -> Result<(), CliError> {
    match getrlimit(Resource::RLIMIT_STACK) {
        Ok((bytes, _hard)) if bytes < LEAST_STACK => Err(CliError::Stack { bytes }),
        Ok(_enough) => Ok(()),
        Err(errno) => Err(unread(errno)),
    }
}

fn unread(errno: Errno) -> CliError {
    CliError::system("read the limits of this process")(errno.into())
}

/// Lifts those of this process, the daemon, as far as may be. To be called while it has one thread.
pub(crate) fn lift() -> Result<(), CliError> {
    check(START)?;
    let failed = |errno| CliError::system("lift the limits of the daemon")(io::Error::from(errno));
    for (resource, _limit) in RESOURCES {
        let hard = hard(resource)?;
        setrlimit(resource, hard, hard).map_err(failed)?;
    }
    // A file that may not grow is an error of whoever writes it, and of a log that denies.
    SigSet::from(Signal::SIGXFSZ).thread_block().map_err(failed)
}

fn hard(resource: Resource) -> Result<u64, CliError> {
    match getrlimit(resource) {
        Ok((_soft, hard)) => Ok(hard),
        Err(errno) => Err(unread(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_too_low_where_a_daemon_would_soon_meet_it() {
        for (limit, expected) in [
            (ShellLimit::FileSize(0), true),
            (ShellLimit::FileSize(RLIM_INFINITY - 1), true),
            (ShellLimit::FileSize(RLIM_INFINITY), false),
            (ShellLimit::ProcessorTime(1), true),
            (ShellLimit::ProcessorTime(LEAST_PROCESSOR_TIME), false),
            (ShellLimit::Addresses(LEAST_MEMORY - 1), true),
            (ShellLimit::Addresses(RLIM_INFINITY), false),
            (ShellLimit::Data(LEAST_MEMORY - 1), true),
            (ShellLimit::Data(LEAST_MEMORY), false),
        ] {
            assert_eq!(limit.is_too_low(), expected, "{limit:?}");
        }
    }
}
