//! Changes to policy.toml on disk. Somebody else who writes at the same time is noticed, and the change is made again on
//! what they wrote.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use askbox_paths::own_file;
use askbox_policy::limits::POLICY_FILE_BYTES;
use askbox_policy::policy_file::EditError;

use super::files;

/// How often a change is tried again when somebody else writes.
const TRIES: usize = 5;

/// Why a file was not changed. It is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// Its text cannot be changed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else keeps writing it.
    #[error("{} changes all the time", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

/// Replaces the text of a file by what `change` makes of it; `None` leaves it as it is. A file that is not there counts
/// as empty. Returns whether it was changed.
pub(crate) fn change(
    path: &Path,
    mut change: impl FnMut(&str) -> Result<Option<String>, EditError>,
) -> Result<bool, ChangeError> {
    // A link stays a link: some keep policy.toml in a repository of their settings.
    let real = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && files::is_absent(path) => path.to_owned(),
        real => real.map_err(|source| ChangeError::Read {
            path: path.to_owned(),
            source,
        })?,
    };
    for _ in 0..TRIES {
        let before = match files::read(&real, POLICY_FILE_BYTES as u64) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(ChangeError::Read { path: real, source }),
        };
        let text = before.as_ref().map_or("", |before| before.content.as_str());
        let Some(changed) = change(text)? else {
            return Ok(false);
        };
        let is_same = || match &before {
            Some(before) => before.stamp.is_of(&real),
            None => !real.exists(),
        };
        let written = own_file::replace_if(&real, changed.as_bytes(), is_same);
        if written.map_err(|source| ChangeError::Write {
            path: real.clone(),
            source,
        })? {
            return Ok(true);
        }
    }
    Err(ChangeError::Busy { path: real })
}
