//! What windows and the app say to each other: one closed list of requests, one of responses, one of events. Most of it is
//! the daemon's own wire, handed through; errors are its errors.

use askbox_audit::{Event as LogEvent, EventKind};
use askbox_policy::SessionId;
use askbox_wire::{
    Event, MissedView, NewRule, QuestionView, Request, Response, SessionView, Show, StatusView,
};
use serde::{Deserialize, Serialize};

use crate::{Breadth, Preferences, ZoomStep};

/// What a window asks of the app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WindowRequest {
    /// A request of the daemon's, out of those that a window may make. Gives [`WindowResponse::Daemon`].
    Daemon(Box<Request>),
    /// How the app and the daemon are connected, and what the app knows. Gives [`WindowResponse::Link`].
    Link,
    /// Events of the log. Gives [`WindowResponse::Log`].
    Log(LogQuery),
    /// Sessions that ended, the latest first. Gives [`WindowResponse::PastSessions`].
    PastSessions,
    /// Bytes per host over time. Gives [`WindowResponse::Traffic`].
    Traffic(TrafficQuery),
    /// What a session changed that runs outside later. Gives [`WindowResponse::Review`].
    Review {
        /// The session.
        session: SessionId,
    },
    /// Puts back what a session changed. Gives [`WindowResponse::Review`], as it is then.
    Revert {
        /// The session.
        session: SessionId,
        /// Paths as the review names them; empty for all.
        paths: Vec<String>,
    },
    /// Whether a rule that is about to be written covers more than people mean. Gives [`WindowResponse::Breadth`].
    Breadth(NewRule),
    /// Writes the log to a file in the user's download directory. Gives [`WindowResponse::Written`].
    ExportLog,
    /// Writes the text of policy.toml to a file there. Gives [`WindowResponse::Written`].
    SavePolicy,
    /// The person's choices. Gives [`WindowResponse::Preferences`].
    Preferences,
    /// Changes them, but for the size of everything. Gives [`WindowResponse::Preferences`].
    SetPreferences(Preferences),
    /// Draws everything larger or smaller, in both windows, from now on. Gives [`WindowResponse::Done`].
    Zoom(ZoomStep),
    /// Shows a notification like those of questions. Gives [`WindowResponse::Done`].
    TestNotification,
    /// Shows another view, or the prompt window. Gives [`WindowResponse::Done`].
    Show(Show),
    /// Closes the window that asks. Gives [`WindowResponse::Done`].
    Close,
}

/// What the app responds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WindowResponse {
    /// It is done.
    Done,
    /// The daemon's response.
    Daemon(Box<Response>),
    /// The connection to the daemon.
    Link(Link),
    /// Events, oldest first.
    Log(Vec<LogEvent>),
    /// Sessions that ended.
    PastSessions(Vec<PastSession>),
    /// Bytes per host, most first.
    Traffic(Vec<HostTraffic>),
    /// What a session changed.
    Review(ReviewView),
    /// Why a rule is wide, if it is.
    Breadth(Option<Breadth>),
    /// The file that was written, for people. Harmless text.
    Written {
        /// Where it is.
        file: String,
    },
    /// The person's choices.
    Preferences(Preferences),
}

/// What the app tells its windows, without being asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WindowEvent {
    /// Something happened in the daemon.
    Daemon(Box<Event>),
    /// The connection to the daemon was made anew, or was lost: what was known before counts no more.
    Link(Link),
    /// The window shall show this.
    Show(Show),
}

/// The app's connection to the daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Connected; what is known at this moment.
    Up {
        /// The user's home directory, which windows show as `~`.
        home: String,
        /// The daemon.
        status: Box<StatusView>,
        /// Open questions, oldest first.
        questions: Vec<QuestionView>,
        /// Missed questions, oldest first.
        missed: Vec<MissedView>,
        /// Sessions, oldest first.
        sessions: Vec<SessionView>,
    },
    /// There is no daemon. Nothing is allowed meanwhile.
    Down {
        /// Why. Harmless text.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// Which events of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct LogQuery {
    /// Of this session.
    pub session: Option<SessionId>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// Denied requests only.
    pub denied_only: bool,
    /// Written at or after this moment, in milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// With a smaller number: where an earlier query began.
    pub before_seq: Option<u64>,
    /// Whose target contains this, in any case.
    pub text: Option<String>,
    /// At most so many, the last ones.
    pub limit: Option<u32>,
}

/// A session that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PastSession {
    /// Names it.
    pub id: SessionId,
    /// The project's directory.
    pub project: Option<String>,
    /// Its command, as the log has it.
    pub command: Option<String>,
    /// When it started, RFC 3339.
    pub started: Option<String>,
    /// When it ended, RFC 3339; unknown where the daemon ended first.
    pub ended: Option<String>,
    /// What the log says of its end.
    pub detail: Option<String>,
    /// Number of its first event.
    pub first_seq: u64,
    /// What a review would tell; `None` where there can be none.
    pub review: Option<ReviewOutlook>,
}

/// What a review would tell, as far as its record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutlook {
    /// That nothing changed which runs outside later.
    Nothing,
    /// Changes, or that not everything could be compared.
    Something,
}

/// Which traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrafficQuery {
    /// From this moment, in milliseconds since 1970, until now.
    pub since_ms: u64,
    /// In so many parts of equal length.
    pub parts: u32,
}

/// What connections to one host carried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HostTraffic {
    /// The host and its port, as events name it.
    pub target: String,
    /// One point for each part that carried something, in order of time.
    pub points: Vec<TrafficPoint>,
}

/// What connections that ended in one part of the time carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrafficPoint {
    /// Number of the part, from 0.
    pub part: u32,
    /// Bytes into the sandbox.
    pub bytes_in: u64,
    /// Bytes out of the sandbox.
    pub bytes_out: u64,
}

/// What a session changed that runs outside later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewView {
    /// The session.
    pub session: SessionId,
    /// The project's directory, for people. Harmless text.
    pub project: String,
    /// Whether everything was compared.
    pub complete: bool,
    /// The changes.
    pub changes: Vec<ReviewChange>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReviewChange {
    /// Where, as [`WindowRequest::Revert`] takes it. A window makes it harmless before it shows it.
    pub path: String,
    /// What happened to it. Harmless text.
    pub change: String,
    /// The difference, where it is text. Harmless text.
    pub diff: Option<String>,
    /// Whether it can be put back, and why not.
    pub kept: Option<String>,
}
