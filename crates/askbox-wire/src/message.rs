//! Everything that daemon and front ends say to each other: two envelopes, and the closed lists of requests, responses
//! and events.
//!
//! A connection begins with one [`Hello`] each way. Then a front end sends calls, each with a number that the response
//! repeats; the daemon responds in their order, and pushes events after [`Request::Follow`].

use askbox_policy::{Answer, GrantId, SessionId, SharedPort};
use serde::{Deserialize, Serialize};

mod desktop;
mod error;
mod follow;
mod grant;
mod launch;
mod parts;
mod place;
mod question;
mod rule;
mod session;
mod settings;
mod show;
mod status;
mod time;
mod verbatim;

pub use desktop::CallerDesktop;
pub use error::{ErrorCode, WireError};
pub use follow::{Closed, Event, Follow, Topic};
pub use grant::{GrantView, Revoke, ScopeView};
pub use launch::{
    Descriptor, EnvironmentOption, LaunchRequest, NO_PROFILE, NetworkChoice, RunOptions, Terminals,
};
pub use place::Place;
pub use question::{AnsweredView, HostView, MemberView, MissedView, ProcessView, QuestionView};
pub use rule::{Imported, NewRule, RuleView};
pub use session::{
    EndedProgram, EndedPrograms, Enforcement, HowEnded, Inspection, Network, PortView, ProcessNode, ServedBy,
    SessionState, SessionView, Stop, StopReason, UsageView,
};
pub use settings::{BlockListView, LimitChange, LimitView, SettingsChange, SettingsView};
pub use show::{Show, View};
pub use status::{
    ObstacleView, PolicyFileState, PolicyFileView, PolicyView, ProblemView, StatusView, TrustOutcome,
    TrustView, TrustedSetting,
};
pub use time::rfc3339;
pub use verbatim::Verbatim;

/// The version of this build. Daemon and front end must have the same: a plan made by one version and carried out by
/// another is not a plan that anybody tested.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first message each way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The sender's [`VERSION`].
    pub version: String,
}

impl Hello {
    /// What this build says.
    pub fn ours() -> Self {
        Self {
            version: VERSION.to_owned(),
        }
    }
}

/// What a front end sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromClient {
    /// Once, first.
    Hello(Hello),
    /// A request with the number that its response repeats.
    Call {
        /// Chosen by the front end.
        id: u64,
        /// What it wants.
        request: Request,
    },
}

/// What the daemon sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromDaemon {
    /// Once, first.
    Hello(Hello),
    /// The response to the call with this number; 0 where the call itself could not be read.
    Response {
        /// Number of the call.
        id: u64,
        /// What came of it.
        result: Result<Response, WireError>,
        /// Whether another part of the same list follows: a list can be longer than one message.
        #[serde(default, skip_serializing_if = "is_false")]
        more: bool,
    },
    /// Something that was followed.
    Event(Box<Event>),
}

impl FromDaemon {
    /// The whole response to a call.
    pub fn response(id: u64, result: Result<Response, WireError>) -> Self {
        Self::Response {
            id,
            result,
            more: false,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What a front end can ask of the daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// How the daemon is. Gives [`Response::Status`].
    Status,
    /// The open questions. Gives [`Response::Questions`].
    Questions,
    /// Questions that nobody answered in time. Gives [`Response::Missed`].
    Missed,
    /// Answers an open or a missed question. Gives [`Response::Answered`].
    Answer {
        /// The question.
        id: String,
        /// The revision that the person saw: the answer is for what was listed then. Where nothing of that is left, it is refused
        /// as [`ErrorCode::Stale`].
        revision: u32,
        /// The answer.
        answer: Answer,
        /// Where it was given; the command line where nothing is said.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<Place>", optional))]
        place: Place,
    },
    /// A person is at an open question: its end is put off, within bounds, so that there is time to decide. Decides nothing.
    /// Gives [`Response::Done`].
    KeepQuestion {
        /// The question.
        id: String,
    },
    /// The rules in force, all origins. Gives [`Response::Rules`].
    Rules,
    /// Writes a rule into policy.toml. Gives [`Response::RuleAdded`].
    AddRule(NewRule),
    /// Writes several, all of them or none. Gives [`Response::Rules`] with those that were written.
    AddRules(Vec<NewRule>),
    /// Puts another rule in the place of one in policy.toml. Gives [`Response::RuleAdded`].
    ReplaceRule {
        /// The rule as it is.
        id: String,
        /// The rule as it shall be.
        rule: NewRule,
    },
    /// Takes a rule out of policy.toml. Gives [`Response::Done`].
    RemoveRule {
        /// The rule.
        id: String,
    },
    /// The remembered answers. Gives [`Response::Grants`].
    Grants,
    /// Ends remembered answers and what lives on them. Gives [`Response::Revoked`].
    Revoke(Revoke),
    /// Moves the end of a remembered answer. Gives [`Response::Done`].
    SetExpiry {
        /// The grant.
        grant: GrantId,
        /// When it ends from now on, in milliseconds from now.
        after_ms: u64,
    },
    /// Denies without a question what would be asked, and lists it as missed. Gives [`Response::Done`].
    Pause {
        /// How long from now, in milliseconds; `None` ends it.
        for_ms: Option<u64>,
    },
    /// The machine is about to sleep: denies what waits for an answer and lists it as missed. Gives [`Response::Done`].
    Suspend {
        /// Whether it is about to; otherwise it is awake again.
        begins: bool,
    },
    /// Denies everything and cuts what is open, until it is ended. Gives [`Response::Done`].
    Lockdown {
        /// Whether it holds from now on.
        on: bool,
    },
    /// The settings in force. Gives [`Response::Settings`].
    Settings,
    /// Writes settings into policy.toml. Gives [`Response::Settings`], as they are then.
    ChangeSettings(SettingsChange),
    /// The text of policy.toml. Gives [`Response::PolicyText`].
    ExportPolicy,
    /// Writes the rules of another policy.toml into this one, all of them or none; those that are there already are left
    /// out, and settings are not taken over. Gives [`Response::Imported`].
    ImportPolicy {
        /// The text of the other.
        text: String,
    },
    /// Ends the quiet mode, of one session or of all. Gives [`Response::Done`].
    Resume {
        /// Which; `None` is all.
        session: Option<SessionId>,
    },
    /// The running sessions. Gives [`Response::Sessions`].
    Sessions,
    /// What runs in a session, and what it has open. Gives [`Response::Inspected`].
    Inspect {
        /// The session.
        session: SessionId,
        /// How many of its programs that ended are wanted, the latest.
        #[serde(default)]
        ended: u32,
    },
    /// Ends sessions: their programs are asked to, and killed some seconds later. Gives [`Response::Stopped`], once they are
    /// told to end.
    Stop(Stop),
    /// Kills all that runs in sessions. Gives [`Response::Stopped`].
    Kill(Stop),
    /// Lets a frozen session go on. Gives [`Response::Done`].
    Thaw {
        /// The session.
        session: SessionId,
        /// By how many bytes more it may grow on disk from now on; `None`: as many as before.
        disk_bytes: Option<u64>,
    },
    /// Shares a port between a session and the host. Gives [`Response::Done`], once it is open.
    OpenPort {
        /// The session.
        session: SessionId,
        /// The port.
        port: SharedPort,
    },
    /// Ends that, and cuts the connections that came by it. Gives [`Response::Done`].
    ClosePort {
        /// The session.
        session: SessionId,
        /// The port, as it was opened.
        port: SharedPort,
    },
    /// Trusts a project's `.askbox.toml` as it is now. Gives [`Response::Trusted`].
    Trust {
        /// The project, absolute.
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        directory: crate::OsText,
    },
    /// Pushes events on this connection from now on; a second Follow replaces the first. Gives [`Response::Done`],
    /// then events.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Follow(Follow),
    /// Begins a session on this connection. Gives [`Response::Launched`]. The session lasts as long as the
    /// connection.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Launch(Box<LaunchRequest>),
    /// Hands over what the launch child made, on the same connection, with the descriptors beside it. Gives
    /// [`Response::Serving`]; only then may the program start.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Serve {
        /// The session.
        session: SessionId,
        /// What the descriptors are, in the order in which they ride on the frame.
        attached: Vec<Descriptor>,
    },
    /// The program runs. Gives [`Response::Done`].
    #[cfg_attr(feature = "typescript", ts(skip))]
    Started {
        /// The session.
        session: SessionId,
        /// bwrap's process on the host, the root of the session's processes.
        pid: u32,
    },
    /// The program ended by itself. Gives [`Response::Ended`], once the session is closed.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Ended {
        /// The session.
        session: SessionId,
        /// Its exit code, 128 + n for signal n.
        status: u8,
    },
    /// Brings a window up. Gives [`Response::Done`]. The desktop app's own socket takes this request and no other; the
    /// daemon has no windows.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Show(Show),
    /// Ends the daemon and every session. Gives [`Response::Done`], before it happens.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Shutdown,
}

/// What the daemon responds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It is done; there is nothing to add.
    Done,
    /// How the daemon is.
    Status(Box<StatusView>),
    /// The open questions, oldest first.
    Questions(Vec<QuestionView>),
    /// The missed questions, oldest first.
    Missed(Vec<MissedView>),
    /// What an answer did.
    Answered(AnsweredView),
    /// The rules in force.
    Rules(Vec<RuleView>),
    /// The rule as it was written.
    RuleAdded(Box<RuleView>),
    /// The remembered answers.
    Grants(Vec<GrantView>),
    /// The settings in force.
    Settings(Box<SettingsView>),
    /// The text of policy.toml; empty where there is none.
    PolicyText(String),
    /// What came of an import.
    Imported(Imported),
    /// What a session is doing.
    Inspected(Inspection),
    /// How many remembered answers ended.
    Revoked {
        /// That many.
        count: usize,
    },
    /// The running sessions, oldest first.
    Sessions(Vec<SessionView>),
    /// How many sessions were told to end.
    Stopped {
        /// That many.
        count: usize,
    },
    /// What is trusted now.
    Trusted(TrustView),
    /// The session's name and what to build.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Launched {
        /// The session.
        session: SessionId,
        /// One line each for the person at the terminal.
        notices: Vec<String>,
        /// The same, where its programs reach the network by a proxy: only the launch child knows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notices_by_proxy: Vec<String>,
        /// The flags that close nothing, one line each: a script hears of them too, since what it wanted closed may be open.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        closing_nothing: Vec<String>,
        /// An `askbox_sandbox::Plan`. This crate knows nothing of its content.
        plan: Verbatim,
    },
    /// The descriptors are being served.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Serving,
    /// The session is closed.
    #[cfg_attr(feature = "typescript", ts(skip))]
    Ended {
        /// What it made that may run outside later, relative to the project where it lies there; harmless to show.
        made: Vec<String>,
    },
}

#[cfg(test)]
mod tests;
