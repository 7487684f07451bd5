//! Rules: what a person wrote.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::grant::Expiry;
use crate::growth::GrowthPattern;
use crate::host_pattern::NetworkPattern;
use crate::neighbour::NeighbourPattern;
use crate::path_pattern::{CanonicalPath, PathPattern};
use crate::profile::ProfileName;
use crate::request::{Kind, Target};

/// What a rule does with the requests that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
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
    /// What a profile names, for sessions of its program.
    Profile(ProfileName),
    /// Uses of neighbours.
    Neighbour(NeighbourPattern),
    /// Growth on disk beyond a session's limit.
    Growth(GrowthPattern),
}

impl Pattern {
    /// The permission that it speaks about.
    pub fn kind(&self) -> Kind {
        match self {
            Pattern::Network(_) => Kind::Network,
            Pattern::Read(_) => Kind::Read,
            Pattern::Write(_) => Kind::Write,
            Pattern::Execute(_) => Kind::Execute,
            Pattern::Profile(_) => Kind::Profile,
            Pattern::Neighbour(_) => Kind::Neighbour,
            Pattern::Growth(_) => Kind::Growth,
        }
    }

    /// Whether it speaks about this target.
    pub fn matches(&self, target: &Target) -> bool {
        match (self, target) {
            (
                Pattern::Network(network),
                Target::Network(_) | Target::Datagrams(_) | Target::LocalNetwork { .. },
            ) => network.matches_target(target),
            (Pattern::Read(pattern), Target::Read(path))
            | (Pattern::Write(pattern), Target::Write(path))
            | (Pattern::Execute(pattern), Target::Execute(path)) => pattern.matches(path),
            (Pattern::Profile(own), Target::Profile(name)) => own == name,
            (Pattern::Neighbour(own), Target::Neighbour(neighbour)) => own.matches(neighbour),
            (Pattern::Growth(GrowthPattern), Target::Growth(_)) => true,
            (
                Pattern::Network(_)
                | Pattern::Read(_)
                | Pattern::Write(_)
                | Pattern::Execute(_)
                | Pattern::Profile(_)
                | Pattern::Neighbour(_)
                | Pattern::Growth(_),
                _,
            ) => false,
        }
    }

    /// Whether what has this effect on it speaks about this target: what denies or asks also about more than the pattern matches.
    pub fn speaks(&self, effect: Effect, target: &Target) -> bool {
        match (self, effect) {
            (Pattern::Network(network), Effect::Ask | Effect::Deny) => {
                network.matches_target(target) || network.restricts(target)
            }
            (
                Pattern::Network(_)
                | Pattern::Read(_)
                | Pattern::Write(_)
                | Pattern::Execute(_)
                | Pattern::Profile(_)
                | Pattern::Neighbour(_)
                | Pattern::Growth(_),
                _,
            ) => self.matches(target),
        }
    }

    /// Whether it is a path pattern that spells out this path: no directory above it, no wildcard.
    pub fn names(&self, path: &CanonicalPath) -> bool {
        match self {
            Pattern::Network(_) | Pattern::Profile(_) | Pattern::Neighbour(_) | Pattern::Growth(_) => false,
            Pattern::Read(pattern) | Pattern::Write(pattern) | Pattern::Execute(pattern) => {
                pattern.names(path)
            }
        }
    }

    /// Whether everything that `other` matches is matched by this as well; see [`PathPattern::covers`] for wildcards.
    pub fn covers(&self, other: &Pattern) -> bool {
        match (self, other) {
            // Without the host there is no second question: who covers the host covers it at a private address too.
            (Pattern::Network(outer), Pattern::Network(inner)) => {
                outer.covers(inner)
                    || outer.address.is_none()
                        && outer.protocol == inner.protocol
                        && outer.ports.covers(inner.ports)
                        && outer.host.covers(&inner.host)
            }
            (Pattern::Read(outer), Pattern::Read(inner))
            | (Pattern::Write(outer), Pattern::Write(inner))
            | (Pattern::Execute(outer), Pattern::Execute(inner)) => outer.covers(inner),
            (Pattern::Profile(outer), Pattern::Profile(inner)) => outer == inner,
            (Pattern::Neighbour(outer), Pattern::Neighbour(inner)) => outer.covers(inner),
            (Pattern::Growth(GrowthPattern), Pattern::Growth(GrowthPattern)) => true,
            (
                Pattern::Network(_)
                | Pattern::Read(_)
                | Pattern::Write(_)
                | Pattern::Execute(_)
                | Pattern::Profile(_)
                | Pattern::Neighbour(_)
                | Pattern::Growth(_),
                _,
            ) => false,
        }
    }
}

impl fmt::Display for Pattern {
    /// The text that stands in policy.toml, but for the key `address`. For people, pass it through [`crate::display`] first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Network(network) => network.fmt(f),
            Pattern::Read(path) | Pattern::Write(path) | Pattern::Execute(path) => path.fmt(f),
            Pattern::Profile(name) => name.fmt(f),
            Pattern::Neighbour(neighbour) => neighbour.fmt(f),
            Pattern::Growth(growth) => growth.fmt(f),
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
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
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
}

impl RuleId {
    /// The name of a rule with this content: 40 bits of FNV-1a, as ten hexadecimal digits. The note and the origin do
    /// not count; two rules that do the same have one name. Names are for people to type, and prove nothing.
    pub fn of(rule: &RuleContent<'_>) -> Self {
        let expires = rule
            .expires
            .map(|expires| expires.wall_ms.to_string())
            .unwrap_or_default();
        let program = rule.program.map(ToString::to_string).unwrap_or_default();
        let project = rule
            .project
            .map(|path| path.as_os_str().as_encoded_bytes())
            .unwrap_or_default();
        let effect = rule.effect.to_string();
        let kind = rule.pattern.kind().to_string();
        let pattern = rule.pattern.to_string();
        let fields: [&[u8]; 6] = [
            effect.as_bytes(),
            kind.as_bytes(),
            pattern.as_bytes(),
            project,
            program.as_bytes(),
            expires.as_bytes(),
        ];
        // FNV-1a, 64 bits: offset basis and prime of draft-eastlake-fnv, section 5. NUL ends a field: none contains it.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in fields.iter().flat_map(|field| field.iter().copied().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(format!("{:010x}", (hash ^ (hash >> 40)) & 0xff_ffff_ffff))
    }
}

/// What makes a rule the rule that it is.
#[derive(Clone, Copy, Debug)]
pub struct RuleContent<'a> {
    /// What it does.
    pub effect: Effect,
    /// What it covers.
    pub pattern: &'a Pattern,
    /// Only for this project.
    pub project: Option<&'a Path>,
    /// Only for programs below this path.
    pub program: Option<&'a PathPattern>,
    /// When it ends by itself.
    pub expires: Option<&'a Expiry>,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::Allow => "allow",
            Effect::Ask => "ask",
            Effect::Deny => "deny",
        })
    }
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

impl Rule {
    /// The rule with this effect and pattern, everywhere and without an end; its name follows from its content.
    pub fn new(effect: Effect, pattern: Pattern, origin: Origin) -> Self {
        Self {
            id: RuleId(String::new()),
            effect,
            pattern,
            project: None,
            program: None,
            expires: None,
            note: None,
            origin,
        }
        .named()
    }

    /// The same rule under the name that follows from its content.
    #[must_use]
    pub fn named(self) -> Self {
        let id = RuleId::of(&RuleContent {
            effect: self.effect,
            pattern: &self.pattern,
            project: self.project.as_deref(),
            program: self.program.as_ref(),
            expires: self.expires.as_ref(),
        });
        Self { id, ..self }
    }
}

#[cfg(test)]
mod tests;
