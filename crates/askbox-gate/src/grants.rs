//! The grants file: remembered answers that outlive the daemon, and the latest wall clock ever seen, without which a
//! clock that was set back would lengthen them. Owns grants.json; which grant covers what is not its business.
//! A file that cannot be trusted is kept aside and counts as empty.

use std::io;
use std::path::{Path, PathBuf};

use askbox_paths::own_file::{self, KeptAside};
use askbox_policy::{Grant, Scope};
use serde::{Deserialize, Serialize};

use crate::limits;

/// The format that this version writes, and the only one that it reads.
const VERSION: u32 = 1;

/// Why grants cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file exists, and cannot be read.
    #[error("cannot read the grants {path:?}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A broken file cannot be moved out of the way.
    #[error("cannot keep the broken grants {path:?} aside")]
    KeepAside {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written; the one before is untouched.
    #[error("cannot write the grants {path:?}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The grants file, loaded.
#[derive(Debug)]
pub struct GrantStore {
    path: PathBuf,
    grants: Vec<Grant>,
    high_water_ms: u64,
    kept_aside: Option<KeptAside>,
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    high_water_ms: u64,
    grants: Vec<Grant>,
}

/// What the file holds, while it is written: a grant that has no text form must not keep the others out.
#[derive(Serialize)]
struct Storing {
    version: u32,
    high_water_ms: u64,
    grants: Vec<serde_json::Value>,
}

impl GrantStore {
    /// Loads grants.json; a missing file is an empty one. Its directory must exist before the first save.
    pub fn load(path: &Path) -> Result<Self, StoreError> {
        let mut store = Self {
            path: path.to_owned(),
            grants: Vec::new(),
            high_water_ms: 0,
            kept_aside: None,
        };
        let parsed = match own_file::read(path, limits::GRANTS_FILE_BYTES) {
            Ok(None) => return Ok(store),
            Ok(Some(text)) => parse(&text),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error.to_string()),
            Err(source) => {
                return Err(StoreError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        match parsed {
            Ok(stored) => {
                store.grants = stored.grants;
                store.high_water_ms = stored.high_water_ms;
            }
            Err(reason) => {
                let kept = own_file::keep_aside(path, reason);
                store.kept_aside = Some(kept.map_err(|source| StoreError::KeepAside {
                    path: path.to_owned(),
                    source,
                })?);
            }
        }
        Ok(store)
    }

    /// The file that could not be trusted, to be reported.
    pub fn kept_aside(&self) -> Option<&KeptAside> {
        self.kept_aside.as_ref()
    }

    /// Hands over what was loaded.
    pub(crate) fn take(&mut self) -> (Vec<Grant>, u64) {
        (std::mem::take(&mut self.grants), self.high_water_ms)
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a grant outlives the daemon; sessions, and what was given to them, end with it.
pub(crate) fn is_lasting(grant: &Grant) -> bool {
    match grant.scope {
        Scope::Once { .. } | Scope::Session(_) => false,
        Scope::Project(_) | Scope::Everywhere => grant.expires.is_some(),
    }
}

/// Replaces the file as a whole. Blocks.
pub(crate) fn save(path: &Path, grants: &[Grant], high_water_ms: u64) -> Result<(), StoreError> {
    let mut storing = Storing {
        version: VERSION,
        high_water_ms,
        grants: Vec::new(),
    };
    for grant in grants.iter().filter(|grant| is_lasting(grant)) {
        match serde_json::to_value(grant) {
            Ok(value) => storing.grants.push(value),
            Err(error) => {
                tracing::warn!(grant = %grant.id, %error, "a grant lasts until the daemon ends only");
            }
        }
    }
    let write = || own_file::replace(path, &serde_json::to_vec(&storing)?);
    write().map_err(|source| StoreError::Write {
        path: path.to_owned(),
        source,
    })
}

fn parse(text: &[u8]) -> Result<Stored, String> {
    let stored: Stored = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if stored.version != VERSION {
        return Err(format!(
            "format {}, and this Askbox knows {VERSION}",
            stored.version
        ));
    }
    match stored.grants.iter().find(|grant| !is_lasting(grant)) {
        Some(grant) => Err(format!("grant {} is none that lasts", grant.id)),
        None => Ok(stored),
    }
}

#[cfg(test)]
mod tests;
