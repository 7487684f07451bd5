//! Which paths of a git index are links to other repositories: git looks into each of them, and runs what its own configuration names.
//! Reads versions 2 to 4 of the format (gitformat-index(5)), entry by entry; gix-index would keep all entries in memory, and bring some
//! twenty crates for one number of each.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use nix::libc;

use crate::limits;
use crate::sight::Sight;

/// What stands before the object name in an entry: two times, device, inode, mode, owner, group, size.
const STAT: usize = 40;

/// Where the mode is in that.
const MODE: usize = 24;

/// The type of a link to a commit, in the upper half of its mode's 16 bits.
const GITLINK: u8 = 0o160_000_u16.to_be_bytes()[0];

/// In the flags: there are two more bytes of them.
const EXTENDED: u8 = 0x40;

/// Longest path in an index that is read: no longer one can be a file (`PATH_MAX`).
const PATH: u64 = 4096;

/// The links of a git directory's index, and of the indices that it shares entries with, as they are below the work tree. `hash` is how
/// long names of objects are. `None` where there is more than is read, or something that git would not write.
pub(super) fn links(git: &Path, hash: usize, sight: &Sight) -> Option<Vec<PathBuf>> {
    let shared = sight.found(git, fs::read_dir(git)).into_iter().flatten();
    let shared = shared.filter_map(|entry| Some(entry.ok()?.file_name()));
    let mut names: Vec<_> = shared
        .filter(|name| name.as_bytes().starts_with(b"sharedindex."))
        .collect();
    names.push("index".into());
    let mut found = Vec::new();
    let mut left = limits::INDEX_BYTES;
    for name in names {
        let path = git.join(name);
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let opened = fs::OpenOptions::new().read(true).custom_flags(flags).open(&path);
        let Some(file) = sight.found(&path, opened) else {
            continue;
        };
        let metadata = sight.found(&path, file.metadata())?;
        if !metadata.is_file() {
            continue;
        }
        left = left.checked_sub(metadata.len())?;
        found.extend(read(BufReader::new(file.take(metadata.len())), hash).ok()?);
    }
    Some(found)
}

fn read(mut index: impl BufRead, hash: usize) -> io::Result<Vec<PathBuf>> {
    let mut head = [0; 12];
    index.read_exact(&mut head)?;
    let [b'D', b'I', b'R', b'C', 0, 0, 0, version @ 2..=4, count @ ..] = head else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut entry = vec![0; STAT + hash + 2];
    let (mut path, mut found) = (Vec::new(), Vec::new());
    for _ in 0..u32::from_be_bytes(count) {
        index.read_exact(&mut entry)?;
        let flags = entry.get(STAT + hash).copied().unwrap_or_default();
        let more = if flags & EXTENDED == 0 { 0 } else { 2 };
        skip(&mut index, more)?;
        if version == 4 {
            let kept = path.len().checked_sub(varint(&mut index)?);
            path.truncate(kept.ok_or(io::ErrorKind::InvalidData)?);
        } else {
            path.clear();
        }
        let read = index.by_ref().take(PATH).read_until(0, &mut path)?;
        if path.pop() != Some(0) || read == 0 || PATH < path.len() as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if version < 4 {
            // Up to the next multiple of eight, with one byte at least, which was read.
            let length = entry.len() + more + path.len();
            skip(&mut index, 7 - length % 8)?;
        }
        let kind = entry.get(MODE + 2).copied().unwrap_or_default();
        if kind & 0xf0 == GITLINK {
            found.extend(below(&path));
            if limits::GITLINKS < found.len() {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }
    Ok(found)
}

fn skip(index: &mut impl BufRead, length: usize) -> io::Result<()> {
    let mut rest = [0; 8];
    index.read_exact(rest.get_mut(..length).unwrap_or_default())
}

/// How much of the last path goes: a number in the encoding of offsets in a pack.
fn varint(index: &mut impl BufRead) -> io::Result<usize> {
    let mut number = 0_usize;
    loop {
        let mut byte = [0];
        index.read_exact(&mut byte)?;
        let [byte] = byte;
        number |= usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
        let next = number
            .checked_add(1)
            .filter(|next| *next < usize::MAX >> 7)
            .ok_or(io::ErrorKind::InvalidData)?;
        number = next << 7;
    }
}

/// A path that stays below where it begins; git takes no other (`verify_path`).
fn below(path: &[u8]) -> Option<PathBuf> {
    let path = Path::new(OsStr::from_bytes(path));
    let is_normal = |part| matches!(part, Component::Normal(_));
    (!path.as_os_str().is_empty() && path.components().all(is_normal)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests;
