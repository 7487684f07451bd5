//! What runs after a start was let go on: the kernel reads the path anew, and another thread may have changed it since it was
//! read here. What runs instead must be allowed itself, or it is ended. Best effort: by then it has run for a moment.

use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use askbox_policy::{Basis, CanonicalPath, Target, Verdict};
use askbox_sandbox::exec_listener::{At, Caller, Start};
use tokio::time::sleep;

use super::Serving;
use super::lately::Lately;
use crate::limits;

/// A start that was let go on.
#[derive(Clone)]
struct Gone {
    start: Start,
    caller: Caller,
    /// What its caller ran until then.
    before: Option<PathBuf>,
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
    /// Blocks.
    fn became(&self) -> Became {
        match self.caller.state(&self.start) {
            None => Became::Ended,
            Some((at @ (At::Start | At::Running), runs)) if self.before.as_ref() == Some(&runs) => {
                Became::Starting(at)
            }
            Some((_, runs)) => Became::Runs(runs),
        }
    }
}

impl Serving {
    /// Lets a start go on, and looks at what came of it. `before` is what its caller ran until then.
    pub(super) async fn let_go(&self, start: Start, files: Vec<CanonicalPath>, before: Option<PathBuf>) {
        let Ok(caller) = Caller::of(start.thread) else {
            // It was killed meanwhile. If not, nobody could tell what it runs.
            return self.listener().refuse(&start, libc::EAGAIN);
        };
        if !self.listener().is_waiting(&start) {
            return;
        }
        self.lately().begin(caller.number(), start.id(), files);
        self.listener().go_on(&start);
        let gone = Gone {
            start,
            caller,
            before,
        };
        if let Some(runs) = self.settled(&gone).await {
            self.judge(&gone, runs).await;
        }
        self.lately().end(gone.caller.number(), gone.start.id());
    }

    /// What a start led to; `None` when nothing of it is left.
    async fn settled(&self, gone: &Gone) -> Option<PathBuf> {
        let mut pause = limits::START_VERIFY;
        let mut looks_at_busy = 0;
        loop {
            sleep(pause).await;
            let looked = gone.clone();
            // Late: the machine is held up, and the next look may be in time.
            let became = self.read(move |_late| looked.became()).await;
            match became.unwrap_or(Became::Starting(At::Start)) {
                Became::Ended => return None,
                Became::Runs(runs) => return Some(runs),
                // Nothing in the call takes the processor for long, but a program that started itself once more may.
                Became::Starting(At::Running) if limits::START_VERIFY_BUSY <= looks_at_busy => {
                    return gone.before.clone();
                }
                Became::Starting(at) => {
                    looks_at_busy += u32::from(at == At::Running);
                    pause = (2 * pause).min(limits::START_VERIFY_SLOWEST);
                }
            }
        }
    }

    async fn judge(&self, gone: &Gone, runs: PathBuf) {
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
                let basis = Basis::Malformed("it runs in the place of another program".to_owned());
                drop(self.gate().refuse(&request, basis).await);
            }
        }
    }

    /// Never kept across an await.
    fn lately(&self) -> MutexGuard<'_, Lately> {
        // Nothing in there is left half changed.
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
