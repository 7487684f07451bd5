//! Sockets of the host by their paths, and which of them are never offered to a session. Pure: whether there is such a socket, and
//! whether its path leads through links, is up to whoever looks.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::refused_sockets::REFUSED;
use super::{NeighbourError, NeighbourRefusal};
use crate::limits;
use crate::path_pattern::CanonicalPath;

/// The path of a socket: absolute, without `.` and `..`, short enough to be connected to, and text that can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SocketPath(String);

/// One line of the data: which sockets, and why they are refused.
pub(super) type Line = (&'static str, &'static str, Option<&'static str>);

impl SocketPath {
    /// The socket at this path; `None` where a pattern could not name it.
    pub fn new(path: &Path) -> Option<Self> {
        path.to_str()?.parse().ok()
    }

    /// The path itself.
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// Whether it gives away so much that no session is offered it, whoever says so.
    pub fn refusal(&self) -> Option<NeighbourRefusal> {
        let names: Vec<&str> = self.0.split('/').skip(1).collect();
        let line = REFUSED.iter().find(|(pattern, ..)| covers(pattern, &names));
        line.map(|&(_, reason, instead)| NeighbourRefusal { reason, instead })
    }
}

/// Whether a line of the data is about the path of these names. A pattern that begins with a slash begins at the root, any other
/// anywhere; one that ends with a slash means what lies below; a star stands for any part of one name.
fn covers(pattern: &str, names: &[&str]) -> bool {
    let parts: Vec<&str> = pattern.trim_matches('/').split('/').collect();
    let (is_anchored, is_tree) = (pattern.starts_with('/'), pattern.ends_with('/'));
    names.windows(parts.len()).enumerate().any(|(start, window)| {
        let left = names.len() - start - parts.len();
        (!is_anchored || start == 0)
            && (left == 0) != is_tree
            && parts.iter().zip(window).all(|(part, name)| fits(part, name))
    })
}

fn fits(part: &str, name: &str) -> bool {
    match part.split_once('*') {
        None => part == name,
        Some((start, end)) => name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
    }
}

impl FromStr for SocketPath {
    type Err = NeighbourError;
    fn from_str(text: &str) -> Result<Self, NeighbourError> {
        let is_canonical =
            CanonicalPath::new(Path::new(text)).is_some_and(|path| path.as_path().as_os_str() == text);
        let is_one = is_canonical
            && text.len() <= limits::SOCKET_PATH_BYTES
            && text.trim() == text
            && !text.chars().any(char::is_control);
        is_one
            .then(|| Self(text.to_owned()))
            .ok_or(NeighbourError::Socket)
    }
}

impl TryFrom<String> for SocketPath {
    type Error = NeighbourError;
    fn try_from(text: String) -> Result<Self, NeighbourError> {
        text.parse()
    }
}

impl From<SocketPath> for String {
    fn from(path: SocketPath) -> Self {
        path.0
    }
}

impl fmt::Display for SocketPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
