//! The daemon's own condition as front ends see it.

use askbox_policy::Switches;
use serde::{Deserialize, Serialize};

/// How the daemon is: the object of `askbox status --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StatusView {
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// When it started, RFC 3339.
    pub started: String,
    /// Running sessions.
    pub sessions: usize,
    /// Open questions.
    pub questions: usize,
    /// Missed questions.
    pub missed: usize,
    /// Remembered answers.
    pub grants: usize,
    /// The policy in force.
    pub policy: PolicyView,
    /// Where the log is.
    pub log: String,
    /// Questions are paused until then, in milliseconds since 1970.
    #[serde(default)]
    pub paused_until_ms: Option<u64>,
    /// Whether everything is denied.
    #[serde(default)]
    pub lockdown: bool,
    /// Why no session starts, if that is so.
    pub obstacle: Option<ObstacleView>,
    /// Why checkpoints of the log are not signed, if that is so. Nothing else works less well for that.
    #[serde(default)]
    pub log_unsigned: Option<String>,
    /// What is not as it should be, one line each. Empty is good.
    pub warnings: Vec<String>,
}

/// Why no session starts: rules that nobody can read, or a lockdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ObstacleView {
    /// Which file cannot be read and why, or that everything is denied.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// The policy in force and the files that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PolicyView {
    /// The preset, by name.
    pub preset: String,
    /// How long an answer holds whose author says nothing about it, in milliseconds.
    pub default_expiry_ms: u64,
    /// The walls that are down in sessions that say nothing.
    #[serde(default)]
    pub switches: Switches,
    /// Rules in force.
    pub rules: usize,
    /// Names in the subscribed block-lists.
    pub blocked_names: usize,
    /// The files, in their order.
    pub files: Vec<PolicyFileView>,
}

/// One file of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PolicyFileView {
    /// Where it is.
    pub path: String,
    /// Whether it counts.
    pub state: PolicyFileState,
    /// What is wrong with it, in the order of lines.
    pub problems: Vec<ProblemView>,
}

/// Whether a file of the policy counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PolicyFileState {
    /// As it is on disk.
    Loaded,
    /// There is none.
    Missing,
    /// It is broken; its last good content counts.
    LastGood,
    /// It is broken, and nobody knows what it said: no session starts.
    Broken,
}

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProblemView {
    /// Line, from 1; also 1 where the file as a whole cannot be read.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// A project file that is trusted now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrustView {
    /// The file.
    pub path: String,
    /// SHA-256 of its content; another content is not trusted.
    pub digest: String,
    /// Its rules, which count from the next session on.
    pub rules: Vec<super::RuleView>,
    /// Whatever else it says, and what comes of that from the next session on.
    #[serde(default)]
    pub settings: Vec<TrustedSetting>,
}

/// A setting of a project file that is trusted now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrustedSetting {
    /// Its name: `preset`, `sandbox.debugger`.
    pub name: String,
    /// What it is set to, as a file says it; `None` for what is ignored.
    pub value: Option<String>,
    /// What comes of it.
    pub outcome: TrustOutcome,
}

/// What comes of a setting in a trusted project file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TrustOutcome {
    /// Sessions may more than without it.
    Loosens,
    /// They may no more than without it.
    Tightens,
    /// Nothing: no project's file has a say in it.
    Ignored,
}
