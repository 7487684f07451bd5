//! The system calls of the exec listener (`seccomp_unotify(2)`). Nothing in here decides anything.
#![expect(unsafe_code, reason = "raw system calls, one per function")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{sock_filter, sock_fprog};

use super::filter;
use super::program::Start;

/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP` (linux/seccomp.h, since 6.6).
const SYNC_WAKE_UP: libc::c_ulong = 1;

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Puts a filter with a listener on the calling thread. Who waits can be killed, and nothing else interrupts it, where the
/// kernel knows that (5.19).
pub(super) fn install(program: &[sock_filter]) -> io::Result<OwnedFd> {
    let listener = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    match install_with(program, listener | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => install_with(program, listener),
        installed => installed,
    }
}

fn install_with(program: &[sock_filter], flags: libc::c_ulong) -> io::Result<OwnedFd> {
    let program = sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast_mut(),
    };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: `program` points to as many instructions as it says, and both outlive the call; the kernel only reads them.
    let listener = unsafe { libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program) };
    let listener = i32::try_from(check(listener)?).map_err(io::Error::other)?;
    // SAFETY: seccomp(2) returned this descriptor just now, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(listener) })
}

/// Makes who waits and who answers wake each other on one processor.
pub(super) fn wake_in_step(listener: &OwnedFd) -> io::Result<()> {
    let fd = listener.as_raw_fd();
    // SAFETY: takes an integer, no pointer (`seccomp_notify_set_flags`, kernel/seccomp.c).
    check(unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP) }.into()).map(drop)
}

/// Takes the next start, or waits for one.
pub(super) fn receive(listener: &OwnedFd) -> io::Result<Start> {
    // The kernel insists on zeroes.
    let mut heard = libc::seccomp_notif {
        id: 0,
        pid: 0,
        flags: 0,
        data: libc::seccomp_data {
            nr: 0,
            arch: 0,
            instruction_pointer: 0,
            args: [0; 6],
        },
    };
    let fd = listener.as_raw_fd();
    // SAFETY: `heard` is a whole struct seccomp_notif, whose size is part of the request's number, and outlives the call.
    check(unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut heard) }.into())?;
    let [first, second, _, _, fifth, _] = heard.data.args;
    let call = heard.data.nr.cast_unsigned();
    Ok(if filter::names_directory(heard.data.arch, call) {
        Start {
            id: heard.id,
            call,
            thread: heard.pid,
            directory: low_word(first),
            path: second,
            flags: low_word(fifth),
        }
    } else {
        Start {
            id: heard.id,
            call,
            thread: heard.pid,
            directory: libc::AT_FDCWD,
            path: first,
            flags: 0,
        }
    })
}

/// An argument that the kernel takes as an int: it looks at the low half only.
fn low_word(argument: u64) -> i32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// An error when who wanted the start does not wait any more.
pub(super) fn is_waiting(listener: &OwnedFd, id: u64) -> io::Result<()> {
    let fd = listener.as_raw_fd();
    // SAFETY: the kernel reads the eight bytes of `id`, which outlives the call.
    check(unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const id) }.into()).map(drop)
}

/// A descriptor of the process with this number, which stays that process's when the number passes on.
pub(super) fn hold(process: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes two integers, no pointer (`pidfd_open(2)`).
    let held = check(unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) })?;
    let held = i32::try_from(held).map_err(io::Error::other)?;
    // SAFETY: `pidfd_open(2)` returned this descriptor just now, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(held) })
}

/// How the process that is held ended, as wait(2) has it; `None` while its parent has not heard of that, and where the kernel
/// does not say (before 6.15).
pub(super) fn end_status(held: BorrowedFd<'_>) -> Option<i32> {
    // SAFETY: it is made of integers, for which zeroes are a value.
    let mut info: libc::pidfd_info = unsafe { std::mem::zeroed() };
    info.mask = libc::PIDFD_INFO_EXIT.into();
    let fd = held.as_raw_fd();
    // SAFETY: `info` is a whole struct pidfd_info, whose size is part of the request's number, and outlives the call.
    check(unsafe { libc::ioctl(fd, libc::PIDFD_GET_INFO, &raw mut info) }.into()).ok()?;
    (info.mask & u64::from(libc::PIDFD_INFO_EXIT) != 0).then_some(info.exit_code)
}

/// Kills the process that is held.
pub(super) fn kill(held: &OwnedFd) -> io::Result<()> {
    let nothing = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: without a siginfo_t the kernel reads no memory of ours (`pidfd_send_signal(2)`).
    check(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            held.as_raw_fd(),
            libc::SIGKILL,
            nothing,
            0,
        )
    })
    .map(drop)
}

/// Lets the call go on, or fail with `errno`.
pub(super) fn answer(listener: &OwnedFd, id: u64, errno: Option<i32>) -> io::Result<()> {
    let go_on = u32::try_from(libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE).map_err(io::Error::other)?;
    let response = libc::seccomp_notif_resp {
        id,
        val: 0,
        error: errno.map_or(0, |errno| -errno),
        flags: if errno.is_none() { go_on } else { 0 },
    };
    let fd = listener.as_raw_fd();
    // SAFETY: `response` is a whole struct seccomp_notif_resp, which the kernel only reads, and outlives the call.
    check(unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const response) }.into()).map(drop)
}
