//! What all operations of one session's file system share, first of all how they look at a path: as the session may see it.

use std::ffi::OsStr;
use std::future::Future;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use askbox_gate::Gate;
use askbox_policy::builtin_lists::{Entry, Lists, Node};
use askbox_policy::settings_copy;
use askbox_policy::{Basis, CanonicalPath, Process, Project, Request, SessionId, Target, Verdict};
use fuser::{Errno, FileAttr, FileType, Notifier};
use nix::fcntl::OFlag;
use nix::sys::stat::{FileStat, SFlag};
use tokio::runtime::Handle;

use crate::attributes::{self, Owner};
use crate::guarded::Guarded;
use crate::handles::Handles;
use crate::limits;
use crate::listing::Listings;
use crate::locks::Locks;
use crate::nodes::Nodes;
use crate::pool::{Place, Pool};
use crate::tree::{self, Found, Tree};
use crate::view::View;

/// Finds the program behind a thread, by the kernel's number on the host.
pub type Identify = Arc<dyn Fn(u32) -> Pin<Box<dyn Future<Output = Process> + Send>> + Send + Sync>;

/// A session as its file system needs to know it.
#[derive(Clone)]
pub struct SessionFiles {
    /// Its name.
    pub session: SessionId,
    /// What it is for.
    pub project: Project,
    /// What it sees.
    pub view: View,
    /// The built-in lists.
    pub lists: Arc<Lists>,
    /// Who asks.
    pub identify: Identify,
}

impl std::fmt::Debug for SessionFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionFiles")
            .field("session", &self.session)
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

/// How long the kernel may keep attributes and names (design: one second); what nobody allowed yet is not kept, since an
/// answer may come at any moment.
pub(crate) const KEPT: Duration = Duration::from_secs(1);

/// The offset with which a notification means no content (`fuse_reverse_inval_inode` in the kernel, fs/fuse/inode.c).
const ATTRIBUTES_ALONE: i64 = -1;

/// For pinned names: as long as the session lives, at most 136 years.
const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);

/// What a session may see of a path.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Reading or writing is allowed: everything.
    Open(Found),
    /// Reading is allowed of a copy without the secrets, which is this.
    Copied(Found, Vec<u8>),
    /// Nobody has allowed it: existence and type.
    Unasked(Found),
    /// On the credential list, whether it is there or not.
    Closed(FileType),
    /// A mount point, or on the way to one, and not on the host.
    MadeUp(FileType),
}

/// Why a session may see nothing of a path.
#[derive(Debug)]
pub(crate) enum Unseen {
    /// It lies below what is on the credential list: not even whether it is there.
    Hidden,
    /// The host says why.
    Host(io::Error),
}

impl From<Unseen> for io::Error {
    fn from(unseen: Unseen) -> Self {
        match unseen {
            Unseen::Hidden => nix::errno::Errno::EACCES.into(),
            Unseen::Host(error) => error,
        }
    }
}

/// The objects behind the credential list, looked up when they are first needed: with a browser's profile among them that
/// takes longer than a launch may wait, and the launch looks at mount points only.
type LazyGuarded = LazyLock<Guarded, Box<dyn FnOnce() -> Guarded + Send>>;

/// One session's file system.
pub(crate) struct Shared {
    pub(crate) files: SessionFiles,
    pub(crate) gate: Gate,
    pub(crate) tree: Tree,
    pub(crate) handles: Handles,
    pub(crate) listings: Listings,
    pub(crate) locks: Locks,
    pub(crate) owner: Owner,
    pub(crate) runtime: Handle,
    pub(crate) notifier: OnceLock<Notifier>,
    guarded: LazyGuarded,
    nodes: Mutex<Nodes>,
    /// For each slow tree of the view.
    slow: Vec<Pool>,
    /// For what takes long by itself.
    long: Pool,
}

impl Shared {
    /// Opens the roots. Blocks.
    pub(crate) fn new(files: SessionFiles, gate: Gate, runtime: Handle) -> Self {
        let owner = Owner {
            user: nix::unistd::geteuid().as_raw(),
            group: nix::unistd::getegid().as_raw(),
        };
        let roots = files.view.roots.iter().map(PathBuf::as_path);
        let mounts = files.view.mounts.iter().map(|mount| mount.path.as_path());
        let nodes = Nodes::new(roots.chain(mounts));
        let slow = files
            .view
            .slow
            .iter()
            .map(|_| Pool::new(runtime.clone(), limits::WAITING))
            .collect();
        let (credentials, never) = (files.view.credentials.clone(), files.view.roots.clone());
        Self {
            tree: Tree::open(&files.view.roots),
            guarded: LazyLock::new(Box::new(move || Guarded::look(&credentials, &never))),
            nodes: Mutex::new(nodes),
            handles: Handles::default(),
            listings: Listings::new(limits::LISTED_BYTES),
            locks: Locks::default(),
            notifier: OnceLock::new(),
            slow,
            long: Pool::new(runtime.clone(), limits::WAITING_LONG),
            files,
            gate,
            owner,
            runtime,
        }
    }

    pub(crate) fn nodes(&self) -> MutexGuard<'_, Nodes> {
        // A panic elsewhere leaves whole entries behind.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The path of a node: ENOENT when its name is gone.
    pub(crate) fn path(&self, number: u64) -> io::Result<CanonicalPath> {
        let path = self.nodes().path(number);
        path.as_deref().and_then(CanonicalPath::new).ok_or_else(not_found)
    }

    /// The path of a name in a directory.
    pub(crate) fn path_in(&self, parent: u64, name: &OsStr) -> io::Result<CanonicalPath> {
        let path = self.nodes().path(parent);
        path.and_then(|parent| CanonicalPath::new(&parent.join(name)))
            .ok_or_else(not_found)
    }

    /// Looks the objects behind the credential list up, unless that was done. Blocks, for as long as reading all those
    /// directories takes.
    pub(crate) fn know_guarded(&self) {
        LazyLock::force(&self.guarded);
    }

    /// What the session may see of a path now.
    pub(crate) fn see(&self, path: &CanonicalPath, is_pinned: bool) -> Result<Seen, Unseen> {
        if is_pinned {
            return Ok(self.see_pinned(path));
        }
        if let Some(entry) = self.files.lists.credential(path)
            && self.is_closed(path)
        {
            let holds = path
                .parent()
                .is_some_and(|parent| self.files.lists.credential(&parent).is_some());
            return if holds {
                Err(Unseen::Hidden)
            } else {
                Ok(Seen::Closed(self.closed_type(path, entry)))
            };
        }
        let found = self.tree.find(path.as_path()).map_err(Unseen::Host)?;
        if self.guarded.holds(found.object(), || found.made()) && self.files.lists.credential(path).is_none()
        {
            return Ok(Seen::Closed(attributes::file_type(found.kind())));
        }
        Ok(self.judged(path, found))
    }

    /// What an entry of the credential list looks like: what it stands for, whether it is there or not. A directory in the
    /// place of a file looks like one all the same: the kernel would not even ask about what lies in a file, and nobody
    /// would hear that a program tried.
    fn closed_type(&self, path: &CanonicalPath, entry: &Entry) -> FileType {
        let is_there = || self.tree.find(path.as_path());
        if entry.node == Node::Directory || is_there().is_ok_and(|found| found.kind() == SFlag::S_IFDIR) {
            FileType::Directory
        } else {
            FileType::RegularFile
        }
    }

    /// Mount points are what the plan says that they are, whatever the host has there.
    fn see_pinned(&self, path: &CanonicalPath) -> Seen {
        let (kind, wanted) = if self.files.view.is_file_mount(path.as_path()) {
            (FileType::RegularFile, SFlag::S_IFREG)
        } else {
            (FileType::Directory, SFlag::S_IFDIR)
        };
        if self.files.lists.credential(path).is_some() && self.is_closed(path) {
            return Seen::MadeUp(kind);
        }
        match self.tree.find(path.as_path()) {
            Ok(found) if found.kind() == wanted => self.judged(path, found),
            Ok(_) | Err(_) => Seen::MadeUp(kind),
        }
    }

    fn judged(&self, path: &CanonicalPath, found: Found) -> Seen {
        let allowed = |target| match self.gate.peek(&self.request(target)) {
            Verdict::Allow(allowed) => Some(allowed),
            Verdict::Ask(_) | Verdict::Deny(_) => None,
        };
        match allowed(Target::Read(path.clone())) {
            Some(allowed) if allowed.is_for_copy() => match self.copy_of(path, &found) {
                Ok(Some(copy)) => Seen::Copied(found.into_copy(), copy),
                Ok(None) | Err(_) => Seen::Unasked(found),
            },
            Some(_) => Seen::Open(found),
            None if allowed(Target::Write(path.clone())).is_some() => Seen::Open(found),
            None => Seen::Unasked(found),
        }
    }

    /// The copy of a file without the secrets in it; `None` for what has none. Blocks: reads the file.
    pub(crate) fn copy_of(&self, path: &CanonicalPath, found: &Found) -> io::Result<Option<Vec<u8>>> {
        let redaction = self.files.lists.redaction(path);
        let Some(redaction) = redaction.filter(|_| found.kind() == SFlag::S_IFREG) else {
            return Ok(None);
        };
        let mut content = Vec::new();
        let limit = settings_copy::WHOLE_BYTES + 1;
        found
            .open(OFlag::empty())?
            .take(limit)
            .read_to_end(&mut content)?;
        Ok(Some(redaction.apply(&content)))
    }

    /// Whether the credential list closes a path that is on it, for reading and for writing; a rule for the very path may
    /// open it for either, unless everything is denied. What is then still closed is refused when it is asked for.
    pub(crate) fn is_closed(&self, path: &CanonicalPath) -> bool {
        let verdicts = [Target::Read(path.clone()), Target::Write(path.clone())]
            .map(|target| self.gate.peek(&self.request(target)));
        // Of the two denials one may be a rule's.
        let is_listed =
            |verdict: &Verdict| matches!(verdict, Verdict::Deny(Basis::Credential(_) | Basis::Lockdown));
        verdicts.iter().all(|verdict| matches!(verdict, Verdict::Deny(_))) && verdicts.iter().any(is_listed)
    }

    /// The attributes of what was seen, and how long the kernel may keep them.
    pub(crate) fn attributes(&self, number: u64, seen: &Seen) -> (FileAttr, Duration) {
        match seen {
            Seen::Open(found) => (attributes::real(number, found.stat()), self.kept(found.stat())),
            Seen::Copied(found, copy) => {
                let real = attributes::real(number, found.stat());
                (attributes::with_size(real, copy.len()), self.kept(found.stat()))
            }
            // The kernel needs the size of what is open: to write at the right place, and also when that was revoked. With a
            // size of 0 it would end reads as if the file did, and nobody would be told that it did not.
            Seen::Unasked(found) if self.handles.is_open(number) => {
                (attributes::real(number, found.stat()), Duration::ZERO)
            }
            Seen::Unasked(found) => (attributes::neutral(number, found.stat()), Duration::ZERO),
            Seen::Closed(kind) => (attributes::closed(number, *kind, self.owner), KEPT),
            Seen::MadeUp(kind) => (attributes::made_up(number, *kind, self.owner), KEPT),
        }
    }

    /// How long the kernel may keep these attributes. What has several names, or a name that is gone and is still open by it, is
    /// several nodes, and the kernel does not know that a change by one is one of the others.
    pub(crate) fn kept(&self, stat: &FileStat) -> Duration {
        let is_several =
            tree::has_several_names(stat) || 1 < self.nodes().of_object(tree::object(stat)).len();
        if is_several { Duration::ZERO } else { KEPT }
    }

    /// How long the kernel may keep a name.
    pub(crate) fn name_kept(&self, number: u64) -> Duration {
        if self.nodes().is_pinned(number) {
            FOR_EVER
        } else {
            KEPT
        }
    }

    /// Tells the kernel of a name: its number, counted, and its attributes with how long they may be kept.
    pub(crate) fn enter(&self, parent: u64, name: &OsStr, seen: &Seen) -> (FileAttr, Duration) {
        let object = match seen {
            Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found) => Some(found.object()),
            Seen::Closed(_) | Seen::MadeUp(_) => None,
        };
        let number = self.nodes().enter(parent, name, object);
        self.attributes(number, seen)
    }

    /// A request of this session, by a program that is not known yet.
    pub(crate) fn request(&self, target: Target) -> Request {
        Request {
            session: self.files.session.clone(),
            project: self.files.project.clone(),
            process: Process::unknown(),
            target,
        }
    }

    /// Where to do what touches a path.
    pub(crate) fn place(&self, path: &Path) -> Place {
        self.files.view.slow_tree(path).map_or(Place::Here, Place::Slow)
    }

    /// The same for two paths: EXDEV for those in different slow trees, since no thread may be in both. Those are different
    /// file systems, mostly.
    pub(crate) fn place_of_both(&self, one: &CanonicalPath, other: &CanonicalPath) -> io::Result<Place> {
        match (self.place(one.as_path()), self.place(other.as_path())) {
            (Place::Slow(one), Place::Slow(other)) if one != other => Err(nix::errno::Errno::EXDEV.into()),
            (one, other) => Ok(one.max(other)),
        }
    }

    /// Does what touches the host there. Called with an error where that is not possible now.
    pub(crate) fn run(&self, place: Place, work: impl FnOnce(Result<(), Errno>) + Send + 'static) {
        let pool = match place {
            Place::Here => None,
            Place::Long => Some(&self.long),
            Place::Slow(tree) => self.slow.get(tree),
        };
        match pool {
            Some(pool) => pool.run(work),
            None => work(Ok(())),
        }
    }

    /// Closes what is open on the host there, then goes on. Closing can wait for a server.
    pub(crate) fn close(
        &self,
        place: Place,
        open: impl Send + 'static,
        then: impl FnOnce() + Send + 'static,
    ) {
        let runtime = self.runtime.clone();
        self.run(place, move |begun| {
            if begun.is_ok() {
                drop(open);
            } else {
                // No place for it; it must be closed all the same, and not on a thread that runs tasks.
                runtime.spawn_blocking(move || drop(open));
            }
            then();
        });
    }

    /// Makes the kernel forget the attributes that it keeps of a node, and not its content: so it waits for no operation on
    /// that node, and this may be called before the one that changed them is answered.
    pub(crate) fn forget_attributes(&self, number: u64) {
        self.invalidate(number, ATTRIBUTES_ALONE);
    }

    /// Makes the kernel forget what it keeps of a node: attributes and content. Not to be called while an operation on
    /// that node is under way on this thread: the kernel waits for it.
    pub(crate) fn forget_cached(&self, number: u64) {
        self.invalidate(number, 0);
    }

    fn invalidate(&self, number: u64, offset: i64) {
        let Some(notifier) = self.notifier.get() else {
            return;
        };
        // ENOENT: the kernel has forgotten it already.
        if let Err(error) = notifier.inval_inode(fuser::INodeNo(number), offset, 0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "what is cached of a file could not be dropped");
        }
    }
}

fn not_found() -> io::Error {
    nix::errno::Errno::ENOENT.into()
}
