//! Rules: what a person wrote.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::grant::Expiry;
use crate::host_pattern::NetworkPattern;
use crate::path_pattern::PathPattern;
use crate::request::Kind;

/// What a rule does with the requests that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Lets them through.
    Allow,
    /// Raises a question, even where a preset would allow.
    Ask,
    /// Refuses them.
    Deny,
}

/// What a rule or a grant covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Pattern {
    /// Connections.
    Network(NetworkPattern),
    /// Reading.
    Read(PathPattern),
    /// Writing.
    Write(PathPattern),
    /// Starting programs.
    Execute(PathPattern),
}

impl Pattern {
    /// The permission that it speaks about.
    pub fn kind(&self) -> Kind {
        match self {
            Pattern::Network(_) => Kind::Network,
            Pattern::Read(_) => Kind::Read,
            Pattern::Write(_) => Kind::Write,
            Pattern::Execute(_) => Kind::Execute,
        }
    }
}

/// Names a rule: a short digest of its content, so that it is stable while other rules come and go.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleId(pub String);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a rule comes from; decides its place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// An administrator's file below /etc/askbox.
    Managed,
    /// A flag of this run.
    Flag,
    /// policy.toml, written by hand.
    Written,
    /// policy.toml, written by an answer of *always*.
    Answered,
    /// A project's `.askbox.toml` that the user has not trusted: may only tighten.
    Project,
    /// A project's `.askbox.toml` that the user trusts.
    Trusted,
    /// A preset.
    Preset,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name in `rules`, `revoke` and the log.
    pub id: RuleId,
    /// What it does.
    pub effect: Effect,
    /// What it covers.
    pub pattern: Pattern,
    /// Only for this project; `None` is everywhere.
    pub project: Option<PathBuf>,
    /// Only for programs below this path. Never set on an allow rule: a program's name is no proof of anything.
    pub program: Option<PathPattern>,
    /// When it ends by itself.
    pub expires: Option<Expiry>,
    /// Whatever its author wanted to remember.
    pub note: Option<String>,
    /// Who wrote it.
    pub origin: Origin,
}
