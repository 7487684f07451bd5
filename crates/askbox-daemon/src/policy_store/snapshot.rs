//! All sources of the policy at one moment, and the policy that they make. Blocks: reads files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_paths::own_file;
use askbox_policy::block_list::BlockList;
use askbox_policy::builtin_lists::Lists;
use askbox_policy::limits::POLICY_FILE_BYTES;
use askbox_policy::policy_file::{self, PolicyFile};
use askbox_policy::rule::Origin;
use askbox_policy::{CanonicalPath, Effect, Policy, Rule};

use super::files::{self, PolicySource, SourceState, Stamp};
use super::{aliases, obeyed};
use crate::limits;

/// Where the sources are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What `~` stands for.
    pub(crate) home: CanonicalPath,
    /// policy.toml.
    pub(crate) user: PathBuf,
    /// A copy of the last policy.toml that was good, for a daemon that starts with a broken one.
    pub(crate) last_good: PathBuf,
    /// The directory of an administrator's files.
    pub(crate) managed: PathBuf,
    /// What else Askbox obeys, by the path by which it reads it.
    pub(crate) obeyed: Vec<PathBuf>,
    /// The built-in lists, as long as nothing more was learnt.
    pub(crate) lists: Arc<Lists>,
}

/// What follows where nobody knows what a source says.
const NO_SESSION: &str = "no session starts until it can be read";

/// The sources as they were read.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// policy.toml.
    pub(crate) user: PolicySource,
    /// An administrator's files, in their order.
    pub(crate) managed: Vec<PolicySource>,
    /// Why the administrator's directory cannot be read.
    pub(crate) managed_error: Option<String>,
    /// Block-lists by path.
    block_lists: BTreeMap<CanonicalPath, ListSource>,
    /// The policy that they make.
    pub(crate) policy: Arc<Policy>,
}

/// Why no session may start: rules that nobody can read might deny anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// Which file cannot be read, and why.
    pub(crate) reason: String,
    /// What to do about it.
    pub(crate) hint: String,
}

/// A subscribed block-list.
#[derive(Clone, Debug)]
struct ListSource {
    list: Option<Arc<BlockList>>,
    stamp: Option<Stamp>,
    problem: Option<String>,
}

impl Snapshot {
    /// Reads everything that is not as it was `before`.
    pub(crate) fn read(places: &Places, before: Option<&Self>) -> Self {
        let user = match before {
            Some(before) if before.user.is_current() => before.user.clone(),
            _ => read_user(places, before.map(|before| &before.user)),
        };
        let mut managed_error = None;
        let paths = files::managed_paths(&places.managed).unwrap_or_else(|error| {
            managed_error = match before {
                Some(before) if files::is_ours(&error) => {
                    tracing::warn!(%error, path = %places.managed.display(), "policy files cannot be listed at the moment");
                    before.managed_error.clone()
                }
                Some(_) | None => Some(format!("{}: {error}", places.managed.display())),
            };
            // What was there counts until the directory can be read again.
            before
                .iter()
                .flat_map(|before| &before.managed)
                .map(|source| source.path.clone())
                .collect()
        });
        let context = files::context(&places.home, Origin::Managed);
        let managed: Vec<_> = paths
            .iter()
            .map(|path| {
                let known =
                    before.and_then(|before| before.managed.iter().find(|source| source.path == *path));
                match known {
                    Some(known) if known.is_current() => known.clone(),
                    known => PolicySource::read(path, &context, known, None),
                }
            })
            .collect();

        let good = |source: &PolicySource| source.good.clone();
        let lists = before.map_or(&places.lists, |before| before.policy.lists());
        let policy = Policy::builtin(&places.home)
            .with_lists(Arc::clone(lists))
            .with_managed_files(managed.iter().filter_map(good).collect())
            .with_user_file(good(&user).unwrap_or_default());
        let known = before.map(|before| &before.block_lists);
        let block_lists: BTreeMap<_, _> = policy
            .settings()
            .block_lists
            .iter()
            .map(|path| {
                (
                    path.clone(),
                    ListSource::read(path, known.and_then(|known| known.get(path))),
                )
            })
            .collect();
        let policy = policy.with_block_lists(
            block_lists
                .values()
                .filter_map(|source| source.list.clone())
                .collect(),
        );
        Self {
            user,
            managed,
            managed_error,
            block_lists,
            policy: Arc::new(with_names(places, policy)),
        }
    }

    /// The same with these built-in lists, and the names that follow from them. Blocks.
    pub(super) fn with_lists(&self, places: &Places, lists: Lists) -> Self {
        let policy = Policy::clone(&self.policy).with_lists(Arc::new(lists));
        Self {
            policy: Arc::new(with_names(places, policy)),
            ..self.clone()
        }
    }

    /// Whether a look at all metadata says that nothing changed.
    pub(crate) fn is_current(&self, places: &Places) -> bool {
        self.managed_error.is_none()
            && self.user.is_current()
            && self.managed.iter().all(PolicySource::is_current)
            && files::managed_paths(&places.managed)
                .is_ok_and(|paths| paths.iter().eq(self.managed.iter().map(|source| &source.path)))
            && self
                .block_lists
                .iter()
                .all(|(path, source)| source.is_current(path.as_path()))
            && self.policy.lists().has_names(
                &obeyed::names(places, &self.policy),
                &aliases::find(self.policy.lists()),
            )
    }

    /// Whether both make the same policy and have the same problems.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.user.says_the_same(&other.user)
            && self.managed.len() == other.managed.len()
            && self
                .managed
                .iter()
                .zip(&other.managed)
                .all(|(one, other)| one.says_the_same(other))
            && self.managed_error == other.managed_error
            && self.has_the_lists_of(other)
    }

    fn has_the_lists_of(&self, other: &Self) -> bool {
        let lists = |snapshot: &Self| -> Vec<_> {
            snapshot
                .block_lists
                .iter()
                .map(|(path, source)| (path.clone(), source.stamp))
                .collect()
        };
        lists(self) == lists(other)
    }

    /// Whether this lets through nothing that the other did not, as far as that is plain to see: at most fewer rules that
    /// allow and more that deny, and all else as it was.
    pub(super) fn only_tightens(&self, other: &Self) -> bool {
        let rules = |snapshot: &Self, effect| -> Vec<Rule> {
            let rules = snapshot.policy.rules();
            rules.filter(|rule| rule.effect == effect).cloned().collect()
        };
        let within = |inner: Vec<Rule>, outer: Vec<Rule>| inner.iter().all(|rule| outer.contains(rule));
        within(rules(self, Effect::Allow), rules(other, Effect::Allow))
            && within(rules(other, Effect::Deny), rules(self, Effect::Deny))
            && rules(self, Effect::Ask) == rules(other, Effect::Ask)
            && self.policy.settings() == other.policy.settings()
            && self.has_the_lists_of(other)
    }

    /// Why no session may start, if that is so: rules that nobody has read yet, or an administrator's that nobody can read,
    /// might deny anything.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        let is_unknown = |source: &&PolicySource| source.state == SourceState::Broken || source.is_unread;
        let managed = self.managed.iter().find(is_unknown);
        if let Some(complaint) = managed
            .and_then(PolicySource::complaint)
            .or_else(|| self.managed_error.clone())
        {
            return Some(Obstacle {
                reason: format!("the administrator's policy cannot be read: {complaint}"),
                hint: "no session starts without it; ask your administrator".to_owned(),
            });
        }
        if let Some(problem) = is_unknown(&&self.user)
            .then(|| self.user.problems.first())
            .flatten()
        {
            let (path, line, column) = (self.user.path.display(), problem.line, problem.column);
            let fix = problem.hint.as_deref().unwrap_or("correct it");
            return Some(Obstacle {
                reason: format!(
                    "your rules cannot be read: {path}: line {line}, column {column}: {}",
                    problem.reason
                ),
                hint: format!("{fix}; no session starts until the file can be read"),
            });
        }
        let unread = self.block_lists.values().find(|source| source.list.is_none())?;
        Some(Obstacle {
            reason: unread.problem.clone()?,
            hint: "make it a file that you can read, or take it out of `block_lists`; no session starts until then"
                .to_owned(),
        })
    }

    /// What counts otherwise than it lies on disk, since that cannot be read or is broken, one line each.
    pub(crate) fn outdated(&self) -> Vec<String> {
        let sources = std::iter::once(&self.user).chain(&self.managed);
        let broken = sources.filter(|source| source.is_broken()).filter_map(|source| {
            let counts = match source.state {
                SourceState::LastGood => "its last good content counts",
                SourceState::Broken => NO_SESSION,
                SourceState::Loaded | SourceState::Missing => return None,
            };
            Some(format!("{}; {counts}", source.complaint()?))
        });
        let lists = self.block_lists.values().filter_map(|source| {
            let counts = if source.list.is_some() {
                "the names that it held count"
            } else {
                NO_SESSION
            };
            Some(format!("{}; {counts}", source.problem.as_ref()?))
        });
        broken.chain(lists).collect()
    }

    /// What is not as it should be, one line each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let garbled = self.block_lists.iter().filter_map(|(path, source)| {
            let list = source.list.as_ref()?;
            // A few odd lines are in most lists; a list of nothing else is none, such as a page that says "not found".
            (list.len() < list.bad_lines()).then(|| {
                format!(
                    "the block-list {path} is mostly no list: {} of its lines are neither a name nor of a hosts file",
                    list.bad_lines()
                )
            })
        });
        let managed = self.managed_error.iter();
        managed
            .map(|error| format!("{error}; {NO_SESSION}"))
            .chain(self.outdated())
            .chain(garbled)
            .collect()
    }

    /// What is wrong with a subscribed block-list.
    pub(crate) fn problem_of_list(&self, path: &CanonicalPath) -> Option<String> {
        self.block_lists.get(path)?.problem.clone()
    }

    /// Whether an administrator subscribes to this block-list.
    pub(super) fn is_managed_list(&self, path: &CanonicalPath) -> bool {
        let files = self.managed.iter().filter_map(|source| source.good.as_ref());
        files.flat_map(|file| &file.block_lists).any(|list| list == path)
    }

    /// Names on the subscribed block-lists.
    pub(crate) fn blocked_names(&self) -> usize {
        self.block_lists
            .values()
            .filter_map(|source| source.list.as_ref())
            .map(|list| list.len())
            .sum()
    }
}

impl ListSource {
    fn read(path: &CanonicalPath, before: Option<&Self>) -> Self {
        if let Some(before) = before.filter(|before| before.is_current(path.as_path())) {
            return before.clone();
        }
        let path = path.as_path();
        match read_list(path) {
            Ok((list, stamp)) => Self {
                list: Some(Arc::new(list)),
                stamp: Some(stamp),
                problem: None,
            },
            Err(error) => Self {
                // A list that vanishes while it is downloaded anew shall not open anything.
                list: before.and_then(|before| before.list.clone()),
                stamp: None,
                problem: Some(format!(
                    "the block-list {} cannot be read: {error}",
                    path.display()
                )),
            },
        }
    }

    fn is_current(&self, path: &Path) -> bool {
        self.stamp.is_some_and(|stamp| stamp.is_of(path))
    }
}

pub(super) fn read_list(path: &Path) -> std::io::Result<(BlockList, Stamp)> {
    let found = files::read_bytes(path, limits::BLOCK_LIST_BYTES)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    // Lists are ASCII; what is not becomes a name that does not exist.
    let list = BlockList::parse(&name, &String::from_utf8_lossy(&found.content));
    Ok((list, found.stamp))
}

/// Reads policy.toml and keeps the copy of its last good text.
fn read_user(places: &Places, before: Option<&PolicySource>) -> PolicySource {
    let context = files::context(&places.home, Origin::Written);
    let first = before.is_none();
    let last_good = || -> Option<PolicyFile> {
        let text = files::read(&places.last_good, POLICY_FILE_BYTES as u64).ok()?;
        policy_file::parse(&text.content, &context).ok()
    };
    let source = PolicySource::read(&places.user, &context, before, first.then(last_good).flatten());
    let kept = match source.state {
        SourceState::Loaded => own_file::replace(
            &places.last_good,
            source.text.as_deref().unwrap_or_default().as_bytes(),
        ),
        SourceState::Missing => match std::fs::remove_file(&places.last_good) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        },
        SourceState::LastGood | SourceState::Broken => Ok(()),
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "no copy of the last good policy is kept");
    }
    source
}

/// The policy with the names of this moment: by which Askbox finds what it obeys, and what is protected by two.
fn with_names(places: &Places, policy: Policy) -> Policy {
    let (obeyed, aliases) = (obeyed::names(places, &policy), aliases::find(policy.lists()));
    match policy.lists().with_names(obeyed, aliases) {
        Some(lists) => policy.with_lists(Arc::new(lists)),
        None => policy,
    }
}
