//! Opening and creating files: the moment at which a program waits for an answer.

use std::ffi::OsStr;
use std::io;
use std::sync::Arc;

use askbox_gate::Permit;
use askbox_policy::{CanonicalPath, Target};
use fuser::{Errno, FileHandle, FopenFlags, Generation, ReplyCreate, ReplyOpen};
use nix::fcntl::OFlag;

use super::{errno, names};
use crate::attributes;
use crate::handles::OpenFile;
use crate::shared::{KEPT, Seen, Shared};
use crate::tree::{self, Found};

/// The kernel's own mark for an open that is part of execve(2) (`FMODE_EXEC` in linux/fs.h, passed on by FUSE).
const FOR_EXECUTION: i32 = 0x20;

/// What an open asks for.
fn targets(path: &CanonicalPath, flags: i32) -> Vec<Target> {
    if flags & FOR_EXECUTION != 0 {
        return vec![Target::Execute(path.clone())];
    }
    let mut targets = Vec::new();
    if flags & libc::O_ACCMODE != libc::O_WRONLY {
        targets.push(Target::Read(path.clone()));
    }
    if may_write(flags) {
        targets.push(Target::Write(path.clone()));
    }
    targets
}

fn may_write(flags: i32) -> bool {
    flags & libc::O_ACCMODE != libc::O_RDONLY || flags & libc::O_TRUNC != 0
}

pub(super) fn open(shared: &Arc<Shared>, thread: u32, number: u64, flags: i32, reply: ReplyOpen) {
    let path = match shared.path(number) {
        Ok(path) => path,
        Err(error) => return reply.error(errno(error)),
    };
    shared.run(path.clone().as_path(), move |shared| {
        let seen = shared.see(&path, shared.nodes().is_pinned(number));
        let found = match seen {
            Ok(Seen::Open(found) | Seen::Unasked(found)) => Ok(found),
            Ok(Seen::Closed(_)) => Err(Errno::EACCES),
            Ok(Seen::MadeUp(_)) => Err(Errno::EISDIR),
            Err(error) => Err(errno(error)),
        };
        let found = match found {
            Ok(found) if !shared.nodes().is_same(number, found.object()) => {
                return reply.error(Errno::ESTALE);
            }
            Ok(found) => found,
            Err(refused) if refused == Errno::EACCES => {
                return refuse(shared, thread, &path, flags, reply);
            }
            Err(refused) => return reply.error(refused),
        };
        let then = Arc::clone(shared);
        shared.admit(thread, targets(&path, flags), move |permits| {
            let opened =
                permits.and_then(|permits| take(&then, number, &found, flags, permits).map_err(errno));
            match opened {
                Ok((handle, kept)) => reply.opened(FileHandle(handle), kept),
                Err(refused) => reply.error(refused),
            }
        });
    });
}

/// What is closed whatever is allowed: the gate says no and logs it. Where it does not, an object is closed that has another
/// name on the list than this path, and that name is what was asked for.
fn refuse(shared: &Arc<Shared>, thread: u32, path: &CanonicalPath, flags: i32, reply: ReplyOpen) {
    if shared.is_closed(path) {
        shared.admit(thread, targets(path, flags), move |_refused| {
            reply.error(Errno::EACCES);
        });
        return;
    }
    shared.refuse_guarded(thread, path, move || reply.error(Errno::EACCES));
}

/// Opens what was asked about, and keeps it.
fn take(
    shared: &Shared,
    number: u64,
    found: &Found,
    flags: i32,
    permits: Vec<Permit>,
) -> io::Result<(u64, FopenFlags)> {
    let file = found.open(access(flags) | truncation(flags))?;
    let mut kept = FopenFlags::empty();
    let look = tree::look(&nix::sys::stat::fstat(&file)?);
    if shared.nodes().look(number, look) {
        kept |= FopenFlags::FOPEN_KEEP_CACHE;
    }
    let mut open = OpenFile::new(number, file, may_write(flags), permits);
    if flags & libc::O_APPEND != 0 && may_write(flags) {
        open.appending = Some(found.open(OFlag::O_WRONLY | OFlag::O_APPEND)?);
    }
    Ok((shared.handles.add_file(open), kept))
}

pub(super) fn create(
    shared: &Arc<Shared>,
    thread: u32,
    parent: u64,
    name: &OsStr,
    mode: u32,
    flags: i32,
    reply: ReplyCreate,
) {
    let path = match shared.path_in(parent, name) {
        Ok(path) => path,
        Err(error) => return reply.error(errno(error)),
    };
    if shared.nodes().is_pinned_name(parent, name) {
        return reply.error(Errno::EBUSY);
    }
    if !shared.files.view.holds(path.as_path()) {
        return reply.error(Errno::EACCES);
    }
    let name = name.to_owned();
    let then = Arc::clone(shared);
    // What is new holds nothing that could be read.
    shared.admit(thread, vec![Target::Write(path.clone())], move |permits| {
        let created = permits.and_then(|permits| {
            let shared = &then;
            let file = names::spot(shared, parent, &path).and_then(|spot| {
                let file = spot.create(access(flags) | OFlag::O_EXCL, mode)?;
                let found = spot.find()?;
                // The daemon's own mask is not the program's.
                found.set_mode(mode)?;
                Ok((file, found))
            });
            let (file, found) = match file {
                // Somebody on the host was faster. Looked up again, it is opened, which asks for what that needs.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && flags & libc::O_EXCL == 0 => {
                    return Err(Errno::ESTALE);
                }
                other => other.map_err(errno)?,
            };
            let number = shared.nodes().enter(parent, &name, Some(found.object()));
            let mut open = OpenFile::new(number, file, true, permits);
            if flags & libc::O_APPEND != 0 {
                open.appending = Some(found.open(OFlag::O_WRONLY | OFlag::O_APPEND).map_err(errno)?);
            }
            let attributes = attributes::real(number, &found.stat_now().map_err(errno)?);
            Ok((attributes, shared.handles.add_file(open)))
        });
        match created {
            Ok((attributes, handle)) => {
                let no_flags = FopenFlags::empty();
                reply.created(&KEPT, &attributes, Generation(0), FileHandle(handle), no_flags);
            }
            Err(refused) => reply.error(refused),
        }
    });
}

/// How the host's file is opened.
fn access(flags: i32) -> OFlag {
    match flags & libc::O_ACCMODE {
        libc::O_WRONLY => OFlag::O_WRONLY,
        libc::O_RDWR => OFlag::O_RDWR,
        _ => OFlag::O_RDONLY,
    }
}

fn truncation(flags: i32) -> OFlag {
    if flags & libc::O_TRUNC != 0 {
        OFlag::O_TRUNC
    } else {
        OFlag::empty()
    }
}
