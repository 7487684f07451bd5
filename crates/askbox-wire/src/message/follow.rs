//! Events: what the daemon tells a front end without being asked each time.

use askbox_policy::{Resource, SessionId};
use serde::{Deserialize, Serialize};

use super::{MissedView, PolicyView, QuestionView, SessionView, StopReason};

/// What to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Follow {
    /// Which events. Empty ends the following.
    pub topics: Vec<Topic>,
    /// Only events of this session; those without a session come in any case.
    pub session: Option<SessionId>,
}

/// Groups of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Questions, missed ones, quiet sessions, pauses and lockdown, changed grants. Begins with one [`Event::QuestionOpened`] for each
    /// question that is open already, so that none falls between a list and the following.
    Questions,
    /// Sessions that begin and end.
    Sessions,
    /// Changes of the policy, broken files too.
    Policy,
    /// Names that run outside and appear or change while a session runs, and what was refused there without a word.
    Flagged,
    /// Limits that a session meets.
    Limits,
    /// The log, event by event.
    Log,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "DaemonEvent"))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A question waits for a person.
    QuestionOpened(QuestionView),
    /// It has more members, or other programs wait.
    QuestionChanged(QuestionView),
    /// It is not open any more.
    QuestionClosed {
        /// The question.
        id: String,
        /// Why.
        outcome: Closed,
    },
    /// Nobody answered in time; it can be answered still.
    Missed(MissedView),
    /// The list of missed questions had no room left for this one.
    MissedDropped {
        /// The question.
        id: String,
    },
    /// A session asked too much: what it asks from now on is denied and listed as missed, until it is resumed.
    SessionQuiet {
        /// The session.
        session: SessionId,
        /// Whether it is quiet now, or was resumed.
        quiet: bool,
    },
    /// Questions are paused until this moment, in milliseconds since 1970; `None`: they are asked again.
    Paused {
        /// The moment.
        until_ms: Option<u64>,
    },
    /// Everything is denied from now on, or no longer.
    Lockdown {
        /// Which of them.
        on: bool,
    },
    /// Rules decide missed questions now; list those that are left.
    MissedChanged,
    /// The remembered answers are others now.
    GrantsChanged,
    /// A session began or changed.
    SessionChanged(SessionView),
    /// A session ended, or was told to. The connection that launched it hears of it without following.
    SessionEnded {
        /// The session.
        session: SessionId,
    },
    /// A session was told to end, and has some seconds for it. The connection that launched it hears of it without following.
    SessionStopping {
        /// The session.
        session: SessionId,
        /// Why.
        reason: StopReason,
        /// For people; empty where there is nothing to say. Harmless to show.
        text: String,
    },
    /// A session met a limit.
    LimitHit {
        /// The session.
        session: SessionId,
        /// Of what.
        resource: Resource,
        /// What happened, what became of the session, and how to allow more; harmless to show.
        text: String,
    },
    /// Names that something outside obeys appeared or changed in the project of a session that runs.
    Flagged {
        /// The session.
        session: SessionId,
        /// What happened to which, relative to the project where it lies there; harmless to show.
        names: Vec<String>,
    },
    /// Something was refused inside for a reason that the program cannot say.
    Refused {
        /// The session.
        session: SessionId,
        /// What, and why; harmless to show.
        what: String,
    },
    /// The policy in force is another one, or a file of it is broken.
    PolicyChanged(PolicyView),
    /// One event of the log, in the documented shape.
    Log(#[cfg_attr(feature = "typescript", ts(type = "unknown"))] serde_json::Value),
    /// The front end was too slow: this many events are gone. Ask again for lists.
    Lagged {
        /// How many.
        missed: u64,
    },
    /// The daemon is ending.
    Stopping,
}

/// Why a question is not open any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// A person allowed it.
    Allowed,
    /// A person denied it.
    Denied,
    /// A change of rules or remembered answers decided it.
    Decided,
    /// It is a missed one now.
    Missed,
}
