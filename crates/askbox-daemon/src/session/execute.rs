//! Starts of programs in a session: each waits in execve until the gate has decided. Files that the asking file system serves
//! are asked about when they are opened, by the very file that then runs; so only native ones are asked about here, and no
//! start asks twice.
//!
//! One task hears of starts and waits for nothing else; what is read of programs is read on the pool with a deadline. Where
//! that comes late, the start is refused: a path that is not known allows nothing.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use askbox_files::View;
use askbox_gate::{Denial, DeniedBy, Gate};
use askbox_policy::{Basis, CanonicalPath, Process, Project, Request, SessionId, Target, Verdict, display};
use askbox_sandbox::exec_listener::{self, Heard, Listener, Look, Start, Tree, program};
use askbox_sandbox::plan::INIT;
use askbox_wire::Event;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::daemon::Daemon;
use crate::limits;
use crate::process_view;

/// Whose starts they are.
pub(super) struct Whose {
    pub(super) session: SessionId,
    pub(super) project: Project,
    /// The root of its processes on the host; 0 until it is known.
    pub(super) root: Arc<AtomicU32>,
    pub(super) asked: Asked,
}

/// What the asking file system serves, and so asks about by itself.
#[derive(Debug, Default)]
pub(super) struct Asked {
    roots: Vec<PathBuf>,
    native: Vec<PathBuf>,
}

impl Asked {
    pub(super) fn of(view: Option<&View>) -> Self {
        let Some(view) = view else {
            return Self::default();
        };
        Self {
            roots: view.roots.clone(),
            native: view.mounts.iter().map(|mount| mount.path.clone()).collect(),
        }
    }

    fn holds(&self, path: &Path) -> bool {
        let is_below = |places: &[PathBuf]| places.iter().any(|place| path.starts_with(place));
        is_below(&self.roots) && !is_below(&self.native)
    }
}

/// Answers until it is dropped. What waits then fails.
#[derive(Debug)]
pub(crate) struct Starts(JoinHandle<()>);

impl Drop for Starts {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What every start of a session needs.
struct Serving {
    daemon: Arc<Daemon>,
    whose: Whose,
    listener: AsyncFd<Listener>,
    tree: Tree,
}

/// Serves the starts of a session. Needs a tokio runtime.
#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types that change their descriptor; a listener keeps its own"
)]
pub(super) fn serve(
    daemon: &Arc<Daemon>,
    whose: Whose,
    listener: OwnedFd,
    tree: OwnedFd,
) -> io::Result<Starts> {
    let listener = AsyncFd::with_interest(Listener::new(listener), Interest::READABLE)?;
    let serving = Serving {
        daemon: Arc::clone(daemon),
        whose,
        listener,
        tree: Tree::new(tree),
    };
    Ok(Starts(tokio::spawn(Arc::new(serving).run())))
}

impl Serving {
    async fn run(self: Arc<Self>) {
        loop {
            let mut ready = match self.listener.readable().await {
                Ok(ready) => ready,
                Err(error) => return tracing::error!(%error, "starts of programs are not heard any more"),
            };
            match ready.get_inner().hear() {
                Ok(Heard::Start(start)) => {
                    // Ends with its start: as many as threads of the session wait.
                    tokio::spawn(Arc::clone(&self).answer(start));
                }
                Ok(Heard::Nothing) => ready.clear_ready(),
                Ok(Heard::Over) => return,
                Err(error) => return tracing::error!(%error, "starts of programs are not heard any more"),
            }
        }
    }

    async fn answer(self: Arc<Self>, start: Start) {
        // Ours, outside the walls: bwrap itself.
        if start.thread == self.whose.root.load(Ordering::Acquire) {
            return self.listener().go_on(&start);
        }
        let seen = {
            let (serving, start) = (Arc::clone(&self), start.clone());
            let look = move |_late| serving.look(&start);
            self.daemon.processes.run(look).await
        };
        let Some(seen) = seen else {
            return self
                .refuse_unclear(&start, "its path could not be read in time")
                .await;
        };
        // Whoever was looked at is who asks only if it waits still.
        if !self.listener().is_waiting(&start) {
            return;
        }
        match seen.look {
            Look::Files(files) => self.decide(&start, files, seen.before).await,
            Look::Nothing(errno) => self.listener().refuse(&start, errno),
            Look::Unclear(reason) => self.refuse_unclear(&start, reason).await,
        }
    }

    /// Blocks.
    fn look(&self, start: &Start) -> Seen {
        Seen {
            look: self.tree.look(start, &|path| self.whose.asked.holds(path)),
            before: program::runs(start.thread).ok(),
        }
    }

    async fn decide(self: &Arc<Self>, start: &Start, files: Vec<CanonicalPath>, before: Option<PathBuf>) {
        if files
            .first()
            .is_some_and(|file| file.as_path() == Path::new(INIT))
        {
            return self.listener().go_on(start);
        }
        for file in &files {
            if self.whose.asked.holds(file.as_path()) {
                continue;
            }
            let admitted = self.admit(start, Target::Execute(file.clone()));
            let admitted = tokio::select! {
                biased;
                admitted = admitted => admitted,
                () = self.has_given_up(start) => return,
            };
            if let Err(denial) = admitted {
                self.tell(&denial);
                return self.listener().refuse(start, libc::EACCES);
            }
        }
        self.listener().go_on(start);
        self.verify(start.thread, &files, before).await;
    }

    async fn admit(&self, start: &Start, target: Target) -> Result<(), Denial> {
        let root = self.whose.root.load(Ordering::Acquire);
        let identify = self.daemon.processes.of_thread(start.thread, root);
        self.gate().admit(self.request(target), identify).await.map(drop)
    }

    /// Resolves when who wanted the start was killed: the kernel has let it go then.
    async fn has_given_up(&self, start: &Start) {
        loop {
            sleep(limits::START_CHECK).await;
            if !self.listener().is_waiting(start) {
                return;
            }
        }
    }

    /// Refuses what nobody could decide about.
    async fn refuse_unclear(&self, start: &Start, reason: &str) {
        let root = self.whose.root.load(Ordering::Acquire);
        let process = self.daemon.processes.of_thread(start.thread, root).await;
        let caller = process.exe.as_deref().and_then(CanonicalPath::new);
        if let Some(caller) = caller {
            let mut request = self.request(Target::Execute(caller));
            request.process = process;
            let basis = Basis::Malformed(format!("it starts a program, and {reason}"));
            drop(self.gate().refuse(&request, basis).await);
        }
        self.listener().refuse(start, libc::EACCES);
    }

    /// What a person at the terminal would not find out from the program's own words.
    fn tell(&self, denial: &Denial) {
        if let (DeniedBy::Basis(Basis::Unusable(reason)), Some(path)) = (&denial.by, denial.target.path()) {
            let path = display::path(path.as_path(), limits::PATH_SHOWN);
            self.daemon.tell(Event::Refused {
                session: self.whose.session.clone(),
                what: format!("{path} cannot work inside: {reason}"),
            });
        }
    }

    /// Compares what runs with what was decided, since another thread may have changed the path in between. What runs instead
    /// must be allowed itself, or it is ended. Best effort: by then it has run for a moment.
    async fn verify(&self, thread: u32, files: &[CanonicalPath], before: Option<PathBuf>) {
        sleep(limits::START_VERIFY).await;
        let runs = self
            .daemon
            .processes
            .run(move |_late| Some((process_view::of_thread(thread)?, program::runs(thread).ok()?)));
        let Some(Some((process, runs))) = runs.await else {
            return;
        };
        let is_meant = files.iter().any(|file| file.as_path() == runs) || before.as_ref() == Some(&runs);
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
                let pid = process.pid;
                request.process = process;
                let basis = Basis::Malformed("it runs in the place of another program".to_owned());
                drop(self.gate().refuse(&request, basis).await);
                exec_listener::end(pid);
            }
        }
    }

    fn request(&self, target: Target) -> Request {
        Request {
            session: self.whose.session.clone(),
            project: self.whose.project.clone(),
            process: Process::unknown(),
            target,
        }
    }

    fn gate(&self) -> &Gate {
        &self.daemon.gate
    }

    fn listener(&self) -> &Listener {
        self.listener.get_ref()
    }
}

/// What a look at a start found.
struct Seen {
    look: Look,
    /// What its caller ran until then.
    before: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use askbox_files::MountPoint;

    use super::*;

    #[test]
    fn native_places_in_the_asking_file_system_are_asked_about_here() {
        let asked = Asked::of(Some(&View {
            roots: vec!["/home/u".into(), "/opt".into()],
            mounts: vec![MountPoint {
                path: "/home/u/p".into(),
                is_directory: true,
            }],
            slow: Vec::new(),
        }));
        let holds = |path: &str| asked.holds(Path::new(path));
        assert!(holds("/home/u/bin/tool"));
        assert!(holds("/opt/x"));
        assert!(!holds("/home/u/p/build.sh"));
        assert!(!holds("/usr/bin/sh"));
        assert!(!holds("/memfd:x"));
    }
}
