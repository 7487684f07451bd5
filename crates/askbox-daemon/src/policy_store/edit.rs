//! Changes to policy.toml on disk: whole files, by a temporary one that replaces it at once. Somebody else who writes
//! at the same time is noticed, and the change is made again on what they wrote.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

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
        let text = before.as_ref().map_or("", |before| before.text.as_str());
        let Some(changed) = change(text)? else {
            return Ok(false);
        };
        let is_same = || match &before {
            Some(before) => before.stamp.is_of(&real),
            None => !real.exists(),
        };
        let written = replace(&real, changed.as_bytes(), is_same);
        if written.map_err(|source| ChangeError::Write {
            path: real.clone(),
            source,
        })? {
            return Ok(true);
        }
    }
    Err(ChangeError::Busy { path: real })
}

/// Writes a file of Askbox's own whole, or leaves it as it was.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, || true).map(|_| ())
}

/// Puts new content in the place of a file if `may` still says so. What was there is lost only once the new content is
/// on the disk.
fn replace(path: &Path, content: &[u8], may: impl Fn() -> bool) -> io::Result<bool> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = directory.join(temporary);
    let mode = fs::metadata(path).map_or(0o600, |metadata| metadata.permissions().mode() & 0o777);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(content)?;
        file.sync_all()?;
        if !may() {
            return Ok(false);
        }
        fs::rename(&temporary, path)?;
        File::open(directory)?.sync_all()?;
        Ok(true)
    })();
    if !matches!(written, Ok(true)) {
        // It may not even have been made.
        drop(fs::remove_file(&temporary));
    }
    written
}
