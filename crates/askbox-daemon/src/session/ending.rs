//! How sessions end, in words.

use askbox_wire::StopReason;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its command ended with this status.
    Exited(u8),
    /// Its client went away.
    ConnectionLost,
    /// Somebody stopped it, or a limit did.
    Stopped(StopReason),
    /// The daemon ends.
    DaemonEnds,
}

impl Ending {
    /// For the log.
    pub(super) fn text(self) -> String {
        match self {
            Ending::Exited(status) => format!("exit status {status}"),
            Ending::ConnectionLost => "its client went away".to_owned(),
            Ending::Stopped(StopReason::Asked) => "stopped".to_owned(),
            Ending::Stopped(StopReason::Limit(resource)) => format!("stopped: limit of {resource}"),
            Ending::DaemonEnds => "the daemon ended".to_owned(),
        }
    }
}
