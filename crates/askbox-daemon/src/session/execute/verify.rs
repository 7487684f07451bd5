//! What runs after a start was let go on: the kernel reads the path anew, and another thread may have changed it since it was
//! read here. What runs instead must be allowed itself, or it is ended. Best effort: by then it has run for a moment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_policy::{Basis, CanonicalPath, Target, Verdict};
use askbox_sandbox::exec_listener::{Caller, Start};
use tokio::time::sleep;

use super::Serving;
use crate::limits;

/// What became of a start that was let go on.
enum Became {
    /// The kernel is about it still.
    Starting,
    /// This runs.
    Runs(PathBuf),
    /// Nothing runs any more.
    Ended,
}

impl Serving {
    /// Lets a start go on, and looks at what came of it. `before` is what its caller ran until then.
    pub(super) async fn let_go(&self, start: Start, files: Vec<CanonicalPath>, before: Option<PathBuf>) {
        // Fails only when it is closed, which nobody does.
        let Ok(_held) = self.looks.acquire().await else {
            return;
        };
        let caller = match Caller::of(start.thread) {
            Ok(caller) => Arc::new(caller),
            // It was killed meanwhile, or a descriptor could not be had.
            Err(error) => {
                tracing::debug!(%error, "a start is refused, since its process cannot be held");
                return self.listener().refuse(&start, libc::EAGAIN);
            }
        };
        if !self.listener().is_waiting(&start) {
            return;
        }
        self.listener().go_on(&start);
        let mut pause = limits::START_VERIFY;
        loop {
            sleep(pause).await;
            match self.became(&start, &caller).await {
                Became::Starting => pause = (2 * pause).min(limits::START_VERIFY_SLOWEST),
                Became::Runs(runs) => return self.judge(&caller, runs, &files, before.as_deref()).await,
                Became::Ended => return,
            }
        }
    }

    async fn became(&self, start: &Start, caller: &Arc<Caller>) -> Became {
        let (start, caller) = (start.clone(), Arc::clone(caller));
        let look = move |_late| {
            if caller.is_in(&start) {
                Became::Starting
            } else {
                caller.runs().map_or(Became::Ended, Became::Runs)
            }
        };
        // Late: the machine is held up, and the next look may be in time.
        self.read(look).await.unwrap_or(Became::Starting)
    }

    async fn judge(&self, caller: &Caller, runs: PathBuf, files: &[CanonicalPath], before: Option<&Path>) {
        let is_meant = files.iter().any(|file| file.as_path() == runs) || before == Some(&runs);
        // Every start is verified by itself, and what the file system serves was asked about by the file.
        if is_meant || self.whose.asked.holds(&runs) {
            return;
        }
        let Some(path) = CanonicalPath::new(&runs) else {
            return;
        };
        let mut request = self.request(Target::Execute(path));
        match self.gate().peek(&request) {
            Verdict::Allow(_) => {}
            Verdict::Ask(_) | Verdict::Deny(_) => {
                caller.end();
                // What else could be said of it lies in its memory, and it would have time meanwhile.
                request.process.pid = caller.number();
                request.process.exe = Some(runs);
                let basis = Basis::Malformed("it runs in the place of another program".to_owned());
                drop(self.gate().refuse(&request, basis).await);
            }
        }
    }
}
