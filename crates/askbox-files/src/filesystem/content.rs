//! Reading and writing what is open.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use fuser::{Errno, FileHandle, ReplyData, ReplyEmpty, ReplyLseek, ReplyWrite};
use nix::fcntl::{FallocateFlags, copy_file_range, fallocate};
use nix::unistd::{Whence, lseek};

use super::errno;
use super::placing::{Patience, with_file};
use crate::handles::OpenFile;
use crate::limits;
use crate::pool::Place;
use crate::shared::Shared;

/// Where a write goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// In bytes from the start.
    Offset(u64),
    /// To the end, wherever that is by then.
    End,
}

thread_local! {
    /// What the last read on this thread went into: a new one each time costs more than the reading, in page faults.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn read(shared: &Arc<Shared>, handle: FileHandle, offset: u64, size: u32, reply: ReplyData) {
    with_file(shared, handle, Patience::Short, reply, move |file, reply| {
        READ.with_borrow_mut(|content| {
            let size = usize::try_from(size).unwrap_or(0);
            if content.len() < size {
                content.resize(size, 0);
            }
            match fill(&file.file, offset, content.get_mut(..size).unwrap_or_default()) {
                Ok(filled) => reply.data(content.get(..filled).unwrap_or_default()),
                Err(error) => reply.error(errno(error)),
            }
        });
    });
}

/// Reads as much as there is and has room: the kernel takes a short answer for the end of the file. Returns how many bytes.
fn fill(file: &File, offset: u64, content: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = content.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

pub(super) fn write(shared: &Arc<Shared>, handle: FileHandle, at: At, data: &[u8], reply: ReplyWrite) {
    let file = match shared.handles.file(handle.0) {
        Ok(file) => file,
        Err(refused) => return reply.error(errno(refused)),
    };
    if file.place == Place::Here {
        return write_into(&file, at, data, reply);
    }
    // The kernel's buffer is used again for the next request.
    let data = data.to_owned();
    with_file(shared, handle, Patience::Short, reply, move |file, reply| {
        write_into(file, at, &data, reply);
    });
}

fn write_into(file: &OpenFile, at: At, data: &[u8], reply: ReplyWrite) {
    let written = match (at, &file.appending) {
        // On a descriptor for appending the offset does not count (pwrite(2), BUGS).
        (At::End, Some(appending)) => appending.write_at(data, 0),
        (At::End, None) => Err(nix::errno::Errno::EBADF.into()),
        (At::Offset(offset), _) => file.file.write_at(data, offset),
    };
    match written.and_then(|length| u32::try_from(length).map_err(io::Error::other)) {
        Ok(length) => reply.written(length),
        Err(error) => reply.error(errno(error)),
    }
}

pub(super) fn sync(shared: &Arc<Shared>, handle: FileHandle, only_data: bool, reply: ReplyEmpty) {
    with_file(shared, handle, Patience::Long, reply, move |file, reply| {
        let synced = if only_data {
            file.file.sync_data()
        } else {
            file.file.sync_all()
        };
        match synced {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(errno(error)),
        }
    });
}

pub(super) fn allocate(
    shared: &Arc<Shared>,
    handle: FileHandle,
    offset: u64,
    length: u64,
    mode: i32,
    reply: ReplyEmpty,
) {
    with_file(shared, handle, Patience::Long, reply, move |file, reply| {
        let allocate = || {
            let (Ok(offset), Ok(length)) = (i64::try_from(offset), i64::try_from(length)) else {
                return Err(nix::errno::Errno::EFBIG);
            };
            let mode = FallocateFlags::from_bits(mode).ok_or(nix::errno::Errno::EOPNOTSUPP)?;
            fallocate(&file.file, mode, offset, length)
        };
        match allocate() {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(errno(error)),
        }
    });
}

/// `SEEK_DATA` and `SEEK_HOLE`; the kernel does the others by itself. The position that this moves is used by nothing else.
pub(super) fn seek(shared: &Arc<Shared>, handle: FileHandle, offset: i64, whence: i32, reply: ReplyLseek) {
    let whence = match whence {
        libc::SEEK_DATA => Whence::SeekData,
        libc::SEEK_HOLE => Whence::SeekHole,
        _ => return reply.error(Errno::EINVAL),
    };
    with_file(
        shared,
        handle,
        Patience::Short,
        reply,
        move |file, reply| match lseek(&file.file, offset, whence) {
            Ok(offset) => reply.offset(offset),
            Err(error) => reply.error(errno(error)),
        },
    );
}

pub(super) fn copy(
    shared: &Arc<Shared>,
    from: (FileHandle, u64),
    to: (FileHandle, u64),
    length: u64,
    reply: ReplyWrite,
) {
    let target = match shared.handles.file(to.0.0) {
        Ok(target) => target,
        Err(refused) => return reply.error(errno(refused)),
    };
    let source = match shared.handles.file(from.0.0) {
        Ok(source) => source,
        Err(refused) => return reply.error(errno(refused)),
    };
    if let (Place::Slow(one), Place::Slow(other)) = (source.place, target.place)
        && one != other
    {
        // No thread may be in both. The program reads and writes then, as between two file systems of the host.
        return reply.error(errno(nix::errno::Errno::EXDEV));
    }
    let slower = if target.place == Place::Here { from.0 } else { to.0 };
    with_file(shared, slower, Patience::Long, reply, move |_slower, reply| {
        let copy = || {
            let (Ok(mut at), Ok(mut onto)) = (i64::try_from(from.1), i64::try_from(to.1)) else {
                return Err(nix::errno::Errno::EFBIG);
            };
            if source.is_revoked() || target.is_revoked() {
                return Err(nix::errno::Errno::EACCES);
            }
            let length = usize::try_from(length.min(limits::COPIED_AT_ONCE)).unwrap_or(usize::MAX);
            copy_file_range(&source.file, Some(&mut at), &target.file, Some(&mut onto), length)
        };
        match copy() {
            Ok(length) => match u32::try_from(length) {
                Ok(length) => reply.written(length),
                Err(_too_long) => reply.error(Errno::EFBIG),
            },
            Err(error) => reply.error(errno(error)),
        }
    });
}
