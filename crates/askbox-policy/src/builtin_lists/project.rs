//! Which directories cannot be a project, since a program inside may do there as it likes.

use std::fmt;
use std::path::Path;

use super::{Entry, Lists};
use crate::aliases::{Alias, AliasKind};
use crate::path_pattern::CanonicalPath;

/// Why a directory cannot be a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectRefusal {
    /// The root directory.
    Root,
    /// A directory that every session has for itself, or one that all users share.
    System,
    /// The home directory or one above it.
    Home,
    /// It holds an entry of a list.
    Holds(Entry),
    /// It is an entry of a list or lies in one.
    Inside(Entry),
    /// The shell that asks finds programs in it.
    SearchPath,
}

/// A session has its own; the host's hold devices, processes and sockets.
const SYSTEM_TREES: &[&str] = &["/proc", "/sys", "/dev", "/run"];

/// Others put files and sockets there at any time. Directories below are as good as any.
const SHARED: &[&str] = &["/home", "/tmp", "/usr", "/var", "/var/tmp"];

impl Lists {
    /// Why this directory cannot be a project, if it cannot. What shells find through PATH is no reason: it depends on the shell.
    pub fn project_refused(&self, path: &CanonicalPath) -> Option<ProjectRefusal> {
        if path.parent().is_none() {
            return Some(ProjectRefusal::Root);
        }
        let holds_home = |path: &CanonicalPath| self.home.is_within(path);
        let by_mount = |alias: &Alias| alias.kind == AliasKind::Mount;
        let mut shown = self.aliases.shown_in(path).filter(|alias| by_mount(alias));
        if self.any_name(path, holds_home) || shown.any(|alias| holds_home(&alias.of)) {
            return Some(ProjectRefusal::Home);
        }
        let is_own = SYSTEM_TREES.iter().any(|tree| path.as_path().starts_with(tree));
        if is_own || SHARED.iter().any(|shared| path.as_path() == Path::new(shared)) {
            return Some(ProjectRefusal::System);
        }
        let is_kept_out = |entry: &Entry| !entry.may_be_in_project();
        let listed = self.credential(path).or_else(|| self.startup(path));
        if let Some(entry) = listed.filter(|entry| is_kept_out(entry)) {
            return Some(ProjectRefusal::Inside(entry.clone()));
        }
        // What a link leads to may lie in a project: it is closed there.
        let held = self.first_below(path, is_kept_out, by_mount);
        held.map(|(_, entry)| ProjectRefusal::Holds(entry.clone()))
    }
}

impl fmt::Display for ProjectRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectRefusal::Root => f.write_str("it is the root directory"),
            ProjectRefusal::Home => f.write_str("it is the home directory or holds it"),
            ProjectRefusal::System => {
                f.write_str("it is a directory of the system, or shared by all its users")
            }
            ProjectRefusal::Holds(entry) => write!(f, "it holds {} ({})", entry.pattern, entry.reason),
            ProjectRefusal::Inside(entry) => write!(f, "it lies in {} ({})", entry.pattern, entry.reason),
            ProjectRefusal::SearchPath => {
                f.write_str("it is on your PATH, so what is put there runs outside")
            }
        }
    }
}
