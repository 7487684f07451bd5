//! Subscribed lists of names that are never to be reached without a person's say. Reads the text of a list and answers
//! whether a name is on it; fetching the text, and what follows from a hit, belong to others.
//!
//! Lists of a million names are common, and every connection looks them up. Nothing asks for the names themselves, so
//! a list keeps a keyed 64-bit hash of each, sorted: 8 MB for a million, however long they are. A name on the list is
//! always found. One that is not is taken for one with a probability of one in 18 million million (a million in 2⁶⁴), and
//! then it is blocked, which a rule for that name undoes.

#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

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
    /// Of each name, ascending.
    hashes: Box<[u64]>,
    /// Where the hashes with each of the possible first bits start, and where the last ones end: a look-up searches a few
    /// neighbours and not all of them.
    starts: Box<[u32]>,
    hasher: RandomState,
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
        self.hashes.len()
    }

    /// Whether no name is on it.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// How many lines could not be understood.
    pub fn bad_lines(&self) -> usize {
        self.bad_lines
    }

    /// Memory that it takes, in bytes.
    pub fn heap_bytes(&self) -> usize {
        self.name.len() + size_of_val(&*self.hashes) + size_of_val(&*self.starts)
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
        let hash = self.hasher.hash_one(name);
        let bucket = bucket(hash, self.starts.len());
        let (Some(start), Some(end)) = (self.starts.get(bucket), self.starts.get(bucket + 1)) else {
            return false;
        };
        let near = self
            .hashes
            .get(*start as usize..*end as usize)
            .unwrap_or_default();
        near.binary_search(&hash).is_ok()
    }
}

/// Names that share a bucket, on average.
const PER_BUCKET: usize = 8;

/// Which of `starts - 1` buckets, a power of two, a hash is in: its first bits say so.
fn bucket(hash: u64, starts: usize) -> usize {
    let bits = starts.saturating_sub(1).checked_ilog2().unwrap_or(0);
    let first = hash.checked_shr(u64::BITS - bits).unwrap_or(0);
    usize::try_from(first).unwrap_or(usize::MAX)
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
    hashes: Vec<u64>,
    hasher: RandomState,
    deepest: usize,
    bad_lines: usize,
}

impl Builder {
    /// Takes the memory at once, since growing would hold it twice.
    fn for_text(text: &str) -> Self {
        Self {
            hashes: Vec::with_capacity(text.lines().filter(|line| !is_comment(line)).count()),
            hasher: RandomState::new(),
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
        self.hashes.push(self.hasher.hash_one(name));
        self.deepest = self.deepest.max(name.split('.').count());
        true
    }

    fn finish(mut self, name: &str) -> BlockList {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        // More than four thousand million names are not a list.
        self.hashes.truncate(u32::MAX as usize);
        let buckets = (self.hashes.len() / PER_BUCKET).next_power_of_two();
        let mut starts = vec![0; buckets + 1];
        for (at, hash) in (1..).zip(&self.hashes) {
            // The ends first; those of empty buckets follow below.
            if let Some(end) = starts.get_mut(bucket(*hash, buckets + 1) + 1) {
                *end = at;
            }
        }
        let mut last = 0;
        for start in &mut starts {
            last = last.max(*start);
            *start = last;
        }
        BlockList {
            name: name.into(),
            hashes: self.hashes.into_boxed_slice(),
            starts: starts.into_boxed_slice(),
            hasher: self.hasher,
            deepest: self.deepest,
            bad_lines: self.bad_lines,
        }
    }
}

fn is_comment(line: &str) -> bool {
    matches!(line.trim_ascii_start().bytes().next(), None | Some(b'#' | b'!'))
}
