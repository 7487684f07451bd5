//! One notification, as its server got it.

use std::collections::BTreeMap;
use std::time::Instant;

/// What an app wants to be shown.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The server's number for it.
    pub id: u32,
    /// The number of the one that it takes the place of; 0 for none.
    pub replaces: u32,
    /// When it came.
    pub at: Instant,
    /// The connection that showed it.
    pub sender: String,
    /// The app's name.
    pub app: String,
    /// The name of its picture.
    pub icon: String,
    /// Milliseconds until it goes by itself; 0 for never, -1 for the server's own choice.
    pub expires_after: i32,
    /// The title.
    pub summary: String,
    /// The text below it.
    pub body: String,
    /// Keys and labels, in order.
    pub actions: Vec<(String, String)>,
    /// Hints, each as text.
    pub hints: BTreeMap<String, String>,
}

impl Notification {
    /// The labels of its buttons, in order.
    pub fn labels(&self) -> Vec<&str> {
        self.buttons().map(|(_, label)| label.as_str()).collect()
    }

    /// Whether a click beside the buttons has a meaning.
    pub fn has_default(&self) -> bool {
        self.actions.iter().any(|(key, _)| key == "default")
    }

    /// Whether it stays until it is dealt with.
    pub fn is_urgent(&self) -> bool {
        self.expires_after == 0 && self.hints.get("urgency").is_some_and(|urgency| urgency == "2")
    }

    /// What is handed back for the button with this label.
    pub fn key(&self, label: &str) -> &str {
        let found = self.buttons().find(|(_, text)| text == label);
        let (key, _) = found.unwrap_or_else(|| panic!("no button {label:?}: {self:#?}"));
        key
    }

    fn buttons(&self) -> impl Iterator<Item = &(String, String)> {
        self.actions.iter().filter(|(key, _)| key != "default")
    }

    /// Whether a server that compares would call them the same.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        (&self.app, &self.summary, &self.body, &self.actions)
            == (&other.app, &other.summary, &other.body, &other.actions)
    }
}
