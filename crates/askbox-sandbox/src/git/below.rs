//! Git directories besides the project's own: those of worktrees and submodules within a git directory, and those of
//! repositories that lie below the project. Looks at names, types and git's indices, and at a bounded number of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{GitDirectory, index};
use crate::git;
use crate::limits;
use crate::sight::Sight;

/// How much is still looked at. Programs inside can make names at will; a launch must not take longer for it.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// Names that are still read.
    names: usize,
    /// Directories that are still looked into.
    directories: usize,
    /// Bytes of indices that are still read.
    index_bytes: u64,
    /// Links of indices that are still followed.
    links: usize,
    /// Whether there was more.
    pub(crate) is_cut: bool,
    /// Indices of which it cannot be told where they link to.
    pub(crate) unread: BTreeSet<PathBuf>,
}

/// What a project leaves to others and rebuilds: no repositories of the user's, and very many directories.
pub(crate) const SKIPPED: [&str; 4] = [".git", "node_modules", "target", ".venv"];

impl Search {
    /// What one look at a project may cost.
    pub(crate) fn new() -> Self {
        Self {
            names: limits::SEARCHED_NAMES,
            directories: limits::SEARCHED_DIRECTORIES,
            index_bytes: limits::INDEX_BYTES,
            links: limits::GITLINKS,
            is_cut: false,
            unread: BTreeSet::new(),
        }
    }

    /// What a look that nobody waits for may cost: so much that decoys made in a session do not end it early.
    pub(crate) fn thorough() -> Self {
        Self {
            names: limits::SEARCHED_NAMES * limits::THOROUGH,
            directories: limits::SEARCHED_DIRECTORIES * limits::THOROUGH,
            index_bytes: limits::INDEX_BYTES * 2,
            links: limits::GITLINKS * 2,
            is_cut: false,
            unread: BTreeSet::new(),
        }
    }

    /// The directories in a directory, sorted; no links.
    pub(crate) fn directories_in(&mut self, directory: &Path, sight: &Sight) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let Some(entries) = sight.found(directory, fs::read_dir(directory)) else {
            return found;
        };
        for entry in entries.filter_map(|entry| sight.found(directory, entry)) {
            if self.names == 0 || self.directories == 0 {
                self.is_cut = true;
                break;
            }
            self.names -= 1;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.directories -= 1;
                found.push(entry.path());
            }
        }
        found.sort();
        found
    }
}

/// The git directories of worktrees and submodules within a git directory, parents first.
pub(crate) fn within(git: &Path, search: &mut Search, sight: &Sight) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for worktree in search.directories_in(&git.join("worktrees"), sight) {
        found.push(worktree.clone());
        modules(
            &worktree.join("modules"),
            limits::MODULE_DEPTH,
            (search, sight),
            &mut found,
        );
    }
    let modules_of_git = git.join("modules");
    modules(&modules_of_git, limits::MODULE_DEPTH, (search, sight), &mut found);
    found
}

fn modules(directory: &Path, depth: usize, (search, sight): (&mut Search, &Sight), found: &mut Vec<PathBuf>) {
    for module in search.directories_in(directory, sight) {
        let is_git = ["HEAD", "config", "hooks"]
            .iter()
            .any(|name| sight.metadata(&module.join(name)).is_some());
        if depth == 0 {
            search.is_cut = true;
        } else if is_git {
            found.push(module.clone());
            modules(&module.join("modules"), depth - 1, (search, sight), found);
        } else {
            modules(&module, depth - 1, (search, sight), found);
        }
    }
}

/// The `.git` of every repository directly in the project or one level deeper, whatever it is, and of those that an index of theirs or
/// of the project's links to, wherever they are.
pub(crate) fn repositories(project: &Path, search: &mut Search, sight: &Sight) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut look = |directories: Vec<PathBuf>| {
        let mut others = directories;
        others.retain(|directory| {
            let is_skipped = directory
                .file_name()
                .is_some_and(|name| SKIPPED.iter().any(|skipped| name == *skipped));
            let dot_git = directory.join(".git");
            let is_repository = !is_skipped && sight.metadata(&dot_git).is_some();
            if is_repository {
                found.push(dot_git);
            }
            !is_skipped && !is_repository
        });
        others
    };
    for directory in look(search.directories_in(project, sight)) {
        look(search.directories_in(&directory, sight));
    }
    linked(project, &mut found, (search, sight));
    found
}

/// Adds the `.git` of what an index links to, and of what the index there does.
fn linked(project: &Path, found: &mut Vec<PathBuf>, (search, sight): (&mut Search, &Sight)) {
    let mut known: BTreeSet<PathBuf> = found.iter().cloned().collect();
    let trees = found.iter().filter_map(|dot_git| dot_git.parent());
    let mut indices = index_of(project, sight, search);
    for tree in trees {
        indices.extend(index_of(tree, sight, search));
    }
    let mut at = 0;
    while let Some((git, tree)) = indices.get(at).cloned() {
        at += 1;
        let links = index::links(&git, &mut search.index_bytes).filter(|links| links.len() <= search.links);
        let Some(links) = links else {
            search.unread.insert(git.join("index"));
            continue;
        };
        search.links -= links.len();
        for linked in links.iter().map(|path| tree.join(path)) {
            let dot_git = linked.join(".git");
            // What a link on the way leads to is nothing that git looks into.
            let is_repository =
                sight.metadata(&dot_git).is_some() && sight.real(&linked).is_some_and(|real| real == linked);
            if is_repository && known.insert(dot_git.clone()) {
                found.push(dot_git);
                indices.extend(index_of(&linked, sight, search));
            }
        }
    }
}

/// The git directory of a work tree, and those of its worktrees and submodules, each with its tree: git reads the index of each.
fn index_of(tree: &Path, sight: &Sight, search: &mut Search) -> Vec<(PathBuf, PathBuf)> {
    let git = match git::find(tree, sight) {
        GitDirectory::Inside(git) | GitDirectory::Outside { gitdir: git, .. } => git,
        GitDirectory::Absent | GitDirectory::Foreign(_) => return Vec::new(),
    };
    let others = within(&git, search, sight).into_iter().filter_map(|git| {
        let tree = git::tree_of_worktree(&git, sight).or_else(|| git::work_tree(&git, sight))?;
        Some((git, tree))
    });
    let mut all: Vec<(PathBuf, PathBuf)> = others.collect();
    all.insert(0, (git, tree.to_owned()));
    all
}

#[cfg(test)]
mod tests;
