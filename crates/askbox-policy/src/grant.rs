//! Grants: remembered answers, with scope and expiry. Pure arithmetic over moments that are passed in.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::request::{Process, SessionId};
use crate::rule::{Effect, Pattern};

/// Names a grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GrantId(pub String);

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One reading of both clocks. The boot clock counts suspended time and cannot be set; the wall clock is the only one
/// that lasts across a restart of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Which boot the boot clock belongs to (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// Milliseconds since boot, `CLOCK_BOOTTIME`.
    pub boot_ms: u64,
    /// Milliseconds since 1970, `CLOCK_REALTIME`.
    pub wall_ms: u64,
}

/// When something ends, in both clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// The boot during which it was set.
    pub boot_id: String,
    /// End on the boot clock of that boot, in milliseconds.
    pub boot_ms: u64,
    /// End on the wall clock, in milliseconds since 1970; decides in later boots.
    pub wall_ms: u64,
}

/// How long an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Duration {
    /// What waits now, and the same target from the same process for at most ten minutes.
    Once,
    /// Until the session ends.
    Session,
    /// This many milliseconds.
    For(u64),
    /// A rule in policy.toml.
    Always,
}

/// What a person answers to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Answer {
    /// Allow or deny; an answer is never *ask*.
    pub allow: bool,
    /// How long it holds.
    pub duration: Duration,
    /// Widen to the registrable domain, or to the directory.
    pub widen: bool,
    /// For every project, not for the one that asked alone.
    pub everywhere: bool,
}

/// Whom a grant is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One process of one session; when `process` is unknown or gone, the next matching request of the session uses
    /// the grant up.
    Once {
        /// The session that asked.
        session: SessionId,
        /// The process that asked.
        process: Process,
    },
    /// One session.
    Session(SessionId),
    /// Every session of one project.
    Project(PathBuf),
    /// Every session.
    Everywhere,
}

/// A remembered answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its name in `rules`, `revoke` and the log.
    pub id: GrantId,
    /// Allow or deny.
    pub effect: Effect,
    /// What it covers.
    pub pattern: Pattern,
    /// Whom it is for.
    pub scope: Scope,
    /// When it ends by itself; `None` only for session scope.
    pub expires: Option<Expiry>,
    /// When it was given.
    pub given: Moment,
}

impl Expiry {
    /// The moment `milliseconds` after `now`, in both clocks.
    pub fn after(now: &Moment, milliseconds: u64) -> Self {
        Self {
            boot_id: now.boot_id.clone(),
            boot_ms: now.boot_ms.saturating_add(milliseconds),
            wall_ms: now.wall_ms.saturating_add(milliseconds),
        }
    }

    /// This moment of the wall clock, whatever was booted: what a file says.
    pub fn at_wall(wall_ms: u64) -> Self {
        Self {
            boot_id: String::new(),
            boot_ms: 0,
            wall_ms,
        }
    }

    /// Milliseconds left at `now`; 0 when it has ended. `high_water_ms` is the latest wall clock ever seen: outside the
    /// boot that set it, a wall clock well before the high-water mark was set back, and everything that it would
    /// decide has ended.
    pub fn left(&self, now: &Moment, high_water_ms: u64) -> u64 {
        if self.is_of(now) {
            self.boot_ms.saturating_sub(now.boot_ms)
        } else if now.wall_ms.saturating_add(limits::CLOCK_STEP_MS) < high_water_ms {
            0
        } else {
            self.wall_ms.saturating_sub(now.wall_ms.max(high_water_ms))
        }
    }

    /// Whether something that does this has ended. In doubt an allowance has ended and a denial has not: a clock that
    /// was set back must not lift one.
    pub fn has_ended(&self, effect: Effect, now: &Moment, high_water_ms: u64) -> bool {
        match effect {
            Effect::Allow => self.left(now, high_water_ms) == 0,
            Effect::Ask | Effect::Deny if self.is_of(now) => self.boot_ms <= now.boot_ms,
            Effect::Ask | Effect::Deny => self.wall_ms <= now.wall_ms,
        }
    }

    fn is_of(&self, now: &Moment) -> bool {
        !self.boot_id.is_empty() && self.boot_id == now.boot_id
    }
}

#[cfg(test)]
mod tests;
