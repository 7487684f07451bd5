//! POSIX record locks. A program that waits for one waits in a task of its own.
//!
//! The host would tell that a lock became free only to a thread that waits for it in the kernel, which nothing but a signal
//! could end. So a lock that somebody has is tried for again: at once when it may have become free in this session, and
//! every now and then, since programs on the host have locks as well.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use fuser::{FileHandle, ReplyEmpty, ReplyLock};
use nix::errno::Errno as HostErrno;
use tokio::sync::oneshot;

use super::errno;
use super::placing::{Patience, with_file};
use crate::handles::OpenFile;
use crate::locks::{Holder, Range};
use crate::pool::Place;
use crate::shared::Shared;
use crate::waiter;

/// After how long a lock is tried for again that a program on the host may have; doubled each time.
const AGAIN: Duration = Duration::from_millis(5);

/// The longest such time.
const AT_LAST: Duration = Duration::from_millis(80);

pub(super) fn test(shared: &Arc<Shared>, handle: FileHandle, holder: Holder, range: Range, reply: ReplyLock) {
    let then = Arc::clone(shared);
    with_file(shared, handle, Patience::Short, reply, move |file, reply| {
        match then.locks.test(holder, range, || anew(file)) {
            // The number of a process on the host means nothing in here.
            Ok(found) => reply.locked(found.start, found.end, found.kind, 0),
            Err(error) => reply.error(errno(error)),
        }
    });
}

pub(super) fn set(
    shared: &Arc<Shared>,
    handle: FileHandle,
    holder: Holder,
    range: Range,
    waiting: Option<u32>,
    reply: ReplyEmpty,
) {
    let file = match shared.handles.file(handle.0) {
        Ok(file) => file,
        Err(refused) => return reply.error(errno(refused)),
    };
    if file.place == Place::Here {
        match (take_here(shared, &file, holder, range), waiting) {
            (Ok(()), _) => return reply.ok(),
            (Err(error), Some(_)) if is_taken(&error) => {}
            (Err(error), _) => return reply.error(errno(error)),
        }
    }
    // Giving a lock back needs none: it is what others wait for.
    let turn = waiting.map(|_thread| Arc::clone(&shared.locks.waiting).try_acquire_owned());
    let Ok(turn) = turn.transpose() else {
        return reply.error(errno(HostErrno::ENOLCK));
    };
    let shared = Arc::clone(shared);
    shared.clone().runtime.spawn(async move {
        let taken = match waiting {
            Some(thread) => wait(&shared, thread, handle, holder, range).await,
            None => take(&shared, handle, holder, range).await,
        };
        drop(turn);
        match taken {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(errno(error)),
        }
    });
}

/// Takes a lock as soon as it is free; EINTR when the program does not wait any more. It is never given up between taking a
/// lock and telling so.
async fn wait(
    shared: &Arc<Shared>,
    thread: u32,
    handle: FileHandle,
    holder: Holder,
    range: Range,
) -> io::Result<()> {
    let mut given_up = std::pin::pin!(waiter::has_given_up(thread));
    let mut again = AGAIN;
    loop {
        // Before it is tried: it may become free in between.
        let freed = shared.locks.freed.notified();
        match take(shared, handle, holder, range).await {
            Err(error) if is_taken(&error) => {}
            other => return other,
        }
        tokio::select! {
            biased;
            () = &mut given_up => return Err(HostErrno::EINTR.into()),
            () = freed => {}
            () = tokio::time::sleep(again) => again = AT_LAST.min(again * 2),
        }
    }
}

async fn take(shared: &Arc<Shared>, handle: FileHandle, holder: Holder, range: Range) -> io::Result<()> {
    let file = shared.handles.file(handle.0)?;
    if file.place == Place::Here {
        return take_here(shared, &file, holder, range);
    }
    let (done, taken) = oneshot::channel();
    let then = Arc::clone(shared);
    shared.run(file.place, move |begun| {
        let taken = match begun {
            Ok(()) => take_here(&then, &file, holder, range),
            Err(refused) => Err(io::Error::from_raw_os_error(refused.code())),
        };
        // An error says that the daemon ends.
        drop(done.send(taken));
    });
    taken.await.map_err(|_no_thread| HostErrno::EIO)?
}

fn take_here(shared: &Shared, file: &OpenFile, holder: Holder, range: Range) -> io::Result<()> {
    shared.locks.set(holder, range, || anew(file))?;
    file.locked_by(holder);
    if range.kind != libc::F_WRLCK {
        shared.locks.freed.notify_waiters();
    }
    Ok(())
}

/// Drops all locks of a holder, before the program goes on.
pub(super) fn drop_all(shared: &Arc<Shared>, handle: FileHandle, holder: Holder, reply: ReplyEmpty) {
    let Some(held) = shared.locks.take_all(holder) else {
        return reply.ok();
    };
    // Where it may not be used any more, it is closed all the same.
    let place = shared.handles.place_of_file(handle.0);
    let then = Arc::clone(shared);
    shared.close(place, held, move || {
        then.locks.freed.notify_waiters();
        reply.ok();
    });
}

/// Whether a lock was not taken since somebody has it.
fn is_taken(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(HostErrno::from_raw);
    matches!(number, Some(HostErrno::EAGAIN | HostErrno::EACCES))
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
