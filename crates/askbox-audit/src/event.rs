//! One line of the log as everybody else sees it: the JSON of `askbox log --json`, of the wire and of the export.
//! A documented, public shape; what it is made from is in `entry`, how it is chained in `chain`.

use askbox_policy::{Effect, Kind, Process, SessionId, Verdict};
use serde::{Deserialize, Serialize};

use crate::chain::Digest;
use crate::limits;
use crate::text::path_text;

/// One line of the log.
///
/// As JSON: `{"seq","time","session","project","kind","target","verdict","by","process":{"pid","exe","command"},
/// "bytes_in","bytes_out"}`, each key always there and `null` where it does not apply; and where they apply
/// `"action"`, `"detail"`, `"question"` and `"grant"`. `time` is RFC 3339 in UTC with milliseconds. Paths are escaped
/// by [`path_text`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "LogEvent"))]
pub struct Event {
    /// Its number: 1, 2, 3 and so on without a gap.
    pub seq: u64,
    /// When it was written, in milliseconds since 1970. A clock that was set back shows: only `seq` gives the order.
    #[serde(rename = "time", with = "rfc3339")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub time_ms: u64,
    /// The run that it belongs to.
    pub session: Option<SessionId>,
    /// The directory that the run is for.
    pub project: Option<String>,
    /// What it speaks about.
    pub kind: EventKind,
    /// Host and port, path, or pattern.
    pub target: Option<String>,
    /// What was decided.
    pub verdict: Option<Outcome>,
    /// Who or what decided it: a rule, a grant, a preset, a person, a time-out.
    pub by: Option<String>,
    /// The program that asked.
    pub process: Option<EventProcess>,
    /// Bytes that went into the sandbox.
    pub bytes_in: Option<u64>,
    /// Bytes that came out of the sandbox.
    pub bytes_out: Option<u64>,
    /// What happened to the grant, rule, session, daemon or policy: `given`, `ended`, `rejected` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Whatever else a reader needs to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The question that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The grant that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
}

/// What an event speaks about: one of the kinds of request, or something that happened to Askbox itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// A verdict on a connection.
    Network,
    /// A verdict on reading.
    Read,
    /// A verdict on changing a file.
    Write,
    /// A verdict on starting a program.
    Execute,
    /// A verdict on what a profile names.
    Profile,
    /// A verdict on something of the user's desktop, such as the ssh agent.
    Neighbour,
    /// A verdict on growth on disk beyond a session's limit.
    Growth,
    /// A person answered a question.
    Answer,
    /// A remembered answer was given, ended or was revoked.
    Grant,
    /// A rule was added or removed.
    Rule,
    /// A session started or ended.
    Session,
    /// A connection ended; says how many bytes it carried.
    Traffic,
    /// The daemon started or stopped, asks nobody for a while, or denies everything.
    Daemon,
    /// The policy was loaded or rejected.
    Policy,
}

/// What was decided, without the reason (which is `by`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It may proceed.
    Allow,
    /// It may not.
    Deny,
    /// A person decides.
    Ask,
}

/// The program that asked, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventProcess {
    /// Process id on the host; 0 when unknown.
    pub pid: u32,
    /// The executable, escaped.
    pub exe: Option<String>,
    /// The shortened command line.
    pub command: Vec<String>,
}

/// An event with the hash that chains it to the one before: a line of `askbox log export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// SHA-256 over the hash of the event before and the canonical bytes of this one.
    pub hash: Digest,
}

impl EventKind {
    /// Whether events of this kind say how something that a program asked for was decided.
    pub fn is_request(self) -> bool {
        match self {
            Self::Network
            | Self::Read
            | Self::Write
            | Self::Execute
            | Self::Profile
            | Self::Neighbour
            | Self::Growth => true,
            Self::Answer
            | Self::Grant
            | Self::Rule
            | Self::Session
            | Self::Traffic
            | Self::Daemon
            | Self::Policy => false,
        }
    }

    /// Every kind, in the order of the documentation.
    pub const ALL: [EventKind; 14] = [
        EventKind::Network,
        EventKind::Read,
        EventKind::Write,
        EventKind::Execute,
        EventKind::Profile,
        EventKind::Neighbour,
        EventKind::Growth,
        EventKind::Answer,
        EventKind::Grant,
        EventKind::Rule,
        EventKind::Session,
        EventKind::Traffic,
        EventKind::Daemon,
        EventKind::Policy,
    ];

    /// Its name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Network => "network",
            EventKind::Read => "read",
            EventKind::Write => "write",
            EventKind::Execute => "execute",
            EventKind::Profile => "profile",
            EventKind::Neighbour => "neighbour",
            EventKind::Growth => "growth",
            EventKind::Answer => "answer",
            EventKind::Grant => "grant",
            EventKind::Rule => "rule",
            EventKind::Session => "session",
            EventKind::Traffic => "traffic",
            EventKind::Daemon => "daemon",
            EventKind::Policy => "policy",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl From<Kind> for EventKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Network => EventKind::Network,
            Kind::Read => EventKind::Read,
            Kind::Write => EventKind::Write,
            Kind::Execute => EventKind::Execute,
            Kind::Profile => EventKind::Profile,
            Kind::Neighbour => EventKind::Neighbour,
            Kind::Growth => EventKind::Growth,
        }
    }
}

impl Outcome {
    /// Its name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Allow => "allow",
            Outcome::Deny => "deny",
            Outcome::Ask => "ask",
        }
    }

    /// The outcome of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Outcome::Allow, Outcome::Deny, Outcome::Ask]
            .into_iter()
            .find(|outcome| outcome.name() == name)
    }
}

impl From<&Verdict> for Outcome {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Allow(_) => Outcome::Allow,
            Verdict::Deny(_) => Outcome::Deny,
            Verdict::Ask(_) => Outcome::Ask,
        }
    }
}

impl From<Effect> for Outcome {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Allow => Outcome::Allow,
            Effect::Ask => Outcome::Ask,
            Effect::Deny => Outcome::Deny,
        }
    }
}

impl EventProcess {
    /// What the log keeps of a process. The whole command line is never kept: `shortened` is what
    /// `askbox_policy::display::command_shortened` made of it, and is cut to size here once more.
    pub fn new(process: &Process, shortened: Vec<String>) -> Self {
        let mut command = shortened;
        command.truncate(limits::COMMAND_WORDS);
        for word in &mut command {
            word.truncate(word.floor_char_boundary(limits::WORD_BYTES));
        }
        Self {
            pid: process.pid,
            exe: process.exe.as_deref().map(path_text),
            command,
        }
    }
}

/// Milliseconds since 1970 as RFC 3339 text.
mod rfc3339 {
    use std::time::{Duration, UNIX_EPOCH};

    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    use crate::limits::LAST_TIME_MS;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(time_ms: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        if *time_ms > LAST_TIME_MS {
            return Err(ser::Error::custom("a time after the year 9999"));
        }
        let time = UNIX_EPOCH + Duration::from_millis(*time_ms);
        serializer.collect_str(&humantime::format_rfc3339_millis(time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = humantime::parse_rfc3339(&text).map_err(de::Error::custom)?;
        let since = time.duration_since(UNIX_EPOCH).map_err(de::Error::custom)?;
        u64::try_from(since.as_millis()).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
