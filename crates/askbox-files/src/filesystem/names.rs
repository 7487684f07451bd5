//! Names: looking them up, making, renaming and removing them. Changing a name is a write to its path.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_policy::builtin_lists::List;
use askbox_policy::{Basis, CanonicalPath, Target, Verdict};
use fuser::{Errno, Generation, RenameFlags, ReplyData, ReplyEmpty, ReplyEntry};
use nix::fcntl::OFlag;
use nix::sys::stat::SFlag;

use super::errno;
use super::placing::{at, unless_closed};
use crate::asked_mode::AskedMode;
use crate::shared::{Seen, Shared, Unseen};
use crate::tree::{self, Found, Spot};

/// What a name that is removed stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
}

pub(super) fn lookup(shared: &Arc<Shared>, thread: u32, parent: u64, name: &OsStr, reply: ReplyEntry) {
    let path = match shared.path_in(parent, name) {
        Ok(path) => path,
        Err(error) => return reply.error(errno(error)),
    };
    let name = name.to_owned();
    let then = Arc::clone(shared);
    shared.run(shared.place(path.as_path()), move |begun| {
        let shared = &then;
        if let Err(refused) = begun {
            return reply.error(refused);
        }
        let is_pinned = shared.nodes().is_pinned_name(parent, &name);
        if !is_pinned && !shared.files.view.holds(path.as_path()) {
            return reply.error(Errno::ENOENT);
        }
        match shared.see(&path, is_pinned) {
            Ok(seen) => enter(shared, parent, &name, &seen, reply),
            // Whoever looks there tries to read it.
            Err(Unseen::Hidden) => {
                shared.refuse(thread, Target::Read(path), move || reply.error(Errno::EACCES));
            }
            Err(Unseen::Host(error)) => reply.error(errno(error)),
        }
    });
}

/// Tells the kernel of a name.
fn enter(shared: &Shared, parent: u64, name: &OsStr, seen: &Seen, reply: ReplyEntry) {
    let (attributes, kept) = shared.enter(parent, name, seen);
    let name_kept = shared.name_kept(attributes.ino.0);
    reply.entry_with_ttls(&kept, &name_kept, &attributes, Generation(0));
}

/// Tells the kernel of a name that was just made.
fn enter_new(shared: &Shared, parent: u64, name: &OsStr, path: &CanonicalPath, reply: ReplyEntry) {
    match shared.see(path, false) {
        Ok(seen) => enter(shared, parent, name, &seen, reply),
        Err(error) => reply.error(errno(error)),
    }
}

/// Where a link leads is part of finding the way, and the kernel needs it to ask about what lies there.
pub(super) fn read_link(shared: &Arc<Shared>, number: u64, reply: ReplyData) {
    at(shared, number, reply, move |shared, path, reply| {
        let target = match shared.see(&path, shared.nodes().is_pinned(number)) {
            Ok(Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found)) => found.link_target(),
            Ok(Seen::Closed(_) | Seen::MadeUp(_)) => Err(nix::errno::Errno::EACCES.into()),
            Err(unseen) => Err(unseen.into()),
        };
        match target {
            Ok(target) => reply.data(target.as_encoded_bytes()),
            Err(error) => reply.error(errno(error)),
        }
    });
}

pub(super) fn make_directory(
    shared: &Arc<Shared>,
    thread: u32,
    parent: u64,
    name: &OsStr,
    mode: u32,
    reply: ReplyEntry,
) {
    make(shared, thread, parent, name, reply, move |spot| {
        spot.make_directory(AskedMode::parse(mode, SFlag::S_IFDIR)?)
    });
}

pub(super) fn make_link(
    shared: &Arc<Shared>,
    thread: u32,
    parent: u64,
    name: &OsStr,
    target: &Path,
    reply: ReplyEntry,
) {
    let target: PathBuf = target.to_owned();
    make(shared, thread, parent, name, reply, move |spot| {
        spot.make_link(&target)
    });
}

/// Regular files only: devices, sockets and named pipes on the host are nothing for a sandbox.
pub(super) fn make_node(
    shared: &Arc<Shared>,
    thread: u32,
    parent: u64,
    name: &OsStr,
    mode: u32,
    reply: ReplyEntry,
) {
    let kind = SFlag::from_bits_truncate(mode & SFlag::S_IFMT.bits());
    if !matches!(kind, SFlag::S_IFREG) && mode & SFlag::S_IFMT.bits() != 0 {
        return reply.error(Errno::EPERM);
    }
    let mode = match AskedMode::parse(mode, SFlag::S_IFREG) {
        Ok(mode) => mode,
        Err(refused) => return reply.error(errno(refused)),
    };
    make(shared, thread, parent, name, reply, move |spot| {
        spot.create(OFlag::O_WRONLY | OFlag::O_EXCL, mode).map(drop)
    });
}

/// Makes a name after the gate has allowed writing to its path.
fn make(
    shared: &Arc<Shared>,
    thread: u32,
    parent: u64,
    name: &OsStr,
    reply: ReplyEntry,
    work: impl FnOnce(&Spot) -> io::Result<()> + Send + 'static,
) {
    let (path, name) = match changeable(shared, parent, name) {
        Ok(place) => place,
        Err(error) => return reply.error(errno(error)),
    };
    let then = Arc::clone(shared);
    shared.admit(thread, vec![Target::Write(path.clone())], move |permits| {
        let make = || spot(&then, parent, &path).and_then(|spot| work(&spot));
        match permits.and_then(|_held| make().map_err(errno)) {
            Ok(()) => enter_new(&then, parent, &name, &path, reply),
            Err(refused) => reply.error(refused),
        }
    });
}

pub(super) fn remove(
    shared: &Arc<Shared>,
    thread: u32,
    parent: u64,
    name: &OsStr,
    kind: Kind,
    reply: ReplyEmpty,
) {
    let (path, name) = match changeable(shared, parent, name) {
        Ok(place) => place,
        Err(error) => return reply.error(errno(error)),
    };
    let then = Arc::clone(shared);
    shared.admit(thread, vec![Target::Write(path.clone())], move |permits| {
        let remove = || {
            let spot = then.tree.spot(path.as_path())?;
            let removed = spot.find()?;
            match kind {
                Kind::File => spot.remove_file()?,
                Kind::Directory => spot.remove_directory()?,
            }
            Ok::<_, io::Error>(removed)
        };
        match permits.and_then(|_held| remove().map_err(errno)) {
            Ok(removed) => {
                then.nodes().remove(parent, &name);
                lose_link(&then, &removed);
                reply.ok();
            }
            Err(refused) => reply.error(refused),
        }
    });
}

pub(super) fn rename(
    shared: &Arc<Shared>,
    thread: u32,
    from: (u64, &OsStr),
    to: (u64, &OsStr),
    flags: RenameFlags,
    reply: ReplyEmpty,
) {
    let places =
        changeable(shared, from.0, from.1).and_then(|one| Ok((one, changeable(shared, to.0, to.1)?)));
    let ((from_path, from_name), (to_path, to_name)) = match places {
        Ok(places) => places,
        Err(error) => return reply.error(errno(error)),
    };
    if flags.contains(RenameFlags::RENAME_WHITEOUT) {
        return reply.error(Errno::EINVAL);
    }
    let place = match shared.place_of_both(&from_path, &to_path) {
        Ok(place) => place,
        Err(error) => return reply.error(errno(error)),
    };
    let names = ((from.0, from_name, from_path), (to.0, to_name, to_path));
    let then = Arc::clone(shared);
    shared.run(place, move |begun| match begun {
        Ok(()) => rename_known(&then, thread, names.0, names.1, flags, reply),
        Err(refused) => reply.error(refused),
    });
}

/// A name in a directory, with its path.
type Name = (u64, OsString, CanonicalPath);

fn rename_known(
    shared: &Arc<Shared>,
    thread: u32,
    (from_parent, from_name, from_path): Name,
    (to_parent, to_name, to_path): Name,
    flags: RenameFlags,
    reply: ReplyEmpty,
) {
    for (path, other) in [(&from_path, &to_path), (&to_path, &from_path)] {
        if let Some(basis) = moves_protected(shared, path, other) {
            let target = Target::Write(path.clone());
            return shared.refuse_by(thread, target, basis, move || reply.error(Errno::EACCES));
        }
    }
    let mut targets = vec![Target::Write(from_path.clone()), Target::Write(to_path.clone())];
    targets.extend(carried(shared, &from_path, &to_path));
    if flags.contains(RenameFlags::RENAME_EXCHANGE) {
        targets.extend(carried(shared, &to_path, &from_path));
    }
    let then = Arc::clone(shared);
    shared.admit(thread, targets, move |permits| {
        let rename = || {
            let to = spot(&then, to_parent, &to_path)?;
            let flags = nix::fcntl::RenameFlags::from_bits_truncate(flags.bits());
            // Nothing is there, mostly.
            let replaced = to.find().ok();
            let from = then.tree.spot(from_path.as_path())?;
            from.rename(&to, flags)?;
            Ok::<_, io::Error>(replaced)
        };
        match permits.and_then(|_held| rename().map_err(errno)) {
            Ok(replaced) => {
                let (from, to) = (
                    (from_parent, from_name.as_os_str()),
                    (to_parent, to_name.as_os_str()),
                );
                if flags.contains(RenameFlags::RENAME_EXCHANGE) {
                    then.nodes().exchange(from, to);
                } else {
                    then.nodes().rename(from, to);
                    if let Some(replaced) = replaced {
                        lose_link(&then, &replaced);
                    }
                }
                reply.ok();
            }
            Err(refused) => reply.error(refused),
        }
    });
}

pub(super) fn link(
    shared: &Arc<Shared>,
    thread: u32,
    number: u64,
    new_parent: u64,
    new_name: &OsStr,
    reply: ReplyEntry,
) {
    let known = shared
        .path(number)
        .and_then(|path| Ok((path, changeable(shared, new_parent, new_name)?)));
    let (path, (new_path, new_name)) = match known {
        Ok(known) => known,
        Err(error) => return reply.error(errno(error)),
    };
    if let Err(error) = shared.place_of_both(&path, &new_path) {
        return reply.error(errno(error));
    }
    unless_closed(shared, thread, number, path, reply, move |shared, path, reply| {
        link_known(
            shared,
            thread,
            (number, path),
            (new_parent, new_name, new_path),
            reply,
        );
    });
}

fn link_known(
    shared: &Arc<Shared>,
    thread: u32,
    (number, path): (u64, CanonicalPath),
    (new_parent, new_name, new_path): Name,
    reply: ReplyEntry,
) {
    // By its new name the object can be changed as well, and read where the new name may be read.
    let mut targets = vec![Target::Write(path.clone()), Target::Write(new_path.clone())];
    targets.extend(carried(shared, &path, &new_path));
    let is_pinned = shared.nodes().is_pinned(number);
    let then = Arc::clone(shared);
    shared.admit(thread, targets, move |permits| {
        let link = || match then.see(&path, is_pinned)? {
            Seen::Open(found) | Seen::Copied(found, _) | Seen::Unasked(found)
                if then.nodes().is_same(number, found.object()) =>
            {
                spot(&then, new_parent, &new_path)?.link(&found)
            }
            Seen::Open(_) | Seen::Copied(..) | Seen::Unasked(_) => Err(nix::errno::Errno::ESTALE.into()),
            Seen::Closed(_) | Seen::MadeUp(_) => Err(nix::errno::Errno::EACCES.into()),
        };
        match permits.and_then(|_held| link().map_err(errno)) {
            Ok(()) => {
                // Before the program goes on: it has one link more now.
                then.forget_attributes(number);
                enter_new(&then, new_parent, &new_name, &new_path, reply);
            }
            Err(refused) => reply.error(refused),
        }
    });
}

/// The names that an object still has are told before the program goes on: it has one link less now.
fn lose_link(shared: &Shared, removed: &Found) {
    if !tree::has_several_names(removed.stat()) {
        return;
    }
    let others = shared.nodes().of_object(removed.object());
    for number in others {
        shared.forget_attributes(number);
    }
}

/// Why a directory at `path` may not get the name `other`, whatever may be written: a list protects what lies there or
/// below one of the two. It would have another name, which no list has, or what was made elsewhere would get that one.
fn moves_protected(shared: &Shared, path: &CanonicalPath, other: &CanonicalPath) -> Option<Basis> {
    let found = shared.tree.find(path.as_path()).ok()?;
    if found.kind() != SFlag::S_IFDIR {
        return None;
    }
    let protection = [path, other]
        .into_iter()
        .find_map(|path| shared.files.lists.protects(&Target::Write(path.clone())))?;
    let reason = format!(
        "a directory with this does not get another name: {}",
        protection.reason
    );
    Some(match protection.list {
        List::Credential => Basis::Credential(reason),
        List::Startup => Basis::Startup(reason),
    })
}

/// What else is asked when something moves: reading it, where its new path may be read and its old one may not without a
/// question. Otherwise a directory that may be written would open whatever is moved there.
fn carried(shared: &Shared, from: &CanonicalPath, to: &CanonicalPath) -> Option<Target> {
    let allows = |path: &CanonicalPath| {
        let verdict = shared.gate.peek(&shared.request(Target::Read(path.clone())));
        matches!(verdict, Verdict::Allow(by) if !by.is_for_copy())
    };
    (allows(to) && !allows(from)).then(|| Target::Read(from.clone()))
}

/// The path and the name of an entry that may be changed: EBUSY for what something is mounted on or below.
fn changeable(shared: &Shared, parent: u64, name: &OsStr) -> io::Result<(CanonicalPath, OsString)> {
    let path = shared.path_in(parent, name)?;
    if shared.nodes().is_pinned_name(parent, name) {
        return Err(nix::errno::Errno::EBUSY.into());
    }
    if !shared.files.view.holds(path.as_path()) {
        return Err(nix::errno::Errno::EACCES.into());
    }
    Ok((path, name.to_owned()))
}

/// The place of a name on the host. Directories on the way to a mount that the host does not have are made for it: writing
/// below them is allowed by now.
pub(super) fn spot(shared: &Shared, parent: u64, path: &CanonicalPath) -> io::Result<Spot> {
    if shared.nodes().is_pinned(parent) {
        shared.tree.make_parents(path.as_path())?;
    }
    shared.tree.spot(path.as_path())
}
