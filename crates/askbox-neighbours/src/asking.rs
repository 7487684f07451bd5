//! Whom a socket of a session asks, and for whom.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::Poll;

use askbox_gate::{Gate, Permit};
use askbox_policy::{Basis, Neighbour, Process, Project, Request, SessionId, Target, Verdict};
use tokio::io::Interest;
use tokio::net::UnixStream;

use crate::listening::Identify;

/// A session that is open at the gate.
#[derive(Clone)]
pub struct Asking {
    /// Which run.
    pub session: SessionId,
    /// What it is for.
    pub project: Project,
    /// Who is behind a connection.
    pub identify: Identify,
    /// The one gate.
    pub gate: Gate,
}

/// A connection of a program inside, before anything of it is read.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Out of the runtime, so that it can be watched without being read.
    stream: std::os::unix::net::UnixStream,
    /// Its process on the host; 0 when unknown.
    pub(crate) pid: u32,
}

impl Asking {
    /// Whether the caller may use this. `None` where not, which is an event by then, and where the caller has hung up.
    pub(crate) async fn admit(&self, caller: &Caller, neighbour: Neighbour) -> Option<Permit> {
        let admitted = self.admit_all(caller, &[()], |()| neighbour.clone()).await;
        admitted.into_iter().next().map(|((), permit)| permit)
    }

    /// Which of these the caller may use, asked for at once, so that questions wait side by side; each that it may not is an event
    /// by then. None where the caller has hung up.
    pub(crate) async fn admit_all<'a, T>(
        &self,
        caller: &Caller,
        wanted: &'a [T],
        neighbour: impl Fn(&T) -> Neighbour,
    ) -> Vec<(&'a T, Permit)> {
        let Ok(watched) = caller.stream.try_clone() else {
            return Vec::new();
        };
        let ask = |one| {
            self.gate
                .admit(self.request(neighbour(one)), (self.identify)(caller.pid))
        };
        let mut open: Vec<_> = wanted.iter().map(|one| (one, Box::pin(ask(one)))).collect();
        let mut admitted = Vec::new();
        let all = poll_fn(|context| {
            open.retain_mut(|(one, answer)| match answer.as_mut().poll(context) {
                Poll::Ready(permit) => {
                    admitted.extend(permit.ok().map(|permit| (*one, permit)));
                    false
                }
                Poll::Pending => true,
            });
            if open.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        let is_there = tokio::select! {
            biased;
            () = all => true,
            () = hung_up(watched) => false,
        };
        admitted.retain(|_| is_there);
        admitted
    }

    /// Says in the log why something that was admitted is not done.
    pub(crate) async fn refuse(&self, pid: u32, neighbour: Neighbour, reason: String) {
        let identify = (self.identify)(pid);
        let refused = self
            .gate
            .refuse_by(self.request(neighbour), Basis::Neighbour(reason), identify);
        drop(refused.await);
    }

    /// Whether this would be admitted now, and nobody asked.
    pub(crate) fn allows(&self, neighbour: Neighbour) -> bool {
        match self.gate.peek(&self.request(neighbour)) {
            Verdict::Allow(_) => true,
            Verdict::Deny(_) | Verdict::Ask(_) => false,
        }
    }

    fn request(&self, neighbour: Neighbour) -> Request {
        Request {
            session: self.session.clone(),
            project: self.project.clone(),
            process: Process::unknown(),
            target: Target::Neighbour(neighbour),
        }
    }
}

impl Caller {
    /// The one of this connection.
    pub(crate) fn of(stream: UnixStream) -> io::Result<Self> {
        let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
        Ok(Self {
            pid: pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0),
            stream: stream.into_std()?,
        })
    }

    /// The connection, to be read from now on.
    pub(crate) fn stream(self) -> io::Result<UnixStream> {
        UnixStream::from_std(self.stream)
    }
}

/// Resolves when the program has closed its end; one that has ended its part of the talk only waits for the other. Takes none of
/// what it has said.
async fn hung_up(stream: std::os::unix::net::UnixStream) {
    let Ok(watched) = UnixStream::from_std(stream) else {
        return std::future::pending().await;
    };
    loop {
        // Not of reading: its end is a lasting state, and would be told again and again.
        match watched.ready(Interest::WRITABLE).await {
            Ok(ready) if ready.is_write_closed() => return,
            Ok(_) => {}
            Err(_) => return std::future::pending().await,
        }
        // Until something changes.
        let seen = watched.try_io(Interest::WRITABLE, || {
            Err::<(), _>(io::ErrorKind::WouldBlock.into())
        });
        debug_assert!(seen.is_err());
    }
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
