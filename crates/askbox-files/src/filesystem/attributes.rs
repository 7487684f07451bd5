//! Attributes, extended ones too, and the questions that programs ask about them before they open anything.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use askbox_policy::{CanonicalPath, Target, Verdict};
use fuser::{AccessFlags, Errno, FileHandle, ReplyAttr, ReplyEmpty, ReplyStatfs, ReplyXattr, TimeOrNow};
use nix::errno::Errno as HostErrno;
use nix::sys::stat::{FileStat, SFlag, fstat};
use nix::sys::time::TimeSpec;

use super::errno;
use super::placing::{at, unless_closed};
use crate::asked_mode::AskedMode;
use crate::attributes;
use crate::shared::{KEPT, Seen, Shared, Unseen};
use crate::tree::{self, Found};

/// What a program wants to change.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) mode: Option<u32>,
    pub(super) user: Option<u32>,
    pub(super) group: Option<u32>,
    pub(super) size: Option<u64>,
    pub(super) accessed: Option<TimeOrNow>,
    pub(super) modified: Option<TimeOrNow>,
}

/// What a program wants to change about an extended attribute.
#[derive(Debug)]
pub(super) enum Extended {
    Set { value: Vec<u8>, flags: i32 },
    Remove,
}

pub(super) fn get(shared: &Arc<Shared>, number: u64, handle: Option<FileHandle>, reply: ReplyAttr) {
    // Whoever has a file open sees it as it is, even when its name is gone.
    let open = handle.and_then(|handle| shared.handles.file(handle.0).ok());
    if let Some(open) = open {
        let then = Arc::clone(shared);
        return shared.run(open.place, move |begun| {
            let known = begun.and_then(|()| open.stat().map_err(errno));
            tell(&then, number, known, reply);
        });
    }
    let path = match shared.path(number) {
        Ok(path) => path,
        Err(error) => {
            let then = Arc::clone(shared);
            let place = shared.handles.place_of_node(number);
            return shared.run(place, move |begun| match begun {
                Ok(()) => nameless(&then, number, &error, reply),
                Err(refused) => reply.error(refused),
            });
        }
    };
    let then = Arc::clone(shared);
    shared.run(shared.place(path.as_path()), move |begun| {
        if let Err(refused) = begun {
            return reply.error(refused);
        }
        match look(&then, number, &path) {
            Ok(seen) => {
                let (attributes, kept) = then.attributes(number, &seen);
                reply.attr(&kept, &attributes);
            }
            Err(error) => nameless(&then, number, &error, reply),
        }
    });
}

/// The attributes of what is open, as they are.
fn tell(shared: &Shared, number: u64, known: Result<FileStat, Errno>, reply: ReplyAttr) {
    match known {
        Ok(stat) => reply.attr(&shared.kept(&stat), &attributes::real(number, &stat)),
        Err(error) => reply.error(error),
    }
}

/// The node as it is seen now: ESTALE when something else has its name, so that the kernel looks it up again.
fn look(shared: &Shared, number: u64, path: &CanonicalPath) -> io::Result<Seen> {
    let seen = shared.see(path, shared.nodes().is_pinned(number))?;
    match &seen {
        Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found)
            if !shared.nodes().is_same(number, found.object()) =>
        {
            Err(HostErrno::ESTALE.into())
        }
        Seen::Open(_) | Seen::Copied(..) | Seen::Unasked(_) | Seen::Closed(_) | Seen::MadeUp(_) => Ok(seen),
    }
}

/// What has no name any more still has attributes for whoever has it open.
fn nameless(shared: &Shared, number: u64, error: &io::Error, reply: ReplyAttr) {
    match stat_of_open(shared, number) {
        Some(stat) => reply.attr(&shared.kept(&stat), &attributes::real(number, &stat)),
        None => reply.error(Errno::from_i32(error.raw_os_error().unwrap_or(libc::ENOENT))),
    }
}

fn stat_of_open(shared: &Shared, number: u64) -> Option<FileStat> {
    if let Some(open) = shared.handles.of_node(number) {
        return open.stat().ok();
    }
    let open = shared.handles.directory_of_node(number)?;
    fstat(open.directory.as_ref()?).ok()
}

pub(super) fn set(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    handle: Option<FileHandle>,
    change: Change,
    reply: ReplyAttr,
) {
    let owner = shared.owner;
    let is_other = |wanted: Option<u32>, own: u32| wanted.is_some_and(|id| id != own && id != u32::MAX);
    if is_other(change.user, owner.user) || is_other(change.group, owner.group) {
        return reply.error(Errno::EPERM);
    }
    // A file that was opened for writing may be truncated without another question.
    let open = match handle.map(|handle| shared.handles.file(handle.0)) {
        Some(Ok(open)) if open.can_write => Some(open),
        Some(Err(refused)) => return reply.error(errno(refused)),
        Some(Ok(_)) | None => None,
    };
    if let (Some(open), Some(size), None) = (&open, change.size, change.mode) {
        let (open, then) = (Arc::clone(open), Arc::clone(shared));
        return shared.run(open.place, move |begun| {
            let cut = || open.file.set_len(size).and_then(|()| Ok(fstat(&open.file)?));
            tell(&then, number, begun.and_then(|()| cut().map_err(errno)), reply);
        });
    }
    let path = match shared.path(number) {
        Ok(path) => path,
        Err(error) => {
            let then = Arc::clone(shared);
            let place = shared.handles.place_of_node(number);
            return shared.run(place, move |begun| match begun {
                Ok(()) => set_nameless(&then, number, &change, &error, reply),
                Err(refused) => reply.error(refused),
            });
        }
    };
    unless_closed(shared, thread, number, path, reply, move |shared, path, reply| {
        set_named(shared, thread, number, path, change, reply);
    });
}

fn set_named(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    path: CanonicalPath,
    change: Change,
    reply: ReplyAttr,
) {
    let is_pinned = shared.nodes().is_pinned(number);
    let then = Arc::clone(shared);
    shared.admit(thread, vec![Target::Write(path.clone())], move |permits| {
        let set = || match look(&then, number, &path)? {
            Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found) => {
                apply(&then, &path, &found, &change)?;
                found.stat_now()
            }
            Seen::Closed(_) => Err(HostErrno::EACCES.into()),
            Seen::MadeUp(_) => Err(HostErrno::EBUSY.into()),
        };
        match permits.and_then(|_held| set().map_err(errno)) {
            Ok(stat) if is_pinned => reply.attr(&KEPT, &attributes::neutral(number, &stat)),
            Ok(stat) => reply.attr(&then.kept(&stat), &attributes::real(number, &stat)),
            Err(refused) => reply.error(refused),
        }
    });
}

/// What has no name any more can be changed by whoever has it open for writing, and by everybody who has it open when it has no
/// other name on the host.
fn set_nameless(shared: &Shared, number: u64, change: &Change, error: &io::Error, reply: ReplyAttr) {
    let changed = if let Some(open) = shared.handles.of_node(number)
        && (open.can_write || has_no_name(&open.file))
    {
        change_open(&open.file, change)
    } else if let Some(open) = shared.handles.directory_of_node(number)
        && let Some(directory) = open.directory.as_ref().filter(|directory| has_no_name(directory))
    {
        change_open(directory, change)
    } else {
        Err(HostErrno::from_raw(error.raw_os_error().unwrap_or(libc::ENOENT)).into())
    };
    tell(shared, number, changed.map_err(errno), reply);
}

fn has_no_name(open: &File) -> bool {
    fstat(open).is_ok_and(|stat| stat.st_nlink == 0)
}

fn change_open(open: &File, change: &Change) -> io::Result<FileStat> {
    if let Some(size) = change.size {
        open.set_len(size)?;
    }
    if let Some(mode) = change.mode {
        use std::os::unix::fs::PermissionsExt;
        let mode = AskedMode::parse(mode, tree::kind(&fstat(open)?))?;
        open.set_permissions(std::fs::Permissions::from_mode(mode.bits()))?;
    }
    if change.accessed.is_some() || change.modified.is_some() {
        nix::sys::stat::futimens(open, &time(change.accessed), &time(change.modified))?;
    }
    Ok(fstat(open)?)
}

fn apply(shared: &Shared, path: &CanonicalPath, found: &Found, change: &Change) -> io::Result<()> {
    if let Some(size) = change.size {
        found.open(nix::fcntl::OFlag::O_WRONLY)?.set_len(size)?;
    }
    if let Some(mode) = change.mode {
        if found.kind() == SFlag::S_IFLNK {
            return Err(HostErrno::EOPNOTSUPP.into());
        }
        found.set_mode(AskedMode::parse(mode, found.kind())?)?;
    }
    if change.accessed.is_some() || change.modified.is_some() {
        let (accessed, modified) = (time(change.accessed), time(change.modified));
        if found.kind() == SFlag::S_IFLNK {
            shared
                .tree
                .spot(path.as_path())?
                .set_times_of_link(&accessed, &modified)?;
        } else {
            found.set_times(&accessed, &modified)?;
        }
    }
    Ok(())
}

fn time(wanted: Option<TimeOrNow>) -> TimeSpec {
    match wanted {
        None => TimeSpec::UTIME_OMIT,
        Some(TimeOrNow::Now) => TimeSpec::UTIME_NOW,
        Some(TimeOrNow::SpecificTime(time)) => since_epoch(time),
    }
}

fn since_epoch(time: SystemTime) -> TimeSpec {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => TimeSpec::from_duration(after),
        // fuser counts both parts of what the kernel sends back from 1970; the kernel counts nanoseconds forward, always.
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            TimeSpec::new(-seconds, before.subsec_nanos().into())
        }
    }
}

pub(super) fn file_system(shared: &Arc<Shared>, number: u64, reply: ReplyStatfs) {
    at(shared, number, reply, move |shared, path, reply| {
        // A directory that the host does not have would be made where its parent is.
        let known = path
            .as_path()
            .ancestors()
            .find_map(|place| shared.tree.find(place).ok()?.file_system().ok());
        let Some(known) = known else {
            return reply.error(Errno::ENOENT);
        };
        reply.statfs(
            known.blocks(),
            known.blocks_free(),
            known.blocks_available(),
            known.files(),
            known.files_free(),
            u32::try_from(known.block_size()).unwrap_or(4096),
            u32::try_from(known.name_max()).unwrap_or(255),
            u32::try_from(known.fragment_size()).unwrap_or(4096),
        );
    });
}

/// access(2): programs ask this before they open, and many cope with a no here and not later. So reading is asked about as
/// if it were opened. Writing and executing are not: editors and shells want to know it of files that they only show, so what
/// a person would be asked about is possible.
pub(super) fn check_access(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    mask: AccessFlags,
    reply: ReplyEmpty,
) {
    at(shared, number, reply, move |shared, path, reply| {
        let found = match shared.see(&path, shared.nodes().is_pinned(number)) {
            Ok(Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found)) => found,
            Ok(Seen::MadeUp(_)) => return reply.ok(),
            Ok(Seen::Closed(_)) if mask.is_empty() => return reply.ok(),
            Ok(Seen::Closed(_)) | Err(Unseen::Hidden) => {
                let target = Target::Read(path);
                return shared.refuse(thread, target, move || reply.error(Errno::EACCES));
            }
            Err(Unseen::Host(error)) => return reply.error(errno(error)),
        };
        let is_directory = found.kind() == SFlag::S_IFDIR;
        let mut targets = Vec::new();
        if mask.contains(AccessFlags::R_OK) {
            targets.push(Target::Read(path.clone()));
        }
        if mask.contains(AccessFlags::W_OK) && !is_directory {
            targets.push(Target::Write(path.clone()));
        }
        if mask.contains(AccessFlags::X_OK) && !is_directory {
            targets.push(Target::Execute(path.clone()));
        }
        targets.retain(|target| match shared.gate.peek(&shared.request(target.clone())) {
            Verdict::Allow(_) => false,
            Verdict::Deny(_) => true,
            Verdict::Ask(_) => matches!(target, Target::Read(_)) && !is_directory,
        });
        shared.admit(thread, targets, move |permits| {
            let mode = nix::unistd::AccessFlags::from_bits_truncate(mask.bits());
            match permits.and_then(|_permits| found.check_access(mode).map_err(errno)) {
                Ok(()) => reply.ok(),
                Err(refused) => reply.error(refused),
            }
        });
    });
}

/// Only the attributes that belong to users: others are the system's, and capabilities mean nothing here.
fn is_for_users(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"user.")
}

pub(super) fn get_extended(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    name: &OsStr,
    size: u32,
    reply: ReplyXattr,
) {
    if !is_for_users(name) {
        return reply.error(Errno::ENODATA);
    }
    let name = name.to_owned();
    with_open(shared, thread, number, reply, move |found, reply| {
        match found.attribute(&name) {
            Ok(Some(value)) => answer(&value, size, reply),
            Ok(None) => reply.error(Errno::ENODATA),
            Err(error) => reply.error(errno(error)),
        }
    });
}

pub(super) fn list_extended(shared: &Arc<Shared>, thread: u32, number: u64, size: u32, reply: ReplyXattr) {
    with_open(shared, thread, number, reply, move |found, reply| {
        let names = match found.attribute_names() {
            Ok(names) => names,
            Err(error) => return reply.error(errno(error)),
        };
        let mut list = Vec::new();
        for name in names.iter().filter(|name| is_for_users(name)) {
            list.extend_from_slice(name.as_encoded_bytes());
            list.push(0);
        }
        answer(&list, size, reply);
    });
}

/// Their values and names are content, so this is a read. What nobody opened has none to speak of: programs ask for them
/// wherever they look, so that would ask about all that is listed. Where writing alone is allowed it does ask.
fn with_open(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    reply: ReplyXattr,
    work: impl FnOnce(&Found, ReplyXattr) + Send + 'static,
) {
    at(shared, number, reply, move |shared, path, reply| {
        match look(shared, number, &path) {
            Ok(Seen::Open(found)) if matches!(found.kind(), SFlag::S_IFREG | SFlag::S_IFDIR) => {
                shared.admit(thread, vec![Target::Read(path)], move |permits| match permits {
                    Ok(_held) => work(&found, reply),
                    Err(refused) => reply.error(refused),
                });
            }
            Ok(Seen::Open(_) | Seen::Copied(..) | Seen::Unasked(_) | Seen::Closed(_) | Seen::MadeUp(_)) => {
                reply.error(Errno::ENODATA);
            }
            Err(error) => reply.error(errno(error)),
        }
    });
}

fn answer(value: &[u8], size: u32, reply: ReplyXattr) {
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    if size == 0 {
        reply.size(length);
    } else if size < length {
        reply.error(Errno::ERANGE);
    } else {
        reply.data(value);
    }
}

pub(super) fn set_extended(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    name: &OsStr,
    change: Extended,
    reply: ReplyEmpty,
) {
    if !is_for_users(name) {
        return reply.error(Errno::EOPNOTSUPP);
    }
    let path = match shared.path(number) {
        Ok(path) => path,
        Err(error) => return reply.error(errno(error)),
    };
    let name: OsString = name.to_owned();
    unless_closed(shared, thread, number, path, reply, move |shared, path, reply| {
        let then = Arc::clone(shared);
        shared.admit(thread, vec![Target::Write(path.clone())], move |permits| {
            let set = || match look(&then, number, &path)? {
                Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found) => {
                    change_extended(&found, &name, &change)
                }
                Seen::Closed(_) | Seen::MadeUp(_) => Err(HostErrno::EACCES.into()),
            };
            match permits.and_then(|_held| set().map_err(errno)) {
                Ok(()) => reply.ok(),
                Err(refused) => reply.error(refused),
            }
        });
    });
}

fn change_extended(found: &Found, name: &OsStr, change: &Extended) -> io::Result<()> {
    match change {
        Extended::Remove => found.remove_attribute(name),
        Extended::Set { value, flags } => {
            // Who may write it need not be able to read it, so nothing is looked at unless the program asks for that.
            let is_there = || Ok::<_, io::Error>(found.attribute(name)?.is_some());
            if flags & libc::XATTR_CREATE != 0 && is_there()? {
                return Err(HostErrno::EEXIST.into());
            }
            if flags & libc::XATTR_REPLACE != 0 && !is_there()? {
                return Err(HostErrno::ENODATA.into());
            }
            found.set_attribute(name, value)
        }
    }
}
