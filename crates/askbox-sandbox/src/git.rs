//! Where a project's git directory is, and which of it is guarded. Reads a few small files of git's own layout
//! (gitrepository-layout(5)); never runs git, and never believes a gitdir that does not point back at the project.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::limits;
use crate::sight::Sight;

mod below;
mod config;
mod index;
mod named;

pub(crate) use below::{SKIPPED, Search, repositories, within};
pub(crate) use config::parse;
pub(crate) use named::{Named, Places, by};

/// A project's git directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GitDirectory {
    /// None.
    Absent,
    /// It lies in the project: `.git`, or what a file or link of that name leads to; or the project is one itself.
    Inside(PathBuf),
    /// `.git` is a file: a worktree or a submodule, whose directory lies elsewhere and points back here.
    Outside {
        /// The directory to open: the repository's own for a worktree, which shares its objects; else the gitdir.
        root: PathBuf,
        /// The gitdir: `root` itself for a submodule, below it for a worktree.
        gitdir: PathBuf,
    },
    /// `.git` is a file or link that leads somewhere that does not point back, so it stays closed.
    Foreign(PathBuf),
}

/// Looks at `project/.git`.
pub(crate) fn find(project: &Path, sight: &Sight) -> GitDirectory {
    let dot_git = project.join(".git");
    let Some(metadata) = sight.metadata(&dot_git) else {
        let is_bare = ["HEAD", "objects", "refs"]
            .iter()
            .all(|name| sight.metadata(&project.join(name)).is_some());
        return if is_bare {
            GitDirectory::Inside(project.to_owned())
        } else {
            GitDirectory::Absent
        };
    };
    if metadata.is_dir() {
        return GitDirectory::Inside(dot_git);
    }
    let leads_to = if metadata.is_symlink() {
        sight.real(&dot_git)
    } else {
        gitdir_of(&dot_git, sight)
    };
    match leads_to {
        Some(gitdir) if gitdir != *project && gitdir.starts_with(project) => GitDirectory::Inside(gitdir),
        Some(gitdir) if metadata.is_file() => worktree(&gitdir, &dot_git, sight)
            .or_else(|| submodule(&gitdir, project, sight))
            .unwrap_or(GitDirectory::Foreign(dot_git)),
        Some(_) | None => GitDirectory::Foreign(dot_git),
    }
}

/// Where a `.git` file leads.
pub(crate) fn gitdir_of(dot_git: &Path, sight: &Sight) -> Option<PathBuf> {
    let path = read_path(dot_git, "gitdir:", sight)?;
    sight.real(&dot_git.parent()?.join(path))
}

/// The work tree that a git directory's configuration names, as a submodule's does.
pub(crate) fn work_tree(gitdir: &Path, sight: &Sight) -> Option<PathBuf> {
    let variables = config::parse(&read_small(&gitdir.join("config"), sight)?);
    let named = variables
        .into_iter()
        .rfind(|variable| variable.section == "core" && variable.key == "worktree")?;
    sight.real(&gitdir.join(named.value))
}

/// What git reads of the user in every repository, below the home directory: git-config(1).
pub(crate) const USERS_OWN: [&str; 2] = [".config/git/config", ".gitconfig"];

/// Whether a git directory has the name of a worktree's: git puts it at COMMON/worktrees/NAME.
pub(crate) fn is_worktree(gitdir: &Path) -> bool {
    let parent = gitdir.parent().and_then(Path::file_name);
    parent.is_some_and(|name| name == "worktrees")
}

/// The work tree of a worktree's git directory, as its `gitdir` says.
pub(crate) fn tree_of_worktree(gitdir: &Path, sight: &Sight) -> Option<PathBuf> {
    if !is_worktree(gitdir) {
        return None;
    }
    let dot_git = gitdir.join(read_path(&gitdir.join("gitdir"), "", sight)?);
    sight.real(dot_git.parent()?)
}

/// The git directory whose configuration a worktree's shares; `None` for any other.
pub(crate) fn common_of(gitdir: &Path, sight: &Sight) -> Option<PathBuf> {
    sight.real(&gitdir.join(read_path(&gitdir.join("commondir"), "", sight)?))
}

/// A worktree's gitdir holds `gitdir`, the way back, and `commondir`, the way to the repository.
fn worktree(gitdir: &Path, dot_git: &Path, sight: &Sight) -> Option<GitDirectory> {
    let back = read_path(&gitdir.join("gitdir"), "", sight)?;
    if sight.real(&gitdir.join(back))? != sight.real(dot_git)? {
        return None;
    }
    let common = common_of(gitdir, sight)?;
    // Anywhere else it is not git's doing.
    let expected = is_worktree(gitdir) && gitdir.parent()?.parent()? == common;
    expected.then(|| GitDirectory::Outside {
        root: common,
        gitdir: gitdir.to_owned(),
    })
}

/// A submodule's gitdir has `core.worktree` in its config, relative to the gitdir.
fn submodule(gitdir: &Path, project: &Path, sight: &Sight) -> Option<GitDirectory> {
    (work_tree(gitdir, sight)? == project).then(|| GitDirectory::Outside {
        root: gitdir.to_owned(),
        gitdir: gitdir.to_owned(),
    })
}

fn read_path(file: &Path, prefix: &str, sight: &Sight) -> Option<PathBuf> {
    let text = read_small(file, sight)?;
    let path = text.strip_prefix(prefix.as_bytes())?;
    let path = path.trim_ascii_start().trim_ascii_end();
    (!path.is_empty()).then(|| OsStr::from_bytes(path).into())
}

/// A file of git's as it is on disk, at most [`limits::GIT_FILE_BYTES`] of it. Programs inside can write where it lies: no link is
/// followed at its end, and nothing that is not a file is waited for.
pub(crate) fn read_small(file: &Path, sight: &Sight) -> Option<Vec<u8>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let opened = fs::OpenOptions::new().read(true).custom_flags(flags).open(file);
    let (path, file) = (file, sight.found(file, opened)?);
    if !sight.found(path, file.metadata())?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    let read = file.take(limits::GIT_FILE_BYTES).read_to_end(&mut text);
    sight.found(path, read)?;
    Some(text)
}

#[cfg(test)]
mod tests;
