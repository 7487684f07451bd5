//! The kernel's requests, each handed to what answers it. Only translation is in here: what an operation needs, asks and does
//! is in the modules below.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use fuser::{
    AccessFlags, BsdFileFlags, CopyFileRangeFlags, Errno, FileHandle, Filesystem, INodeNo, InitFlags,
    IoctlFlags, KernelConfig, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLock, ReplyLseek, ReplyOpen,
    ReplyStatfs, ReplyWrite, ReplyXattr, Request, TimeOrNow, WriteFlags,
};

use crate::locks::{Holder, Range};
use crate::shared::Shared;

mod attributes;
mod content;
mod directories;
mod locking;
mod names;
mod opening;
mod placing;

/// What the kernel shall do for us: say when a file is truncated at opening, drop what it keeps of a file that changed on
/// the host, ask for attributes along with names, pass on record locks.
const WANTED: InitFlags = InitFlags::FUSE_ATOMIC_O_TRUNC
    .union(InitFlags::FUSE_AUTO_INVAL_DATA)
    .union(InitFlags::FUSE_DO_READDIRPLUS)
    .union(InitFlags::FUSE_READDIRPLUS_AUTO)
    .union(InitFlags::FUSE_PARALLEL_DIROPS)
    .union(InitFlags::FUSE_POSIX_LOCKS)
    .union(InitFlags::FUSE_HANDLE_KILLPRIV);

/// Operations that wait for a person keep their place in the kernel's queue; this many may before others have to queue.
const MOST_BACKGROUND: u16 = 1024;

/// The largest write that the kernel may send, in bytes.
const LARGEST_WRITE: u32 = 1 << 20;

/// The file system of one session, as the kernel drives it.
#[derive(Clone)]
pub(crate) struct AskingFs(Arc<Shared>);

impl AskingFs {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::clone(shared))
    }
}

fn holder(number: INodeNo, owner: LockOwner) -> Holder {
    Holder {
        number: number.0,
        owner: owner.0,
    }
}

/// The error that a program gets.
fn errno(error: impl Into<io::Error>) -> Errno {
    let error: io::Error = error.into();
    Errno::from_i32(error.raw_os_error().unwrap_or(libc::EIO))
}

impl Filesystem for AskingFs {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        let known = WANTED & config.capabilities();
        let refused = config.add_capabilities(known);
        debug_assert!(refused.is_ok(), "the kernel offered them");
        for set in [
            config.set_max_background(MOST_BACKGROUND).map(drop),
            config.set_congestion_threshold(MOST_BACKGROUND).map(drop),
        ] {
            debug_assert!(set.is_ok(), "not zero");
        }
        config
            .set_max_write(LARGEST_WRITE)
            .map(drop)
            .map_err(|_nearest| nix::errno::Errno::EINVAL.into())
    }

    fn lookup(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        names::lookup(&self.0, request.pid(), parent.0, name, reply);
    }

    fn forget(&self, _: &Request, number: INodeNo, times: u64) {
        self.0.nodes().forget(number.0, times);
    }

    fn getattr(&self, _: &Request, number: INodeNo, handle: Option<FileHandle>, reply: ReplyAttr) {
        attributes::get(&self.0, number.0, handle, reply);
    }

    fn setattr(
        &self,
        request: &Request,
        number: INodeNo,
        mode: Option<u32>,
        user: Option<u32>,
        group: Option<u32>,
        size: Option<u64>,
        accessed: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
        _changed: Option<SystemTime>,
        handle: Option<FileHandle>,
        _created: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let change = attributes::Change {
            mode,
            user,
            group,
            size,
            accessed,
            modified,
        };
        attributes::set(&self.0, request.pid(), number.0, handle, change, reply);
    }

    fn readlink(&self, _: &Request, number: INodeNo, reply: ReplyData) {
        names::read_link(&self.0, number.0, reply);
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        _device: u32,
        reply: ReplyEntry,
    ) {
        names::make_node(&self.0, request.pid(), parent.0, name, mode, reply);
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        reply: ReplyEntry,
    ) {
        names::make_directory(&self.0, request.pid(), parent.0, name, mode, reply);
    }

    fn unlink(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        names::remove(&self.0, request.pid(), parent.0, name, names::Kind::File, reply);
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        names::remove(
            &self.0,
            request.pid(),
            parent.0,
            name,
            names::Kind::Directory,
            reply,
        );
    }

    fn symlink(&self, request: &Request, parent: INodeNo, name: &OsStr, target: &Path, reply: ReplyEntry) {
        names::make_link(&self.0, request.pid(), parent.0, name, target, reply);
    }

    fn rename(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to) = ((parent.0, name), (new_parent.0, new_name));
        names::rename(&self.0, request.pid(), from, to, flags, reply);
    }

    fn link(
        &self,
        request: &Request,
        number: INodeNo,
        new_parent: INodeNo,
        new_name: &OsStr,
        reply: ReplyEntry,
    ) {
        names::link(&self.0, request.pid(), number.0, new_parent.0, new_name, reply);
    }

    fn open(&self, request: &Request, number: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        opening::open(&self.0, request.pid(), number.0, flags.0, reply);
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        opening::create(&self.0, request.pid(), parent.0, name, mode, flags, reply);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        content::read(&self.0, handle, offset, size, reply);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        data: &[u8],
        write_flags: WriteFlags,
        flags: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let appends = flags.0 & libc::O_APPEND != 0 && !write_flags.contains(WriteFlags::FUSE_WRITE_CACHE);
        let at = if appends {
            content::At::End
        } else {
            content::At::Offset(offset)
        };
        content::write(&self.0, handle, at, data, reply);
    }

    fn flush(&self, _: &Request, number: INodeNo, handle: FileHandle, owner: LockOwner, reply: ReplyEmpty) {
        locking::drop_all(&self.0, handle, holder(number, owner), reply);
    }

    fn release(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        owner: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        let holder = owner.map(|owner| holder(number, owner));
        opening::close(&self.0, handle, holder, reply);
    }

    fn fsync(&self, _: &Request, _: INodeNo, handle: FileHandle, datasync: bool, reply: ReplyEmpty) {
        content::sync(&self.0, handle, datasync, reply);
    }

    fn opendir(&self, request: &Request, number: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        directories::open(&self.0, request.pid(), number.0, reply);
    }

    fn readdir(&self, _: &Request, number: INodeNo, handle: FileHandle, offset: u64, reply: ReplyDirectory) {
        directories::read(&self.0, number.0, handle, offset, reply);
    }

    fn readdirplus(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        offset: u64,
        reply: ReplyDirectoryPlus,
    ) {
        directories::read_with_attributes(&self.0, number.0, handle, offset, reply);
    }

    fn releasedir(&self, _: &Request, _: INodeNo, handle: FileHandle, _: OpenFlags, reply: ReplyEmpty) {
        directories::close(&self.0, handle, reply);
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, handle: FileHandle, _: bool, reply: ReplyEmpty) {
        directories::sync(&self.0, handle, reply);
    }

    fn statfs(&self, _: &Request, number: INodeNo, reply: ReplyStatfs) {
        attributes::file_system(&self.0, number.0, reply);
    }

    fn setxattr(
        &self,
        request: &Request,
        number: INodeNo,
        name: &OsStr,
        value: &[u8],
        flags: i32,
        _: u32,
        reply: ReplyEmpty,
    ) {
        let change = attributes::Extended::Set {
            value: value.to_owned(),
            flags,
        };
        attributes::set_extended(&self.0, request.pid(), number.0, name, change, reply);
    }

    fn getxattr(&self, request: &Request, number: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        attributes::get_extended(&self.0, request.pid(), number.0, name, size, reply);
    }

    fn listxattr(&self, request: &Request, number: INodeNo, size: u32, reply: ReplyXattr) {
        attributes::list_extended(&self.0, request.pid(), number.0, size, reply);
    }

    fn removexattr(&self, request: &Request, number: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let change = attributes::Extended::Remove;
        attributes::set_extended(&self.0, request.pid(), number.0, name, change, reply);
    }

    fn access(&self, request: &Request, number: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        attributes::check_access(&self.0, request.pid(), number.0, mask, reply);
    }

    fn getlk(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        owner: LockOwner,
        start: u64,
        end: u64,
        kind: i32,
        _: u32,
        reply: ReplyLock,
    ) {
        let range = Range { start, end, kind };
        locking::test(&self.0, handle, holder(number, owner), range, reply);
    }

    fn setlk(
        &self,
        request: &Request,
        number: INodeNo,
        handle: FileHandle,
        owner: LockOwner,
        start: u64,
        end: u64,
        kind: i32,
        _: u32,
        waits: bool,
        reply: ReplyEmpty,
    ) {
        let range = Range { start, end, kind };
        // F_SETLKW gives back, too, and waits for nobody then.
        let waiting = (waits && kind != libc::F_UNLCK).then_some(request.pid());
        locking::set(&self.0, handle, holder(number, owner), range, waiting, reply);
    }

    fn ioctl(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        _: u32,
        _: &[u8],
        _: u32,
        reply: ReplyIoctl,
    ) {
        reply.error(Errno::ENOTTY);
    }

    fn fallocate(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        content::allocate(&self.0, handle, offset, length, mode, reply);
    }

    fn lseek(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: i64,
        whence: i32,
        reply: ReplyLseek,
    ) {
        content::seek(&self.0, handle, offset, whence, reply);
    }

    fn copy_file_range(
        &self,
        _: &Request,
        _: INodeNo,
        from: FileHandle,
        from_offset: u64,
        _: INodeNo,
        to: FileHandle,
        to_offset: u64,
        length: u64,
        _: CopyFileRangeFlags,
        reply: ReplyWrite,
    ) {
        content::copy(&self.0, (from, from_offset), (to, to_offset), length, reply);
    }
}
