//! Subscribed lists of names that are never to be reached without a person's say. Reads the text of a list and answers
//! whether a name is on it; fetching the text, and what follows from a hit, belong to others.
//!
//! Lists of a million names are common, and every connection looks them up. All names lie in one run of bytes, each behind
//! its length, and a hash table holds nothing but their offsets: about 30 MB for a million names, and few cache misses.

#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::BuildHasher;
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::host::HostName;

/// Names of hosts files that stand for the computer itself. Some lists open with them (`127.0.0.1 local`); blocking them
/// would take the computer or its local network away.
const OWN_NAMES: [&str; 11] = [
    "localhost",
    "localhost.localdomain",
    "local",
    "broadcasthost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-allhosts",
];

/// The names of one list, immutable. A blocked name blocks everything below it as well.
pub struct BlockList {
    name: Box<str>,
    /// The names: a length byte (a name has at most 253), then the bytes of the name.
    arena: Box<[u8]>,
    /// Where each name starts in the arena.
    offsets: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The most labels that any of the names has; longer suffixes need no look.
    deepest: usize,
    bad_lines: usize,
}

impl BlockList {
    /// Reads a list in hosts-file format (`0.0.0.0 name name…`) or with a name on each line. Comments start with `#`, or
    /// with `!` at the start of a line. Lines that are neither are counted and left out.
    pub fn parse(name: &str, text: &str) -> Self {
        let mut builder = Builder::for_text(text);
        for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
            builder.read_line(line);
        }
        builder.finish(name)
    }

    /// What the list is called in events and prompts.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many different names are on it.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether no name is on it.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// How many lines could not be understood.
    pub fn bad_lines(&self) -> usize {
        self.bad_lines
    }

    /// Memory that it takes, in bytes.
    pub fn heap_bytes(&self) -> usize {
        self.name.len() + self.arena.len() + self.offsets.allocation_size()
    }

    /// The name on the list that blocks this one: itself, or one that it lies below.
    pub fn lookup<'a>(&self, host: &'a HostName) -> Option<&'a str> {
        let host = host.as_str();
        let suffixes = host
            .rmatch_indices('.')
            .filter_map(|(dot, _)| host.get(dot + 1..));
        suffixes
            .chain([host])
            .take(self.deepest)
            .find(|suffix| self.holds(suffix))
    }

    fn holds(&self, name: &str) -> bool {
        let hash = self.hasher.hash_one(name.as_bytes());
        self.offsets
            .find(hash, |offset| {
                name_at(&self.arena, *offset) == Some(name.as_bytes())
            })
            .is_some()
    }
}

impl fmt::Debug for BlockList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockList")
            .field("name", &self.name)
            .field("len", &self.len())
            .field("bad_lines", &self.bad_lines)
            .finish_non_exhaustive()
    }
}

/// A list while it is read.
struct Builder {
    arena: Vec<u8>,
    offsets: HashTable<u32>,
    hasher: DefaultHashBuilder,
    deepest: usize,
    bad_lines: usize,
}

impl Builder {
    /// Takes the memory at once, since growing would copy the table and hold it twice.
    fn for_text(text: &str) -> Self {
        Self {
            arena: Vec::with_capacity(text.len() + 1),
            offsets: HashTable::with_capacity(text.lines().filter(|line| !is_comment(line)).count()),
            hasher: DefaultHashBuilder::default(),
            deepest: 0,
            bad_lines: 0,
        }
    }

    fn read_line(&mut self, line: &str) {
        if is_comment(line) {
            return;
        }
        let content = line.split('#').next().unwrap_or(line);
        let mut words = content.split_ascii_whitespace();
        let Some(first) = words.next() else { return };
        let understood = match first.parse::<IpAddr>() {
            // Only addresses where nothing answers; another one would map the name, not block it.
            Ok(address) if address.is_unspecified() || address.is_loopback() => {
                // `&`, not `&&`: every name of the line is added, whatever the ones before it were.
                words.clone().next().is_some() && words.fold(true, |all, word| self.add(word) & all)
            }
            Ok(_) => false,
            Err(_) => words.next().is_none() && self.add(first),
        };
        self.bad_lines += usize::from(!understood);
    }

    /// Adds a name; `false` when it is none.
    fn add(&mut self, text: &str) -> bool {
        let Ok(name) = HostName::parse(text) else {
            return false;
        };
        let name = name.as_str();
        if OWN_NAMES.contains(&name) {
            return true;
        }
        let (Ok(length), Ok(offset)) = (u8::try_from(name.len()), u32::try_from(self.arena.len())) else {
            return false;
        };
        let hash = self.hasher.hash_one(name.as_bytes());
        let (arena, hasher) = (&self.arena, &self.hasher);
        let entry = self.offsets.entry(
            hash,
            |other| name_at(arena, *other) == Some(name.as_bytes()),
            |other| hasher.hash_one(name_at(arena, *other).unwrap_or_default()),
        );
        if let hashbrown::hash_table::Entry::Vacant(vacant) = entry {
            vacant.insert(offset);
            self.arena.push(length);
            self.arena.extend_from_slice(name.as_bytes());
            self.deepest = self.deepest.max(name.split('.').count());
        }
        true
    }

    fn finish(mut self, name: &str) -> BlockList {
        let arena = self.arena.into_boxed_slice();
        self.offsets
            .shrink_to_fit(|offset| self.hasher.hash_one(name_at(&arena, *offset).unwrap_or_default()));
        BlockList {
            name: name.into(),
            arena,
            offsets: self.offsets,
            hasher: self.hasher,
            deepest: self.deepest,
            bad_lines: self.bad_lines,
        }
    }
}

fn is_comment(line: &str) -> bool {
    matches!(line.trim_ascii_start().bytes().next(), None | Some(b'#' | b'!'))
}

/// The name that starts at `offset`.
fn name_at(arena: &[u8], offset: u32) -> Option<&[u8]> {
    let (length, rest) = arena.get(usize::try_from(offset).ok()?..)?.split_first()?;
    rest.get(..usize::from(*length))
}
