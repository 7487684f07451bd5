//! Sessions as front ends see them.

use askbox_policy::SessionId;
use serde::{Deserialize, Serialize};

/// One sandboxed run: one object of `askbox sessions --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Names it.
    pub id: SessionId,
    /// The name that it was given.
    pub name: Option<String>,
    /// The project's directory, for scripts.
    pub project: String,
    /// The command, for people. Harmless text.
    pub command: String,
    /// How far it is.
    pub state: SessionState,
    /// bwrap's process on the host, once it runs.
    pub pid: Option<u32>,
    /// When it was launched, RFC 3339.
    pub started: String,
    /// Whether it may ask.
    pub interactive: bool,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Planned; its launch child builds the namespaces.
    Launching,
    /// Its listeners are served.
    Running,
    /// It was told to end.
    Ending,
}

/// Which sessions to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// This one.
    Session(SessionId),
    /// Every one.
    All,
}
