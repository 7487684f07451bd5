//! Askbox's own programs where they lie in the project, as they do in a checkout of it: whoever replaces one runs outside with the
//! next command. Follows the ways by which they are started, and looks at nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Collector, Obeyed};

/// What of them was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnPrograms {
    /// Files that are read-only inside.
    pub held: BTreeSet<PathBuf>,
    /// Directories that are, since a link in them leads to one.
    pub directories: BTreeSet<PathBuf>,
    /// Links and files that a program inside can replace all the same.
    pub open: BTreeSet<PathBuf>,
}

impl Collector<'_> {
    /// Holds the directories in which links to them lie, and the files. One that must be written cannot be held. After the
    /// directories of the PATH, which are held as a whole.
    pub(super) fn own_programs(&mut self, programs: &[Obeyed], own_git: Option<&Path>) -> OwnPrograms {
        let mut found = OwnPrograms::default();
        // Before the files: a directory that is pinned for one is not held any more.
        for link in programs.iter().flat_map(Obeyed::links) {
            if !self.is_ours(link) {
                continue;
            }
            let directory = self.holdable(link, own_git);
            if let Some(directory) = directory {
                self.hold_named(directory);
            }
            match directory.filter(|directory| self.is_read_only(directory)) {
                Some(directory) => found.directories.insert(directory.to_owned()),
                None => found.open.insert(link.clone()),
            };
        }
        for file in programs.iter().filter_map(|program| program.names.last()) {
            if !self.is_ours(file) {
                continue;
            }
            self.hold_named(file);
            if self.is_read_only(file) {
                found.held.insert(file.clone());
            } else {
                found.open.insert(file.clone());
            }
        }
        for passed in programs.iter().flat_map(|program| &program.passed) {
            if self.is_ours(passed) && !self.pin(passed) {
                found.open.insert(passed.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
