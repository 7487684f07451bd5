//! What the app and the process of its windows say to each other: JSON, a message a line, on one socket that the app makes.
//! The app decides and asks the daemon; the other process has the browser engine, and does what it is told.

use askbox_wire::{Show, View, WireError};
use serde::{Deserialize, Serialize};

use crate::{Strings, WindowEvent, WindowRequest, WindowResponse, Zoom};

/// The word on which the program of the windows only has the browser engine read into memory, and ends.
pub const PREFETCH: &str = "prefetch";

/// One of the two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Questions, rules, sessions, activity, settings.
    Main,
    /// One question at a time.
    Prompt,
}

impl Window {
    /// The window that a view is in.
    pub fn of(view: View) -> Self {
        match view {
            View::Prompt => Self::Prompt,
            View::Questions
            | View::Rules
            | View::Sessions
            | View::Review
            | View::Activity
            | View::Settings => Self::Main,
        }
    }

    /// What stands above it.
    pub fn title(self, strings: &Strings) -> String {
        strings.get(match self {
            Self::Main => "window-main",
            Self::Prompt => "window-prompt",
        })
    }
}

/// Who wants a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// A person, with what lets it come to the front on Wayland, where the desktop gave one.
    Person(Option<String>),
    /// A question that does not reach the person otherwise: what is typed elsewhere must not go here.
    Nobody,
}

impl Caller {
    /// A person, of whom the desktop said nothing.
    pub fn person() -> Self {
        Self::Person(None)
    }
}

/// What the app says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWindows {
    /// Show a view: in its window if that is there, else in a new one.
    Show {
        /// Which.
        show: Show,
        /// For whom.
        caller: Caller,
    },
    /// Bring the main window up as it was left.
    Open {
        /// For whom.
        caller: Caller,
    },
    /// Draw everything this large, in the windows that are there and in those that come.
    Zoom(Zoom),
    /// What became of a window's request.
    Response {
        /// Its number.
        call: u64,
        /// What came of it.
        result: Result<WindowResponse, WireError>,
    },
    /// Tell a window, if it is there; all of them where none is named.
    Event {
        /// Which.
        to: Option<Window>,
        /// What happened.
        event: Box<WindowEvent>,
    },
}

/// What the process of the windows says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWindows {
    /// A window asks for something.
    Request {
        /// Names the response. Every request has another.
        call: u64,
        /// Which window asks.
        window: Window,
        /// What it asks for.
        request: Box<WindowRequest>,
    },
    /// The windows that are there, said after every change.
    There(Vec<Window>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        let error = WireError::new(askbox_wire::ErrorCode::Internal, "two\nlines");
        let message = ToWindows::Response {
            call: 7,
            result: Err(error),
        };
        let line = serde_json::to_string(&message).unwrap();
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(serde_json::from_str::<ToWindows>(&line).unwrap(), message);
    }

    #[test]
    fn only_the_prompt_has_a_window_of_its_own() {
        assert_eq!(Window::of(View::Prompt), Window::Prompt);
        assert_eq!(Window::of(View::Settings), Window::Main);
    }
}
