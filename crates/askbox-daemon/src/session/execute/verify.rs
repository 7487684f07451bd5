//! What runs after a start was let go on: the kernel reads the path anew, and another thread may have changed it since it was
//! read here. What runs instead must be allowed itself, or it is ended. Best effort: by then it has run for a moment.

use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use askbox_gate::Permit;
use askbox_policy::{Basis, CanonicalPath, Target, Verdict};
use askbox_sandbox::exec_listener::{At, Caller, Start};

use super::Serving;
use super::lately::Lately;
use super::programs::Program;
use crate::limits;

/// A start that was let go on.
#[derive(Debug)]
pub(super) struct Gone {
    start: Start,
    caller: Caller,
    /// What its caller ran until then.
    before: Option<PathBuf>,
    /// When it is looked at.
    due: Instant,
    /// How long it was waited for that.
    pause: Duration,
}

/// What became of it.
enum Became {
    /// The kernel is about it still, or has not come to it.
    Starting(At),
    /// This runs.
    Runs(PathBuf),
    /// Nothing runs any more.
    Ended,
}

impl Gone {
    fn became(&self) -> Became {
        match self.caller.state(&self.start) {
            None => Became::Ended,
            Some((at @ (At::Start | At::Running), runs)) if self.before.as_ref() == Some(&runs) => {
                Became::Starting(at)
            }
            Some((_, runs)) => Became::Runs(runs),
        }
    }

    /// Looked at once more, after a longer pause. One that is busy may be starting still, without ever getting the processor, or
    /// be a program that started itself once more: nothing tells them apart, so it is never given up.
    fn later(mut self, at: At) -> Self {
        self.pause = (2 * self.pause).min(match at {
            At::Running => limits::START_VERIFY_BUSY,
            At::Start | At::Other => limits::START_VERIFY_SLOWEST,
        });
        self.due = Instant::now() + self.pause;
        self
    }
}

impl Serving {
    /// Lets a start go on that the gate has permitted, and has it looked at what comes of it. `before` is what its caller ran
    /// until then. What the asking file system serves has no permit here, and is permitted when it is opened.
    pub(super) fn let_go(
        &self,
        start: Start,
        files: Vec<CanonicalPath>,
        before: Option<PathBuf>,
        _permits: &[Permit],
    ) {
        let Ok((caller, held)) = Caller::of(start.thread) else {
            // It was killed meanwhile. If not, nobody could tell what it runs.
            return self.listener.refuse(&start, libc::EAGAIN);
        };
        if !self.listener.is_waiting(&start) {
            return;
        }
        if let Some(file) = files.first().cloned() {
            let started_ms = self.daemon.clock.now().wall_ms;
            let program = Program { file, started_ms };
            self.programs().begin(caller, held, start.id(), program);
        }
        self.lately().begin(caller.number(), start.id(), files);
        self.listener.go_on(&start);
        let pause = limits::START_VERIFY;
        self.gone().push(Gone {
            start,
            caller,
            before,
            due: Instant::now() + pause,
            pause,
        });
        self.crew.look_at(Instant::now() + pause);
    }

    /// Looks at what came of the starts whose time it is. Returns when the next one is due.
    pub(super) fn look_at_due(self: &Arc<Self>) -> Option<Instant> {
        let now = Instant::now();
        let due: Vec<Gone> = self.gone().extract_if(.., |gone| gone.due <= now).collect();
        for gone in due {
            let runs = match gone.became() {
                Became::Ended => None,
                Became::Runs(runs) => Some(runs),
                Became::Starting(at) => {
                    self.gone().push(gone.later(at));
                    continue;
                }
            };
            if let Some(runs) = runs {
                self.note(&gone, &runs);
                self.judge(&gone, runs);
            }
            self.await_end(gone.caller);
            self.lately().end(gone.caller.number(), gone.start.id());
        }
        self.gone().iter().map(|gone| gone.due).min()
    }

    /// Notes whether a process runs what it was let start, or goes on with what it ran before.
    fn note(&self, gone: &Gone, runs: &Path) {
        let (caller, id) = (gone.caller, gone.start.id());
        let is_before = gone.before.as_deref() == Some(runs);
        if is_before && !self.lately().names(caller.number(), id, runs) {
            self.programs().fail(caller, id);
        } else {
            self.programs().succeed(caller, id);
        }
    }

    fn judge(self: &Arc<Self>, gone: &Gone, runs: PathBuf) {
        let process = gone.caller.number();
        // What the file system serves was asked about by the file, and what went elsewhere asks nobody.
        if gone.before.as_ref() == Some(&runs)
            || self.lately().allows(process, gone.start.id(), &runs)
            || self.whose.asked.holds(&runs)
            || self.tree.is_left_by(process)
        {
            return;
        }
        let Some(path) = CanonicalPath::new(&runs) else {
            return;
        };
        let mut request = self.request(Target::Execute(path));
        match self.gate().peek(&request) {
            Verdict::Allow(_) => {}
            Verdict::Ask(_) | Verdict::Deny(_) => {
                gone.caller.end();
                // What else could be said of it lies in its memory, and it would have time meanwhile.
                request.process.pid = process;
                request.process.exe = Some(runs);
                let serving = Arc::clone(self);
                self.begin(async move {
                    let basis = Basis::Malformed("it runs in the place of another program".to_owned());
                    drop(serving.gate().refuse(&request, basis).await);
                });
            }
        }
    }

    /// Never kept across an await.
    fn lately(&self) -> MutexGuard<'_, Lately> {
        // Nothing in there is left half changed.
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gone(&self) -> MutexGuard<'_, Vec<Gone>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
