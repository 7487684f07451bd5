//! Listing directories. A listing is a read of the directory; what is on the credential list is not in it, there or not.

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use askbox_policy::{CanonicalPath, Target};
use fuser::{
    Errno, FileHandle, FileType, FopenFlags, Generation, INodeNo, ReplyDirectory, ReplyDirectoryPlus,
    ReplyEmpty, ReplyOpen,
};
use nix::fcntl::OFlag;
use nix::sys::stat::SFlag;

use super::errno;
use super::placing::{Refusable, at};
use crate::attributes;
use crate::handles::{Entries, OpenDirectory};
use crate::pool::Place;
use crate::shared::{Seen, Shared, Unseen};
use crate::tree::{self, Found};

/// The number of an entry that nobody has looked up yet. Zero would hide it (readdir(3)).
const UNKNOWN: u64 = u64::MAX;

pub(super) fn open(shared: &Arc<Shared>, thread: u32, number: u64, reply: ReplyOpen) {
    at(shared, number, reply, move |shared, path, reply| {
        let target = Target::Read(path.clone());
        let found = match shared.see(&path, shared.nodes().is_pinned(number)) {
            Ok(Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found)) => Some(found),
            Ok(Seen::MadeUp(_)) => None,
            Ok(Seen::Closed(_)) | Err(Unseen::Hidden) => {
                return shared.refuse(thread, target, move || reply.error(Errno::EACCES));
            }
            Err(Unseen::Host(error)) => return reply.error(errno(error)),
        };
        let is_same = |object| shared.nodes().is_same(number, object);
        if found.as_ref().is_some_and(|found| !is_same(found.object())) {
            return reply.error(Errno::ESTALE);
        }
        let place = shared.place(path.as_path());
        let then = Arc::clone(shared);
        shared.admit(thread, vec![target], move |permits| {
            // Here and not at the first listing: who may not read it hears of that when it is opened.
            let opened = permits.and_then(|permits| {
                let open = |found: Found| found.open(OFlag::O_RDONLY | OFlag::O_DIRECTORY);
                let directory = found.map(open).transpose().map_err(errno)?;
                Ok(OpenDirectory::new(number, directory, place, permits))
            });
            match opened {
                Ok(directory) => match then.handles.add_directory(directory) {
                    Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::empty()),
                    Err(full) => reply.error(errno(full)),
                },
                Err(refused) => reply.error(refused),
            }
        });
    });
}

/// Forgets an open directory.
pub(super) fn close(shared: &Shared, handle: FileHandle, reply: ReplyEmpty) {
    let directory = shared.handles.close_directory(handle.0);
    let place = directory
        .as_ref()
        .map_or(Place::Here, |directory| directory.place);
    shared.close(place, directory, || reply.ok());
}

/// Does what an open directory is needed for, on a thread that may look at it.
fn with_directory<R: Refusable>(
    shared: &Arc<Shared>,
    handle: FileHandle,
    reply: R,
    work: impl FnOnce(&Shared, &OpenDirectory, R) + Send + 'static,
) {
    let directory = match shared.handles.directory(handle.0) {
        Ok(directory) => directory,
        Err(refused) => return reply.refuse(errno(refused)),
    };
    let then = Arc::clone(shared);
    shared.run(directory.place, move |begun| match begun {
        Ok(()) if directory.is_revoked() => reply.refuse(Errno::EACCES),
        Ok(()) => work(&then, &directory, reply),
        Err(refused) => reply.refuse(refused),
    });
}

/// What is in an open directory: read from the host at the start, and the same until the program starts anew.
fn entries(
    shared: &Shared,
    directory: &OpenDirectory,
    offset: u64,
) -> io::Result<(CanonicalPath, Arc<Entries>)> {
    let path = shared.path(directory.number)?;
    let mut known = directory
        .entries
        .lock()
        .map_err(|_poisoned| nix::errno::Errno::EIO)?;
    if offset == 0 {
        *known = Arc::new(list(shared, directory, &path)?);
    }
    let entries = Arc::clone(&known);
    drop(known);
    Ok((path, entries))
}

fn list(shared: &Shared, directory: &OpenDirectory, path: &CanonicalPath) -> io::Result<Entries> {
    let mut entries = match &directory.directory {
        Some(open) => tree::list(open)?,
        None => Vec::new(),
    };
    entries.retain(|(name, _)| {
        let Some(path) = CanonicalPath::new(&path.as_path().join(name)) else {
            return false;
        };
        shared.files.lists.credential(&path).is_none() || !shared.is_closed(&path)
    });
    for name in shared.nodes().pinned_names(directory.number) {
        match entries.iter_mut().find(|(other, _)| *other == name) {
            Some((_, kind)) => *kind = None,
            None => entries.push((name, None)),
        }
    }
    Ok(entries)
}

pub(super) fn read(
    shared: &Arc<Shared>,
    number: u64,
    handle: FileHandle,
    offset: u64,
    reply: ReplyDirectory,
) {
    with_directory(shared, handle, reply, move |shared, directory, mut reply| {
        let entries = match entries(shared, directory, offset) {
            Ok((_, entries)) => entries,
            Err(error) => return reply.error(errno(error)),
        };
        let dots = [".", ".."].map(|name| (OsString::from(name), Some(SFlag::S_IFDIR)));
        let all = dots.iter().chain(entries.iter());
        for (at, (name, kind)) in (0u64..)
            .zip(all)
            .skip(usize::try_from(offset).unwrap_or(usize::MAX))
        {
            let known = shared.nodes().child(number, name).unwrap_or(UNKNOWN);
            // A mount point is what is mounted, mostly a directory.
            let kind = kind.map_or(FileType::Directory, attributes::file_type);
            if reply.add(INodeNo(known), at + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    });
}

pub(super) fn read_with_attributes(
    shared: &Arc<Shared>,
    number: u64,
    handle: FileHandle,
    offset: u64,
    reply: ReplyDirectoryPlus,
) {
    with_directory(shared, handle, reply, move |shared, directory, reply| {
        list_with_attributes(shared, number, directory, offset, reply);
    });
}

fn list_with_attributes(
    shared: &Shared,
    number: u64,
    directory: &OpenDirectory,
    offset: u64,
    mut reply: ReplyDirectoryPlus,
) {
    let (path, entries) = match entries(shared, directory, offset) {
        Ok(known) => known,
        Err(error) => return reply.error(errno(error)),
    };
    // Not in the match: there the nodes would be held until its end, and the attributes need them.
    let is_pinned = shared.nodes().is_pinned(directory.number);
    let own = match shared.see(&path, is_pinned) {
        Ok(seen) => shared.attributes(number, &seen).0,
        Err(error) => return reply.error(errno(error)),
    };
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    // The kernel takes no attributes from these two.
    for (at, name) in (1u64..).zip([".", ".."]).skip(start) {
        if reply.add(
            own.ino,
            at,
            OsStr::new(name),
            &Duration::ZERO,
            &own,
            Generation(0),
        ) {
            return reply.ok();
        }
    }
    for (at, (name, _)) in (3u64..).zip(entries.iter()).skip(start.saturating_sub(2)) {
        let Some(path) = CanonicalPath::new(&path.as_path().join(name)) else {
            continue;
        };
        let is_pinned = shared.nodes().is_pinned_name(number, name);
        // Gone meanwhile, or not to be looked at.
        let Ok(seen) = shared.see(&path, is_pinned) else {
            continue;
        };
        let (attributes, kept) = shared.enter(number, name, &seen);
        if reply.add(attributes.ino, at, name, &kept, &attributes, Generation(0)) {
            // It did not fit, so the kernel was not told of it.
            shared.nodes().forget(attributes.ino.0, 1);
            break;
        }
    }
    reply.ok();
}

pub(super) fn sync(shared: &Arc<Shared>, handle: FileHandle, reply: ReplyEmpty) {
    let directory = match shared.handles.directory(handle.0) {
        Ok(directory) => directory,
        Err(refused) => return reply.error(errno(refused)),
    };
    let place = directory.place.max(Place::Long);
    shared.run(place, move |begun| {
        if let Err(refused) = begun {
            return reply.error(refused);
        }
        let synced = match &directory.directory {
            Some(open) => open.sync_all(),
            None => Ok(()),
        };
        match synced {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(errno(error)),
        }
    });
}
