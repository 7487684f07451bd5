//! The host's files beneath a few roots: every path is resolved below its root with openat2(2), no symbolic or magic link
//! is followed, and what was found is used by descriptor, so that the object that was asked about is the one that is opened.
//! Decides nothing.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::errno::Errno;
use nix::fcntl::{
    AT_FDCWD, AtFlags, OFlag, OpenHow, RenameFlags, ResolveFlag, openat2, readlinkat, renameat2,
};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::{FileStat, Mode, SFlag, UtimensatFlags, fstat, mkdirat, utimensat};
use nix::sys::statvfs::{Statvfs, fstatvfs};
use nix::sys::time::TimeSpec;
use nix::unistd::{AccessFlags, UnlinkatFlags, Whence, faccessat, linkat, lseek, symlinkat, unlinkat};

use crate::asked_mode::AskedMode;
use crate::nodes::{Look, Object};

/// How often a resolution is tried again that a rename on the way disturbed (openat2(2): EAGAIN).
const TRIES: usize = 16;

/// The owner's right to write, in a mode.
const OWNER_WRITES: u32 = 0o200;

/// Gives a directory's group to what is made in it, in a mode.
const SET_GROUP: u32 = 0o2000;

/// The host below these roots, and nothing else.
#[derive(Debug)]
pub(crate) struct Tree {
    roots: Vec<Root>,
}

#[derive(Debug)]
struct Root {
    path: PathBuf,
    directory: OwnedFd,
}

/// An object of the host, held by a descriptor that can neither read nor write.
#[derive(Debug)]
pub(crate) struct Found {
    held: OwnedFd,
    stat: FileStat,
    is_copy: bool,
}

/// A name in a directory that is held. The name may stand for nothing.
#[derive(Debug)]
pub(crate) struct Spot {
    directory: OwnedFd,
    name: OsString,
}

impl Tree {
    /// Opens the roots; those that are not there are left out.
    pub(crate) fn open(roots: &[PathBuf]) -> Self {
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        let open = |path: &PathBuf| {
            Some(Root {
                path: path.clone(),
                directory: openat2(AT_FDCWD, path, how).ok()?,
            })
        };
        Self {
            roots: roots.iter().filter_map(open).collect(),
        }
    }

    /// What is at an absolute path; a symbolic link itself. ENOENT outside all roots.
    pub(crate) fn find(&self, path: &Path) -> io::Result<Found> {
        Found::new(self.resolve(path, OFlag::O_PATH | OFlag::O_NOFOLLOW)?)
    }

    /// The place of a name: its directory, opened.
    pub(crate) fn spot(&self, path: &Path) -> io::Result<Spot> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Errno::EBUSY.into());
        };
        Ok(Spot {
            directory: self.resolve(parent, OFlag::O_PATH | OFlag::O_DIRECTORY)?,
            name: name.to_owned(),
        })
    }

    /// Makes the directories on the way to a path that are not there, each for its owner alone, as the XDG base directory
    /// specification asks of missing ones.
    pub(crate) fn make_parents(&self, path: &Path) -> io::Result<()> {
        let mut missing = Vec::new();
        let mut next = path.parent();
        while let Some(directory) = next {
            match self.find(directory) {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(directory),
                Err(error) => return Err(error),
            }
            next = directory.parent();
        }
        missing
            .into_iter()
            .rev()
            .try_for_each(|directory| self.spot(directory)?.make_directory(AskedMode::PRIVATE))
    }

    fn resolve(&self, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
        let root = self.roots.iter().find(|root| path.starts_with(&root.path));
        let Some(root) = root else {
            return Err(Errno::ENOENT.into());
        };
        let below = path.strip_prefix(&root.path).map_err(io::Error::other)?;
        let below = if below.as_os_str().is_empty() {
            Path::new(".")
        } else {
            below
        };
        let how = OpenHow::new().flags(flags | OFlag::O_CLOEXEC).resolve(
            ResolveFlag::RESOLVE_BENEATH
                | ResolveFlag::RESOLVE_NO_SYMLINKS
                | ResolveFlag::RESOLVE_NO_MAGICLINKS,
        );
        for _ in 0..TRIES {
            match openat2(&root.directory, below, how) {
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                // A link where a directory was: what the kernel was told of is not there any more.
                Err(Errno::ELOOP) => return Err(Errno::ENOENT.into()),
                other => return Ok(other?),
            }
        }
        Err(Errno::EAGAIN.into())
    }
}

impl Found {
    fn new(held: OwnedFd) -> io::Result<Self> {
        let stat = fstat(&held)?;
        Ok(Self {
            held,
            stat,
            is_copy: false,
        })
    }

    /// What is open.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        Self::new(file.try_clone()?.into())
    }

    /// Its attributes at the time it was found.
    pub(crate) fn stat(&self) -> &FileStat {
        &self.stat
    }

    /// Its attributes now.
    pub(crate) fn stat_now(&self) -> io::Result<FileStat> {
        Ok(fstat(&self.held)?)
    }

    /// The same, shown as a copy.
    pub(crate) fn into_copy(self) -> Self {
        Self {
            is_copy: true,
            ..self
        }
    }

    /// Whether it is shown as a copy.
    pub(crate) fn is_copy(&self) -> bool {
        self.is_copy
    }

    /// Which object it is.
    pub(crate) fn object(&self) -> Object {
        Object {
            is_copy: self.is_copy,
            ..object(&self.stat)
        }
    }

    /// When it was made, where its file system keeps that.
    pub(crate) fn made(&self) -> Option<SystemTime> {
        fs::metadata(self.by_descriptor()).ok()?.created().ok()
    }

    /// What kind of object it is: the type bits of its mode.
    pub(crate) fn kind(&self) -> SFlag {
        kind(&self.stat)
    }

    /// Opens this very object. Regular files and directories only; anything else is refused, since opening it has effects
    /// of its own. The flags may ask for access, truncation and appending.
    pub(crate) fn open(&self, flags: OFlag) -> io::Result<File> {
        if !matches!(self.kind(), SFlag::S_IFREG | SFlag::S_IFDIR) {
            return Err(Errno::EACCES.into());
        }
        let how = flags | OFlag::O_CLOEXEC | OFlag::O_NOCTTY | OFlag::O_NONBLOCK;
        Ok(nix::fcntl::open(&self.by_descriptor(), how, Mode::empty())?.into())
    }

    /// Where a symbolic link leads.
    pub(crate) fn link_target(&self) -> io::Result<OsString> {
        Ok(readlinkat(&self.held, "")?)
    }

    /// Whether the user may do this, as the host sees it.
    pub(crate) fn check_access(&self, mode: AccessFlags) -> io::Result<()> {
        Ok(faccessat(
            AT_FDCWD,
            &self.by_descriptor(),
            mode,
            AtFlags::empty(),
        )?)
    }

    pub(crate) fn set_mode(&self, mode: AskedMode) -> io::Result<()> {
        self.set_permissions(mode.bits())
    }

    /// Sets its times. Not for symbolic links: see [`Spot::set_times_of_link`].
    pub(crate) fn set_times(&self, accessed: &TimeSpec, modified: &TimeSpec) -> io::Result<()> {
        let flags = UtimensatFlags::FollowSymlink;
        Ok(utimensat(
            AT_FDCWD,
            &self.by_descriptor(),
            accessed,
            modified,
            flags,
        )?)
    }

    pub(crate) fn file_system(&self) -> io::Result<Statvfs> {
        Ok(fstatvfs(&self.held)?)
    }

    pub(crate) fn attribute(&self, name: &OsStr) -> io::Result<Option<Vec<u8>>> {
        xattr::get_deref(self.by_descriptor(), name)
    }

    pub(crate) fn attribute_names(&self) -> io::Result<Vec<OsString>> {
        Ok(xattr::list_deref(self.by_descriptor())?.collect())
    }

    pub(crate) fn set_attribute(&self, name: &OsStr, value: &[u8]) -> io::Result<()> {
        xattr::set_deref(self.by_descriptor(), name, value)
    }

    pub(crate) fn remove_attribute(&self, name: &OsStr) -> io::Result<()> {
        xattr::remove_deref(self.by_descriptor(), name)
    }

    fn set_permissions(&self, mode: u32) -> io::Result<()> {
        fs::set_permissions(self.by_descriptor(), fs::Permissions::from_mode(mode))
    }

    /// A magic link to a descriptor of ours: as exact as the descriptor itself, for calls that take paths only.
    fn by_descriptor(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.held.as_raw_fd()))
    }
}

impl Spot {
    /// What the name stands for now; a symbolic link itself.
    pub(crate) fn find(&self) -> io::Result<Found> {
        Found::new(self.resolve(OFlag::O_PATH | OFlag::O_NOFOLLOW, 0)?)
    }

    /// Makes a regular file, or opens the one that is there unless the flags forbid it. It gets the mode that is asked for:
    /// the daemon's own mask is not the program's.
    pub(crate) fn create(&self, flags: OFlag, mode: AskedMode) -> io::Result<File> {
        self.create_with(flags, mode.bits())
    }

    fn create_with(&self, flags: OFlag, mode: u32) -> io::Result<File> {
        let flags = flags | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let file = File::from(self.resolve(flags, mode)?);
        let stat = fstat(&file)?;
        if kind(&stat) != SFlag::S_IFREG {
            return Err(Errno::EACCES.into());
        }
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        Ok(file)
    }

    /// Makes a regular file and opens it twice: as the flags say, and for appending. The mode may forbid its owner to write,
    /// which binds those who open it later, so it is given after that.
    pub(crate) fn create_for_appending(&self, flags: OFlag, mode: AskedMode) -> io::Result<(File, File)> {
        let file = self.create_with(flags | OFlag::O_EXCL, mode.bits() | OWNER_WRITES)?;
        let appending = Found::of(&file)?.open(OFlag::O_WRONLY | OFlag::O_APPEND)?;
        file.set_permissions(fs::Permissions::from_mode(mode.bits()))?;
        Ok((file, appending))
    }

    pub(crate) fn make_directory(&self, mode: AskedMode) -> io::Result<()> {
        mkdirat(
            &self.directory,
            self.name.as_os_str(),
            Mode::from_bits_truncate(mode.bits()),
        )?;
        let directory = self.find()?;
        if directory.kind() != SFlag::S_IFDIR {
            // Somebody on the host has put something else there.
            return Err(Errno::ESTALE.into());
        }
        // The daemon's own mask is not the program's. In a directory that gives its group on, what is made does so as well.
        directory.set_permissions(mode.bits() | directory.stat().st_mode & SET_GROUP)
    }

    pub(crate) fn make_link(&self, target: &Path) -> io::Result<()> {
        Ok(symlinkat(target, &self.directory, self.name.as_os_str())?)
    }

    /// Sets the times of a symbolic link itself.
    pub(crate) fn set_times_of_link(&self, accessed: &TimeSpec, modified: &TimeSpec) -> io::Result<()> {
        let flags = UtimensatFlags::NoFollowSymlink;
        Ok(utimensat(
            &self.directory,
            self.name.as_os_str(),
            accessed,
            modified,
            flags,
        )?)
    }

    /// Another name for an object, for a symbolic link itself as well: what is followed is the magic link to the descriptor.
    pub(crate) fn link(&self, object: &Found) -> io::Result<()> {
        let flags = AtFlags::AT_SYMLINK_FOLLOW;
        Ok(linkat(
            AT_FDCWD,
            &object.by_descriptor(),
            &self.directory,
            self.name.as_os_str(),
            flags,
        )?)
    }

    pub(crate) fn remove_file(&self) -> io::Result<()> {
        Ok(unlinkat(
            &self.directory,
            self.name.as_os_str(),
            UnlinkatFlags::NoRemoveDir,
        )?)
    }

    pub(crate) fn remove_directory(&self) -> io::Result<()> {
        Ok(unlinkat(
            &self.directory,
            self.name.as_os_str(),
            UnlinkatFlags::RemoveDir,
        )?)
    }

    pub(crate) fn rename(&self, to: &Spot, flags: RenameFlags) -> io::Result<()> {
        let (from, onto) = (self.name.as_os_str(), to.name.as_os_str());
        Ok(renameat2(&self.directory, from, &to.directory, onto, flags)?)
    }

    fn resolve(&self, flags: OFlag, mode: u32) -> io::Result<OwnedFd> {
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC)
            .mode(Mode::from_bits_truncate(mode))
            .resolve(
                ResolveFlag::RESOLVE_BENEATH
                    | ResolveFlag::RESOLVE_NO_SYMLINKS
                    | ResolveFlag::RESOLVE_NO_MAGICLINKS,
            );
        for _ in 0..TRIES {
            match openat2(self.directory.as_fd(), Path::new(&self.name), how) {
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                other => return Ok(other?),
            }
        }
        Err(Errno::EAGAIN.into())
    }
}

/// A file that holds this and is on no file system.
pub(crate) fn in_memory(content: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create(c"askbox", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(content)?;
    Ok(file)
}

/// Which object these attributes are of.
pub(crate) fn object(stat: &FileStat) -> Object {
    Object {
        device: stat.st_dev,
        inode: stat.st_ino,
        is_copy: false,
    }
}

/// The type bits of a mode.
pub(crate) fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

/// Whether an object had other names when it was looked at. Directories have one, whatever their number of links says.
pub(crate) fn has_several_names(stat: &FileStat) -> bool {
    kind(stat) != SFlag::S_IFDIR && 1 < stat.st_nlink
}

/// What a file looks like.
pub(crate) fn look(stat: &FileStat) -> Look {
    Look {
        size: stat.st_size,
        modified: (stat.st_mtime, stat.st_mtime_nsec),
        changed: (stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// Hands on the names in an open directory with their kinds, without `.` and `..`, in the order of the host, from its start, until
/// the first error. Not to be called twice at the same time for one directory: it moves the place at which it is read.
pub(crate) fn list(
    directory: &File,
    mut visit: impl FnMut(&OsStr, Option<SFlag>) -> io::Result<()>,
) -> io::Result<()> {
    lseek(directory, 0, Whence::SeekSet)?;
    for entry in nix::dir::Dir::from_fd(directory.try_clone()?.into())?.iter() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let kind = entry.file_type().map(|kind| match kind {
            nix::dir::Type::Directory => SFlag::S_IFDIR,
            nix::dir::Type::File => SFlag::S_IFREG,
            nix::dir::Type::Symlink => SFlag::S_IFLNK,
            nix::dir::Type::Fifo | nix::dir::Type::CharacterDevice | nix::dir::Type::BlockDevice => {
                SFlag::S_IFCHR
            }
            nix::dir::Type::Socket => SFlag::S_IFSOCK,
        });
        visit(name, kind)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
