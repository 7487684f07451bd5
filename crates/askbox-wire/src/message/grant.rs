//! Remembered answers as front ends see them.

use std::net::IpAddr;

use askbox_policy::{Effect, GrantId, Kind, SessionId};
use serde::{Deserialize, Serialize};

/// One remembered answer: one object of `askbox rules list --json` beside the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GrantView {
    /// Names it in `revoke`.
    pub id: GrantId,
    /// Allow or deny.
    pub effect: Effect,
    /// The permission that it speaks about.
    pub kind: Kind,
    /// What it covers.
    pub pattern: String,
    /// The private address that it allows the host at.
    pub address: Option<IpAddr>,
    /// Whom it is for.
    pub scope: ScopeView,
    /// When it was given, RFC 3339.
    pub given: String,
    /// When it ends by itself, RFC 3339 as the wall clock stood when it was given; `None` ends with its session.
    pub expires: Option<String>,
    /// Requests that it decided.
    #[serde(default)]
    pub hits: u64,
    /// When it decided the last of them, RFC 3339.
    #[serde(default)]
    pub last_used: Option<String>,
}

/// Whom a grant is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ScopeView {
    /// One process of one session.
    Once {
        /// The session.
        session: SessionId,
        /// The process on the host; 0 when unknown.
        pid: u32,
    },
    /// One session.
    Session(SessionId),
    /// Every session of one project.
    Project(String),
    /// Every session.
    Everywhere,
}

/// Which remembered answers to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Revoke {
    /// This one.
    Grant(GrantId),
    /// Every one.
    All,
}
