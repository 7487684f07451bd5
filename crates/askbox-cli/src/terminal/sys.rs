//! The terminal ioctls that nix does not wrap safely (`ioctl_tty(2)`).
#![expect(unsafe_code, reason = "raw ioctls, one per function")]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc::{self, winsize};
use nix::pty::PtyMaster;

/// The slave of a PTY by its descriptor, with no trust in what /dev/pts is.
pub(super) fn peer(master: &PtyMaster) -> nix::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes open(2) flags as an integer.
    let slave = Errno::result(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags) })?;
    // SAFETY: the ioctl opened this descriptor for us just now.
    Ok(unsafe { OwnedFd::from_raw_fd(slave) })
}

/// Rows and columns of a terminal.
pub(super) fn window_size(terminal: BorrowedFd<'_>) -> nix::Result<winsize> {
    let mut size = winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: TIOCGWINSZ writes one struct winsize, which `size` is, and the kernel keeps no pointer to it.
    Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) })?;
    Ok(size)
}

/// Sets them.
pub(super) fn set_window_size(terminal: BorrowedFd<'_>, size: &winsize) -> nix::Result<()> {
    // SAFETY: TIOCSWINSZ reads one struct winsize, which `size` is.
    Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const *size) }).map(drop)
}
