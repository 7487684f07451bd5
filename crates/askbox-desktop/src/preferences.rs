//! How the desktop asks: choices of the person that are no policy.

use serde::{Deserialize, Serialize};

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Preferences {
    /// Buttons of a notification, in their order. Servers show the first three or so.
    pub buttons: Vec<Button>,
    /// Whether the app starts with the desktop session.
    pub autostart: bool,
}

/// A button of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// Allows it once.
    AllowOnce,
    /// Denies it, for as long as an answer holds by default.
    Block,
    /// Allows it for as long as an answer holds by default.
    AllowTime,
    /// Allows it from now on.
    Always,
    /// Opens the prompt window.
    Options,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            buttons: vec![
                Button::AllowOnce,
                Button::Block,
                Button::AllowTime,
                Button::Always,
                Button::Options,
            ],
            autostart: false,
        }
    }
}
