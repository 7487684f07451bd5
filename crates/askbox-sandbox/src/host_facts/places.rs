//! What many paths really are on this machine. A launch asks this about every path of both lists, most of which are not there:
//! each directory on the way is looked at once, and below one that is missing nothing is. Changes nothing.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open};
use nix::sys::stat::{Mode, SFlag, fstatat};

use super::{Found, object_of};
use crate::plan::ObjectId;

/// What was looked at so far. It holds for one launch: what changes meanwhile is not seen.
#[derive(Debug, Default)]
pub struct Places {
    /// By absolute path as asked; `None` where nothing is.
    known: RefCell<HashMap<OsString, Option<Found>>>,
    /// Directories by canonical path, open so that what is in them is found without their way; `None` where that fails.
    open: RefCell<HashMap<PathBuf, Option<Rc<OwnedFd>>>>,
}

impl Places {
    /// What an absolute path leads to, every link followed. `None` where it leads to nothing that can be looked at.
    pub fn real(&self, path: &Path) -> Option<Found> {
        let known = self.known.borrow().get(path.as_os_str()).cloned();
        known.unwrap_or_else(|| {
            let looked = self.look(path);
            self.known.borrow_mut().insert(path.into(), looked.clone());
            looked
        })
    }

    /// Whether a path is a directory that no link leads to.
    pub fn is_real_directory(&self, path: &Path) -> bool {
        self.real(path)
            .is_some_and(|found| found.directory && found.canonical == path)
    }

    fn look(&self, path: &Path) -> Option<Found> {
        let (Some(parent), Some(name)) = (path.parent(), plain_name(path)) else {
            return resolved(path);
        };
        let parent = self.real(parent).filter(|parent| parent.directory)?;
        let canonical = parent.canonical.join(name);
        // Where no more can be open, the way is gone as a whole: nothing that is there may seem not to be.
        let Some(directory) = self.open(&parent.canonical) else {
            return resolved(&canonical);
        };
        let stat = match fstatat(&*directory, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES) => return None,
            Err(_) => return resolved(&canonical),
        };
        match SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) {
            SFlag::S_IFLNK => resolved(&canonical),
            kind => Some(Found {
                canonical,
                object: ObjectId {
                    device: stat.st_dev,
                    inode: stat.st_ino,
                },
                directory: kind == SFlag::S_IFDIR,
            }),
        }
    }

    fn open(&self, directory: &Path) -> Option<Rc<OwnedFd>> {
        let known = self.open.borrow().get(directory).cloned();
        known.unwrap_or_else(|| {
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let opened = open(directory, flags, Mode::empty()).ok().map(Rc::new);
            self.open
                .borrow_mut()
                .insert(directory.to_owned(), opened.clone());
            opened
        })
    }
}

/// The last name of a path, unless it is written in a way that means another.
fn plain_name(path: &Path) -> Option<&OsStr> {
    let name = path.file_name()?;
    path.as_os_str()
        .as_encoded_bytes()
        .ends_with(name.as_encoded_bytes())
        .then_some(name)
}

fn resolved(path: &Path) -> Option<Found> {
    let real = path.canonicalize().ok()?;
    let metadata = fs::symlink_metadata(&real).ok()?;
    Some(Found {
        canonical: real,
        object: object_of(&metadata),
        directory: metadata.is_dir(),
    })
}

#[cfg(test)]
mod tests;
