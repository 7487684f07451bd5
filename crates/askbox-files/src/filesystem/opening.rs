//! Opening and creating files: the moment at which a program waits for an answer.

use std::ffi::OsStr;
use std::io;
use std::sync::Arc;

use askbox_gate::Permit;
use askbox_policy::{CanonicalPath, Target};
use fuser::{Errno, FileHandle, FopenFlags, Generation, ReplyCreate, ReplyEmpty, ReplyOpen};
use nix::errno::Errno as HostErrno;
use nix::fcntl::OFlag;
use nix::sys::stat::SFlag;

use super::placing::at;
use super::{errno, names};
use crate::asked_mode::AskedMode;
use crate::attributes;
use crate::handles::OpenFile;
use crate::locks::Holder;
use crate::pool::Place;
use crate::shared::{KEPT, Seen, Shared, Unseen};
use crate::tree::{self, Found};

/// The kernel's own mark for an open that is part of execve(2) (`FMODE_EXEC` in linux/fs.h, passed on by FUSE).
const FOR_EXECUTION: i32 = 0x20;

/// What an open asks for, one thing at least.
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

/// Whether the program's own writes go to the end.
fn appends(flags: i32) -> bool {
    flags & libc::O_APPEND != 0 && flags & libc::O_ACCMODE != libc::O_RDONLY
}

fn may_write(flags: i32) -> bool {
    flags & libc::O_ACCMODE != libc::O_RDONLY || flags & libc::O_TRUNC != 0
}

pub(super) fn open(shared: &Arc<Shared>, thread: u32, number: u64, flags: i32, reply: ReplyOpen) {
    at(shared, number, reply, move |shared, path, reply| {
        let mut targets = targets(&path, flags);
        let found = match shared.see(&path, shared.nodes().is_pinned(number)) {
            Ok(Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found)) => found,
            Ok(Seen::Closed(_)) | Err(Unseen::Hidden) => {
                let first = targets.swap_remove(0);
                return shared.refuse(thread, first, move || reply.error(Errno::EACCES));
            }
            Ok(Seen::MadeUp(_)) => return reply.error(Errno::EISDIR),
            Err(Unseen::Host(error)) => return reply.error(errno(error)),
        };
        if !shared.nodes().is_same(number, found.object()) {
            return reply.error(Errno::ESTALE);
        }
        let then = Arc::clone(shared);
        shared.admit(thread, targets, move |permits| {
            let opened = permits.and_then(|permits| {
                // The rules changed meanwhile: looked up again, it is the other one.
                if found.is_copy() != permits.iter().any(|permit| permit.by().is_for_copy()) {
                    return Err(Errno::ESTALE);
                }
                let taken = if found.is_copy() {
                    take_copy(&then, number, &path, &found, flags, permits)
                } else {
                    take(&then, number, then.place(path.as_path()), &found, flags, permits)
                };
                taken.map_err(errno)
            });
            match opened {
                Ok((handle, kept)) => reply.opened(FileHandle(handle), kept),
                Err(refused) => reply.error(refused),
            }
        });
    });
}

/// Opens what was asked about, and keeps it.
fn take(
    shared: &Shared,
    number: u64,
    place: Place,
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
    if !may_write(flags) {
        // There is nothing that a close would have to wait for. It saves one of the two waits that a program which reads a
        // small file has for us.
        open = open.closed_once();
        kept |= FopenFlags::FOPEN_NOFLUSH;
    }
    open.place = place;
    if appends(flags) {
        open.appending = Some(found.open(OFlag::O_WRONLY | OFlag::O_APPEND)?);
    }
    Ok((keep(shared, open)?, kept))
}

/// Keeps what is open, unless that was revoked while it was opened: whoever looked for it then did not find it yet.
fn keep(shared: &Shared, open: OpenFile) -> io::Result<u64> {
    let handle = shared.handles.add_file(open)?;
    match shared.handles.file(handle) {
        Ok(_) => Ok(handle),
        Err(revoked) => {
            drop(shared.handles.close_file(handle));
            Err(revoked.into())
        }
    }
}

/// Forgets what is open, with the locks of its holders: nobody waits for that.
pub(super) fn close(shared: &Arc<Shared>, handle: FileHandle, holder: Option<Holder>, reply: ReplyEmpty) {
    let file = shared.handles.close_file(handle.0);
    let holders = file.iter().flat_map(|file| file.lockers()).chain(holder);
    let locks: Vec<_> = holders
        .filter_map(|holder| shared.locks.take_all(holder))
        .collect();
    let place = file.as_ref().map_or(Place::Here, |file| file.place);
    let freed = (!locks.is_empty()).then(|| Arc::clone(shared));
    shared.close(place, (locks, file), move || {
        if let Some(shared) = freed {
            shared.locks.freed.notify_waiters();
        }
        reply.ok();
    });
}

/// Opens a copy of what was asked about. What is opened for writing as well would lose the secrets, so it is not opened at all.
fn take_copy(
    shared: &Shared,
    number: u64,
    path: &CanonicalPath,
    found: &Found,
    flags: i32,
    permits: Vec<Permit>,
) -> io::Result<(u64, FopenFlags)> {
    if may_write(flags) {
        return Err(HostErrno::EACCES.into());
    }
    let copy = shared.copy_of(path, found)?.ok_or(HostErrno::EACCES)?;
    let file = tree::in_memory(&copy)?;
    let mut open = OpenFile::new(number, file, false, permits);
    open.copied = Some(*found.stat());
    Ok((keep(shared, open)?, FopenFlags::empty()))
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
    let mode = match AskedMode::parse(mode, SFlag::S_IFREG) {
        Ok(mode) => mode,
        Err(refused) => return reply.error(errno(refused)),
    };
    let name = name.to_owned();
    let then = Arc::clone(shared);
    // What is new holds nothing that could be read.
    shared.admit(thread, vec![Target::Write(path.clone())], move |permits| {
        let created = permits.and_then(|permits| {
            let shared = &then;
            let opened = names::spot(shared, parent, &path).and_then(|spot| {
                let (file, appending) = if appends(flags) {
                    let (file, appending) = spot.create_for_appending(access(flags), mode)?;
                    (file, Some(appending))
                } else {
                    (spot.create(access(flags) | OFlag::O_EXCL, mode)?, None)
                };
                let found = Found::of(&file)?;
                Ok((file, appending, found))
            });
            let (file, appending, found) = match opened {
                // Somebody on the host was faster. Looked up again, it is opened, which asks for what that needs.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && flags & libc::O_EXCL == 0 => {
                    return Err(Errno::ESTALE);
                }
                other => other.map_err(errno)?,
            };
            let number = shared.nodes().enter(parent, &name, Some(found.object()));
            let mut open = OpenFile::new(number, file, true, permits);
            open.appending = appending;
            open.place = shared.place(path.as_path());
            let attributes = attributes::real(number, found.stat());
            Ok((attributes, keep(shared, open).map_err(errno)?))
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
