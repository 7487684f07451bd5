//! JSON that passes through a message as it is: the one side writes it, the other hands it on, nobody takes it apart.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A piece of JSON, kept as text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Verbatim(Box<RawValue>);

impl Verbatim {
    /// The JSON of a value. Fails when it has none.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Verbatim {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}
