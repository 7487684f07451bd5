//! What the kernel is told of a node: the truth once somebody allowed it, otherwise existence and type alone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{FileAttr, FileType, INodeNo};
use nix::sys::stat::{FileStat, SFlag};

use crate::tree::kind;

/// The user and group that everything without an owner on the host belongs to: those of the session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// Preferred size of reads and writes, in bytes: a page.
const BLOCK: u32 = 4096;

/// As the host has it.
pub(crate) fn real(number: u64, stat: &FileStat) -> FileAttr {
    FileAttr {
        ino: INodeNo(number),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        blocks: u64::try_from(stat.st_blocks).unwrap_or(0),
        atime: time(stat.st_atime, stat.st_atime_nsec),
        mtime: time(stat.st_mtime, stat.st_mtime_nsec),
        ctime: time(stat.st_ctime, stat.st_ctime_nsec),
        crtime: UNIX_EPOCH,
        kind: file_type(kind(stat)),
        perm: permissions(stat.st_mode),
        nlink: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
        uid: stat.st_uid,
        gid: stat.st_gid,
        rdev: 0,
        blksize: BLOCK,
        flags: 0,
    }
}

/// The same with another size, in bytes.
pub(crate) fn with_size(real: FileAttr, size: usize) -> FileAttr {
    let size = size as u64;
    FileAttr {
        size,
        blocks: size.div_ceil(512),
        ..real
    }
}

/// Existence, type and permissions: neither size nor times.
pub(crate) fn neutral(number: u64, stat: &FileStat) -> FileAttr {
    FileAttr {
        perm: permissions(stat.st_mode),
        uid: stat.st_uid,
        gid: stat.st_gid,
        ..bare(number, file_type(kind(stat)))
    }
}

/// Something on the credential list, whether it is there or not: mode 000.
pub(crate) fn closed(number: u64, kind: FileType, owner: Owner) -> FileAttr {
    FileAttr {
        uid: owner.user,
        gid: owner.group,
        ..bare(number, kind)
    }
}

/// A mount point, or a directory on the way to one, that the host does not have.
pub(crate) fn made_up(number: u64, kind: FileType, owner: Owner) -> FileAttr {
    FileAttr {
        perm: 0o755,
        ..closed(number, kind, owner)
    }
}

/// The type as it is shown. Named pipes look like devices, which cannot be opened: opened in here, one would wait for ever
/// for a program on the host.
pub(crate) fn file_type(kind: SFlag) -> FileType {
    match kind {
        SFlag::S_IFREG => FileType::RegularFile,
        SFlag::S_IFDIR => FileType::Directory,
        SFlag::S_IFLNK => FileType::Symlink,
        SFlag::S_IFSOCK => FileType::Socket,
        _ => FileType::CharDevice,
    }
}

fn bare(number: u64, kind: FileType) -> FileAttr {
    FileAttr {
        ino: INodeNo(number),
        size: 0,
        blocks: 0,
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind,
        perm: 0,
        nlink: if kind == FileType::Directory { 2 } else { 1 },
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: BLOCK,
        flags: 0,
    }
}

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or(0)
}

fn time(seconds: i64, nanoseconds: i64) -> SystemTime {
    let nanoseconds = u32::try_from(nanoseconds).unwrap_or(0);
    match u64::try_from(seconds) {
        Ok(seconds) => UNIX_EPOCH + Duration::new(seconds, nanoseconds),
        Err(_) => {
            UNIX_EPOCH - Duration::from_secs(seconds.unsigned_abs())
                + Duration::from_nanos(nanoseconds.into())
        }
    }
}

#[cfg(test)]
mod tests;
