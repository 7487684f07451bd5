//! Which program a start means: from the words in its caller's memory to a path inside, by the session's own tree of mounts.
//! Looks, and decides nothing. Blocks for as long as the caller likes, since it reads the caller's memory.
//!
//! Paths are resolved beneath the root that the launch built, which holds every mount of the session, so a link leads where
//! it leads inside. Nothing is opened through /proc/PID/root.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{IoSliceMut, Read as _};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use askbox_policy::CanonicalPath;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{FileStat, SFlag, fstat};
use nix::sys::statfs::{FUSE_SUPER_MAGIC, fstatfs};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use crate::bwrap_args::ROOT;
use crate::limits;
use crate::plan::INIT;

/// Longest path with the zero at its end (`PATH_MAX`, linux/limits.h).
const LONGEST: usize = 4096;

/// The smallest page of the machines that Askbox runs on; where pages are larger the parts are read all the same.
const PAGE: usize = 4096;

/// A program that is about to start: the arguments of execve(2) or execveat(2).
#[derive(Clone, Debug)]
pub struct Start {
    pub(super) id: u64,
    /// The number of the call, by the way into the kernel that it came.
    pub(super) call: u32,
    /// The thread that starts it, by the kernel's number on the host.
    pub thread: u32,
    pub(super) directory: i32,
    pub(super) path: u64,
    pub(super) flags: i32,
}

impl Start {
    /// The kernel's name for it, which no other start of the session has.
    pub fn id(&self) -> u64 {
        self.id
    }
}

/// The session's root, as the launch built it.
#[derive(Debug)]
pub struct Tree {
    root: OwnedFd,
    /// Whether programs inside may have mounts and roots of their own.
    has_others: bool,
    /// The mount namespace of the session's programs (inode number), once askbox-init was started in it.
    own: OnceLock<u64>,
}

/// What a start means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// These files, the program first; what follows interprets the one before.
    Files(Vec<CanonicalPath>),
    /// Nothing that could start: the call fails with this.
    Nothing(i32),
    /// A file that cannot be told by its path. The reason.
    Unclear(&'static str),
    /// askbox-init, which is Askbox's own.
    Init,
    /// The caller sees other mounts than its session or has another root (a sandbox inside the sandbox), so its paths mean
    /// nothing here.
    Elsewhere,
}

/// Whether opening a path inside asks by itself.
pub(super) type Asks<'a> = &'a dyn Fn(&Path) -> bool;

impl Tree {
    /// Takes over the root's descriptor. `has_others` says whether the walls let programs inside have other mounts or another
    /// root than their session.
    pub fn new(root: OwnedFd, has_others: bool) -> Self {
        Self {
            root,
            has_others,
            own: OnceLock::new(),
        }
    }

    /// Finds out what a start means. Of files that are asked about when they are opened the attributes say nothing here.
    pub fn look(&self, start: &Start, asks: Asks<'_>) -> Look {
        if self.is_left_by(start.thread) {
            return Look::Elsewhere;
        }
        let look = self.meant(start, asks);
        // The first one alone is Askbox's own, since programs inside are started after it.
        if self.own.get().is_none()
            && let Look::Files(files) = &look
            && files
                .first()
                .is_some_and(|file| file.as_path() == Path::new(INIT))
            && let Some(namespace) = mount_namespace(start.thread)
        {
            self.own.get_or_init(|| namespace);
            return Look::Init;
        }
        look
    }

    /// Whether a process has other mounts or another root than the session, where that can be.
    pub fn is_left_by(&self, process: u32) -> bool {
        self.has_others && self.is_elsewhere(process)
    }

    /// Whether a thread has other mounts or another root than the session. What cannot be found out is asked about.
    fn is_elsewhere(&self, thread: u32) -> bool {
        let Some((own, found)) = self.own.get().zip(mount_namespace(thread)) else {
            return false;
        };
        let has_root =
            || fs::read_link(format!("/proc/{thread}/root")).is_ok_and(|root| root != Path::new("/"));
        found != *own || has_root()
    }

    fn meant(&self, start: &Start, asks: Asks<'_>) -> Look {
        let no_follow = start.flags & libc::AT_SYMLINK_NOFOLLOW != 0;
        let program = match start.named() {
            Ok(Named::Path(path)) => self.program(&path, no_follow, asks),
            Ok(Named::Removed { path, link }) => Program::removed(path, &link),
            Ok(Named::Unclear(reason)) => return Look::Unclear(reason),
            Err(errno) => Err(errno),
        };
        match program {
            Ok(program) => Look::Files(self.interpreted(start, program, asks)),
            Err(errno) => Look::Nothing(errno as i32),
        }
    }

    /// The program, and what interprets it. Where an interpreter is none the kernel finds that out, after the script was
    /// decided about.
    fn interpreted(&self, start: &Start, program: Program, asks: Asks<'_>) -> Vec<CanonicalPath> {
        let mut files = Vec::new();
        let mut next = Some(program);
        while let Some(program) = next.take() {
            files.push(program.path);
            // As many as the kernel follows (exec_binprm, fs/exec.c).
            if files.len() <= limits::INTERPRETERS
                && let Some(interpreter) = program.head.as_deref().and_then(interpreter)
            {
                // From the working directory, whatever the script was named by (load_script: open_exec).
                let path = start.absolute(libc::AT_FDCWD, interpreter);
                next = path.and_then(|path| self.program(&path, false, asks)).ok();
            }
        }
        files
    }

    /// What is at a path inside, if it can be started.
    fn program(&self, path: &Path, no_follow: bool, asks: Asks<'_>) -> Result<Program, Errno> {
        let found = self.open(path, no_follow)?;
        let path = found.path()?;
        let asks = asks(path.as_path());
        if !asks && !is_program(&found.stat()?) {
            return Err(Errno::EACCES);
        }
        let head = if asks { head_on_host(&path) } else { found.head() };
        Ok(Program { path, head })
    }

    /// The file at a path inside, as the kernel finds it there.
    fn open(&self, path: &Path, no_follow: bool) -> Result<Found, Errno> {
        let mut flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        flags.set(OFlag::O_NOFOLLOW, no_follow);
        let how = OpenHow::new()
            .flags(flags)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        let mut tries = 0;
        loop {
            match openat2(&self.root, path, how) {
                // Something was renamed on the way while it looked.
                Err(Errno::EAGAIN) if tries < limits::RESOLVE_TRIES => tries += 1,
                found => return found.map(Found),
            }
        }
    }
}

/// What the caller named.
enum Named {
    Path(PathBuf),
    /// A file that has no name any more, or never had one but the one that the kernel gives it, and the link in /proc to it.
    Removed {
        path: CanonicalPath,
        link: PathBuf,
    },
    Unclear(&'static str),
}

/// A file that can be started, and its first bytes.
struct Program {
    path: CanonicalPath,
    head: Option<Vec<u8>>,
}

impl Program {
    /// One that its caller has open, or runs.
    fn removed(path: CanonicalPath, link: &Path) -> Result<Self, Errno> {
        let found = Found::through(link)?;
        if !is_program(&found.stat()?) {
            return Err(Errno::EACCES);
        }
        // The asking file system would ask on our behalf.
        if found.is_asked_about()? {
            return Err(Errno::EACCES);
        }
        let head = found.head();
        Ok(Self { path, head })
    }
}

impl Start {
    /// What the caller named, absolute.
    fn named(&self) -> Result<Named, Errno> {
        let text = self.text()?;
        if text.as_bytes().is_empty() {
            return if self.flags & libc::AT_EMPTY_PATH == 0 {
                Err(Errno::ENOENT)
            } else {
                self.opened(self.directory)
            };
        }
        let path = Path::new(&text);
        if let Ok(number) = path.strip_prefix("/dev/fd") {
            return self.of_proc(&Path::new("self/fd").join(number));
        }
        match path.strip_prefix("/proc") {
            Ok(rest) => self.of_proc(rest),
            Err(_) => Ok(Named::Path(self.absolute(self.directory, path)?)),
        }
    }

    /// The path in the caller's memory. Not by /proc/PID/mem, which belongs to root where the caller is not dumpable, as
    /// askbox-init's child is.
    fn text(&self) -> Result<OsString, Errno> {
        let thread = i32::try_from(self.thread).map_err(|_number| Errno::ESRCH)?;
        let address = usize::try_from(self.path).map_err(|_address| Errno::EFAULT)?;
        let mut bytes = [0; LONGEST];
        // In two parts, so that a mapping that ends with its page is read up to there.
        let first = (PAGE - address % PAGE).min(LONGEST);
        let part = |base, len| RemoteIoVec { base, len };
        let parts = [
            part(address, first),
            part(address.wrapping_add(first), LONGEST - first),
        ];
        let mut into = [IoSliceMut::new(&mut bytes)];
        let length = process_vm_readv(Pid::from_raw(thread), &mut into, &parts)?;
        let read = bytes.get(..length).unwrap_or_default();
        let end = read.iter().position(|byte| *byte == 0);
        let is_cut = length == LONGEST;
        let end = end.ok_or(if is_cut {
            Errno::ENAMETOOLONG
        } else {
            Errno::EFAULT
        })?;
        Ok(OsStr::from_bytes(read.get(..end).unwrap_or_default()).to_owned())
    }

    /// A path that starts at this directory of the caller.
    fn absolute(&self, directory: i32, path: &Path) -> Result<PathBuf, Errno> {
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        let link = match directory {
            libc::AT_FDCWD => format!("/proc/{}/cwd", self.thread),
            number => format!("/proc/{}/fd/{number}", self.thread),
        };
        let directory = fs::read_link(link).map_err(|_none| Errno::EBADF)?;
        if directory.is_absolute() {
            Ok(directory.join(path))
        } else {
            Err(Errno::ENOTDIR)
        }
    }

    /// A descriptor of the caller.
    fn opened(&self, number: i32) -> Result<Named, Errno> {
        self.linked(&format!("fd/{number}")).ok_or(Errno::EBADF)
    }

    /// What a link of the caller's directory in /proc says.
    fn linked(&self, name: &str) -> Option<Named> {
        let link = PathBuf::from(format!("/proc/{}/{name}", self.thread));
        let path = fs::read_link(&link).ok()?;
        if !path.is_absolute() {
            return Some(Named::Unclear("it is no file"));
        }
        let text = path.as_os_str().as_bytes();
        if let Some(path) = text.strip_suffix(b" (deleted)") {
            let path = CanonicalPath::new(Path::new(OsStr::from_bytes(path)))?;
            return Some(Named::Removed { path, link });
        }
        Some(Named::Path(path))
    }

    /// A path below /proc, of which the session's tree holds nothing.
    fn of_proc(&self, rest: &Path) -> Result<Named, Errno> {
        let mut parts = rest.components().map(Component::as_os_str);
        let whose = parts.next().unwrap_or_default();
        if whose != "self" && whose != "thread-self" {
            return Ok(Named::Unclear("it is named by the number of a process in /proc"));
        }
        match (parts.next(), parts.next(), parts.next()) {
            (Some(exe), None, None) if exe == "exe" => self.linked("exe").ok_or(Errno::ENOENT),
            (Some(fd), Some(number), None) if fd == "fd" => {
                let number = number.to_str().and_then(|number| number.parse().ok());
                number.map_or(Err(Errno::ENOENT), |number| self.opened(number))
            }
            _ => Ok(Named::Unclear("it is named through /proc")),
        }
    }
}

/// A file, open as a place only.
struct Found(OwnedFd);

impl Found {
    /// What a link of /proc leads to, which has no path to resolve.
    fn through(link: &Path) -> Result<Self, Errno> {
        let mut options = OpenOptions::new();
        let found = options.read(true).custom_flags(libc::O_PATH).open(link);
        found
            .map(|file| Self(file.into()))
            .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EBADF)))
    }

    /// Whether it lies in a file system that a program serves.
    fn is_asked_about(&self) -> Result<bool, Errno> {
        Ok(fstatfs(&self.0)?.filesystem_type() == FUSE_SUPER_MAGIC)
    }

    /// Where it is, inside.
    fn path(&self) -> Result<CanonicalPath, Errno> {
        let path = fs::read_link(self.place()).map_err(|_gone| Errno::ENOENT)?;
        let inside = path.strip_prefix(ROOT).map_err(|_outside| Errno::ENOENT)?;
        CanonicalPath::new(&Path::new("/").join(inside)).ok_or(Errno::ENOENT)
    }

    fn stat(&self) -> Result<FileStat, Errno> {
        fstat(&self.0)
    }

    /// Its first bytes; `None` where they cannot be read, as those of a program that may only be started.
    fn head(&self) -> Option<Vec<u8>> {
        head(File::open(self.place()).ok()?)
    }

    fn place(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}

/// The same of the host's file, which the asking file system serves at the same path: read there, nobody is asked. No link is
/// followed, since none was left where it was found.
fn head_on_host(path: &CanonicalPath) -> Option<Vec<u8>> {
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    let root = File::open("/").ok()?;
    head(openat2(root, path.as_path(), how).ok()?.into())
}

fn head(file: File) -> Option<Vec<u8>> {
    file.metadata().ok().filter(fs::Metadata::is_file)?;
    let mut head = Vec::with_capacity(limits::SCRIPT_HEAD);
    file.take(limits::SCRIPT_HEAD as u64)
        .read_to_end(&mut head)
        .ok()?;
    Some(head)
}

/// Whether the kernel starts it at all: a file with a right to execute.
fn is_program(stat: &FileStat) -> bool {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG && stat.st_mode & 0o111 != 0
}

/// The interpreter that a script names in its first line (`load_script`, `fs/binfmt_script.c`).
fn interpreter(head: &[u8]) -> Option<&Path> {
    let is_blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let line = head.strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let start = line.iter().position(|byte| !is_blank(byte))?;
    let name = line.get(start..)?;
    let name = name.split(|byte| is_blank(byte) || *byte == 0).next()?;
    (!name.is_empty()).then(|| Path::new(OsStr::from_bytes(name)))
}

/// Whether memory can be read at all: a filter around Askbox may forbid the call, and a kernel may lack it.
pub(super) fn can_read_memory() -> bool {
    let (from, mut into) = ([1_u8], [0_u8]);
    let remote = RemoteIoVec {
        base: from.as_ptr().addr(),
        len: 1,
    };
    process_vm_readv(Pid::this(), &mut [IoSliceMut::new(&mut into)], &[remote]) == Ok(1)
}

/// The inode number of a thread's mount namespace.
fn mount_namespace(thread: u32) -> Option<u64> {
    Some(fs::metadata(format!("/proc/{thread}/ns/mnt")).ok()?.ino())
}

#[cfg(test)]
mod tests;
