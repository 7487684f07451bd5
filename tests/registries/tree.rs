//! A directory with everything below it, to compare two of them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A file, and whether it can be executed.
    File(Vec<u8>, bool),
    Link(PathBuf),
    Directory,
}

/// Everything below a directory, by path. Caches that hold times of day are left out.
pub(crate) fn read(directory: &Path) -> BTreeMap<PathBuf, Node> {
    let mut found = BTreeMap::new();
    walk(directory, directory, &mut found);
    found
}

fn walk(top: &Path, directory: &Path, found: &mut BTreeMap<PathBuf, Node>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("__pycache__") {
            continue;
        }
        let metadata = path.symlink_metadata().unwrap();
        let node = if metadata.is_symlink() {
            Node::Link(fs::read_link(&path).unwrap())
        } else if metadata.is_dir() {
            walk(top, &path, found);
            Node::Directory
        } else {
            Node::File(
                fs::read(&path).unwrap(),
                metadata.permissions().mode() & 0o111 != 0,
            )
        };
        found.insert(path.strip_prefix(top).unwrap().to_owned(), node);
    }
}

/// The paths at which two trees differ.
pub(crate) fn differences(one: &BTreeMap<PathBuf, Node>, other: &BTreeMap<PathBuf, Node>) -> Vec<PathBuf> {
    let mut paths: Vec<&PathBuf> = one.keys().chain(other.keys()).collect();
    paths.sort();
    paths.dedup();
    paths
        .into_iter()
        .filter(|path| one.get(*path) != other.get(*path))
        .cloned()
        .collect()
}
