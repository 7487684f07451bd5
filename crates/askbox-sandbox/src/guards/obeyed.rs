//! Where the files lie that Askbox itself obeys: every name on the way that decides which file that is. Follows links one by
//! one, since a program that can replace any of them writes Askbox's rules.
//!
//! Whoever changes such a file on the host puts another in its place, and a bind on a file is gone then. So what is held is
//! the directory in which a name lies, whatever happens in it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use askbox_policy::{AliasKind, Aliases, CanonicalPath};

/// Links on a way, as the kernel follows them (`path_resolution(7)`).
const LINKS: usize = 40;

/// A file that Askbox obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obeyed {
    /// By which Askbox reads it.
    pub path: PathBuf,
    /// The file itself and every link to it, each in a directory that no link leads to.
    pub names: Vec<PathBuf>,
    /// Directories that the way led through and out of again by `..`.
    pub passed: Vec<PathBuf>,
    /// The device of a file that has other names too; `None` for any other.
    pub linked_on: Option<u64>,
}

/// What of that a program inside could replace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Directories that are read-only for it, each with the file.
    pub directories: Vec<(PathBuf, PathBuf)>,
    /// Names that cannot be held, each with the file.
    pub open: Vec<(PathBuf, PathBuf)>,
}

impl Obeyed {
    /// Follows a way, which must be absolute. Blocks: reads links.
    pub fn find(path: &Path) -> Self {
        let (names, passed) = names(path);
        let file = names.last().and_then(|end| fs::symlink_metadata(end).ok());
        let linked = file.filter(|file| file.is_file() && 1 < file.nlink());
        Self {
            path: path.to_owned(),
            names,
            passed,
            linked_on: linked.map(|file| file.dev()),
        }
    }

    /// The links on the way, without the file itself.
    pub fn links(&self) -> &[PathBuf] {
        self.names.split_last().map_or(&[], |(_, links)| links)
    }

    /// The same way by what else bind mounts call what lies on it: one more for each mount that shows any of it.
    pub(crate) fn by_other_names(&self, aliases: &Aliases) -> Vec<Self> {
        let mounts = aliases.iter().filter(|alias| alias.kind == AliasKind::Mount);
        let ways = mounts.filter_map(|alias| {
            let translate = |path: &PathBuf| {
                let path = CanonicalPath::new(path)?;
                Some(alias.translate(&path)?.as_path().to_owned())
            };
            let other = |paths: &[PathBuf]| -> Vec<PathBuf> {
                paths
                    .iter()
                    .map(|path| translate(path).unwrap_or_else(|| path.clone()))
                    .collect()
            };
            let (names, passed) = (other(&self.names), other(&self.passed));
            let is_other = names != self.names || passed != self.passed;
            is_other.then(|| Self {
                names,
                passed,
                ..self.clone()
            })
        });
        ways.collect()
    }
}

fn names(path: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut left: VecDeque<OsString> = parts(path).collect();
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    let (mut names, mut passed) = (Vec::new(), Vec::new());
    while let Some(part) = left.pop_front() {
        if part == ".." {
            passed.push(at.clone());
            at.pop();
            continue;
        }
        let name = at.join(&part);
        match fs::read_link(&name) {
            Ok(target) if links < LINKS => {
                links += 1;
                names.push(name);
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                    left.push_front(part);
                }
            }
            Ok(_) | Err(_) => at = name,
        }
    }
    names.push(at);
    (names, passed)
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests;
