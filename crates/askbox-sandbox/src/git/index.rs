//! Which paths of a git index are links to other repositories: git looks into each of them, and runs what its own configuration names.
//! Reads versions 2 to 4 of the format (gitformat-index(5)), and nothing that git would not write: a program inside writes the file,
//! and what two readers read differently hides from one of them. gix-index takes more, and would bring some twenty crates for one
//! number of each entry.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use nix::libc;

/// What stands before the object name in an entry: two times, device, inode, mode, owner, group, size.
const STAT: usize = 40;

/// Where the mode is in that; the upper half of its 16 bits begins with the type.
const MODE: usize = 24;

/// A link to a commit.
const GITLINK: u16 = 0o160_000;

/// A directory of a sparse index, which git unfolds: what is in it would have to be looked up among the objects.
const DIRECTORY: u16 = 0o040_000;

/// The bits of a mode that are its type.
const TYPE: u16 = 0o170_000;

/// In the flags: there are two more bytes of them.
const EXTENDED: u16 = 0x4000;

/// In the flags: how long the path is, or this where it is as long or longer.
const LENGTH: u16 = 0x0fff;

/// How long names of objects are, as SHA-1 and as SHA-256.
const HASHES: [usize; 2] = [20, 32];

/// What is before the entries: `DIRC`, the version, and how many there are.
const HEAD: usize = 12;

/// The links of a git directory's index, and of the one that it shares entries with, as they are below the work tree. `None` where that
/// cannot be told: it is larger than there are bytes `left`, no file, or nothing that git writes. Where it is absent there are none.
/// What is read is taken from `left`, also in vain.
pub(super) fn links(git: &Path, left: &mut u64) -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    let Some(index) = read(&git.join("index"), left)? else {
        return Some(found);
    };
    // Which hash a repository has is in its configuration; an index can hardly be read by the other, and then counts twice.
    let parsed: Vec<Parsed> = HASHES
        .into_iter()
        .filter_map(|hash| parse(&index, hash))
        .collect();
    for Parsed { links, shared } in &parsed {
        found.extend(links.iter().cloned());
        let Some(shared) = shared else { continue };
        let shared_index = read(&git.join(shared), left)??;
        let parsed = HASHES.into_iter().filter_map(|hash| parse(&shared_index, hash));
        let whole: Vec<Parsed> = parsed.filter(|parsed| parsed.shared.is_none()).collect();
        (!whole.is_empty()).then_some(())?;
        found.extend(whole.into_iter().flat_map(|parsed| parsed.links));
    }
    (!parsed.is_empty()).then_some(found)
}

/// A file as a whole; `Some(None)` where nothing is there. git follows links here, which this does not.
#[expect(clippy::option_option, reason = "absent is not unreadable")]
fn read(path: &Path, left: &mut u64) -> Option<Option<Vec<u8>>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = match fs::OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(None),
        Err(_) => return None,
    };
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || *left < metadata.len() {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
    let read = file.take(*left).read_to_end(&mut bytes);
    *left = left.saturating_sub(bytes.len() as u64);
    read.ok()?;
    Some(Some(bytes))
}

/// What an index says.
struct Parsed {
    links: Vec<PathBuf>,
    /// The name of the one that it shares entries with.
    shared: Option<String>,
}

fn parse(index: &[u8], hash: usize) -> Option<Parsed> {
    let [b'D', b'I', b'R', b'C', 0, 0, 0, version @ 2..=4, ..] = *index else {
        return None;
    };
    let count = number(index, 8)?;
    let end = index.len().checked_sub(hash)?;
    let mut places = Vec::new();
    let (mut at, mut path, mut links) = (HEAD, Vec::new(), Vec::new());
    for _ in 0..count {
        places.push(u32::try_from(at).ok()?);
        let kind = short(index, at + MODE + 2)? & TYPE;
        let flags = short(index, at + STAT + hash)?;
        let start = at;
        at += STAT + hash + if flags & EXTENDED == 0 { 2 } else { 4 };
        if version == 4 {
            let (gone, next) = varint(index, at)?;
            path.truncate(path.len().checked_sub(gone)?);
            at = next;
        } else {
            path.clear();
        }
        let rest = index.get(at..end)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(rest.get(..length)?);
        at += length + 1;
        if version < 4 {
            // Up to the next multiple of eight, with one NUL at least.
            let padded = start + (at - 1 - start + 8) / 8 * 8;
            let nuls = index.get(at..padded)?;
            nuls.iter().all(|byte| *byte == 0).then_some(())?;
            at = padded;
        }
        let said = usize::from(flags & LENGTH);
        (said == path.len().min(usize::from(LENGTH)) && kind != DIRECTORY).then_some(())?;
        if kind == GITLINK {
            links.push(below(&path)?);
        }
    }
    let shared = extensions(index.get(..end)?, at, &places, hash)?;
    Some(Parsed { links, shared })
}

/// Looks at what follows the entries; `None` where that is to be read in another way than entry by entry. Returns the name of the index
/// that this one shares entries with.
#[expect(clippy::option_option, reason = "nothing shared is not unreadable")]
fn extensions(index: &[u8], begin: usize, places: &[u32], hash: usize) -> Option<Option<String>> {
    let (mut at, mut shared) = (begin, None);
    while at < index.len() {
        let name = index.get(at..at + 4)?;
        let start = at + 8;
        at = start.checked_add(usize::try_from(number(index, at + 4)?).ok()?)?;
        let content = index.get(start..at)?;
        match name {
            b"link" => {
                let base = content.get(..hash)?;
                let is_one = base.iter().any(|byte| *byte != 0);
                let hex = base.iter().map(|byte| format!("{byte:02x}"));
                shared = is_one.then(|| format!("sharedindex.{}", hex.collect::<String>()));
            }
            // Where entries end, and where blocks of them begin, for those who read with several threads.
            b"EOIE" => (usize::try_from(number(content, 0)?).ok()? == begin).then_some(())?,
            b"IEOT" => blocks_begin_at(content, places)?,
            _ => {}
        }
    }
    Some(shared)
}

/// `Some` where the blocks are the entries as they follow each other.
fn blocks_begin_at(content: &[u8], places: &[u32]) -> Option<()> {
    let mut next = 0;
    for block in content.get(4..)?.chunks(8) {
        (places.get(next) == Some(&number(block, 0)?)).then_some(())?;
        next = next.checked_add(usize::try_from(number(block, 4)?).ok()?)?;
    }
    (next == places.len()).then_some(())
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// How much of the last path goes, in the encoding of offsets in a pack, and where that ends.
fn varint(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut number = 0_usize;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, at));
        }
        number = number.checked_add(1).filter(|next| *next < usize::MAX >> 7)? << 7;
    }
}

/// A path that stays below where it begins. git writes no other, and reads them all.
fn below(path: &[u8]) -> Option<PathBuf> {
    let is_plain = |part: &[u8]| !matches!(part, b"" | b"." | b"..");
    let path = path.split(|byte| *byte == b'/').all(is_plain).then_some(path)?;
    let path = Path::new(OsStr::from_bytes(path));
    let is_normal = |part| matches!(part, Component::Normal(_));
    path.components().all(is_normal).then(|| path.to_owned())
}

#[cfg(test)]
mod tests;
