//! Puts one place back as it was. Only while it is still as the review lists it; that is looked at once more at the last
//! moment, and nothing is waited for. Where it is as it was already, nothing is done.

use std::io;

use super::scan::state;
use super::{Change, FileState, Part, State, scripts};
use crate::beneath::{Node, Tree};
use crate::limits;

/// What is put in the place of scripts where there were none.
const NO_SCRIPTS: &str = "{}";

/// Why a place was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum Kept {
    /// It is not as the review lists it.
    #[error("it has changed since")]
    ChangedSince,
    /// Its content was not kept: it was longer than is kept, or no text.
    #[error("what was in it was not kept, since it is too large or no text")]
    NotKept,
    /// It is not known how it was.
    #[error("it is not known how it was")]
    Unknown,
    /// The directory holds what the review does not list.
    #[error("there is more in the directory")]
    NotEmpty,
    /// The manifest has no scripts to put others in the place of.
    #[error("the file has no scripts any more to put the old ones in the place of")]
    NoScripts,
    /// A link is, or was, in the place of the manifest.
    #[error("the file is or was a link, and only the scripts in it are kept")]
    LinkedScripts,
    /// The system refused.
    #[error(transparent)]
    Failed(io::Error),
}

impl Change {
    /// Why it cannot be put back whatever happens; `None` where it can while it stays as listed.
    pub fn is_kept(&self) -> Option<Kept> {
        match (&self.before, self.part) {
            (None, _) => Some(Kept::Unknown),
            (Some(before), Part::Scripts) if [before, &self.now].into_iter().any(State::is_link) => {
                Some(Kept::LinkedScripts)
            }
            (Some(State::Other), _) => Some(Kept::NotKept),
            (Some(State::File(file)), _) if file.text.is_none() && !self.is_mode_alone(file) => {
                Some(Kept::NotKept)
            }
            (Some(State::File(_)), Part::Scripts) if self.now == State::Absent => Some(Kept::NoScripts),
            (Some(State::Absent | State::Directory | State::Link(_) | State::File(_)), _) => None,
        }
    }

    /// Whether only permissions of the file differ.
    fn is_mode_alone(&self, before: &FileState) -> bool {
        matches!(&self.now, State::File(now) if before.digest.is_some() && now.digest == before.digest)
    }
}

/// Whether a place is as it was before: `now` is how it is. Where a manifest had no scripts, empty ones are put. What
/// lies behind a link is not looked at, and may be there all the same.
pub(super) fn is_back(tree: &Tree, change: &Change, now: &State) -> bool {
    match (&change.before, change.part, now) {
        (Some(State::Absent), Part::Scripts, State::File(file)) => file.text.as_deref() == Some(NO_SCRIPTS),
        (Some(State::Absent), _, State::Absent) => {
            let mut above = change.place.path.as_path().ancestors().skip(1);
            above.all(|path| {
                path.as_os_str().is_empty() || matches!(tree.node(path), Node::Directory | Node::Absent)
            })
        }
        (Some(before), _, now) => before.is_like(now),
        (None, ..) => false,
    }
}

/// Makes a place as it was.
pub(super) fn revert(tree: &Tree, change: &Change) -> Result<(), Kept> {
    let path = change.place.path.as_path();
    if is_back(tree, change, &state(tree, path, change.part)) {
        return Ok(());
    }
    if let Some(why) = change.is_kept() {
        return Err(why);
    }
    let is_as_listed = || state(tree, path, change.part).is_like(&change.now);
    if !is_as_listed() {
        return Err(Kept::ChangedSince);
    }
    let Some(before) = &change.before else {
        return Err(Kept::Unknown);
    };
    if change.part == Part::Scripts {
        return put_scripts(tree, change, before, is_as_listed);
    }
    if change.now == State::Directory && *before != State::Directory {
        tree.remove(path).map_err(failed)?;
        if *before == State::Absent {
            return Ok(());
        }
    }
    let is_as_listed = || change.now == State::Directory || is_as_listed();
    let put = match before {
        State::Absent => return tree.remove(path).map_err(failed),
        State::Directory if change.now == State::Absent => {
            return tree.make_directory(path).map_err(failed);
        }
        State::Directory => {
            tree.remove(path).map_err(failed)?;
            return tree.make_directory(path).map_err(failed);
        }
        State::Link(target) => tree.put_link(path, target.as_os_str(), is_as_listed),
        State::File(file) => match content(tree, change, file)? {
            Some(content) => tree.put_file(path, (&content, file.mode), is_as_listed),
            None => return Err(Kept::NotKept),
        },
        State::Other => return Err(Kept::NotKept),
    };
    agreed(put)
}

/// What was in a file: as it was kept, or as it is where only permissions differ.
fn content(tree: &Tree, change: &Change, before: &FileState) -> Result<Option<Vec<u8>>, Kept> {
    if let Some(text) = &before.text {
        return Ok(Some(text.clone().into_bytes()));
    }
    let now = tree
        .read(change.place.path.as_path(), limits::REVIEW_DIGEST_BYTES)
        .map_err(Kept::Failed)?;
    Ok(now.bytes)
}

/// Puts scripts back where the manifest has others; where it had none, empty ones.
fn put_scripts(
    tree: &Tree,
    change: &Change,
    before: &State,
    is_as_listed: impl Fn() -> bool,
) -> Result<(), Kept> {
    let path = change.place.path.as_path();
    let scripts = match before {
        State::Absent => NO_SCRIPTS,
        State::File(FileState { text: Some(text), .. }) => text,
        State::File(_) | State::Directory | State::Link(_) | State::Other => return Err(Kept::NotKept),
    };
    let manifest = tree
        .read(path, limits::REVIEW_DIGEST_BYTES)
        .map_err(Kept::Failed)?;
    let text = manifest.bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let changed = text
        .and_then(|text| scripts::replace(&text, scripts))
        .ok_or(Kept::NoScripts)?;
    agreed(tree.put_file(path, (changed.as_bytes(), manifest.mode), is_as_listed))
}

fn agreed(put: io::Result<bool>) -> Result<(), Kept> {
    match put {
        Ok(true) => Ok(()),
        Ok(false) => Err(Kept::ChangedSince),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: io::Error) -> Kept {
    if error.kind() == io::ErrorKind::DirectoryNotEmpty {
        Kept::NotEmpty
    } else {
        Kept::Failed(error)
    }
}
