//! How a project was when its session started, as far as it matters for what runs outside, and what was made since.
//! Looks at names, types and links, and of what files hold at git's own alone.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{GuardedName, PROJECT_ENDINGS, Roots};
use crate::git::{self, Search};
use crate::limits;
use crate::sight::Sight;

/// A project before its session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    pub(super) roots: Roots,
    pub(super) project: PathBuf,
    /// Its git directory.
    pub(super) own: Option<PathBuf>,
    /// Names that could not be guarded.
    pub(super) watched: Vec<(PathBuf, Was)>,
    /// Names that are known by their end; `None` where there were more names than were looked at.
    pub(super) endings: Option<BTreeSet<PathBuf>>,
    /// Other git directories; `None` where there were more than were looked at.
    pub(super) places: Option<BTreeSet<PathBuf>>,
    /// Indices of git of which it could not be told where they link to.
    pub(super) unread: BTreeSet<PathBuf>,
}

/// What a name was that could not be guarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Was {
    /// It was not there.
    Absent,
    /// A link to there.
    Link(PathBuf),
}

/// What a session made that runs outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The names, sorted.
    pub paths: Vec<PathBuf>,
    /// Whether there was more than is looked at, so that there may be others.
    pub is_cut: bool,
}

impl Before {
    /// The project.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// What was obeyed outside, or would have been.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// What is there now and was not, or leads elsewhere. Blocks; programs inside should have ended.
    pub fn made_since(&self) -> Made {
        let sight = Sight::default();
        let is_made = |path: &Path, was: &Was| match see(path, &sight) {
            Some(Was::Absent) => false,
            now => now.as_ref() != Some(was),
        };
        let names = self
            .watched
            .iter()
            .filter(|(path, was)| is_made(path, was))
            .map(|(path, _)| path.clone());
        let mut made: BTreeSet<PathBuf> = names.collect();
        let mut is_cut = true;
        if let (Some(before), Some(now)) = (&self.endings, endings(&self.project, &sight)) {
            made.extend(now.difference(before).cloned());
            is_cut = false;
        }
        let mut search = Search::thorough();
        if let Some(places) = &self.places {
            let now = git_places(&self.project, self.own.as_deref(), &mut search, &sight);
            made.extend(now.into_iter().filter(|place| !places.contains(place)));
        }
        // One that nobody can read any more may link to anything.
        made.extend(search.unread.difference(&self.unread).cloned());
        Made {
            paths: made.into_iter().collect(),
            is_cut: is_cut
                || search.is_cut
                || !search.unread.is_empty()
                || self.places.is_none()
                || !sight.is_clear(),
        }
    }
}

/// What is at a path that a guard cannot hold; `None` for what it can.
pub(super) fn see(path: &Path, sight: &Sight) -> Option<Was> {
    match fs::read_link(path) {
        Ok(target) => Some(Was::Link(target)),
        // readlink(2): something is there, and it is no link.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => None,
        Err(error) => {
            sight.missed(path, &error);
            Some(Was::Absent)
        }
    }
}

/// Names in the project directory with one of [`PROJECT_ENDINGS`]; `None` where there are too many names to look at.
pub(super) fn endings(project: &Path, sight: &Sight) -> Option<BTreeSet<PathBuf>> {
    let names: Vec<OsString> = sight
        .found(project, fs::read_dir(project))
        .into_iter()
        .flatten()
        .take(limits::PROJECT_NAMES)
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .collect();
    let is_guarded = |name: &&OsString| {
        let ends = |ending: &GuardedName| name.as_encoded_bytes().ends_with(ending.name.as_bytes());
        PROJECT_ENDINGS.iter().any(ends)
    };
    let guarded = names.iter().filter(is_guarded).map(|name| project.join(name));
    (names.len() < limits::PROJECT_NAMES).then(|| guarded.collect())
}

/// Git directories beside the project's own, and what is called `.git` below it.
pub(super) fn git_places(
    project: &Path,
    own: Option<&Path>,
    search: &mut Search,
    sight: &Sight,
) -> Vec<PathBuf> {
    let mut places = own.map_or_else(Vec::new, |own| git::within(own, search, sight));
    for dot_git in git::repositories(project, search, sight) {
        let within = git::within(&dot_git, search, sight);
        places.push(dot_git);
        places.extend(within);
    }
    places
}

/// Where a path leads; of one that leads nowhere, what its text says.
pub(super) fn resolve(path: &Path, sight: &Sight) -> PathBuf {
    sight.real(path).unwrap_or_else(|| {
        let mut clean = PathBuf::new();
        for component in path.components() {
            match component {
                Component::ParentDir => drop(clean.pop()),
                Component::CurDir => {}
                Component::RootDir | Component::Normal(_) | Component::Prefix(_) => clean.push(component),
            }
        }
        clean
    })
}
