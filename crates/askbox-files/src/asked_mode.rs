//! Which modes a program may give to what is on the host. Pure. What a directory gives on by itself is the host's affair and not
//! looked at.

use nix::errno::Errno;
use nix::sys::stat::SFlag;

/// Permissions without the bits by which whoever starts a file acts as its owner or its group: nothing inside gains by those, and
/// another account of the machine does. A directory that gives its group on lets nobody act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AskedMode(u32);

impl AskedMode {
    /// For the owner alone: of directories that are made on the way to what a program asked for.
    pub(crate) const PRIVATE: Self = Self(0o700);

    /// What a program asks for something of this kind. EPERM where somebody could act by it.
    pub(crate) fn parse(mode: u32, kind: SFlag) -> Result<Self, Errno> {
        let refused = match kind {
            SFlag::S_IFDIR => libc::S_ISUID,
            _ => libc::S_ISUID | libc::S_ISGID,
        };
        if mode & refused == 0 {
            Ok(Self(mode & 0o7777))
        } else {
            Err(Errno::EPERM)
        }
    }

    pub(crate) fn bits(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests;
