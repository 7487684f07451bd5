//! The lock that makes one daemon the only one. Held by an open file, so the kernel drops it with the process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why the lock is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon holds it.
    #[error("a daemon is already running")]
    Held,
    /// The file cannot be opened or locked.
    #[error("cannot lock {}", path.display())]
    File {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// How often /proc/locks is read before nobody is said to hold a lock. The kernel hands it out by pages and counts anew for each,
/// so that a lock is missing in one reading where others come and go (`seq_file`, `fs/locks.c`).
const LOOKS: usize = 16;

/// Proof that this process is the only daemon of its directories. Dropping it lets the next one in.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock or says who has it; never waits.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::File {
            path: path.to_owned(),
            source,
        };
        // For reading too: a named pipe would keep a writer waiting.
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Whether some process holds it at this moment. Never waits, whatever that process does. Who looks holds a free lock for
    /// the moment, and whoever wants to take it then is refused: look only to start a holder where there is none.
    pub fn is_held(path: &Path) -> bool {
        matches!(Self::take(path), Err(LockError::Held))
    }

    /// The process that holds it, as /proc/locks says (proc(5)); `None` also where that cannot be read. Takes nothing.
    pub fn holder(path: &Path) -> Option<u32> {
        let inode = fs::symlink_metadata(path).ok()?.ino();
        (0..LOOKS).find_map(|_| holder(&fs::read_to_string("/proc/locks").ok()?, inode))
    }
}

/// The process of a flock(2) on this inode. Not by device too: some file systems have one number there and another in stat(2).
fn holder(locks: &str, inode: u64) -> Option<u32> {
    let held = |line: &str| {
        let mut words = line.split_ascii_whitespace().skip(1);
        let (kind, _advisory, _mode) = (words.next()?, words.next()?, words.next()?);
        let (process, file) = (words.next()?, words.next()?);
        let is_it = kind == "FLOCK" && file.rsplit(':').next()?.parse() == Ok(inode);
        is_it.then(|| process.parse().ok()).flatten()
    };
    locks.lines().find_map(held)
}

#[cfg(test)]
mod tests;
