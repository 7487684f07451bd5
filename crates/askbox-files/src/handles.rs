//! What programs hold open: host files and directories by handle, each with the permits that it lives on.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askbox_gate::Permit;
use nix::errno::Errno;
use nix::sys::stat::{FileStat, fstat};

use crate::listing::Listing;
use crate::locks::Holder;
use crate::pool::Place;

/// The most files and directories that a session may have open at a time: each takes a descriptor or two of the daemon, which
/// has 20,000 for all sessions on a usual machine.
const MOST_OPEN: usize = 2048;

/// An open file.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) number: u64,
    pub(crate) file: File,
    /// The same, opened for appending, where the program asked for that: its own writes go to the end, whereas pages that the
    /// kernel writes back have their place.
    pub(crate) appending: Option<File>,
    pub(crate) can_write: bool,
    /// The attributes of what this is a copy of, if it is one.
    pub(crate) copied: Option<FileStat>,
    /// Where it is used.
    pub(crate) place: Place,
    /// Who took record locks by it, where the kernel does not say when they close it.
    lockers: Option<Mutex<Vec<Holder>>>,
    permits: Vec<Permit>,
}

/// An open directory, with what it held when it was read from the start, once it was.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    pub(crate) number: u64,
    /// Opened for reading; `None` where the host has none.
    pub(crate) directory: Option<File>,
    /// Where it is used.
    pub(crate) place: Place,
    pub(crate) listing: Mutex<Option<Arc<Listing>>>,
    permits: Vec<Permit>,
}

/// All that is open.
#[derive(Debug, Default)]
pub(crate) struct Handles(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    files: HashMap<u64, Arc<OpenFile>>,
    directories: HashMap<u64, Arc<OpenDirectory>>,
    /// Handles of files by node.
    by_node: HashMap<u64, Vec<u64>>,
}

impl OpenFile {
    pub(crate) fn new(number: u64, file: File, can_write: bool, permits: Vec<Permit>) -> Self {
        Self {
            number,
            file,
            appending: None,
            can_write,
            copied: None,
            place: Place::Here,
            lockers: None,
            permits,
        }
    }

    /// The same, of which the kernel shall only say when nobody has it open any more.
    pub(crate) fn closed_once(mut self) -> Self {
        self.lockers = Some(Mutex::default());
        self
    }

    /// Remembers who took a record lock by it, if nothing else would tell that they closed it.
    pub(crate) fn locked_by(&self, holder: Holder) {
        if let Some(lockers) = &self.lockers {
            let mut lockers = lockers.lock().unwrap_or_else(PoisonError::into_inner);
            if !lockers.contains(&holder) {
                lockers.push(holder);
            }
        }
    }

    /// Those who did.
    pub(crate) fn lockers(&self) -> Vec<Holder> {
        let lockers = self.lockers.as_ref();
        lockers.map_or_else(Vec::new, |lockers| {
            lockers.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    /// Its attributes now; of a copy, those of what it is a copy of, but for the size.
    pub(crate) fn stat(&self) -> Result<FileStat, Errno> {
        let own = fstat(&self.file)?;
        Ok(match self.copied {
            Some(mut original) => {
                original.st_size = own.st_size;
                original.st_blocks = own.st_blocks;
                original
            }
            None => own,
        })
    }

    /// Whether what it was opened on still holds.
    pub(crate) fn is_revoked(&self) -> bool {
        self.permits.iter().any(Permit::is_revoked)
    }
}

impl OpenDirectory {
    pub(crate) fn new(number: u64, directory: Option<File>, place: Place, permits: Vec<Permit>) -> Self {
        Self {
            number,
            directory,
            place,
            listing: Mutex::default(),
            permits,
        }
    }

    /// Whether what it was opened on still holds.
    pub(crate) fn is_revoked(&self) -> bool {
        self.permits.iter().any(Permit::is_revoked)
    }
}

impl Open {
    fn has_room(&self) -> Result<(), Errno> {
        if self.files.len() + self.directories.len() < MOST_OPEN {
            Ok(())
        } else {
            Err(Errno::ENFILE)
        }
    }
}

impl Handles {
    /// Keeps a file; returns its handle. ENFILE when the session has too many open.
    pub(crate) fn add_file(&self, file: OpenFile) -> Result<u64, Errno> {
        let mut open = self.lock();
        open.has_room()?;
        open.last += 1;
        let handle = open.last;
        open.by_node.entry(file.number).or_default().push(handle);
        open.files.insert(handle, Arc::new(file));
        Ok(handle)
    }

    /// The same for a directory.
    pub(crate) fn add_directory(&self, directory: OpenDirectory) -> Result<u64, Errno> {
        let mut open = self.lock();
        open.has_room()?;
        open.last += 1;
        let handle = open.last;
        open.directories.insert(handle, Arc::new(directory));
        Ok(handle)
    }

    /// An open file that may still be used: EACCES when what it was opened on was revoked.
    pub(crate) fn file(&self, handle: u64) -> Result<Arc<OpenFile>, Errno> {
        let file = self.lock().files.get(&handle).cloned().ok_or(Errno::EBADF)?;
        if file.is_revoked() {
            return Err(Errno::EACCES);
        }
        Ok(file)
    }

    /// Where an open file is used, also one that may not be used any more.
    pub(crate) fn place_of_file(&self, handle: u64) -> Place {
        self.lock()
            .files
            .get(&handle)
            .map_or(Place::Here, |file| file.place)
    }

    /// The same for a directory.
    pub(crate) fn directory(&self, handle: u64) -> Result<Arc<OpenDirectory>, Errno> {
        let directory = self
            .lock()
            .directories
            .get(&handle)
            .cloned()
            .ok_or(Errno::EBADF)?;
        if directory.is_revoked() {
            return Err(Errno::EACCES);
        }
        Ok(directory)
    }

    /// An open file of this node, if one is and may still be used: one for writing rather than another.
    pub(crate) fn of_node(&self, number: u64) -> Option<Arc<OpenFile>> {
        let open = self.lock();
        let handles = open.by_node.get(&number)?;
        let files = handles.iter().filter_map(|handle| open.files.get(handle));
        let usable = files.filter(|file| !file.is_revoked());
        usable.max_by_key(|file| file.can_write).cloned()
    }

    /// Where what is open of this node is used, if anything is.
    pub(crate) fn place_of_node(&self, number: u64) -> Place {
        let open = self.lock();
        let files = open.by_node.get(&number).into_iter().flatten();
        let file = files
            .filter_map(|handle| open.files.get(handle))
            .map(|file| file.place)
            .next();
        let mut directories = open.directories.values();
        let directory = || Some(directories.find(|directory| directory.number == number)?.place);
        file.or_else(directory).unwrap_or(Place::Here)
    }

    /// The same of a directory, where the host has it.
    pub(crate) fn directory_of_node(&self, number: u64) -> Option<Arc<OpenDirectory>> {
        let open = self.lock();
        let holds = |directory: &&Arc<OpenDirectory>| {
            directory.number == number && directory.directory.is_some() && !directory.is_revoked()
        };
        open.directories.values().find(holds).cloned()
    }

    /// Whether somebody has this node open, be it on permits that do not hold any more.
    pub(crate) fn is_open(&self, number: u64) -> bool {
        self.lock().by_node.contains_key(&number)
    }

    /// The nodes of files whose permits do not hold any more.
    pub(crate) fn revoked_nodes(&self) -> Vec<u64> {
        let open = self.lock();
        let revoked = open.files.values().filter(|file| file.is_revoked());
        revoked.map(|file| file.number).collect()
    }

    /// Forgets a file. It is closed, and its permits end, when nobody uses it any more.
    pub(crate) fn close_file(&self, handle: u64) -> Option<Arc<OpenFile>> {
        let mut open = self.lock();
        let file = open.files.remove(&handle)?;
        if let Some(handles) = open.by_node.get_mut(&file.number) {
            handles.retain(|other| *other != handle);
            if handles.is_empty() {
                open.by_node.remove(&file.number);
            }
        }
        Some(file)
    }

    /// Forgets a directory.
    pub(crate) fn close_directory(&self, handle: u64) -> Option<Arc<OpenDirectory>> {
        self.lock().directories.remove(&handle)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // A panic elsewhere leaves whole entries behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
