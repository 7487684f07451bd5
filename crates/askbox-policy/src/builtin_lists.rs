//! The built-in lists: what a sandbox never reads (credentials), and what it never writes without a question about
//! the exact path (start-up files). The entries are data, one file per list.
//!
//! Compares paths only, by all names that bind mounts and links give them; comparing device and inode as well is up to the file system that
//! serves them.

use std::iter;

use crate::aliases::{Alias, Aliases};
use crate::path_index::PathIndex;
use crate::path_pattern::{CanonicalPath, PathContext, PathPattern};
use crate::request::Target;
use crate::settings_copy::{self, Redaction};

mod credentials;
mod holders;
mod project;
mod startup;

pub use project::ProjectRefusal;

/// What an entry of a list stands for on disk, whether it is there or not. With a wildcard, all that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A directory, and everything below.
    Directory,
    /// A file.
    File,
}

/// A line of the data: a pattern, what it stands for, and why it is listed.
type Line = (&'static str, Node, &'static str);

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which paths.
    pub pattern: PathPattern,
    /// What it stands for.
    pub node: Node,
    /// Why it is listed; stands in the log and in questions.
    pub reason: &'static str,
    /// Who listed it.
    pub source: Source,
}

/// Where an entry of a list comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The data, or Askbox's own directories.
    BuiltIn,
    /// The user's PATH. It can lead into a project: an environment that a shell is in, or a project's tools.
    SearchPath,
    /// Askbox's own programs. The project can be a checkout of it.
    OwnProgram,
}

/// Where ssh keeps the hosts that a user knows: beside the keys, and no secret of theirs.
const KNOWN_HOSTS: &str = ".ssh/known_hosts";

/// Why names that decide what Askbox obeys are not changed.
const OBEYED_REASON: &str = "Askbox itself finds by this name what it obeys or starts";

/// Why it is asked for all the same.
const KNOWN_HOSTS_REASON: &str = "the hosts that you know, and no key of yours";

/// The lists for one home directory.
#[derive(Clone, Debug)]
pub struct Lists {
    home: CanonicalPath,
    own: Vec<CanonicalPath>,
    programs: Vec<CanonicalPath>,
    obeyed: Vec<CanonicalPath>,
    aliases: Aliases,
    entries: Vec<(List, Entry)>,
    index: PathIndex,
}

/// Which list an entry is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    /// Never read.
    Credential,
    /// Never written without a question about the exact path.
    Startup,
}

/// How a list protects a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Which list.
    pub list: List,
    /// How closed it is.
    pub barrier: Barrier,
    /// Why it is listed.
    pub reason: &'static str,
}

/// How closed a target is that is on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// It is a question, unless a rule for the very path says otherwise.
    Question,
    /// It is refused without a question, unless a rule for the very path says otherwise.
    Refusal,
    /// It is refused, and no rule says otherwise.
    Final,
}

impl Entry {
    /// The one path that it stands for; `None` where it has a wildcard.
    pub fn path(&self) -> Option<&CanonicalPath> {
        self.pattern.whole().or_else(|| self.pattern.alone())
    }

    /// Whether it is a directory of the user's PATH.
    pub fn is_search_path(&self) -> bool {
        self.source == Source::SearchPath
    }

    /// Whether it may lie in a project or hold one, in which guards hold it.
    pub fn may_be_in_project(&self) -> bool {
        match self.source {
            Source::SearchPath | Source::OwnProgram => true,
            Source::BuiltIn => false,
        }
    }
}

impl Lists {
    /// The lists of a user. `own` are Askbox's own directories and stand on both lists; `path_dirs` are the directories
    /// on the user's PATH, all of which but the home directory and those that hold it are on the start-up list.
    pub fn for_home(home: &CanonicalPath, own: &[CanonicalPath], path_dirs: &[CanonicalPath]) -> Self {
        let mut lists = Self {
            home: home.clone(),
            own: own.to_vec(),
            programs: Vec::new(),
            obeyed: Vec::new(),
            aliases: Aliases::default(),
            entries: Vec::new(),
            index: PathIndex::default(),
        };
        let context = PathContext { home, project: None };
        for (list, lines) in [
            (List::Credential, credentials::CREDENTIALS),
            (List::Startup, startup::STARTUP),
        ] {
            for &(text, node, reason) in lines {
                let pattern = PathPattern::parse(text, &context).expect("the tables are parsed by a test");
                lists.push(
                    list,
                    Entry {
                        pattern,
                        node,
                        reason,
                        source: Source::BuiltIn,
                    },
                );
            }
        }
        for path in own {
            for list in [List::Credential, List::Startup] {
                let reason = "Askbox's own rules, log and sockets";
                lists.push_directory(list, path, reason, Source::BuiltIn);
            }
        }
        for path in path_dirs {
            lists.push_search(path);
        }
        lists
    }

    /// The same with more directories of the user's PATH; `None` where all of them stand on the start-up list already, or hold
    /// the home directory.
    #[must_use]
    pub fn with_search(&self, path_dirs: &[CanonicalPath]) -> Option<Self> {
        let mut lists = self.clone();
        for path in path_dirs {
            lists.push_search(path);
        }
        (self.entries.len() < lists.entries.len()).then_some(lists)
    }

    /// The same with these names, by which Askbox finds what it obeys itself, in the place of those that were known before: files and
    /// the links to them, wherever they lie; and with what mounts and links give a second name. `None` where nothing is different.
    #[must_use]
    pub fn with_names(&self, obeyed: Vec<CanonicalPath>, aliases: Aliases) -> Option<Self> {
        (!self.has_names(&obeyed, &aliases)).then(|| Self {
            obeyed,
            aliases,
            ..self.clone()
        })
    }

    /// Whether these are the names that are known.
    pub fn has_names(&self, obeyed: &[CanonicalPath], aliases: &Aliases) -> bool {
        self.obeyed == obeyed && self.aliases == *aliases
    }

    /// Whether both know the same names.
    pub fn has_names_of(&self, other: &Self) -> bool {
        self.has_names(&other.obeyed, &other.aliases)
    }

    /// What bind mounts and links give a second name.
    pub fn aliases(&self) -> &Aliases {
        &self.aliases
    }

    /// The same with more of Askbox's own programs on the start-up list; `None` where all of them are known.
    #[must_use]
    pub fn with_programs(&self, programs: &[CanonicalPath]) -> Option<Self> {
        let mut lists = self.clone();
        for path in programs {
            if lists.programs.contains(path) {
                continue;
            }
            lists.programs.push(path.clone());
            if lists.startup(path).is_none() {
                let entry = Entry {
                    pattern: PathPattern::exact(path),
                    node: Node::File,
                    reason: "Askbox's own program",
                    source: Source::OwnProgram,
                };
                lists.push(List::Startup, entry);
            }
        }
        (self.programs.len() < lists.programs.len()).then_some(lists)
    }

    /// Askbox's own programs, by each path by which they are found.
    pub fn programs(&self) -> &[CanonicalPath] {
        &self.programs
    }

    /// The directories of the user's PATH that lie in this one, by whatever name.
    pub fn search_within<'a>(&'a self, path: &'a CanonicalPath) -> impl Iterator<Item = CanonicalPath> + 'a {
        let on_path = self.entries.iter().filter(|(_, entry)| entry.is_search_path());
        on_path
            .flat_map(|(_, entry)| self.names(entry.pattern.anchor()))
            .filter(move |directory| directory.is_within(path) && directory != path)
    }

    /// How the copy of a settings file is made that is shown in its place; `None` for any other path.
    pub fn redaction(&self, path: &CanonicalPath) -> Option<Redaction> {
        self.names(path)
            .find_map(|name| settings_copy::redacted(&name, &self.home))
    }

    /// A path by all its names, its own first.
    pub fn names<'a>(&'a self, path: &'a CanonicalPath) -> impl Iterator<Item = CanonicalPath> + 'a {
        iter::once(path.clone()).chain(self.aliases.of(path))
    }

    /// The home directory that the lists are for.
    pub fn home(&self) -> &CanonicalPath {
        &self.home
    }

    /// Whether the path is one of Askbox's own directories or lies in one: no rule opens those, not even by exact path.
    fn is_own(&self, path: &CanonicalPath) -> bool {
        self.any_name(path, |path| self.own.iter().any(|own| path.is_within(own)))
    }

    /// Whether something is so of the path by one of its names.
    fn any_name(&self, path: &CanonicalPath, is_so: impl Fn(&CanonicalPath) -> bool) -> bool {
        is_so(path) || self.aliases.of(path).any(|name| is_so(&name))
    }

    /// The entry of the credential list that is this path or holds it.
    pub fn credential(&self, path: &CanonicalPath) -> Option<&Entry> {
        self.find(List::Credential, path)
    }

    /// The entry of the start-up list that is this path or holds it.
    pub fn startup(&self, path: &CanonicalPath) -> Option<&Entry> {
        self.find(List::Startup, path)
    }

    /// An entry of a list that lies below this directory: whoever moves the directory
    /// moves the entry.
    pub fn held_by(&self, path: &CanonicalPath) -> Option<(List, &Entry)> {
        self.first_below(path, |_entry| true, |_alias| true)
    }

    /// The first one by any name of the directory, or of what lies in it by an alias that counts.
    fn first_below(
        &self,
        path: &CanonicalPath,
        counts: impl Fn(&Entry) -> bool,
        counts_alias: impl Fn(&Alias) -> bool,
    ) -> Option<(List, &Entry)> {
        let by_other_name = || {
            let mut names = self.aliases.of(path);
            names.find_map(|name| self.first_below_name(&name, &counts))
        };
        let shown = || {
            let mut shown = self.aliases.shown_in(path).filter(|alias| counts_alias(alias));
            shown.find_map(|alias| {
                let listed = |list| Some((list, self.find_name(list, &alias.of)?));
                let listed = listed(List::Credential).or_else(|| listed(List::Startup));
                let listed = listed.filter(|(_, entry)| counts(entry));
                listed.or_else(|| self.first_below_name(&alias.of, &counts))
            })
        };
        self.first_below_name(path, &counts)
            .or_else(by_other_name)
            .or_else(shown)
    }

    fn first_below_name(
        &self,
        path: &CanonicalPath,
        counts: &impl Fn(&Entry) -> bool,
    ) -> Option<(List, &Entry)> {
        let mut best: Option<u32> = None;
        self.index.each_below(path, |number| {
            let holds = self.get(number).is_some_and(|(_list, entry)| {
                counts(entry) && entry.pattern.reaches_below(path) && !entry.pattern.matches(path)
            });
            if holds && best.is_none_or(|best| number < best) {
                best = Some(number);
            }
        });
        best.and_then(|number| self.get(number))
            .map(|(list, entry)| (*list, entry))
    }

    /// The list that protects the target, if one does: whatever reads, writes or starts what is on the credential list,
    /// and whatever writes to the start-up list, or to a name by which Askbox finds what it obeys. Whoever may write to a directory
    /// may move it away with all that is in it, so what holds an entry or such a name is protected from writing as well.
    pub fn protects(&self, target: &Target) -> Option<Protection> {
        let path = target.path()?;
        if let Some(entry) = self.credential(path) {
            let (barrier, reason) = if self.is_own(path) {
                (Barrier::Final, entry.reason)
            } else if self.is_offered(target) {
                (Barrier::Question, KNOWN_HOSTS_REASON)
            } else {
                (Barrier::Refusal, entry.reason)
            };
            return Some(Protection {
                list: List::Credential,
                barrier,
                reason,
            });
        }
        match target {
            Target::Write(_)
                if self.any_name(path, |path| self.obeyed.iter().any(|name| name.is_within(path))) =>
            {
                Some(Protection {
                    list: List::Startup,
                    // A rule may open a directory above for what else is in it, which does not get another name all the same.
                    barrier: if self.any_name(path, |path| self.obeyed.contains(path)) {
                        Barrier::Final
                    } else {
                        Barrier::Refusal
                    },
                    reason: OBEYED_REASON,
                })
            }
            Target::Write(_) => {
                let (list, entry) = match self.startup(path) {
                    Some(entry) => (List::Startup, entry),
                    None => self.held_by(path)?,
                };
                Some(Protection {
                    list,
                    barrier: Barrier::Question,
                    reason: entry.reason,
                })
            }
            Target::Network(_)
            | Target::Datagrams(_)
            | Target::LocalNetwork { .. }
            | Target::Published(_)
            | Target::Read(_)
            | Target::Execute(_)
            | Target::Profile(_)
            | Target::Neighbour(_)
            | Target::Growth(_) => None,
        }
    }

    /// Whether a program may ask for what the credential list holds: to read the list of known hosts, without which ssh
    /// trusts nobody.
    fn is_offered(&self, target: &Target) -> bool {
        match target {
            Target::Read(path) => {
                let known_hosts = self.home.as_path().join(KNOWN_HOSTS);
                self.any_name(path, |path| *path.as_path() == *known_hosts)
            }
            Target::Network(_)
            | Target::Datagrams(_)
            | Target::LocalNetwork { .. }
            | Target::Published(_)
            | Target::Write(_)
            | Target::Execute(_)
            | Target::Profile(_)
            | Target::Neighbour(_)
            | Target::Growth(_) => false,
        }
    }

    /// The directory whose files share a question with this path, and the most that a widened answer to it can cover: the
    /// first on the way there that does not hold what belongs to different programs or people, as the home directory,
    /// `~/.config` and `/opt` do. The path itself where it lies directly in one of those; `None` where it is one.
    pub fn top_directory(&self, path: &CanonicalPath) -> Option<CanonicalPath> {
        holders::top_directory(path, &self.home)
    }

    /// All entries, each with its list.
    pub fn entries(&self) -> impl Iterator<Item = (List, &Entry)> {
        self.entries.iter().map(|(list, entry)| (*list, entry))
    }

    fn find(&self, wanted: List, path: &CanonicalPath) -> Option<&Entry> {
        self.find_name(wanted, path).or_else(|| {
            let mut names = self.aliases.of(path);
            names.find_map(|name| self.find_name(wanted, &name))
        })
    }

    fn find_name(&self, wanted: List, path: &CanonicalPath) -> Option<&Entry> {
        let mut first: Option<u32> = None;
        self.index.each(path, |number| {
            let matches = self
                .get(number)
                .is_some_and(|(list, entry)| *list == wanted && entry.pattern.matches(path));
            if matches && first.is_none_or(|first| number < first) {
                first = Some(number);
            }
        });
        first.and_then(|number| self.get(number)).map(|(_, entry)| entry)
    }

    fn get(&self, number: u32) -> Option<&(List, Entry)> {
        self.entries.get(usize::try_from(number).ok()?)
    }

    fn push_search(&mut self, path: &CanonicalPath) {
        // In a directory that holds the home directory lies all that the user has.
        let is_new = !self.home.is_within(path) && self.startup(path).is_none();
        if is_new {
            let reason = "programs that shells find through PATH";
            self.push_directory(List::Startup, path, reason, Source::SearchPath);
        }
    }

    fn push_directory(&mut self, list: List, path: &CanonicalPath, reason: &'static str, source: Source) {
        self.push(
            list,
            Entry {
                pattern: PathPattern::tree(path),
                node: Node::Directory,
                reason,
                source,
            },
        );
    }

    fn push(&mut self, list: List, entry: Entry) {
        let number =
            u32::try_from(self.entries.len()).expect("a list has far fewer than four billion entries");
        self.index.insert(&entry.pattern, number);
        self.entries.push((list, entry));
    }
}

#[cfg(test)]
mod tests;
