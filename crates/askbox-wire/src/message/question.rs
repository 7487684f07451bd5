//! Questions as front ends see them.

use askbox_policy::{Kind, SessionId, WhyMissed};
use serde::{Deserialize, Serialize};

use super::{GrantView, RuleView};

/// A question that waits for a person: one object of `askbox questions --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct QuestionView {
    /// Short, to be typed.
    pub id: String,
    /// Grows with every new member; an answer carries the one that the person saw.
    pub revision: u32,
    /// The permission that is asked for.
    pub kind: Kind,
    /// What is asked for, in canonical form, for scripts. An answer covers exactly these.
    pub targets: Vec<String>,
    /// The program that asked first.
    pub process: ProcessView,
    /// The project's directory, for scripts.
    pub project: String,
    /// The same for people. Harmless text.
    #[serde(default)]
    pub project_shown: String,
    /// The session.
    pub session: SessionId,
    /// The session's name for people. Harmless text.
    pub session_name: String,
    /// When it was raised, RFC 3339.
    pub raised: String,
    /// When it counts as missed, RFC 3339.
    pub expires: String,
    /// The same in milliseconds since 1970.
    pub expires_ms: u64,
    /// One line: who wants what. Harmless text.
    pub title: String,
    /// What the members have in common: a registrable domain or a top directory. Harmless text.
    pub group: String,
    /// What the files are together, where a widened answer covers all that belong to them: `git configuration`.
    #[serde(default)]
    pub bundle: Option<String>,
    /// Each target once more with who asked for it.
    pub members: Vec<MemberView>,
    /// Programs that still wait; 0 when all have given up, which leaves the question as it is.
    pub waiting: usize,
    /// Targets that are not listed because the list is full. Files wait all the same, and what `widened` covers of them is
    /// covered by a widened answer; other targets were denied.
    pub unlisted: u32,
    /// What an answer would cover if it were widened. Harmless text.
    pub widened: Vec<String>,
    /// All that an answer about a profile covers; empty for what is its own target. Harmless text.
    #[serde(default)]
    pub covers: Vec<String>,
}

/// One thing that a question asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MemberView {
    /// What, in canonical form, for scripts.
    pub target: String,
    /// The same for people. Harmless text.
    pub display: String,
    /// Who asked for it first.
    pub process: ProcessView,
    /// The parts of a host name, where it is one.
    #[serde(default)]
    pub host: Option<HostView>,
    /// Why the rules leave it to a person. Harmless text.
    pub reason: String,
    /// Requests that still wait for it.
    pub waiting: usize,
}

/// A host name in parts, so that a person sees whom it belongs to. Harmless text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HostView {
    /// What is in front of the registrable domain, with the dot that ends it; may be empty.
    pub labels: String,
    /// The registrable domain by the public suffix list; the whole name where it has none.
    pub registrable: String,
    /// The name as its characters would show it, where that differs: never without the name itself beside it.
    pub unicode: Option<String>,
    /// The port.
    pub port: u16,
}

/// The program behind a request, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProcessView {
    /// Process id on the host; 0 when unknown.
    pub pid: u32,
    /// The executable as the program sees it, for scripts.
    pub exe: Option<String>,
    /// The whole command line, for scripts.
    pub command: Vec<String>,
    /// The whole command line for people. Harmless text.
    pub display: String,
    /// Further processes that hold the same socket. Harmless text.
    pub others: Vec<String>,
    /// The programs that started it, nearest first, up to the session's own. Harmless text.
    #[serde(default)]
    pub ancestors: Vec<String>,
}

/// A question that nobody answered in time, or that was never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MissedView {
    /// As it was last. It is answered like an open one.
    #[serde(flatten)]
    pub question: QuestionView,
    /// When it was missed, RFC 3339.
    pub missed: String,
    /// Why it was missed.
    pub why: WhyMissed,
}

/// What an answer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AnsweredView {
    /// Whether it was allowed.
    pub allow: bool,
    /// Waiting requests that it decided.
    pub released: usize,
    /// What is remembered now.
    pub grants: Vec<GrantView>,
    /// What was written into policy.toml.
    pub rules: Vec<RuleView>,
    /// What was added after the author of the answer looked, and files that the question did not list: the answer does not cover
    /// them, and the question stays open, or missed, for them.
    #[serde(default)]
    pub left: usize,
}
