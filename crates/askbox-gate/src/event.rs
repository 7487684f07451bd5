//! What front ends hear while they watch. News, not state: whoever lags or starts late lists everything again.

use askbox_policy::SessionId;

use crate::questions::{Closing, Missed, Question, QuestionId};

/// Something changed that a front end may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateEvent {
    /// A question was raised.
    QuestionOpened(Question),
    /// A target was added or decided, or the program stopped waiting or waits again.
    QuestionChanged(Question),
    /// A question is no longer open.
    QuestionClosed {
        /// Which.
        id: QuestionId,
        /// How it ended.
        how: Closing,
    },
    /// The missed list has a new or a longer entry.
    Missed(Missed),
    /// The missed list had no room left for this entry.
    MissedDropped(QuestionId),
    /// Rules or grants decided some of the missed list; list it again.
    MissedDecided,
    /// Grants were given, used up, revoked or expired.
    GrantsChanged,
    /// A session asked too much; its new questions are denied until somebody resumes it.
    SessionQuiet(SessionId),
    /// A session may ask again.
    SessionResumed(SessionId),
    /// Nobody is asked until this moment, in milliseconds since 1970; `None`: questions are asked again.
    Paused {
        /// The moment.
        until_ms: Option<u64>,
    },
    /// Everything is denied from now on, or no longer.
    Lockdown {
        /// Which of them.
        on: bool,
    },
}
