//! POSIX record locks, held on the host as open-file-description locks (fcntl(2)): one description for each owner of locks on
//! a node, so that programs on the host and in here see each other's.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use tokio::sync::{Notify, Semaphore};

use crate::limits;

/// Who holds a lock: a node, and the kernel's number for the program's table of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    pub(crate) number: u64,
    pub(crate) owner: u64,
}

/// A range of bytes and how it is locked: `F_RDLCK`, `F_WRLCK` or `F_UNLCK`. The end is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) kind: i32,
}

/// The descriptions that hold locks.
#[derive(Debug)]
pub(crate) struct Locks {
    held: Mutex<HashMap<Holder, Arc<File>>>,
    /// Told when a lock of this session may have become free.
    pub(crate) freed: Notify,
    /// Places for programs that wait for a lock.
    pub(crate) waiting: Arc<Semaphore>,
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
            freed: Notify::new(),
            waiting: Arc::new(Semaphore::new(limits::WAITING_FOR_LOCKS)),
        }
    }
}

impl Locks {
    /// Takes or drops a lock, without waiting: EAGAIN when somebody else has it, ENOLCK when the session holds too many. `open` opens
    /// the file anew.
    pub(crate) fn set(
        &self,
        holder: Holder,
        range: Range,
        open: impl FnOnce() -> io::Result<File>,
    ) -> io::Result<()> {
        let known = self.lock().get(&holder).cloned();
        let file = match known {
            Some(file) => file,
            None if range.kind == libc::F_UNLCK => return Ok(()),
            None => {
                let file = Arc::new(open()?);
                let mut held = self.lock();
                if limits::LOCK_DESCRIPTIONS <= held.len() && !held.contains_key(&holder) {
                    return Err(Errno::ENOLCK.into());
                }
                // Another thread of the holder may have been faster: dropping its description would drop its locks.
                Arc::clone(held.entry(holder).or_insert(file))
            }
        };
        fcntl(file.as_fd(), FcntlArg::F_OFD_SETLK(&flock(range)?))?;
        Ok(())
    }

    /// A lock that keeps the holder from this one; `F_UNLCK` when there is none.
    pub(crate) fn test(
        &self,
        holder: Holder,
        range: Range,
        open: impl FnOnce() -> io::Result<File>,
    ) -> io::Result<Range> {
        let known = self.lock().get(&holder).cloned();
        let file = match known {
            Some(file) => file,
            None => Arc::new(open()?),
        };
        let mut lock = flock(range)?;
        fcntl(file.as_fd(), FcntlArg::F_OFD_GETLK(&mut lock))?;
        let start = u64::try_from(lock.l_start).unwrap_or(0);
        let length = u64::try_from(lock.l_len).unwrap_or(0);
        Ok(Range {
            start,
            end: if length == 0 { LAST } else { start + length - 1 },
            kind: lock.l_type.into(),
        })
    }

    /// Takes what holds all locks of a holder, which end when that is dropped: it has closed a descriptor of the file.
    pub(crate) fn take_all(&self, holder: Holder) -> Option<Arc<File>> {
        self.lock().remove(&holder)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Holder, Arc<File>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a lock that goes to the end of the file, as the kernel writes it (`OFFSET_MAX`).
const LAST: u64 = i64::MAX.unsigned_abs();

fn flock(range: Range) -> io::Result<libc::flock> {
    let offset = |value: u64| i64::try_from(value).map_err(|_error| Errno::EINVAL);
    let length = if LAST <= range.end {
        0
    } else {
        offset(range.end - range.start + 1)?
    };
    Ok(libc::flock {
        l_type: i16::try_from(range.kind).map_err(|_error| Errno::EINVAL)?,
        l_whence: 0, // SEEK_SET
        l_start: offset(range.start)?,
        l_len: length,
        l_pid: 0, // fcntl(2): must be 0 for these locks.
    })
}

#[cfg(test)]
mod tests;
