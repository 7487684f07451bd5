//! Builds the root that a plan describes, in the launch child's own mount namespace. Every mount goes from descriptor to
//! descriptor, opened without following a symbolic link, so that nothing inside or beside can redirect it. Leaving the
//! host's root for the built one is `outer_root`'s.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, fchmod, mkdirat, mknodat, umask};
use nix::unistd::symlinkat;

use crate::plan::{Access, CLOSED_DIRECTORY, CLOSED_FILE, Mount, Node, ObjectId, Plan};
use crate::sys;

mod devices;
mod files;
mod outer_root;
mod sockets;
mod way;

pub(crate) use sockets::ssh_agent;

/// Why the root could not be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step} {path:?}")]
pub(crate) struct Error {
    step: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Error {
    /// What was tried, and why it failed.
    pub(crate) fn into_parts(self) -> (String, io::Error) {
        (self.to_string(), self.source)
    }
}

trait Step<T> {
    fn step(self, step: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error {
            step,
            path: path.to_owned(),
            source: source.into(),
        })
    }
}

/// A root in the making, on a tmpfs that nothing outside this mount namespace ever sees.
pub(crate) struct Stage {
    outer: OwnedFd,
    /// The top of the asking file system, where the machine has FUSE.
    files: Option<OwnedFd>,
    root: OwnedFd,
    /// Directories of the root tmpfs by path, while nodes are made. Mounts would make them stale.
    parents: RefCell<HashMap<PathBuf, Rc<OwnedFd>>>,
    /// The private homes that are mounted so far.
    homes: RefCell<Vec<PathBuf>>,
    /// The caller's.
    umask: Mode,
}

/// Makes what every session has, on an empty directory of the host. Files and directories get the modes that are asked
/// for from here on: the process has no umask until [`build`] is done.
/// With the stage comes the device of its asking file system, for the daemon to serve; none where FUSE cannot be used.
pub(crate) fn prepare(place: &Path) -> Result<(Stage, Option<OwnedFd>), Error> {
    let root = Path::new("/");
    // No mount of ours may travel back to the host.
    mount(
        None::<&str>,
        root,
        None::<&str>,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        None::<&str>,
    )
    .step("make private", root)?;
    // A link on the way there is the user's own, as in a home directory on another disk; from here on none is followed.
    let place = &fs::canonicalize(place).step("find", place)?;
    let (files, device) = files::mount(place)?.unzip();
    // On top of the file system, which is reached by its descriptor alone from here on and goes with the host's root.
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("askbox"), place, Some("tmpfs"), flags, Some("mode=0755")).step("mount a tmpfs on", place)?;
    let outer = open_source(place).step("open", place)?;
    let umask = umask(Mode::empty());
    let root = outer_root::make(&outer).step("furnish", place)?;
    let stage = Stage {
        root,
        outer,
        files,
        parents: RefCell::default(),
        homes: RefCell::default(),
        umask,
    };
    devices::add(&stage)?;
    Ok((stage, device))
}

/// Adds what the plan says, and leaves the host's root for the built one: afterwards `/` holds the session's root at
/// [`crate::bwrap_args::ROOT`] and what bwrap itself needs. Puts the caller's umask back.
pub(crate) fn build(stage: &Stage, plan: &Plan) -> Result<(), Error> {
    for node in &plan.nodes {
        stage.node(node)?;
        if matches!(node, Node::Temporary { .. }) {
            stage.parents.borrow_mut().clear();
        }
    }
    stage.parents.borrow_mut().clear();
    for mount in &plan.mounts {
        stage.mount(mount)?;
        stage.parents.borrow_mut().clear();
    }
    umask(stage.umask);
    outer_root::enter(&stage.outer).step("leave the host's root for", Path::new("/"))
}

impl Stage {
    /// The session's root, for whoever looks up what a path inside leads to.
    pub(crate) fn root(&self) -> io::Result<OwnedFd> {
        self.root.try_clone()
    }

    /// What is at an absolute path inside. Mounts are crossed, symbolic links never followed.
    fn open(&self, path: &Path) -> io::Result<OwnedFd> {
        let relative = path.strip_prefix("/").map_err(io::Error::other)?;
        let relative = if relative.as_os_str().is_empty() {
            Path::new(".")
        } else {
            relative
        };
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
            .resolve(
                ResolveFlag::RESOLVE_BENEATH
                    | ResolveFlag::RESOLVE_NO_SYMLINKS
                    | ResolveFlag::RESOLVE_NO_MAGICLINKS,
            );
        Ok(openat2(&self.root, relative, how)?)
    }

    /// The parent directory, made with all of its own where missing, and the last name.
    fn parent<'a>(&self, path: &'a Path) -> io::Result<(Rc<OwnedFd>, &'a Path)> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let known = self.parents.borrow().get(parent).cloned();
        if let Some(known) = known {
            return Ok((known, Path::new(name)));
        }
        let opened = match self.open(parent) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.directory(parent, 0o755)?;
                self.open(parent)?
            }
            other => other?,
        };
        let opened = Rc::new(opened);
        self.parents
            .borrow_mut()
            .insert(parent.to_owned(), Rc::clone(&opened));
        Ok((opened, Path::new(name)))
    }

    fn directory(&self, path: &Path, mode: u32) -> io::Result<()> {
        if path == Path::new("/") {
            return Ok(());
        }
        let mode = Mode::from_bits_truncate(mode);
        let (parent, name) = self.parent(path)?;
        match mkdirat(&*parent, name, mode) {
            Ok(()) => return Ok(()), // There is no umask here, see `build`.
            Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(fchmod(openat(&*parent, name, flags, Mode::empty())?, mode)?)
    }

    fn file(&self, path: &Path, mode: u32, content: &str) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        if content.is_empty() {
            // Most are, and this opens nothing that would have to be closed again.
            let mode = Mode::from_bits_truncate(mode);
            match mknodat(&*parent, name, SFlag::S_IFREG, mode, 0) {
                Err(Errno::EEXIST) => {}
                other => return Ok(other?),
            }
        }
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(&*parent, name, flags, Mode::from_bits_truncate(mode))?;
        fs::File::from(file).write_all(content.as_bytes())
    }

    fn node(&self, node: &Node) -> Result<(), Error> {
        match node {
            Node::Directory { path, mode } => self.directory(path, *mode).step("make directory", path),
            Node::File { path, mode, content } => self.file(path, *mode, content).step("write", path),
            Node::Temporary { path, bytes } => self.temporary(path, *bytes).step("mount a tmpfs on", path),
            Node::Link { path, target } => {
                let (parent, name) = self.parent(path).step("make the parent of", path)?;
                match symlinkat(target, &*parent, name) {
                    Ok(()) | Err(Errno::EEXIST) => Ok(()),
                    Err(error) => Err(error).step("link", path),
                }
            }
        }
    }

    fn mount(&self, mount: &Mount) -> Result<(), Error> {
        match mount {
            Mount::Bind {
                source,
                target,
                access,
                object,
            } => {
                let opened = open_source(source).step("open", source)?;
                if let Some(expected) = object {
                    check_object(&opened, *expected).step("mount", source)?;
                }
                self.bind(opened, target, *access).step("mount", target)
            }
            Mount::Asking { path } => {
                self.directory(path, 0o755).step("make directory", path)?;
                files::attach(self, path).step("mount the asking file system on", path)
            }
            Mount::Private { source, target } => {
                let mut builder = fs::DirBuilder::new();
                builder.recursive(true).mode(0o700);
                builder.create(source).step("make directory", source)?;
                let opened = open_source(source).step("open", source)?;
                self.bind(opened, target, Access::ReadWrite)
                    .step("mount", target)?;
                self.homes.borrow_mut().push(target.clone());
                Ok(())
            }
            Mount::Guard { path, access } => {
                let own = self.open(path).step("open", path)?;
                attach(&own, &own, *access).step("guard", path)
            }
            Mount::Cover { path, object } => self.cover(path, *object).step("cover", path),
        }
    }

    fn bind(&self, source: OwnedFd, target: &Path, access: Access) -> io::Result<()> {
        let end = if is_directory(&source)? {
            SFlag::S_IFDIR
        } else {
            SFlag::S_IFREG
        };
        for home in self.homes.borrow().iter() {
            way::clear(self, home, target, end)?;
        }
        let target = match self.open(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if is_directory(&source)? {
                    self.directory(target, 0o755)?;
                } else {
                    self.file(target, 0o400, "")?;
                }
                self.open(target)?
            }
            other => other?,
        };
        attach(source, target, access)
    }

    fn temporary(&self, target: &Path, bytes: u64) -> io::Result<()> {
        self.directory(target, 0o755)?;
        let held = self.open(target)?;
        // A magic link to a descriptor of ours: as exact as the descriptor itself, for a call that takes paths only.
        let place = format!("/proc/self/fd/{}", held.as_raw_fd());
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        let options = format!("mode=1777,size={bytes}");
        mount(
            Some("askbox"),
            place.as_str(),
            Some("tmpfs"),
            flags,
            Some(options.as_str()),
        )?;
        Ok(())
    }

    fn cover(&self, path: &Path, object: Option<ObjectId>) -> io::Result<()> {
        let covered = self.open(path)?;
        if let Some(expected) = object {
            check_object(&covered, expected)?;
        }
        let closed = if is_directory(&covered)? {
            CLOSED_DIRECTORY
        } else {
            CLOSED_FILE
        };
        attach(self.open(Path::new(closed))?, covered, Access::ReadOnly)
    }
}

fn attach(source: impl AsFd, target: impl AsFd, access: Access) -> io::Result<()> {
    let tree = sys::clone_tree(source)?;
    sys::restrict(&tree, access)?;
    sys::attach(tree, target)
}

/// A host path, which the plan holds in canonical form: a link in it now was put there since.
fn open_source(path: &Path) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    match openat2(AT_FDCWD, path, how) {
        // System files are links as a matter of course (/etc/localtime, /etc/os-release), and no user can swap them.
        Err(Errno::ELOOP) if path.as_os_str().as_bytes().starts_with(b"/etc/") => Ok(openat2(
            AT_FDCWD,
            path,
            OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC),
        )?),
        other => Ok(other?),
    }
}

fn check_object(opened: &OwnedFd, expected: ObjectId) -> io::Result<()> {
    let metadata = fs::File::from(opened.try_clone()?).metadata()?;
    if (metadata.dev(), metadata.ino()) == (expected.device, expected.inode) {
        return Ok(());
    }
    Err(io::Error::other(
        "it was replaced by something else since the launch began; start again",
    ))
}

fn is_directory(fd: &OwnedFd) -> io::Result<bool> {
    Ok(fs::File::from(fd.try_clone()?).metadata()?.is_dir())
}

#[cfg(test)]
mod tests;
