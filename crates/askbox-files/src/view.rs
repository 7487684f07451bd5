//! What of the host a session's file system shows, and what is mounted on it: data, from the session's plan.

use std::path::{Path, PathBuf};

/// The places that are served, and the places in them that are native.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Directories of the host that are served, canonical: the home directory, /opt and the like.
    pub roots: Vec<PathBuf>,
    /// What is mounted inside on top of them. Those are there in every session, whether the host has them or not; nothing
    /// is made on the host for them.
    pub mounts: Vec<MountPoint>,
    /// Paths of the credential list that are there: the objects behind them are closed by whatever name.
    pub credentials: Vec<PathBuf>,
    /// Trees on slow or removable file systems: nothing in them is touched on a thread that others need.
    pub slow: Vec<PathBuf>,
}

/// A place where the launch mounts something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPoint {
    /// Where, canonical.
    pub path: PathBuf,
    /// Whether it is a directory; otherwise a file.
    pub is_directory: bool,
}

impl View {
    /// Whether a path can be served at all.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// Whether a place is a mount point for a file.
    pub(crate) fn is_file_mount(&self, path: &Path) -> bool {
        let mount = self.mounts.iter().find(|mount| mount.path == path);
        mount.is_some_and(|mount| !mount.is_directory)
    }

    /// The slow tree that a path lies in, as its place in [`View::slow`]: the innermost, where one holds another.
    pub(crate) fn slow_tree(&self, path: &Path) -> Option<usize> {
        let holding = self
            .slow
            .iter()
            .enumerate()
            .filter(|(_, slow)| path.starts_with(slow));
        holding
            .max_by_key(|(_, slow)| slow.components().count())
            .map(|(at, _)| at)
    }
}
