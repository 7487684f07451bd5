//! The system calls of init that neither std nor nix wraps safely.
#![expect(unsafe_code, reason = "raw system calls, one per function")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::unistd::ForkResult;

/// Takes over a descriptor that was inherited by number, and keeps it from everything that is started. A number that
/// names a standard descriptor, or nothing that is open, is refused.
pub(super) fn adopt(number: u32) -> io::Result<OwnedFd> {
    let refused = |reason| io::Error::new(io::ErrorKind::InvalidInput, reason);
    let number = i32::try_from(number)
        .ok()
        .filter(|number| 2 < *number)
        .ok_or_else(|| refused("the leash must be a descriptor above 2"))?;
    // SAFETY: F_GETFD takes an integer, and whether it is an open descriptor is what it tells.
    Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) })
        .map_err(|_closed| refused("the leash is not an open descriptor"))?;
    // SAFETY: it is open, as the line above saw, and stays so: this is the only thread, and nothing ran before that opens
    // or owns a descriptor above 2. Whoever executed this program passed the number for it to own.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(fd)
}

/// Closes every descriptor above 2 except this one.
pub(super) fn close_all_above_standard_but(kept: &OwnedFd) -> io::Result<()> {
    let kept = kept.as_raw_fd().cast_unsigned();
    for (first, last) in [(3, kept.saturating_sub(1)), (kept + 1, u32::MAX)] {
        if first <= last {
            // SAFETY: takes integers; nothing in this process owns a descriptor in these ranges yet.
            Errno::result(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) })?;
        }
    }
    Ok(())
}

/// Makes the first standard descriptor that is a terminal the controlling terminal of this session; none is fine.
pub(super) fn claim_terminal() -> nix::Result<()> {
    let standard = [
        io::stdin().as_raw_fd(),
        io::stdout().as_raw_fd(),
        io::stderr().as_raw_fd(),
    ];
    // SAFETY: isatty(3) takes an integer.
    let Some(terminal) = standard.into_iter().find(|fd| unsafe { libc::isatty(*fd) } == 1) else {
        return Ok(());
    };
    // SAFETY: TIOCSCTTY takes an integer: 0, do not steal it from another session.
    Errno::result(unsafe { libc::ioctl(terminal, libc::TIOCSCTTY, 0) }).map(drop)
}

/// Lets SIGPIPE kill again, as every program expects; Rust's start-up code ignores it, and that is inherited.
pub(super) fn restore_sigpipe() {
    // SAFETY: SIG_DFL runs no handler of ours.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// Forks. Init is single-threaded.
pub(super) fn fork() -> nix::Result<ForkResult> {
    // SAFETY: no other thread exists whose locks the child could find held.
    unsafe { nix::unistd::fork() }
}

#[cfg(test)]
mod tests;
