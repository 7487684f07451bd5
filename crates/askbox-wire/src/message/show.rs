//! What the desktop app can be told to show.

use serde::{Deserialize, Serialize};

/// What a window shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Show {
    /// Which view.
    pub view: View,
    /// The question, rule, session or event to bring into sight there.
    pub item: Option<String>,
}

/// A view of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The prompt window.
    Prompt,
    /// Open and missed questions.
    Questions,
    /// Rules and grants.
    Rules,
    /// Running and past sessions.
    Sessions,
    /// What a session changed that runs outside later, above the sessions.
    Review,
    /// The log.
    Activity,
    /// Settings.
    Settings,
}
