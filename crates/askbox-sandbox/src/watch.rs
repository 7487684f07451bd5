//! Notices guarded names of a project while they appear or change: inotify on the directories in which they would. Says
//! what happened and changes nothing; what it misses (more directories than are watched, more events than the kernel
//! keeps) is seen when the session ends.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

use crate::beneath::{Node, Tree, own_path};
use crate::guards::Roots;
use crate::limits;

mod names;

use names::{Meaning, Names, Spot};

/// The watched directories of all sessions: the kernel gives a user few instances of inotify, so there is one. Dropping
/// it ends all watching.
#[derive(Debug)]
pub struct Watches {
    inotify: Inotify,
    /// How many look-outs need each.
    uses: Mutex<HashMap<WatchDescriptor, usize>>,
}

/// Something that happened in a watched directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A name appeared there, or a file of that name was written and closed.
    Named {
        /// The directory.
        watch: WatchDescriptor,
        /// The name.
        name: OsString,
        /// Whether it is a directory.
        is_directory: bool,
    },
    /// A watched directory is not there any more.
    Gone(WatchDescriptor),
    /// More happened than the kernel keeps.
    Overflow,
}

impl Watches {
    /// None yet. Fails when the user has too many instances of inotify.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            inotify: Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?,
            uses: Mutex::default(),
        })
    }

    /// What happened since; an error of the kind `WouldBlock` when nothing did. Does not wait.
    pub fn read(&self) -> io::Result<Vec<Happened>> {
        let mut happened = Vec::new();
        for event in self.inotify.read_events()? {
            if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
                happened.push(Happened::Overflow);
            } else if event.mask.contains(AddWatchFlags::IN_IGNORED) {
                self.uses().remove(&event.wd);
                happened.push(Happened::Gone(event.wd));
            } else if let Some(name) = event.name {
                happened.push(Happened::Named {
                    watch: event.wd,
                    name,
                    is_directory: event.mask.contains(AddWatchFlags::IN_ISDIR),
                });
            }
        }
        Ok(happened)
    }

    fn add(&self, directory: BorrowedFd<'_>) -> io::Result<WatchDescriptor> {
        let events = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_CLOSE_WRITE;
        let mut uses = self.uses();
        let watch = self
            .inotify
            .add_watch(&own_path(directory), events | AddWatchFlags::IN_ONLYDIR)?;
        *uses.entry(watch).or_default() += 1;
        Ok(watch)
    }

    fn release(&self, watch: WatchDescriptor) {
        let mut uses = self.uses();
        let Some(count) = uses.get_mut(&watch) else { return };
        *count -= 1;
        if *count == 0 {
            uses.remove(&watch);
            // The directory may be gone already.
            let _gone = self.inotify.rm_watch(watch);
        }
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<WatchDescriptor, usize>> {
        // Every change of it is one step.
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsFd for Watches {
    /// Readable when something happened.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

/// A guarded name that appeared or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Relative where it lies in the project.
    pub path: PathBuf,
    /// Whether it was there before, or something below it was.
    pub was_there: bool,
}

/// What is looked out for in one project. Dropping it ends that.
#[derive(Debug)]
pub struct Lookout {
    watches: Arc<Watches>,
    bases: Vec<(PathBuf, Tree)>,
    names: Names,
    watched: HashMap<WatchDescriptor, Spot>,
    /// Guarded names that were there at the beginning.
    existing: BTreeSet<Spot>,
    flagged: BTreeSet<Spot>,
}

impl Lookout {
    /// Watches from now on. Fails when the project cannot be opened. Blocks.
    pub fn begin(watches: Arc<Watches>, roots: &Roots) -> io::Result<Self> {
        let mut bases = Vec::new();
        for base in roots.bases() {
            bases.push((base.clone(), Tree::open(base)?));
        }
        let mut lookout = Self {
            watches,
            bases,
            names: Names::of(roots),
            watched: HashMap::new(),
            existing: BTreeSet::new(),
            flagged: BTreeSet::new(),
        };
        for base in 0..lookout.bases.len() {
            let found = lookout.enter((base, PathBuf::new()));
            lookout.existing.extend(found);
        }
        Ok(lookout)
    }

    /// The guarded names that these events are about, each at its first time. Blocks.
    pub fn hear(&mut self, happened: &[Happened]) -> Vec<Flag> {
        let mut found = Vec::new();
        for event in happened {
            match event {
                Happened::Overflow => found.extend(self.look_again()),
                // Its place is free for another.
                Happened::Gone(watch) => drop(self.watched.remove(watch)),
                Happened::Named {
                    watch,
                    name,
                    is_directory,
                } => {
                    let Some((base, directory)) = self.watched.get(watch) else {
                        continue;
                    };
                    let spot = (*base, directory.join(name));
                    let Meaning { root, leads_on } = self.names.meaning(&spot, *is_directory);
                    found.extend(root.map(|path| (spot.0, path)));
                    if leads_on {
                        let inside = self.enter(spot);
                        found.extend(inside.into_iter().filter(|spot| !self.existing.contains(spot)));
                    }
                }
            }
        }
        let mut flags = Vec::new();
        for spot in found {
            if self.flagged.len() < limits::FLAGGED && self.flagged.insert(spot.clone()) {
                flags.push(self.flag(&spot));
            }
        }
        flags
    }

    /// Looks for names that were not there at the beginning, as after events that nobody kept. Blocks.
    pub fn look_again(&mut self) -> Vec<Spot> {
        let mut found = Vec::new();
        for base in 0..self.bases.len() {
            found.extend(self.enter((base, PathBuf::new())));
        }
        found.retain(|spot| !self.existing.contains(spot));
        found
    }

    fn flag(&self, spot: &Spot) -> Flag {
        let (base, path) = spot;
        Flag {
            path: match self.bases.get(*base) {
                Some((directory, _)) if 0 < *base => directory.join(path),
                Some(_) | None => path.clone(),
            },
            was_there: self.existing.contains(spot),
        }
    }

    /// Watches a directory and what in it leads to guarded names. Returns those that are there.
    fn enter(&mut self, spot: Spot) -> BTreeSet<Spot> {
        let mut found = BTreeSet::new();
        let mut names_left = limits::WATCH_NAMES;
        // What is on the way to a name comes before where one could be made.
        let (mut first, mut then) = (VecDeque::from([spot]), VecDeque::new());
        while let Some((base, directory)) = first.pop_front().or_else(|| then.pop_front()) {
            let Some(names) = self.watch(base, &directory) else {
                continue;
            };
            for name in names.into_iter().take(names_left) {
                names_left -= 1;
                let spot = (base, directory.join(name));
                if self.names.meaning(&spot, true) == Meaning::default() {
                    continue;
                }
                let node = self.bases.get(base).map(|(_, tree)| tree.node(&spot.1));
                let Meaning { root, leads_on } = self.names.meaning(&spot, node == Some(Node::Directory));
                let is_first = root.is_some() || self.names.is_on_the_way(&spot);
                found.extend(root.map(|root| (base, root)));
                if leads_on {
                    if is_first { &mut first } else { &mut then }.push_back(spot);
                }
            }
        }
        found
    }

    /// Watches one directory. Returns the names in it; `None` where it cannot be watched or enough are.
    fn watch(&mut self, base: usize, directory: &Path) -> Option<Vec<OsString>> {
        let is_full = limits::WATCHES <= self.watched.len();
        let is_this = |(other, path): &Spot| *other == base && path == directory;
        if is_full && !self.watched.values().any(is_this) {
            return None;
        }
        let (_, tree) = self.bases.get(base)?;
        let opened = tree.directory(directory).ok()?;
        let watch = self.watches.add(opened.as_fd()).ok()?;
        if self.watched.insert(watch, (base, directory.to_owned())).is_some() {
            // One use for each look-out.
            self.watches.release(watch);
        }
        // After it is watched, so that nothing falls between.
        let (names, _is_all) = tree.names(directory, limits::PROJECT_NAMES).ok()?;
        Some(names)
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        for watch in self.watched.keys() {
            self.watches.release(*watch);
        }
    }
}

#[cfg(test)]
mod tests;
