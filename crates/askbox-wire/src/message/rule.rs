//! Rules as front ends see and write them.

use std::net::IpAddr;

use askbox_policy::{Effect, Kind, Origin};
use serde::{Deserialize, Serialize};

use crate::OsText;

/// One rule: one object of `askbox rules list --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RuleView {
    /// Names it in `rules remove`.
    pub id: String,
    /// What it does.
    pub effect: Effect,
    /// The permission that it speaks about.
    pub kind: Kind,
    /// What it covers, as it is written.
    pub pattern: String,
    /// The private address that it allows the host at.
    pub address: Option<IpAddr>,
    /// Only for this project.
    pub project: Option<String>,
    /// Only for programs below this path.
    pub program: Option<String>,
    /// When it ends by itself, RFC 3339.
    pub expires: Option<String>,
    /// Its author's note.
    pub note: Option<String>,
    /// Who wrote it.
    pub origin: Origin,
    /// When it came into force, RFC 3339; unknown where no daemon ran then, and of flags.
    #[serde(default)]
    pub created: Option<String>,
    /// Requests that it decided, as far back as Askbox remembers.
    #[serde(default)]
    pub hits: u64,
    /// When it decided the last of them, RFC 3339.
    #[serde(default)]
    pub last_used: Option<String>,
    /// A wider rule that says the same of everything that this one covers: without this one nothing would be decided
    /// otherwise.
    #[serde(default)]
    pub redundant_beside: Option<String>,
    /// Of a rule that was just written: the rules that decide in its place, those for all of it first; the others decide for what they
    /// cover of it. Lists do not say it.
    #[serde(default)]
    pub preceded_by: Vec<String>,
}

/// A rule for policy.toml, as a person gives it; the daemon parses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewRule {
    /// What it does.
    pub effect: Effect,
    /// The permission that it speaks about.
    pub kind: Kind,
    /// A host or path pattern.
    pub pattern: String,
    /// The private address that it allows the host at.
    pub address: Option<IpAddr>,
    /// Only for this project, absolute.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub project: Option<OsText>,
    /// Only for programs below this path; never with allow.
    pub program: Option<String>,
    /// Ends by itself after so many milliseconds.
    pub expires_after_ms: Option<u64>,
    /// A note.
    pub note: Option<String>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Imported {
    /// The rules that were written.
    pub added: Vec<RuleView>,
    /// How many were there already.
    pub known: usize,
}
