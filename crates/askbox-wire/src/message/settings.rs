//! Settings as front ends see and change them.

use askbox_policy::{Kind, Limit, Preset, ResourceLimits};
use serde::{Deserialize, Serialize};

use crate::OsText;

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SettingsView {
    /// The preset where a session does not choose one.
    pub preset: Preset,
    /// Kinds of request that need no question outside both lists.
    pub auto_approve: Vec<Kind>,
    /// How long a question holds its requests, in milliseconds.
    pub question_timeout_ms: u64,
    /// How long an answer with a time holds when it names none, in milliseconds.
    pub default_expiry_ms: u64,
    /// Distinct questions of one session in a minute before it goes quiet.
    pub questions_per_minute: u32,
    /// Files with block-lists.
    pub block_lists: Vec<BlockListView>,
    /// What sessions may use that say nothing of it and whose project has no file.
    #[serde(default)]
    pub limits: ResourceLimits,
    /// Who says what of each limit.
    #[serde(default)]
    pub limit_choices: Vec<LimitView>,
    /// How connections leave: `none` (directly), `environment`, or the proxy's address, never with a password.
    #[serde(default)]
    pub upstream_proxy: String,
    /// Settings that an administrator made, by their names here: they cannot be changed.
    pub managed: Vec<String>,
    /// Where they are written, for people. Harmless text.
    pub file: String,
}

/// What is said of a limit, as policy.toml says such things: `2G`, `75%`, `none`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LimitView {
    /// Which limit.
    pub limit: Limit,
    /// By the user's policy.toml; `None` where it says nothing.
    pub written: Option<String>,
    /// What holds then: by the preset, or built in.
    pub usual: String,
    /// By the administrator: no more than this, whatever others say.
    pub managed: Option<String>,
    /// What holds for sessions that say nothing of it, for people: `2 GiB`, `none`.
    pub in_force: String,
}

/// A file with a block-list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BlockListView {
    /// Where it is.
    pub path: String,
    /// What is wrong with it. Harmless text.
    pub problem: Option<String>,
}

/// Which settings to write; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SettingsChange {
    /// The preset.
    pub preset: Option<Preset>,
    /// Kinds of request that need no question.
    pub auto_approve: Option<Vec<Kind>>,
    /// How long a question holds its requests, in milliseconds.
    pub question_timeout_ms: Option<u64>,
    /// How long an answer holds by default, in milliseconds.
    pub default_expiry_ms: Option<u64>,
    /// Files with block-lists, absolute.
    #[cfg_attr(feature = "typescript", ts(type = "Array<string> | null"))]
    pub block_lists: Option<Vec<OsText>>,
    /// Limits; those that are not named stay as they are.
    #[serde(default)]
    pub limits: Vec<LimitChange>,
}

/// One limit to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LimitChange {
    /// Which.
    pub limit: Limit,
    /// As policy.toml says it; `None` takes it out of there.
    pub value: Option<String>,
}
