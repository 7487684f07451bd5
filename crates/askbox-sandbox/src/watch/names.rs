//! What a name means to a look-out: that it is guarded, that guarded names may be below it, or nothing. Pure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::git::SKIPPED;
use crate::guards::{PROJECT_ENDINGS, Roots};

/// A path beneath a base, by the base's number.
pub(super) type Spot = (usize, PathBuf);

/// How deep below a guarded directory is watched.
const DEPTH: usize = 3;

/// How deep repositories are looked for: directly in the project and one level deeper.
const REPOSITORY_DEPTH: usize = 2;

/// What a name means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The guarded name that it is or is below.
    pub(super) root: Option<PathBuf>,
    /// Whether to watch it.
    pub(super) leads_on: bool,
}

/// The guarded names of a project.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    roots: BTreeSet<Spot>,
    /// Git directories.
    repositories: BTreeSet<Spot>,
}

impl Names {
    pub(super) fn of(roots: &Roots) -> Self {
        let roots: BTreeSet<Spot> = roots
            .relative()
            .map(|(base, path, _)| (base, path.to_owned()))
            .collect();
        // Every git directory has this name on the list, whether it is there or not.
        let of_git = roots.iter().filter(|(_, path)| path.ends_with("commondir"));
        let repositories = of_git
            .filter_map(|(base, path)| Some((*base, path.parent()?.to_owned())))
            .collect();
        Self { roots, repositories }
    }

    /// What a path means.
    pub(super) fn meaning(&self, (base, path): &Spot, is_directory: bool) -> Meaning {
        if let Some(root) = self.root_of(*base, path) {
            let depth = path.components().count() - root.components().count();
            return Meaning {
                // What is in a repository is not all guarded.
                leads_on: is_directory && depth < DEPTH && !root.ends_with(".git"),
                root: Some(root),
            };
        }
        let is_new_place = is_ending(*base, path)
            || is_repository(*base, path)
            || is_directory && self.is_module(*base, path);
        if is_new_place {
            return Meaning {
                root: Some(path.clone()),
                leads_on: is_directory && self.is_on_the_way(&(*base, path.clone())),
            };
        }
        Meaning {
            root: None,
            leads_on: is_directory
                && (self.is_on_the_way(&(*base, path.clone()))
                    || self.holds_modules(*base, path)
                    || may_hold_repositories(*base, path)),
        }
    }

    /// Whether a guarded name is below.
    pub(super) fn is_on_the_way(&self, spot: &Spot) -> bool {
        let (base, path) = spot;
        // Paths are sorted by their parts, so what is below comes next.
        let mut after = self.roots.range(spot.clone()..);
        after
            .next()
            .is_some_and(|(other, root)| other == base && root.starts_with(path))
    }

    fn root_of(&self, base: usize, path: &Path) -> Option<PathBuf> {
        path.ancestors()
            .filter(|way| !way.as_os_str().is_empty())
            .find(|way| self.roots.contains(&(base, (*way).to_owned())))
            .map(Path::to_owned)
    }

    fn holds_modules(&self, base: usize, path: &Path) -> bool {
        let is_named = path.ends_with("modules") || path.ends_with("worktrees");
        let parent = path.parent().unwrap_or(Path::new(""));
        is_named && self.repositories.contains(&(base, parent.to_owned()))
    }

    fn is_module(&self, base: usize, path: &Path) -> bool {
        path.parent()
            .is_some_and(|parent| self.holds_modules(base, parent))
    }
}

fn is_ending(base: usize, path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    base == 0
        && path.components().count() == 1
        && PROJECT_ENDINGS
            .iter()
            .any(|ending| bytes.ends_with(ending.name.as_bytes()))
}

fn may_hold_repositories(base: usize, directory: &Path) -> bool {
    let is_skipped = |part: &std::ffi::OsStr| {
        SKIPPED
            .iter()
            .any(|skipped| part == std::ffi::OsStr::new(skipped))
    };
    base == 0 && directory.components().count() <= REPOSITORY_DEPTH && !directory.iter().any(is_skipped)
}

fn is_repository(base: usize, path: &Path) -> bool {
    let parent = path.parent().unwrap_or(Path::new(""));
    path.file_name().is_some_and(|name| name == ".git") && may_hold_repositories(base, parent)
}
