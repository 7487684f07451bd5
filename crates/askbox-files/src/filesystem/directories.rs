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
use crate::handles::OpenDirectory;
use crate::listing::Listing;
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

/// What is in an open directory: read from the host at the start, and the same until the program starts anew. ENOMEM where the
/// listings of the session take too much.
fn listing(
    shared: &Shared,
    directory: &OpenDirectory,
    offset: u64,
) -> io::Result<(CanonicalPath, Arc<Listing>)> {
    let path = shared.path(directory.number)?;
    let mut known = directory
        .listing
        .lock()
        .map_err(|_poisoned| nix::errno::Errno::EIO)?;
    if offset == 0 {
        // First, so that the two are not there at a time.
        *known = None;
    }
    let listing = match &*known {
        Some(listing) => Arc::clone(listing),
        None => Arc::clone(known.insert(Arc::new(list(shared, directory, &path)?))),
    };
    drop(known);
    Ok((path, listing))
}

fn list(shared: &Shared, directory: &OpenDirectory, path: &CanonicalPath) -> io::Result<Listing> {
    let mut listing = shared.listings.begin();
    if let Some(open) = &directory.directory {
        tree::list(open, |name, kind| {
            let is_shown = CanonicalPath::new(&path.as_path().join(name)).is_some_and(|path| {
                shared.files.lists.credential(&path).is_none() || !shared.is_closed(&path)
            });
            if is_shown {
                listing.push(name, kind)?;
            }
            Ok(())
        })?;
    }
    for name in shared.nodes().pinned_names(directory.number) {
        listing.hide_kind(&name)?;
    }
    Ok(listing.finish())
}

pub(super) fn read(
    shared: &Arc<Shared>,
    number: u64,
    handle: FileHandle,
    offset: u64,
    reply: ReplyDirectory,
) {
    with_directory(shared, handle, reply, move |shared, directory, mut reply| {
        let listing = match listing(shared, directory, offset) {
            Ok((_, listing)) => listing,
            Err(error) => return reply.error(errno(error)),
        };
        let dots = [".", ".."].map(|name| (OsString::from(name), Some(SFlag::S_IFDIR)));
        let all = dots.iter().chain(listing.entries());
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
    let (path, listing) = match listing(shared, directory, offset) {
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
    for (at, (name, _)) in (3u64..).zip(listing.entries()).skip(start.saturating_sub(2)) {
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
