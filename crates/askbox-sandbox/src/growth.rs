//! How much directories of a session grew: what their file systems took on, and what files hold that changed since. Follows
//! no link and leaves no file system. Measures; whether that is too much is decided elsewhere.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nix::sys::statvfs::statvfs;

use crate::beneath::{Tree, own_path};
use crate::limits::GROWTH_NAMES;

/// Bytes of a block as stat(2) counts them.
pub const BLOCK: u64 = 512;

/// What files of a directory hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Bytes on disk.
    pub bytes: u64,
    /// Whether there is more than was looked at.
    pub is_cut: bool,
}

/// What is used of the file systems that hold these directories, each once, with their device numbers. Blocks.
pub fn used(directories: &[PathBuf]) -> io::Result<Vec<(u64, u64)>> {
    let mut used: Vec<(u64, u64)> = Vec::new();
    for directory in directories {
        let device = match fs::symlink_metadata(directory) {
            Ok(metadata) => metadata.dev(),
            // Private homes are made when a session starts that has some.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if used.iter().all(|(known, _)| *known != device) {
            let figures = statvfs(directory)?;
            let blocks = figures.blocks().saturating_sub(figures.blocks_free());
            used.push((device, blocks.saturating_mul(figures.fragment_size())));
        }
    }
    Ok(used)
}

/// What is left for the user on the file system of these directories that has the least; `None` where none says so. Blocks.
pub fn free(directories: &[PathBuf]) -> Option<u64> {
    let figures = directories.iter().filter_map(|directory| statvfs(directory).ok());
    let free = figures.map(|figures| figures.blocks_available().saturating_mul(figures.fragment_size()));
    free.min()
}

/// What files below a directory hold whose inode changed at or after `since`, in seconds since 1970; no program without
/// rights over the clock can make that look earlier. Each file once, whatever its names. Blocks until `stop`.
pub fn changed_since(directory: &Path, since: i64, stop: Instant) -> io::Result<Held> {
    let tree = Tree::open(directory)?;
    let (device, _) = tree.identity()?;
    let mut held = Held::default();
    let mut linked = HashSet::new();
    let mut names = 0;
    let mut waiting = vec![PathBuf::from(".")];
    while let Some(relative) = waiting.pop() {
        // One that is gone, or became a link, holds nothing; one whose path is too long might.
        let opened = match tree.directory(&relative) {
            Ok(opened) => opened,
            Err(error) => {
                held.is_cut |= error.kind() != io::ErrorKind::NotFound;
                continue;
            }
        };
        for entry in fs::read_dir(own_path(opened.as_fd()))?.flatten() {
            names += 1;
            if GROWTH_NAMES < names || stop <= Instant::now() {
                held.is_cut = true;
                return Ok(held);
            }
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.dev() != device {
                continue;
            }
            if metadata.is_dir() {
                waiting.push(relative.join(entry.file_name()));
            }
            let counts = since <= metadata.ctime()
                && (metadata.is_dir() || metadata.nlink() < 2 || linked.insert(metadata.ino()));
            if counts {
                held.bytes = held.bytes.saturating_add(metadata.blocks().saturating_mul(BLOCK));
            }
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests;
