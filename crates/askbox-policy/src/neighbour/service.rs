//! Services of the session bus by their names, and which of them are never offered to a session. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::refused_services::REFUSED;
use super::{NeighbourError, NeighbourRefusal};
use crate::limits;

/// The well-known name of a service: words with dots between them, as the D-Bus specification has it ("Bus names").
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceName(String);

impl ServiceName {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it gives away so much that no session is offered it, whoever says so.
    pub fn refusal(&self) -> Option<NeighbourRefusal> {
        let line = REFUSED.iter().find(|(pattern, ..)| covers(pattern, &self.0));
        line.map(|&(_, reason, instead)| NeighbourRefusal { reason, instead })
    }
}

/// Whether a line of the data is about this name: about the name itself and all below it, or with a star at its end about all
/// that begin so. Upper and lower case are the same: names that differ in nothing else are of one program.
fn covers(pattern: &str, name: &str) -> bool {
    let starts = |start: &str| {
        let beginning = name.get(..start.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
    };
    match pattern.strip_suffix('*') {
        Some(start) => starts(start),
        None => starts(pattern) && name.get(pattern.len()..).is_some_and(is_end),
    }
}

/// Whether a name that goes on so is the same one, or one below it.
fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('.')
}

/// A word of a name.
fn is_word(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    word.bytes().all(is_plain) && word.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

impl FromStr for ServiceName {
    type Err = NeighbourError;
    fn from_str(text: &str) -> Result<Self, NeighbourError> {
        let is_one =
            text.len() <= limits::SERVICE_NAME_BYTES && text.contains('.') && text.split('.').all(is_word);
        is_one
            .then(|| Self(text.to_owned()))
            .ok_or(NeighbourError::Service)
    }
}

impl TryFrom<String> for ServiceName {
    type Error = NeighbourError;
    fn try_from(text: String) -> Result<Self, NeighbourError> {
        text.parse()
    }
}

impl From<ServiceName> for String {
    fn from(name: ServiceName) -> Self {
        name.0
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
