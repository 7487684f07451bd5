//! Where an operation that needs an answer is done: on the thread that took it, or in a pool; and that it is refused where
//! neither is possible.

use std::sync::Arc;

use askbox_policy::{CanonicalPath, Target};
use fuser::{
    Errno, FileHandle, ReplyAttr, ReplyData, ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry,
    ReplyLock, ReplyLseek, ReplyOpen, ReplyStatfs, ReplyWrite, ReplyXattr,
};

use super::errno;
use crate::handles::OpenFile;
use crate::pool::Place;
use crate::shared::{Seen, Shared, Unseen};

/// An answer that can be a refusal, whatever else it can be.
pub(super) trait Refusable: Send + 'static {
    fn refuse(self, error: Errno);
}

macro_rules! refusable {
    ($($reply:ty),*) => {
        $(impl Refusable for $reply {
            fn refuse(self, error: Errno) {
                self.error(error);
            }
        })*
    };
}

refusable!(
    ReplyAttr,
    ReplyData,
    ReplyDirectory,
    ReplyDirectoryPlus,
    ReplyEmpty,
    ReplyEntry,
    ReplyLock,
    ReplyLseek,
    ReplyOpen,
    ReplyStatfs,
    ReplyWrite,
    ReplyXattr
);

/// Answers about a node by its path, on a thread that may look at it; refuses when its name is gone.
pub(super) fn at<R: Refusable>(
    shared: &Arc<Shared>,
    number: u64,
    reply: R,
    work: impl FnOnce(&Arc<Shared>, CanonicalPath, R) + Send + 'static,
) {
    let path = match shared.path(number) {
        Ok(path) => path,
        Err(error) => return reply.refuse(errno(error)),
    };
    let then = Arc::clone(shared);
    shared.run(shared.place(path.as_path()), move |begun| match begun {
        Ok(()) => work(&then, path, reply),
        Err(refused) => reply.refuse(refused),
    });
}

/// Goes on with a change to a node that somebody may be asked about, by a thread that may look at it. What the credential
/// list closes is refused instead, with an event: an answer would change nothing.
pub(super) fn unless_closed<R: Refusable>(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    path: CanonicalPath,
    reply: R,
    work: impl FnOnce(&Arc<Shared>, CanonicalPath, R) + Send + 'static,
) {
    let then = Arc::clone(shared);
    shared.run(shared.place(path.as_path()), move |begun| {
        if let Err(refused) = begun {
            return reply.refuse(refused);
        }
        // Not in the match: there the nodes would be held until its end, and what goes on needs them.
        let is_pinned = then.nodes().is_pinned(number);
        match then.see(&path, is_pinned) {
            Ok(Seen::Closed(_)) | Err(Unseen::Hidden) => {
                let target = Target::Write(path);
                then.refuse(thread, target, move || reply.refuse(Errno::EACCES));
            }
            Ok(Seen::Open(_) | Seen::Copied(..) | Seen::Unasked(_) | Seen::MadeUp(_)) => {
                work(&then, path, reply);
            }
            Err(Unseen::Host(error)) => reply.refuse(errno(error)),
        }
    });
}

/// Does what an open file is needed for, on a thread that may; refuses when it may not be used any more.
pub(super) fn with_file<R: Refusable>(
    shared: &Arc<Shared>,
    handle: FileHandle,
    patience: Patience,
    reply: R,
    work: impl FnOnce(&Arc<OpenFile>, R) + Send + 'static,
) {
    let file = match shared.handles.file(handle.0) {
        Ok(file) => file,
        Err(refused) => return reply.refuse(errno(refused)),
    };
    let place = match (file.place, patience) {
        (Place::Here, Patience::Long) => Place::Long,
        (place @ (Place::Here | Place::Long | Place::Slow(_)), Patience::Short | Patience::Long) => place,
    };
    shared.run(place, move |begun| match begun {
        // Again: it may have been revoked while there was no place.
        Ok(()) if file.is_revoked() => reply.refuse(Errno::EACCES),
        Ok(()) => work(&file, reply),
        Err(refused) => reply.refuse(refused),
    });
}

/// How long something takes on a file system that is not slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// No longer than handing it to another thread would.
    Short,
    /// As long as a disk takes to write, or more.
    Long,
}
