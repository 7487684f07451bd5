//! The objects behind the credential list, by device and inode: a hard link or a bind mount of one is as closed as its own
//! path. Looks at the host; what is on the list is the policy's.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::nodes::Object;

/// The most objects that are looked at in the directories on the list. A home directory has some hundred; a mail store can
/// have many more, and its names are closed by path anyway.
const MOST: usize = 20_000;

/// How deep directories on the list are looked into.
const DEPTH: usize = 3;

/// Objects that are on the credential list, with when they were made: the host gives the inode of a removed file to the next
/// that it makes, which is another. `None` where its file system does not keep that.
#[derive(Debug, Default)]
pub(crate) struct Guarded(HashMap<Object, Option<SystemTime>>);

impl Guarded {
    /// Looks those behind these paths up. Blocks; what cannot be looked at is left out, since it cannot be served either. None of
    /// `never` is taken for one: a link on the list may lead anywhere.
    pub(crate) fn look(credentials: &[PathBuf], never: &[PathBuf]) -> Self {
        let mut found = HashMap::new();
        for path in credentials {
            // What a link on the list leads to is as secret.
            if let Ok(metadata) = fs::metadata(path) {
                add(path, &metadata, DEPTH, &mut found);
            }
        }
        for path in never {
            if let Ok(metadata) = fs::metadata(path) {
                found.remove(&object(&metadata));
            }
        }
        Self(found)
    }

    /// Whether this object is one of them; `made` says when it was made, if its file system knows.
    pub(crate) fn holds(&self, object: Object, made: impl FnOnce() -> Option<SystemTime>) -> bool {
        let is_it = |then: &Option<SystemTime>| match (*then, made()) {
            (Some(then), Some(made)) => then == made,
            (None, _) | (_, None) => true,
        };
        self.0.get(&object).is_some_and(is_it)
    }
}

fn add(path: &Path, metadata: &Metadata, depth: usize, found: &mut HashMap<Object, Option<SystemTime>>) {
    if MOST <= found.len() {
        return;
    }
    let known = found.insert(object(metadata), metadata.created().ok());
    if known.is_some() || !metadata.is_dir() || depth == 0 {
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        let metadata = if metadata.is_symlink() {
            // The key that a link in ~/.ssh leads to is as secret; a directory that one leads to may be anything.
            fs::metadata(entry.path()).ok().filter(Metadata::is_file)
        } else {
            Some(metadata)
        };
        if let Some(metadata) = metadata {
            add(&entry.path(), &metadata, depth - 1, found);
        }
    }
}

fn object(metadata: &Metadata) -> Object {
    Object {
        device: metadata.dev(),
        inode: metadata.ino(),
        is_copy: false,
    }
}

#[cfg(test)]
mod tests;
