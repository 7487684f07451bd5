//! Does an operation in one of the two directories, and says what came of it, in words that are the same for both.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, copy_file_range, fallocate, open, readlink, renameat2};
use nix::sys::stat::{Mode, UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{AccessFlags, Whence, access, linkat, lseek, mkdir, symlinkat};

use super::operations::{Operation, SLOTS};

/// How much of what is said to be a hole is looked at, in bytes.
const PASSED: usize = 100_000;

/// One directory, with the files that are open in it.
pub(super) struct Side {
    top: PathBuf,
    open: Vec<Option<File>>,
}

impl Side {
    pub(super) fn new(top: &Path) -> Self {
        Self {
            top: top.to_owned(),
            open: (0..SLOTS).map(|_| None).collect(),
        }
    }

    fn slot(&mut self, slot: u64) -> &mut Option<File> {
        &mut self.open[usize::try_from(slot).unwrap()]
    }

    fn file(&self, slot: u64) -> io::Result<&File> {
        let file = &self.open[usize::try_from(slot).unwrap()];
        file.as_ref().ok_or_else(|| nix::errno::Errno::EBADF.into())
    }

    /// The result, or the number of the error.
    pub(super) fn apply(&mut self, operation: &Operation) -> Result<String, Option<i32>> {
        let content = self.content(operation);
        let done = match content {
            Some(done) => done,
            None => self.names(operation),
        };
        done.map_err(|error| error.raw_os_error())
    }

    /// Operations on open files.
    fn content(&mut self, operation: &Operation) -> Option<io::Result<String>> {
        use Operation as O;
        let bytes = |length: u64, byte: u8| vec![byte; usize::try_from(length).unwrap()];
        Some(match *operation {
            O::Open(slot, name, flags, mode) => {
                let opened = open(&self.top.join(name), flags, Mode::from_bits_truncate(mode));
                opened.map_err(io::Error::from).map(|file| {
                    *self.slot(slot) = Some(file.into());
                    String::new()
                })
            }
            O::Close(slot) => {
                *self.slot(slot) = None;
                Ok(String::new())
            }
            O::WriteAt(slot, offset, length, byte) => self
                .file(slot)
                .and_then(|file| file.write_at(&bytes(length, byte), offset))
                .map(said),
            O::Write(slot, length, byte) => self
                .file(slot)
                .and_then(|mut file| file.write(&bytes(length, byte)))
                .map(said),
            O::ReadAt(slot, offset, length) => self.file(slot).and_then(|file| {
                let mut content = bytes(length, 0);
                let read = file.read_at(&mut content, offset)?;
                Ok(runs(&content[..read]))
            }),
            O::SetLength(slot, length) => self
                .file(slot)
                .and_then(|file| Ok(nix::unistd::ftruncate(file, i64::try_from(length).unwrap())?))
                .map(said),
            O::Allocate(slot, mode, offset, length) => self.file(slot).and_then(|file| {
                let (offset, length) = (i64::try_from(offset).unwrap(), i64::try_from(length).unwrap());
                Ok(said(fallocate(file, mode, offset, length)?))
            }),
            O::SeekData(slot, offset) => self.seek(slot, offset, Whence::SeekData),
            O::SeekHole(slot, offset) => self.seek(slot, offset, Whence::SeekHole),
            O::Copy(from, to, length) => self.copy(from, to, length),
            O::Sync(slot) => self.file(slot).and_then(File::sync_all).map(said),
            O::LookOpen(slot) => self.file(slot).and_then(File::metadata).map(|found| look(&found)),
            O::SetModeOpen(slot, mode) => self
                .file(slot)
                .and_then(|file| file.set_permissions(fs::Permissions::from_mode(mode)))
                .map(said),
            _ => return None,
        })
    }

    /// Looks for data or a hole, and puts the place in the file back. Where holes are is the file system's own matter: here
    /// it counts that no data is passed over, and that there is a hole at the end.
    fn seek(&self, slot: u64, offset: u64, whence: Whence) -> io::Result<String> {
        let file = self.file(slot)?;
        let size = file.metadata()?.len();
        if file.metadata()?.is_dir() {
            return Ok(String::new());
        }
        let place = lseek(file, 0, Whence::SeekCur)?;
        let found = lseek(file, i64::try_from(offset).unwrap(), whence);
        lseek(file, place, Whence::SeekSet)?;
        if size <= offset || matches!(whence, Whence::SeekHole) {
            return Ok(said(found.map(|_hole| ())?));
        }
        let data = found.map_or(size, |data| u64::try_from(data).unwrap());
        let mut passed = vec![0; usize::try_from(data - offset).unwrap_or(PASSED).min(PASSED)];
        // Nothing where the file is open for writing alone.
        let read = file.read_at(&mut passed, offset).unwrap_or(0);
        Ok(said(passed[..read].iter().all(|byte| *byte == 0)))
    }

    fn copy(&self, from: (u64, u64), to: (u64, u64), length: u64) -> io::Result<String> {
        let (source, target) = (self.file(from.0)?, self.file(to.0)?);
        let (mut at, mut onto) = (i64::try_from(from.1).unwrap(), i64::try_from(to.1).unwrap());
        let length = usize::try_from(length).unwrap();
        Ok(said(copy_file_range(
            source,
            Some(&mut at),
            target,
            Some(&mut onto),
            length,
        )?))
    }

    /// Operations on names.
    fn names(&self, operation: &Operation) -> io::Result<String> {
        use Operation as O;
        let at = |name: &std::ffi::OsStr| self.top.join(name);
        match *operation {
            O::Truncate(name, length) => {
                nix::unistd::truncate(&at(name), i64::try_from(length).unwrap())?;
            }
            O::Look(name) => return Ok(look(&fs::symlink_metadata(at(name))?)),
            O::LookThrough(name) => return Ok(look(&fs::metadata(at(name))?)),
            O::List(name) => return list(&at(name)),
            O::Rename(from, to, flags) => {
                renameat2(AT_FDCWD, &at(from), AT_FDCWD, &at(to), flags)?;
            }
            O::Link(name, other) => {
                let flags = nix::fcntl::AtFlags::empty();
                linkat(AT_FDCWD, &at(name), AT_FDCWD, &at(other), flags)?;
            }
            O::MakeLink(target, name) => symlinkat(target, AT_FDCWD, &at(name))?,
            O::ReadLink(name) => return Ok(said(readlink(&at(name))?)),
            O::MakeDirectory(name, mode) => mkdir(&at(name), Mode::from_bits_truncate(mode))?,
            O::RemoveDirectory(name) => fs::remove_dir(at(name))?,
            O::Remove(name) => fs::remove_file(at(name))?,
            O::SetMode(name, mode) => fs::set_permissions(at(name), fs::Permissions::from_mode(mode))?,
            O::SetTimes(name, seconds, nanoseconds) => {
                return times(&at(name), seconds, nanoseconds, UtimensatFlags::FollowSymlink);
            }
            O::SetTimesOfLink(name, seconds, nanoseconds) => {
                return times(&at(name), seconds, nanoseconds, UtimensatFlags::NoFollowSymlink);
            }
            O::SetAttribute(name, attribute, length) => {
                xattr::set_deref(at(name), attribute, &vec![b'x'; usize::try_from(length).unwrap()])?;
            }
            O::Attribute(name, attribute) => {
                let value = xattr::get_deref(at(name), attribute)?;
                return Ok(said(value.map(|value| value.len())));
            }
            O::Attributes(name) => {
                let mut names: Vec<_> = xattr::list_deref(at(name))?.collect();
                names.sort();
                return Ok(said(names));
            }
            O::RemoveAttribute(name, attribute) => xattr::remove_deref(at(name), attribute)?,
            O::Access(name, mode) => access(&at(name), AccessFlags::from_bits_truncate(mode.into()))?,
            _ => unreachable!("an operation on open files"),
        }
        Ok(String::new())
    }
}

fn said(result: impl std::fmt::Debug) -> String {
    format!("{result:?}")
}

/// What is the same wherever the file lies. The size of a directory is the file system's own matter.
pub(super) fn look(found: &fs::Metadata) -> String {
    let size = if found.is_dir() { 0 } else { found.len() };
    format!(
        "{:o} of {}:{}, {} links, {size} bytes",
        found.mode(),
        found.uid(),
        found.gid(),
        found.nlink()
    )
}

/// Sets both times and says how they are then.
fn times(path: &Path, seconds: i64, nanoseconds: i64, flags: UtimensatFlags) -> io::Result<String> {
    let time = TimeSpec::new(seconds, nanoseconds);
    utimensat(AT_FDCWD, path, &time, &time, flags)?;
    let found = match flags {
        UtimensatFlags::FollowSymlink => fs::metadata(path)?,
        UtimensatFlags::NoFollowSymlink => fs::symlink_metadata(path)?,
    };
    let (accessed, modified) = (
        (found.atime(), found.atime_nsec()),
        (found.mtime(), found.mtime_nsec()),
    );
    Ok(said((accessed, modified)))
}

/// The names in a directory with their types, in order.
fn list(path: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        names.push((entry.file_name(), entry.file_type()?.is_dir()));
    }
    names.sort();
    Ok(said(names))
}

/// Content as how often each byte follows itself.
fn runs(content: &[u8]) -> String {
    let runs: Vec<String> = content
        .chunk_by(|one, next| one == next)
        .map(|run| format!("{}x{}", run.len(), run.first().copied().unwrap_or_default()))
        .collect();
    runs.join(" ")
}
