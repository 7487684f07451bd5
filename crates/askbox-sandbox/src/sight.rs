//! Looks at paths in which programs inside may have written, and keeps in mind what could not be looked at. "Nothing is there"
//! and "nobody may look" are two things: whoever owns a directory can close it, and open it again once nobody looks.
//!
//! Changes nothing, and decides nothing: who looked asks at the end whether all was seen.

use std::cell::RefCell;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::geteuid;

/// Links on a way, as the kernel follows them (`path_resolution(7)`).
const LINKS: usize = 40;

/// What one look did not see.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    hidden: RefCell<Option<Hidden>>,
}

/// A path that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// What was looked for.
    pub path: PathBuf,
    /// The directory or file that is in the way, where that is known.
    pub by: Option<PathBuf>,
    /// Why.
    pub why: String,
}

impl Sight {
    /// What was found; `None` where nothing is there, and where that cannot be told, which is kept in mind.
    pub(crate) fn found<T>(&self, path: &Path, looked: io::Result<T>) -> Option<T> {
        match looked {
            Ok(found) => Some(found),
            Err(error) => {
                self.missed(path, &error);
                None
            }
        }
    }

    /// What a path is, no link followed at its end.
    pub(crate) fn metadata(&self, path: &Path) -> Option<Metadata> {
        self.found(path, fs::symlink_metadata(path))
    }

    /// Where a path leads.
    pub(crate) fn real(&self, path: &Path) -> Option<PathBuf> {
        self.found(path, path.canonicalize())
    }

    /// The first path that could not be looked at.
    pub(crate) fn hidden(&self) -> Option<Hidden> {
        self.hidden.borrow().clone()
    }

    /// Whether all was seen.
    pub(crate) fn is_clear(&self) -> bool {
        self.hidden.borrow().is_none()
    }

    /// Keeps in mind that a path could not be looked at, unless this says that nothing is there.
    pub(crate) fn missed(&self, path: &Path, error: &io::Error) {
        let by = match error.raw_os_error().map(Errno::from_raw) {
            // No name of the kernel's has a NUL in it.
            None => return,
            Some(error) if says_absent(error) => return,
            // What somebody else closed, no program inside can open.
            Some(Errno::EACCES) => match closed_by_us(path, LINKS) {
                None => return,
                by => by,
            },
            Some(_) => None,
        };
        let hidden = Hidden {
            path: path.to_owned(),
            by,
            why: error.to_string(),
        };
        self.hidden.borrow_mut().get_or_insert(hidden);
    }
}

/// Whether an error of a look says that nothing is there, rather than that nobody may look.
pub(crate) fn says_absent(error: Errno) -> bool {
    matches!(
        error,
        Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG | Errno::EINVAL
    )
}

/// What of ours closes the way to a path, or the path itself; `None` where it is somebody else's.
fn closed_by_us(path: &Path, links: usize) -> Option<PathBuf> {
    let is_ours = |metadata: &Metadata| metadata.uid() == geteuid().as_raw();
    let mut last: Option<(&Path, Metadata)> = None;
    let mut way: Vec<&Path> = path.ancestors().collect();
    way.reverse();
    for at in way {
        match fs::symlink_metadata(at) {
            Ok(metadata) if metadata.is_symlink() => {
                let target = at.parent()?.join(fs::read_link(at).ok()?);
                let below = path.strip_prefix(at).ok()?;
                return closed_by_us(&target.join(below), links.checked_sub(1)?);
            }
            Ok(metadata) => last = Some((at, metadata)),
            Err(_closed) => break,
        }
    }
    let (closed, metadata) = last?;
    is_ours(&metadata).then(|| closed.to_owned())
}

#[cfg(test)]
mod tests;
