//! Askbox's own files, changed as a whole: whoever reads one finds all of what was there before or all of what is new,
//! after a power cut too. What is in them is not known here.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::Builder;

/// The mode of a file that is not there yet: for its user alone.
const MODE: u32 = 0o600;

/// Kept broken files of one name; more than this, and something else is wrong.
const KEPT: u32 = 100;

/// A file that could not be used, moved out of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAside {
    /// Where it is now.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// What a file of at most `limit` bytes holds; `None` where there is none. Never waits for what is not a file, a named pipe or
/// a device: that, and a file that is longer, is an error of the kind `InvalidData`.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let refused = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    let not_a_file = || refused("it is not an ordinary file".to_owned());
    let opened = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path);
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // open(2): a socket, or a device that is not there.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => return Err(not_a_file()),
        opened => opened?,
    };
    if !file.metadata()?.is_file() {
        return Err(not_a_file());
    }
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if u64::try_from(content.len()).is_ok_and(|length| limit < length) {
        return Err(refused(format!("it is longer than {limit} bytes")));
    }
    Ok(Some(content))
}

/// Puts new content in the place of a file, or leaves it as it was. A file that is there keeps its mode. Blocks until
/// the new content is on the disk.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_if(path, content, || true).map(|_| ())
}

/// The same without waiting for the disk: after a power cut the file may be empty or what it was before.
pub fn replace_unsynced(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut new = Builder::new()
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(directory)?;
    new.write_all(content)?;
    new.persist(path)?;
    Ok(())
}

/// The same as [`replace`] if `may` still says so once everything is ready. Returns whether it did.
pub fn replace_if(path: &Path, content: &[u8], may: impl FnOnce() -> bool) -> io::Result<bool> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mode = fs::metadata(path).map_or(MODE, |metadata| metadata.permissions().mode() & 0o777);
    // Goes away by itself unless it takes the file's place.
    let mut new = Builder::new()
        .prefix(name)
        .suffix(".new")
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(directory)?;
    new.write_all(content)?;
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    new.as_file().sync_all()?;
    if !may() {
        return Ok(false);
    }
    new.persist(path)?;
    File::open(directory)?.sync_all()?;
    Ok(true)
}

/// Moves a file that cannot be used for this reason out of the way, beside where it was.
pub fn keep_aside(path: &Path, reason: String) -> io::Result<KeptAside> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let kept = (1..=KEPT)
        .map(|number| {
            let mut name = name.to_owned();
            name.push(format!(".broken-{number}"));
            path.with_file_name(name)
        })
        .find(|kept| fs::symlink_metadata(kept).is_err())
        .ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(path, &kept)?;
    Ok(KeptAside { path: kept, reason })
}

#[cfg(test)]
mod tests;
