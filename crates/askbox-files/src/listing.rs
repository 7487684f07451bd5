//! What open directories hold: the names that each had when it was read, and how many bytes the listings of a session take
//! together. Reads no directory.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::sys::stat::SFlag;

/// A name with the type of what it stands for, where that is known.
pub(crate) type Entry = (OsString, Option<SFlag>);

/// What an allocation costs beside its bytes.
const ALLOCATION: usize = 16;

/// How much the listings of a session may take. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Listings {
    taken: Arc<AtomicUsize>,
    most: usize,
}

/// The names of one directory. Their bytes are counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Listing {
    entries: Vec<Entry>,
    own: usize,
    all: Listings,
}

impl Listings {
    /// None yet; they may take so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            taken: Arc::default(),
            most,
        }
    }

    /// A listing without names.
    pub(crate) fn begin(&self) -> Listing {
        Listing {
            entries: Vec::new(),
            own: 0,
            all: self.clone(),
        }
    }

    fn take(&self, bytes: usize) -> Result<(), Errno> {
        let more = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.most);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map(drop)
            .map_err(|_taken| Errno::ENOMEM)
    }
}

impl Listing {
    /// Adds a name: ENOMEM where the listings of the session have no room for it.
    pub(crate) fn push(&mut self, name: &OsStr, kind: Option<SFlag>) -> Result<(), Errno> {
        let bytes = size_of::<Entry>() + ALLOCATION + name.len();
        self.all.take(bytes)?;
        self.own += bytes;
        self.entries.push((name.to_owned(), kind));
        Ok(())
    }

    /// Makes the type of a name unknown; adds the name where it is missing.
    pub(crate) fn hide_kind(&mut self, name: &OsStr) -> Result<(), Errno> {
        match self.entries.iter_mut().find(|(other, _)| other == name) {
            Some((_, kind)) => {
                *kind = None;
                Ok(())
            }
            None => self.push(name, None),
        }
    }

    /// Gives back what was set aside for names that did not come.
    pub(crate) fn finish(mut self) -> Self {
        self.entries.shrink_to_fit();
        self
    }

    /// The names, in the order in which they were added.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.all.taken.fetch_sub(self.own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
