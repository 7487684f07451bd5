//! Permits: proof that a request may proceed, and the one registry of those that are alive. A permit is cut when what
//! admitted it no longer holds; whoever holds it ends the connection or closes the file. Decides nothing itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use askbox_audit::{Durability, Entry, Log, What};
use askbox_policy::{Allowed, Destination, GrantId, Process, Request, SessionId, Target};
use tokio::sync::{Notify, watch};

use crate::lock::lock;
use crate::questions::QuestionId;
use crate::record::event_process;

/// Proof that a request may proceed. Only the gate makes one. It is alive until it is dropped or finished; while it is
/// alive it can be cut. One for a file takes some 560 bytes (measured with short paths), however long the command line of
/// its program is, and may be kept for days.
#[must_use = "dropping a permit ends the permission"]
pub struct Permit {
    live: Arc<Live>,
    registry: Arc<Registry>,
    log: Log,
}

/// What let a request through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AdmittedBy {
    /// Rules, grants or the preset, without asking.
    Rules(Allowed),
    /// A person's answer to this question.
    Answer(QuestionId),
}

/// One live permit as the registry sees it.
#[derive(Debug)]
pub(crate) struct Live {
    number: u64,
    pub(crate) request: Request,
    pub(crate) by: AdmittedBy,
    /// The *once* grants that it lives on. They may run out under it, but not be revoked.
    pub(crate) once: Option<Vec<GrantId>>,
    is_cut: AtomicBool,
    cut: Notify,
}

/// All live permits.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    lives: Mutex<Lives>,
    /// How often permits were cut.
    cuts: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Lives {
    by_number: HashMap<u64, Weak<Live>>,
    last: u64,
}

impl AdmittedBy {
    /// Whether it lets a copy be read, and not the file itself.
    pub fn is_for_copy(&self) -> bool {
        match self {
            AdmittedBy::Rules(allowed) => allowed.is_for_copy(),
            AdmittedBy::Answer(_) => false,
        }
    }
}

impl fmt::Display for AdmittedBy {
    /// The `by` of an event.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdmittedBy::Rules(allowed) => allowed.basis().fmt(f),
            AdmittedBy::Answer(question) => write!(f, "answer to question {question}"),
        }
    }
}

impl Permit {
    /// What may be reached, and nothing else.
    pub fn target(&self) -> &Target {
        &self.live.request.target
    }

    /// The session that it was given to.
    pub fn session(&self) -> &SessionId {
        &self.live.request.session
    }

    /// What admitted it.
    pub fn by(&self) -> &AdmittedBy {
        &self.live.by
    }

    /// Whether it was cut.
    pub fn is_revoked(&self) -> bool {
        self.live.is_cut.load(Ordering::Acquire)
    }

    /// Resolves when it is cut: a grant was revoked or expired, the rules changed, or the session ended. Never
    /// resolves otherwise. Cancel-safe.
    pub async fn revoked(&self) {
        let mut cut = std::pin::pin!(self.live.cut.notified());
        // Registered before the flag is read, so that a cut in between is not missed.
        cut.as_mut().enable();
        if !self.is_revoked() {
            cut.await;
        }
    }

    /// Ends it, and records what a connection carried: `bytes_in` into the sandbox, `bytes_out` out of it. `process`
    /// is what was found out about the requester in the meantime.
    pub async fn finish(self, bytes_in: u64, bytes_out: u64, process: Process) {
        let request = &self.live.request;
        let process = event_process(&process);
        let entry = Entry {
            session: Some(request.session.clone()),
            project: Some(request.project.clone()),
            what: What::Traffic {
                target: request.target.clone(),
                bytes_in,
                bytes_out,
                process,
            },
        };
        let log = self.log.clone();
        drop(self);
        // The bytes have flown; there is nothing left to deny.
        if let Err(error) = log.record(entry, Durability::Unsynced).await {
            tracing::error!(%error, "the traffic of a connection is not in the log");
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.live).finish()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        lock(&self.registry.lives).by_number.remove(&self.live.number);
    }
}

impl Registry {
    /// Makes a permit. To be called under the lock under which the request was decided, so that no change of rules
    /// falls in between.
    pub(crate) fn permit(
        self: &Arc<Self>,
        log: &Log,
        mut request: Request,
        by: AdmittedBy,
        once: Option<Vec<GrantId>>,
    ) -> Permit {
        // The rules never look at these, and they can be as long as the program likes.
        request.process.command = Vec::new();
        request.process.others = Vec::new();
        request.process.ancestors = Vec::new();
        let mut lives = lock(&self.lives);
        lives.last += 1;
        let number = lives.last;
        let live = Arc::new(Live {
            number,
            request,
            by,
            once,
            is_cut: AtomicBool::new(false),
            cut: Notify::new(),
        });
        lives.by_number.insert(number, Arc::downgrade(&live));
        drop(lives);
        Permit {
            live,
            registry: Arc::clone(self),
            log: log.clone(),
        }
    }

    /// Cuts every permit that `ended` picks. Returns how many.
    pub(crate) fn cut(&self, mut ended: impl FnMut(&Live) -> bool) -> usize {
        // Taken out of the lock first: deciding each takes a while, and finished connections need it meanwhile.
        let lives: Vec<_> = lock(&self.lives)
            .by_number
            .values()
            .filter_map(Weak::upgrade)
            .collect();
        let ended = lives
            .iter()
            .filter(|live| !live.is_cut.load(Ordering::Acquire) && ended(live));
        let count = ended.map(|live| live.end()).count();
        if 0 < count {
            self.cuts.send_modify(|cuts| *cuts += 1);
        }
        count
    }

    /// Changes whenever permits were cut.
    pub(crate) fn cuts(&self) -> watch::Receiver<u64> {
        self.cuts.subscribe()
    }

    /// The destinations that a session has permits for.
    pub(crate) fn destinations(&self, session: &SessionId) -> Vec<Destination> {
        let lives = lock(&self.lives);
        let lives = lives.by_number.values().filter_map(Weak::upgrade);
        let of_session = lives.filter(|live| live.request.session == *session);
        let mut found: Vec<Destination> = Vec::new();
        for live in of_session {
            if let Target::Network(destination) | Target::LocalNetwork { destination, .. } =
                &live.request.target
                && !found.contains(destination)
            {
                found.push(destination.clone());
            }
        }
        found
    }

    /// How many are alive.
    pub(crate) fn count(&self) -> usize {
        lock(&self.lives).by_number.len()
    }
}

impl Live {
    fn end(&self) {
        self.is_cut.store(true, Ordering::Release);
        self.cut.notify_waiters();
    }
}
