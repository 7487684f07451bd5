//! A directory and what lies beneath it, reached from descriptor to descriptor: no link is followed on any way, at its end
//! neither, and nothing above is reached. For places in which programs inside may have written. Decides nothing.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2, readlinkat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, symlinkat, unlinkat};

use crate::sight::says_absent;

/// A directory of the host.
#[derive(Debug)]
pub(crate) struct Tree {
    directory: OwnedFd,
}

/// What a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Nothing, or something that cannot be looked at without following a link.
    Absent,
    /// Whatever it is, nobody may look.
    Hidden,
    /// A directory.
    Directory,
    /// A symbolic link to there.
    Link(OsString),
    /// An ordinary file.
    File,
    /// A socket, a device, a named pipe.
    Other,
}

/// An ordinary file as it was when it was opened.
#[derive(Debug)]
pub(crate) struct Content {
    /// Its permission bits.
    pub(crate) mode: u32,
    /// Its bytes.
    pub(crate) size: u64,
    /// Inode and times: another file, or one that was written, has others.
    pub(crate) stamp: [i64; 5],
    /// What is in it, where that is no more than was asked for.
    pub(crate) bytes: Option<Vec<u8>>,
}

impl Tree {
    /// Opens a directory by its canonical path. Fails where a link is on the way.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
        let directory = openat2(AT_FDCWD, path, how)?;
        Ok(Self { directory })
    }

    /// Device and inode: whether it is the same directory as another time.
    pub(crate) fn identity(&self) -> io::Result<(u64, u64)> {
        let stat = nix::sys::stat::fstat(&self.directory)?;
        Ok((stat.st_dev, stat.st_ino))
    }

    /// A directory beneath, or the tree's own where the path is empty.
    pub(crate) fn directory(&self, relative: &Path) -> io::Result<OwnedFd> {
        Ok(self.open_directory(relative, OFlag::O_RDONLY)?)
    }

    fn open_directory(&self, relative: &Path, access: OFlag) -> nix::Result<OwnedFd> {
        let relative = if relative.as_os_str().is_empty() {
            Path::new(".")
        } else {
            relative
        };
        let how = OpenHow::new()
            .flags(access | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
        openat2(&self.directory, relative, how)
    }

    /// What a path is.
    pub(crate) fn node(&self, relative: &Path) -> Node {
        let looked = self
            .parent(relative)
            .and_then(|(parent, name)| Ok((lstat(&parent, name)?, parent, name)));
        let (stat, parent, name) = match looked {
            Ok(found) => found,
            Err(error) => return unseen(&error),
        };
        match kind(&stat) {
            SFlag::S_IFDIR => Node::Directory,
            SFlag::S_IFREG => Node::File,
            SFlag::S_IFLNK => readlinkat(&parent, name).map_or(Node::Absent, Node::Link),
            _ => Node::Other,
        }
    }

    /// Reads a file, unless it is longer than `most` bytes. Waits for nothing: what is no ordinary file is an error.
    pub(crate) fn read(&self, relative: &Path, most: u64) -> io::Result<Content> {
        let (parent, name) = self.parent(relative)?;
        let flags =
            OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let file = File::from(openat(&parent, name, flags, Mode::empty())?);
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut bytes = None;
        if metadata.len() <= most {
            let mut read = Vec::new();
            // It may grow meanwhile.
            file.take(most + 1).read_to_end(&mut read)?;
            bytes = u64::try_from(read.len())
                .is_ok_and(|length| length <= most)
                .then_some(read);
        }
        Ok(Content {
            mode: metadata.permissions().mode() & 0o7777,
            size: metadata.len(),
            stamp: [
                metadata.ino().cast_signed(),
                metadata.mtime(),
                metadata.mtime_nsec(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ],
            bytes,
        })
    }

    /// The names in a directory, sorted, and whether that is all of them: at most `most` are read.
    pub(crate) fn names(&self, relative: &Path, most: usize) -> io::Result<(Vec<OsString>, bool)> {
        let directory = self.directory(relative)?;
        let entries = fs::read_dir(own_path(directory.as_fd()))?;
        let mut names: Vec<OsString> = entries
            .take(most + 1)
            .filter_map(|entry| Some(entry.ok()?.file_name()))
            .collect();
        let is_all = names.len() <= most;
        names.truncate(most);
        names.sort();
        Ok((names, is_all))
    }

    /// Puts a file in the place of a name, as a whole. `may` is asked at the last moment. Returns whether it agreed.
    pub(crate) fn put_file(
        &self,
        relative: &Path,
        (content, mode): (&[u8], u32),
        may: impl FnOnce() -> bool,
    ) -> io::Result<bool> {
        let (parent, name) = self.parent(relative)?;
        put(&parent, name, may, |new| {
            let flags =
                OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let mut file = File::from(openat(&parent, new, flags, Mode::S_IRUSR | Mode::S_IWUSR)?);
            file.write_all(content)?;
            // No more than a file of the user's own may have: what it was set to by others is not obeyed.
            file.set_permissions(Permissions::from_mode(mode & 0o777))?;
            file.sync_all()
        })
    }

    /// The same for a symbolic link.
    pub(crate) fn put_link(
        &self,
        relative: &Path,
        target: &OsStr,
        may: impl FnOnce() -> bool,
    ) -> io::Result<bool> {
        let (parent, name) = self.parent(relative)?;
        put(&parent, name, may, |new| Ok(symlinkat(target, &parent, new)?))
    }

    /// Makes a directory.
    pub(crate) fn make_directory(&self, relative: &Path) -> io::Result<()> {
        let (parent, name) = self.parent(relative)?;
        Ok(mkdirat(
            &parent,
            name,
            Mode::S_IRWXU | Mode::S_IRWXG | Mode::S_IRWXO,
        )?)
    }

    /// Removes a name; a directory only when it is empty.
    pub(crate) fn remove(&self, relative: &Path) -> io::Result<()> {
        let (parent, name) = self.parent(relative)?;
        match unlinkat(&parent, name, UnlinkatFlags::NoRemoveDir) {
            // unlink(2): EISDIR for directories, EPERM elsewhere.
            Err(Errno::EISDIR | Errno::EPERM) => Ok(unlinkat(&parent, name, UnlinkatFlags::RemoveDir)?),
            other => Ok(other?),
        }
    }

    fn parent<'a>(&self, relative: &'a Path) -> io::Result<(Parent<'_>, &'a OsStr)> {
        let name = relative.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = relative.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = match parent {
            // What can be gone through can be looked into by name.
            Some(parent) => Parent::Opened(self.open_directory(parent, OFlag::O_PATH)?),
            None => Parent::Top(self.directory.as_fd()),
        };
        Ok((parent, name))
    }
}

/// The directory that a name is in.
enum Parent<'a> {
    /// The tree's own, which most are in.
    Top(BorrowedFd<'a>),
    /// One below it.
    Opened(OwnedFd),
}

impl AsFd for Parent<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Parent::Top(top) => *top,
            Parent::Opened(directory) => directory.as_fd(),
        }
    }
}

/// The name under which /proc shows a descriptor: leads to what it is open on, not to what has its path now.
pub(crate) fn own_path(directory: BorrowedFd<'_>) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()))
}

/// Makes something under a name of our own and renames it, if `may` agrees then.
fn put(
    parent: &Parent<'_>,
    name: &OsStr,
    may: impl FnOnce() -> bool,
    make: impl FnOnce(&OsStr) -> io::Result<()>,
) -> io::Result<bool> {
    let new = OsString::from(format!(".askbox-review-{}.new", std::process::id()));
    let outcome = make(&new).and_then(|()| {
        let agreed = may();
        if agreed {
            renameat(parent, new.as_os_str(), parent, name)?;
        }
        Ok(agreed)
    });
    if !matches!(outcome, Ok(true)) && !is_taken(&outcome) {
        // What was not made is not there.
        let _gone = unlinkat(parent, new.as_os_str(), UnlinkatFlags::NoRemoveDir);
    }
    outcome
}

/// What a name is that cannot be looked at. openat2(2): a link on the way is ELOOP, one that leads out EXDEV.
fn unseen(error: &io::Error) -> Node {
    match error.raw_os_error().map(Errno::from_raw) {
        None | Some(Errno::EXDEV) => Node::Absent,
        Some(error) if says_absent(error) => Node::Absent,
        Some(_) => Node::Hidden,
    }
}

fn lstat(parent: &Parent<'_>, name: &OsStr) -> nix::Result<FileStat> {
    fstatat(parent, name, AtFlags::AT_SYMLINK_NOFOLLOW)
}

fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// Whether the name for what is new was somebody else's.
fn is_taken<T>(outcome: &io::Result<T>) -> bool {
    matches!(outcome, Err(error) if error.kind() == io::ErrorKind::AlreadyExists)
}

#[cfg(test)]
mod tests;
