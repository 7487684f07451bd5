//! The exit codes, in one place.

use std::process::ExitCode;

/// How `askbox` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: it is done.
    Success,
    /// 1: it worked, and the answer is no: something is broken, the log was changed, no daemon runs.
    Negative,
    /// 125: Askbox itself failed, or was called in a way that it does not understand, as in env(1).
    Failed,
    /// 124: the time of the session is over, as in timeout(1).
    OutOfTime,
    /// 137: the session used more memory than it may, as a shell has it for what SIGKILL ended.
    OutOfMemory,
    /// The sandboxed command's own: 126 when it cannot be started, 127 when there is none, 128 + n for signal n.
    External(u8),
}

impl ExitStatus {
    /// As a number.
    pub(crate) fn code(self) -> u8 {
        match self {
            ExitStatus::Success => 0,
            ExitStatus::Negative => 1,
            ExitStatus::Failed => 125,
            ExitStatus::OutOfTime => 124,
            ExitStatus::OutOfMemory => 137,
            ExitStatus::External(code) => code,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(status.code())
    }
}
