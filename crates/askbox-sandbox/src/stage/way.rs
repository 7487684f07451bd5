//! Clears the way to a mount point in a private home: an earlier session may have left a link, a file or a pipe there, and no
//! later one would start. Removes names in private homes alone, each in a directory that is reached without any link.

use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::sys::stat::{SFlag, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::Stage;

/// Removes what is neither a directory on the way from a private home to `target` nor, at its end, what `end` says. A
/// directory is removed only when it is empty.
pub(super) fn clear(stage: &Stage, home: &Path, target: &Path, end: SFlag) -> io::Result<()> {
    let Ok(below) = target.strip_prefix(home) else {
        return Ok(());
    };
    let mut at = home.to_owned();
    for name in below {
        let parent = stage.open(&at)?;
        at.push(name);
        let expected = if at == *target { end } else { SFlag::S_IFDIR };
        let kind = match fstatat(&parent, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(stat) => SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()),
            Err(Errno::ENOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if kind == expected {
            continue;
        }
        let flag = if kind == SFlag::S_IFDIR {
            UnlinkatFlags::RemoveDir
        } else {
            UnlinkatFlags::NoRemoveDir
        };
        return Ok(unlinkat(&parent, name, flag)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
