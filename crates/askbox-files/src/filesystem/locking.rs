//! POSIX record locks. A program that waits for one waits in a task of its own.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use fuser::{Errno, FileHandle, ReplyEmpty, ReplyLock};
use nix::errno::Errno as HostErrno;

use super::errno;
use crate::handles::OpenFile;
use crate::locks::{Holder, Range};
use crate::shared::Shared;
use crate::waiter;

/// How often a lock is tried for again that somebody has. The host tells us nothing when it becomes free, other than by
/// blocking a thread that nothing could end.
const AGAIN: Duration = Duration::from_millis(10);

pub(super) fn test(shared: &Arc<Shared>, handle: FileHandle, holder: Holder, range: Range, reply: ReplyLock) {
    let tested = shared
        .handles
        .file(handle.0)
        .map_err(io::Error::from)
        .and_then(|file| shared.locks.test(holder, range, || anew(&file)));
    match tested {
        // The number of a process on the host means nothing in here.
        Ok(found) => reply.locked(found.start, found.end, found.kind, 0),
        Err(error) => reply.error(errno(error)),
    }
}

pub(super) fn set(
    shared: &Arc<Shared>,
    handle: FileHandle,
    holder: Holder,
    range: Range,
    waiting: Option<u32>,
    reply: ReplyEmpty,
) {
    let tried = take(shared, handle, holder, range);
    let is_taken = |error: &io::Error| {
        let number = error.raw_os_error().map(HostErrno::from_raw);
        matches!(number, Some(HostErrno::EAGAIN | HostErrno::EACCES))
    };
    let thread = match (tried, waiting) {
        (Ok(()), _) => return reply.ok(),
        (Err(error), Some(thread)) if is_taken(&error) => thread,
        (Err(error), _) => return reply.error(errno(error)),
    };
    let shared = Arc::clone(shared);
    shared.clone().runtime.spawn(async move {
        let taken = async {
            loop {
                tokio::time::sleep(AGAIN).await;
                match take(&shared, handle, holder, range) {
                    Err(error) if is_taken(&error) => {}
                    other => return other.map_err(errno),
                }
            }
        };
        let taken = tokio::select! {
            biased;
            taken = taken => taken,
            () = waiter::has_given_up(thread) => Err(Errno::EINTR),
        };
        match taken {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(error),
        }
    });
}

fn take(shared: &Shared, handle: FileHandle, holder: Holder, range: Range) -> io::Result<()> {
    let file = shared.handles.file(handle.0)?;
    shared.locks.set(holder, range, || anew(&file))
}

/// The same file with the same access, in a description of its own.
fn anew(file: &OpenFile) -> io::Result<File> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", file.file.as_raw_fd());
    let flags = nix::fcntl::fcntl(&file.file, nix::fcntl::FcntlArg::F_GETFL)?;
    let access =
        nix::fcntl::OFlag::from_bits_truncate(flags & libc::O_ACCMODE) | nix::fcntl::OFlag::O_CLOEXEC;
    Ok(nix::fcntl::open(path.as_str(), access, nix::sys::stat::Mode::empty())?.into())
}
