//! What a session changed of what runs outside: how that was at launch, how it is now, and putting it back.
//!
//! Looked at are guarded names with all below them, files that git's configuration names, the `scripts` of package.json,
//! and the programs in `node_modules/.bin` and virtual environments; a bounded number of each. Everything is reached
//! beneath the project from descriptor to descriptor, and nothing is executed.

use askbox_wire::OsText;
use serde::{Deserialize, Serialize};

mod compare;
mod record;
mod revert;
mod scan;
mod scope;
mod scripts;

pub use record::{Error, Record};
pub use revert::Kept;
pub(crate) use scope::has_programs_of_tools;

/// Where something is: beneath which base, the project being the first, and its relative path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Number of the base.
    pub base: usize,
    /// Relative path.
    pub path: OsText,
}

/// Why it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A guarded name, or something below one.
    Guarded,
    /// Git's configuration names it.
    Named,
    /// The `scripts` of a package.json, not the file around them.
    Scripts,
    /// A program that shells and tools find.
    Program,
}

/// How something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not there.
    Absent,
    /// A directory.
    Directory,
    /// A symbolic link, and its text.
    Link(OsText),
    /// A file, or a part of one.
    File(FileState),
    /// A socket, a device, a named pipe.
    Other,
}

/// How a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// Permission bits; 0 for a part of a file.
    pub mode: u32,
    /// Bytes.
    pub size: u64,
    /// Inode, modification and change time in seconds and nanoseconds.
    pub stamp: [i64; 5],
    /// SHA-256 in hexadecimal; `None` where the file was too long to be read.
    pub digest: Option<String>,
    /// What is in it, where it is UTF-8 without NUL, small enough, and was kept.
    pub text: Option<String>,
}

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where.
    pub place: Place,
    /// Why it matters.
    pub part: Part,
    /// How it was; `None` where that is not known, because nothing obeyed it then or there was too much to look at.
    pub before: Option<State>,
    /// How it is now, or was when the session ended.
    pub now: State,
}

impl State {
    /// Whether it is the same to whatever obeys it.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (State::File(one), State::File(other)) => {
                let same = match (&one.digest, &other.digest) {
                    (Some(one), Some(other)) => one == other,
                    (None, None) => one.stamp == other.stamp,
                    (Some(_), None) | (None, Some(_)) => false,
                };
                same && one.mode == other.mode && one.size == other.size
            }
            (one, other) => one == other,
        }
    }

    fn is_link(&self) -> bool {
        matches!(self, State::Link(_))
    }

    /// The same without the content.
    #[must_use]
    fn without_text(self) -> Self {
        match self {
            State::File(file) => State::File(FileState { text: None, ..file }),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
