//! Ends of programs. What became of a start is looked at after some 20 ms anyway (`verify`): a program that has ended by then is
//! noted without anything else, and for the others the kernel tells of the end, by the descriptor of their process. Decides
//! nothing.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askbox_sandbox::exec_listener::{Caller, End};
use tokio::net::unix::pipe;

use super::Serving;
use super::programs::Programs;

impl Serving {
    /// Notes the end of a process that was let start something: at once, or when it comes. Somebody may wait for that already.
    pub(super) fn await_end(&self, caller: Caller) {
        let Some(held) = self.programs().take_held(caller) else {
            return;
        };
        if let Some(end) = End::of(caller, held.as_fd()) {
            let now_ms = self.daemon.clock.now().wall_ms;
            return self.programs().end(caller, now_ms, end);
        }
        let (programs, clock) = (Arc::clone(&self.programs), self.daemon.clock.clone());
        self.runtime.spawn(async move {
            match end_of(caller, held).await {
                Ok(end) => locked(&programs).end(caller, clock.now().wall_ms, end),
                Err(error) => {
                    tracing::warn!(%error, "the end of a program is not waited for");
                    locked(&programs).give_up(caller);
                }
            }
        });
    }

    /// Never kept across an await.
    pub(super) fn programs(&self) -> MutexGuard<'_, Programs<OwnedFd>> {
        locked(&self.programs)
    }
}

/// Waits until a process has ended.
async fn end_of(caller: Caller, held: OwnedFd) -> io::Result<End> {
    // The safe way of tokio's to wait for a descriptor; nothing is read through it, so it need be no pipe.
    let held = pipe::Receiver::from_owned_fd_unchecked(held)?;
    loop {
        held.readable().await?;
        let end = || End::of(caller, held.as_fd()).ok_or(io::ErrorKind::WouldBlock.into());
        match held.try_io(end) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            ended => return ended,
        }
    }
}

/// Never kept across an await.
pub(super) fn locked(programs: &Mutex<Programs<OwnedFd>>) -> MutexGuard<'_, Programs<OwnedFd>> {
    // Nothing in there is left half changed.
    programs.lock().unwrap_or_else(PoisonError::into_inner)
}
