//! Policy files as they are on disk: read, parsed, and compared with how they were. A file that breaks keeps its last
//! good content. Knows nothing of sessions or the gate.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use askbox_policy::limits::POLICY_FILE_BYTES;
use askbox_policy::policy_file::{self, Context, PolicyFile, Problem};
use askbox_policy::rule::Origin;
use askbox_policy::{CanonicalPath, Rule};

/// A file that was written less than this before it was read may be written again without its stamp showing it: clocks
/// of file systems tick in steps of up to 10 ms.
const RACY: Duration = Duration::from_millis(100);

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// One policy file.
#[derive(Clone, Debug)]
pub(crate) struct PolicySource {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Whether it counts.
    pub(crate) state: SourceState,
    /// What is wrong with it.
    pub(crate) problems: Vec<Problem>,
    /// What it says, or said last.
    pub(crate) good: Option<PolicyFile>,
    /// Nobody knows yet what it says, for a reason that lies with us: [`is_ours`].
    pub(super) is_unread: bool,
    /// Its text as it is now.
    pub(super) text: Option<Arc<str>>,
    /// `None` where it has to be read again in any case.
    stamp: Option<Seen>,
}

/// Whether a file counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceState {
    /// As it is on disk.
    Loaded,
    /// There is none.
    Missing,
    /// It is broken; what it said last counts.
    LastGood,
    /// It is broken, and nobody knows what it said: no session starts.
    Broken,
}

/// A stamp, or that there was no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    File(Stamp),
    Nothing,
}

/// What a file holds, and what it was read from.
#[derive(Debug)]
pub(super) struct Read<T> {
    pub(super) content: T,
    pub(super) stamp: Stamp,
    /// Whether a later change is sure to show in the stamp.
    settled: bool,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether the file at this path still is in this state.
    pub(super) fn is_of(self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| Self::of(&metadata) == self)
    }
}

impl PolicySource {
    /// Reads the file. `before` is how it was; `last_good` is what it said in an earlier life of the daemon.
    pub(super) fn read(
        path: &Path,
        context: &Context,
        before: Option<&Self>,
        last_good: Option<PolicyFile>,
    ) -> Self {
        let good = before.and_then(|before| before.good.clone()).or(last_good);
        let broken = |problems, text, stamp| Self {
            path: path.to_owned(),
            state: if good.is_some() {
                SourceState::LastGood
            } else {
                SourceState::Broken
            },
            problems,
            good: good.clone(),
            is_unread: false,
            text,
            stamp,
        };
        let found = match read(path, POLICY_FILE_BYTES as u64) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_absent(path) => {
                return Self {
                    path: path.to_owned(),
                    state: SourceState::Missing,
                    problems: Vec::new(),
                    good: None,
                    is_unread: false,
                    text: None,
                    stamp: Some(Seen::Nothing),
                };
            }
            // Says nothing about the file. It is looked at again soon, and counts as it was until then.
            Err(error) if is_ours(&error) => {
                tracing::warn!(%error, path = %path.display(), "a policy file cannot be read at the moment");
                let unread = Self {
                    is_unread: true,
                    ..broken(vec![unreadable(&error)], None, None)
                };
                return before.map_or(unread, |before| Self {
                    stamp: None,
                    ..before.clone()
                });
            }
            Err(error) => return broken(vec![unreadable(&error)], None, None),
        };
        let text = Some(Arc::from(found.content.as_str()));
        let stamp = found.settled.then_some(Seen::File(found.stamp));
        match policy_file::parse(&found.content, context) {
            Ok(file) => Self {
                path: path.to_owned(),
                state: SourceState::Loaded,
                problems: Vec::new(),
                good: Some(file),
                is_unread: false,
                text,
                stamp,
            },
            Err(problems) => broken(problems, text, stamp),
        }
    }

    /// Whether a look at the file's metadata says that it is as it was read.
    pub(super) fn is_current(&self) -> bool {
        match self.stamp {
            Some(Seen::File(stamp)) => stamp.is_of(&self.path),
            Some(Seen::Nothing) => is_absent(&self.path),
            None => false,
        }
    }

    /// Whether both hold the same text in the same state, whatever their stamps.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.path == other.path
            && self.state == other.state
            && self.text == other.text
            && self.problems == other.problems
    }

    /// The rules of what it says, or said last.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.good.iter().flat_map(|file| &file.rules)
    }

    /// Whether it is broken, in use or not.
    pub(crate) fn is_broken(&self) -> bool {
        match self.state {
            SourceState::Loaded | SourceState::Missing => false,
            SourceState::LastGood | SourceState::Broken => true,
        }
    }

    /// Where it is and what is wrong first, in one line.
    pub(crate) fn complaint(&self) -> Option<String> {
        let problem = self.problems.first()?;
        Some(format!("{}: {problem}", self.path.display()))
    }
}

/// Whether there is nothing at all at a path. A link that leads nowhere is something: the file behind it may only be
/// out of reach.
pub(super) fn is_absent(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The names of an administrator's files, sorted; none when there is no such directory.
pub(super) fn managed_paths(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_absent(directory) => {
            return Ok(Vec::new());
        }
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Whether an error says something about this process or the machine (out of descriptors or memory, interrupted, a disk
/// that fails) and nothing about what is read.
pub(super) fn is_ours(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::EINTR | libc::EIO)
    )
}

/// Where the patterns of a file that belongs to no project are at home, and whose rules they are.
pub(super) fn context(home: &CanonicalPath, origin: Origin) -> Context {
    Context {
        home: home.clone(),
        project: None,
        origin,
    }
}

/// Reads a text file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Read<String>> {
    let Read {
        content,
        stamp,
        settled,
    } = read_bytes(path, limit)?;
    let content =
        String::from_utf8(content).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Read {
        content,
        stamp,
        settled,
    })
}

/// Reads a file of at most `limit` bytes. No more is read than that, whatever its size is said to be or becomes.
pub(super) fn read_bytes(path: &Path, limit: u64) -> io::Result<Read<Vec<u8>>> {
    let too_long = || io::Error::other("too long");
    // A named pipe would keep everything waiting for a writer.
    let mut file = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    if limit < metadata.len() {
        return Err(too_long());
    }
    let stamp = Stamp::of(&metadata);
    let age = SystemTime::now()
        .duration_since(metadata.modified()?)
        .unwrap_or_default();
    let mut content = Vec::new();
    (&mut file).take(limit + 1).read_to_end(&mut content)?;
    if limit < content.len() as u64 {
        return Err(too_long());
    }
    let settled = RACY < age && Stamp::of(&file.metadata()?) == stamp;
    Ok(Read {
        content,
        stamp,
        settled,
    })
}

fn unreadable(error: &io::Error) -> Problem {
    let reason = match error.kind() {
        io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        io::ErrorKind::NotFound => "it is a link to a file that is not there".to_owned(),
        _ => format!("it cannot be read: {error}"),
    };
    Problem {
        line: 1,
        column: 1,
        reason,
        hint: Some("make it a text file that you can read, or remove it".to_owned()),
    }
}
