//! How the desktop asks: choices of the person that are no policy.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::Zoom;

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Preferences {
    /// Buttons of a notification, in their order. Servers show the first three or so.
    pub buttons: Vec<Button>,
    /// Whether the app starts with the desktop session.
    pub autostart: bool,
    /// How large windows draw everything. [`crate::WindowRequest::Zoom`] alone changes it.
    pub zoom: Zoom,
}

impl Preferences {
    /// As they can be: every button at most once, and some at all; sizes that can be looked at.
    #[must_use]
    pub fn mended(mut self) -> Self {
        let mut seen = HashSet::new();
        self.buttons.retain(|button| seen.insert(*button));
        if self.buttons.is_empty() {
            self.buttons = Self::default().buttons;
        }
        self.zoom = self.zoom.mended();
        self
    }
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
    /// Allows it until its session ends. Of use where a time means nothing.
    AllowSession,
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
            zoom: Zoom::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_button_is_there_once_and_some_are() {
        let buttons = |buttons: &[Button]| Preferences {
            buttons: buttons.to_vec(),
            autostart: true,
            zoom: Zoom::default(),
        };
        let default = Preferences::default().buttons;
        assert_eq!(buttons(&[]).mended(), buttons(&default));
        let twice = [Button::Block, Button::Options, Button::Block];
        assert_eq!(buttons(&twice).mended(), buttons(&twice[..2]));
        let few = buttons(&[Button::Always]);
        assert_eq!(few.clone().mended(), few);
    }
}
