//! Limits of the shell that happens to start the daemon (ulimit in sh(1), setrlimit(2)). They are a wish about the commands of that
//! shell, which keep them inside; the daemon serves every shell, writes the log, and must not end by them.

use std::io;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};

use crate::error::CliError;
use crate::limits::{LEAST_FILE_SIZE, LEAST_PROCESSOR_TIME};

/// A limit that a daemon could end by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Bytes of a file: the log could not grow.
    FileSize(u64),
    /// Seconds on a processor: the kernel kills what has used them.
    ProcessorTime(u64),
}

impl Bound {
    /// The flag of ulimit for it.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::FileSize(_) => "-f",
            Self::ProcessorTime(_) => "-t",
        }
    }

    /// Where it is too close for a daemon, which runs for weeks.
    fn is_too_low(self) -> bool {
        match self {
            Self::FileSize(bytes) => bytes < LEAST_FILE_SIZE,
            Self::ProcessorTime(seconds) => seconds < LEAST_PROCESSOR_TIME,
        }
    }
}

/// Refuses to start a daemon here where it would end by a limit that cannot be lifted.
pub(crate) fn check() -> Result<(), CliError> {
    for (resource, bound) in [
        (Resource::RLIMIT_FSIZE, Bound::FileSize as fn(u64) -> Bound),
        (Resource::RLIMIT_CPU, Bound::ProcessorTime),
    ] {
        let (_, hard) = getrlimit(resource).map_err(failed)?;
        if hard != RLIM_INFINITY && bound(hard).is_too_low() {
            return Err(CliError::Limited(bound(hard)));
        }
    }
    Ok(())
}

/// Lifts those of this process, the daemon, as far as may be. To be called while it has one thread.
pub(crate) fn lift() -> Result<(), CliError> {
    check()?;
    for resource in [Resource::RLIMIT_FSIZE, Resource::RLIMIT_CPU] {
        let (_, hard) = getrlimit(resource).map_err(failed)?;
        setrlimit(resource, hard, hard).map_err(failed)?;
    }
    // A file that may not grow is an error of whoever writes it, and of a log that denies.
    SigSet::from(Signal::SIGXFSZ).thread_block().map_err(failed)
}

fn failed(errno: nix::Error) -> CliError {
    CliError::system("lift the limits of the daemon")(io::Error::from(errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_too_low_where_a_daemon_would_soon_meet_it() {
        for (bound, expected) in [
            (Bound::FileSize(0), true),
            (Bound::FileSize(LEAST_FILE_SIZE - 1), true),
            (Bound::FileSize(LEAST_FILE_SIZE), false),
            (Bound::ProcessorTime(1), true),
            (Bound::ProcessorTime(LEAST_PROCESSOR_TIME), false),
        ] {
            assert_eq!(bound.is_too_low(), expected, "{bound:?}");
        }
    }
}
