//! What of a project runs outside the sandbox later: names that git, editors, agents and shells obey on the host. Existing
//! ones are read-only inside; the others are watched, so that it can be said when they are made, and once more at the end.
//!
//! A guard is a bind of a path onto itself. It holds a path only while none of the directories on the way can be renamed,
//! so those are pinned: bound onto themselves too, but writable. Looks at names, types and git's own small files, at a
//! bounded number of each; changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::git::{self, GitDirectory, Named, Places, Search};
use crate::limits;
use crate::plan::Access;
use crate::review::has_programs_of_tools;
use crate::sight::Sight;

mod before;
mod names;
mod obeyed;
mod own;
mod roots;

pub use before::Before;
pub(crate) use names::{GIT, PROJECT, PROJECT_ENDINGS, WORKTREE};
pub use obeyed::{Held, Obeyed};
pub use own::OwnPrograms;
pub use roots::{Origin, Roots, roots_now};

use before::Was;

/// One name, relative to the project, with the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardedName {
    /// Relative path.
    pub name: &'static str,
    /// What reads it on the host.
    pub reason: &'static str,
}

/// A guarded path that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Absolute path.
    pub path: PathBuf,
    /// Pinned (read-write) or read-only.
    pub access: Access,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guards {
    /// What to guard, parents first.
    pub guards: Vec<Guard>,
    /// The configuration of the project's own git directory, or of the first one below it.
    pub git_config: Option<PathBuf>,
    /// Directories of the user's PATH that are guarded.
    pub search: Vec<PathBuf>,
    /// What Askbox itself obeys, where it lies here.
    pub held: Held,
    /// Askbox's own programs, where they lie here.
    pub own: OwnPrograms,
    /// Whether there is more than is looked at or guarded.
    pub is_cut: bool,
    /// What to compare with at the end of the session.
    pub before: Before,
}

/// What somebody outside reads, besides what every project has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outside<'a> {
    /// Directories of the user's PATH in the project.
    pub(crate) search: &'a [&'a Path],
    /// What Askbox itself obeys, wherever it lies.
    pub(crate) obeyed: &'a [Obeyed],
    /// The ways to Askbox's own programs, wherever they lie.
    pub(crate) programs: &'a [Obeyed],
}

/// Looks at a project, canonical, with its git directory.
pub(crate) fn look(
    project: &Path,
    git: &GitDirectory,
    home: &Path,
    outside: Outside<'_>,
    sight: &Sight,
) -> Guards {
    look_within(project, git, home, outside, Search::new(), sight)
}

/// The same, with as much looking as `search` has left.
fn look_within(
    project: &Path,
    git: &GitDirectory,
    home: &Path,
    outside: Outside<'_>,
    mut search: Search,
    sight: &Sight,
) -> Guards {
    let mut collector = Collector::new(project, home, sight);
    let dot_git = project.join(".git");
    let own = match git {
        GitDirectory::Absent | GitDirectory::Foreign(_) => None,
        GitDirectory::Inside(directory) => Some((directory, directory)),
        GitDirectory::Outside { root, gitdir } => {
            collector.bases.push(root.clone());
            Some((root, gitdir))
        }
    };
    // Before all others, so that nothing takes their room.
    let own_git = own.map(|(_, gitdir)| gitdir.as_path());
    let held = collector.obeyed(outside.obeyed, own_git);
    if own.is_none_or(|(_, gitdir)| *gitdir != dot_git) {
        collector.hold(&dot_git);
    }
    if let Some((root, gitdir)) = own {
        collector.git_directory(root, Some(project));
        collector.git_directory(gitdir, Some(project));
    }
    collector.users_configuration(project);
    for name in PROJECT {
        collector.hold(&project.join(name.name));
    }
    // Package managers write to the others, and a review lists what they did.
    let of_tools = |path: &Path| path.strip_prefix(project).is_ok_and(has_programs_of_tools);
    for directory in outside.search.iter().filter(|path| !of_tools(path)) {
        collector.programs(directory);
    }
    let own_programs = collector.own_programs(outside.programs, own_git);
    let endings = before::endings(project, sight);
    for name in endings.iter().flatten() {
        collector.hold(name);
    }
    let places = before::git_places(project, own.map(|(root, _)| root.as_path()), &mut search, sight);
    for place in &places {
        collector.repository(place);
    }
    let is_held = |path: &&Path| collector.found.get(*path) == Some(&Access::ReadOnly);
    let search_held = outside.search.iter().copied().filter(is_held);
    let search_held = search_held.map(Path::to_owned).collect();
    let guards = collector.found.into_iter();
    let is_cut = collector.is_cut
        || search.is_cut
        || !search.unread.is_empty()
        || endings.is_none()
        || !sight.is_clear();
    Guards {
        guards: guards.map(|(path, access)| Guard { path, access }).collect(),
        git_config: collector.git_config,
        search: search_held,
        held,
        own: own_programs,
        is_cut,
        before: Before {
            roots: Roots {
                bases: collector.bases,
                names: collector.roots,
                is_cut,
            },
            project: project.to_owned(),
            own: own.map(|(root, _)| root.clone()),
            watched: collector.watched.into_iter().collect(),
            endings,
            places: (!search.is_cut).then(|| places.into_iter().collect()),
            unread: search.unread,
        },
    }
}

struct Collector<'a> {
    project: &'a Path,
    home: &'a Path,
    sight: &'a Sight,
    /// What is mounted for itself and so cannot be renamed: the project, and a git directory outside.
    bases: Vec<PathBuf>,
    found: BTreeMap<PathBuf, Access>,
    watched: BTreeMap<PathBuf, Was>,
    roots: BTreeMap<PathBuf, Origin>,
    repositories: BTreeSet<PathBuf>,
    /// Git directories with the work trees for which their configuration was read; none for the user's own.
    configured: BTreeSet<(Option<PathBuf>, PathBuf)>,
    git_config: Option<PathBuf>,
    /// Names in configurations that are still looked for.
    named_left: usize,
    is_cut: bool,
}

impl<'a> Collector<'a> {
    fn new(project: &'a Path, home: &'a Path, sight: &'a Sight) -> Self {
        Self {
            project,
            home,
            sight,
            bases: vec![project.to_owned()],
            found: BTreeMap::new(),
            watched: BTreeMap::new(),
            roots: BTreeMap::new(),
            repositories: BTreeSet::new(),
            configured: BTreeSet::new(),
            git_config: None,
            named_left: limits::NAMED,
            is_cut: false,
        }
    }

    /// Makes a path read-only where it exists, and watches it where it does not or is a link, which a bind cannot hold.
    fn hold(&mut self, path: &Path) {
        self.roots.insert(path.to_owned(), Origin::Known);
        self.place(path, Access::ReadOnly);
    }

    /// The same for what only a configuration makes obeyed.
    fn hold_named(&mut self, path: &Path) {
        self.roots.entry(path.to_owned()).or_insert(Origin::Named);
        self.place(path, Access::ReadOnly);
    }

    fn place(&mut self, path: &Path, access: Access) {
        let Some(base) = self.bases.iter().find(|base| path.starts_with(base)) else {
            return;
        };
        let (mut at, mut way) = (base.clone(), Vec::new());
        for component in path.strip_prefix(base).into_iter().flat_map(Path::components) {
            let Component::Normal(name) = component else {
                return;
            };
            match self.found.get(&at) {
                Some(Access::ReadOnly) => return, // All below it is read-only too.
                Some(Access::ReadWrite) => {}
                None if at == *base => {}
                None => way.push(at.clone()),
            }
            at.push(name);
            if self.found.contains_key(&at) {
                continue;
            }
            match before::see(&at, self.sight) {
                None => {}
                Some(Was::Absent) => {
                    self.watched.insert(path.to_owned(), Was::Absent);
                    return;
                }
                Some(link) => {
                    self.watched.insert(at, link);
                    return;
                }
            }
        }
        if at == *base {
            return;
        }
        if limits::GUARDS < self.found.len() + way.len() + 1 {
            self.is_cut = true;
            return;
        }
        for directory in way {
            self.found.insert(directory, Access::ReadWrite);
        }
        self.found.entry(at).or_insert(access);
    }

    /// Holds the directories in which names of what Askbox obeys lie. One that must be written cannot be held.
    fn obeyed(&mut self, obeyed: &[Obeyed], own: Option<&Path>) -> Held {
        let mut held = Held::default();
        let names = obeyed
            .iter()
            .flat_map(|file| file.names.iter().map(move |name| (name, file)));
        let mut names: Vec<_> = names.filter(|(name, _)| self.is_ours(name)).collect();
        // A directory before those in it, which are held with it.
        names.sort_by_key(|(name, _)| name.parent());
        for (name, file) in names {
            let directory = self.holdable(name, own);
            if let Some(directory) = directory {
                self.hold_named(directory);
            }
            match directory {
                Some(directory) if self.is_read_only(directory) => {
                    held.directories.push((directory.to_owned(), file.path.clone()));
                }
                Some(_) | None => held.open.push((name.clone(), file.path.clone())),
            }
        }
        for file in obeyed {
            for passed in &file.passed {
                if self.is_ours(passed) && !self.pin(passed) {
                    held.open.push((passed.clone(), file.path.clone()));
                }
            }
        }
        held
    }

    /// The directory of a name, unless the project lies in it or the git directory, which must be written.
    fn holdable<'n>(&self, name: &'n Path, own_git: Option<&Path>) -> Option<&'n Path> {
        name.parent().filter(|directory| {
            let holds = |other: &Path| other.starts_with(directory);
            !self.bases.iter().any(|base| holds(base)) && !own_git.is_some_and(holds)
        })
    }

    /// Keeps a directory in which a way turns back from being replaced; what is in it is nothing to the way. Returns whether
    /// that could be.
    fn pin(&mut self, directory: &Path) -> bool {
        if self.bases.iter().any(|base| base == directory) {
            return true;
        }
        self.place(directory, Access::ReadWrite);
        self.found.contains_key(directory) || self.is_read_only(directory)
    }

    fn is_read_only(&self, path: &Path) -> bool {
        let is_held = |at: &Path| self.found.get(at) == Some(&Access::ReadOnly);
        path.ancestors().any(is_held)
    }

    /// Guards a git directory, and what its configuration names for a work tree.
    fn git_directory(&mut self, git: &Path, work_tree: Option<&Path>) {
        if self.repositories.insert(git.to_owned()) {
            self.place(git, Access::ReadWrite);
            for name in GIT {
                self.hold(&git.join(name.name));
            }
            if git::is_worktree(git) {
                for name in WORKTREE {
                    self.hold(&git.join(name.name));
                }
            }
            let config = git.join("config");
            if self.found.contains_key(&config) {
                self.git_config.get_or_insert(config);
            }
        }
        if let Some(work_tree) = work_tree {
            self.configuration(git, work_tree);
        }
    }

    /// Guards the files that a repository's configuration names and that lead to something that runs. Two work trees of one
    /// repository have two files of each relative name.
    fn configuration(&mut self, git: &Path, work_tree: &Path) {
        let what = (Some(git.to_owned()), work_tree.to_owned());
        if !self.configured.insert(what) {
            return;
        }
        let shared = git::common_of(git, self.sight).unwrap_or_else(|| git.to_owned());
        let files = vec![shared.join("config"), git.join("config.worktree")];
        let (names, is_cut) = self.follow(files, work_tree, limits::CONFIGURATIONS, self.named_left);
        self.named_left = names;
        self.is_cut |= is_cut;
        self.users_configuration(work_tree);
    }

    /// The same for what git reads of the user in every work tree. That may be a link, or lie in the project itself.
    fn users_configuration(&mut self, work_tree: &Path) {
        if !self.configured.insert((None, work_tree.to_owned())) {
            return;
        }
        let files = git::USERS_OWN.map(|name| before::resolve(&self.home.join(name), self.sight));
        for file in &files {
            self.hold_named(file);
        }
        let (_, is_cut) = self.follow(
            files.to_vec(),
            work_tree,
            limits::USERS_CONFIGURATIONS,
            limits::USERS_NAMED,
        );
        self.is_cut |= is_cut;
    }

    /// Reads configurations and those in the project, or of the user, that they include. Returns how many more names may be
    /// looked for, and whether there was more.
    fn follow(
        &mut self,
        mut files: Vec<PathBuf>,
        work_tree: &Path,
        most: usize,
        mut names: usize,
    ) -> (usize, bool) {
        let mut at = 0;
        while let Some(file) = files.get(at).cloned() {
            at += 1;
            if most < at {
                return (names, true);
            }
            let variables = git::read_small(&file, self.sight)
                .map(|text| git::parse(&text))
                .unwrap_or_default();
            let places = Places {
                work_tree,
                directory: file.parent().unwrap_or(work_tree),
                home: self.home,
            };
            let is_ours = self.is_ours(&file);
            for named in variables.iter().flat_map(|variable| git::by(variable, places)) {
                if names == 0 {
                    return (0, true);
                }
                names -= 1;
                match named {
                    Named::Include(path) => {
                        let path = before::resolve(&path, self.sight);
                        self.hold_named(&path);
                        // A program inside may have written what lies in the project: it names no file to be read outside.
                        let is_read = !is_ours || self.is_ours(&path);
                        if is_read && !files.contains(&path) {
                            files.push(path);
                        }
                    }
                    Named::Directory(path) => self.programs(&before::resolve(&path, self.sight)),
                    Named::Word(path) => {
                        if let Some(path) = self.sight.real(&path)
                            && path.is_file()
                        {
                            self.hold_named(&path);
                        }
                    }
                }
            }
        }
        (names, false)
    }

    /// Whether a path lies in the project, or in a git directory outside that belongs to it.
    fn is_ours(&self, path: &Path) -> bool {
        self.bases.iter().any(|base| path.starts_with(base))
    }

    /// A directory with programs, unless that is the project or holds a git directory, which must be written.
    fn programs(&mut self, directory: &Path) {
        let holds = |other: &PathBuf| other.starts_with(directory);
        if !self.bases.iter().any(holds) && !self.repositories.iter().any(holds) {
            self.hold_named(directory);
        }
    }

    /// A repository beside the project's own: a git directory, or a `.git` of any kind.
    fn repository(&mut self, place: &Path) {
        if limits::REPOSITORIES < self.repositories.len() || 2 * limits::REPOSITORIES < self.configured.len()
        {
            self.is_cut = true;
            return;
        }
        let work_tree = match place.file_name() {
            Some(name) if name == ".git" => place.parent().map(Path::to_owned),
            Some(_) | None => git::work_tree(place, self.sight)
                .or_else(|| git::tree_of_worktree(place, self.sight))
                .filter(|tree| tree.starts_with(self.project)),
        };
        let Some(metadata) = self.sight.metadata(place) else {
            return;
        };
        let leads_to = if metadata.is_dir() {
            Some(place.to_owned())
        } else {
            self.hold(place);
            if metadata.is_symlink() {
                self.sight.real(place).filter(|target| target.is_dir())
            } else {
                git::gitdir_of(place, self.sight)
            }
        };
        if let Some(git) = leads_to.filter(|target| self.is_ours(target)) {
            self.git_directory(&git, work_tree.as_deref());
        }
        if let Some(work_tree) = work_tree.filter(|tree| *tree != self.project) {
            self.hold_dot_git(&work_tree.join(".git"));
        }
    }

    /// The `.git` file of a submodule's work tree; a directory of that name is a repository of its own.
    fn hold_dot_git(&mut self, dot_git: &Path) {
        if !self
            .sight
            .metadata(dot_git)
            .is_some_and(|metadata| metadata.is_dir())
        {
            self.hold(dot_git);
        }
    }
}

#[cfg(test)]
mod tests;
