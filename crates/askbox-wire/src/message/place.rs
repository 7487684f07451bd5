//! Where a person answers.

use serde::{Deserialize, Serialize};

/// Where an answer was given, for the log alone: nothing is decided by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A button of a notification.
    Notification,
    /// A window of the desktop app.
    Window,
    /// The menu of its icon.
    Tray,
    /// `askbox allow` or `askbox deny`.
    #[default]
    CommandLine,
}

impl Place {
    /// As the log has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Window => "window",
            Self::Tray => "tray",
            Self::CommandLine => "command line",
        }
    }
}
