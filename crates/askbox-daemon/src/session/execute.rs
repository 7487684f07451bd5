//! Starts of programs in a session: each waits in execve until the gate has decided. Files that the asking file system serves
//! are asked about when they are opened, by the very file that then runs; so only native ones are asked about here, and no
//! start asks twice.
//!
//! One task hears of starts and waits for nothing else; what is read of programs is read on the pool with a deadline. Where
//! that comes late, the start is refused: a path that is not known allows nothing.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use askbox_files::View;
use askbox_gate::{Denial, DeniedBy, Gate};
use askbox_policy::{Basis, CanonicalPath, Process, Project, Request, SessionId, Target, display};
use askbox_sandbox::exec_listener::{self, Heard, Listener, Look, Start, Tree};
use askbox_wire::{ErrorCode, Event, WireError};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::daemon::Daemon;
use crate::limits;

mod lately;
mod verify;

use lately::Lately;

/// Whose starts they are.
pub(super) struct Whose {
    pub(super) session: SessionId,
    pub(super) project: Project,
    /// The root of its processes on the host; 0 until it is known.
    pub(super) root: Arc<AtomicU32>,
    pub(super) asked: Asked,
    /// Whether programs inside may have other mounts than their session.
    pub(super) has_other_mounts: bool,
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
    /// For what is read at once: others have their turn on the pool too, and what comes late there is refused.
    turns: Semaphore,
    lately: Mutex<Lately>,
    /// Names of programs that cannot work inside and of which the person was told: no more than the list has.
    told: Mutex<HashSet<OsString>>,
}

/// Serves the starts of a session, where they can be heard of. Needs a tokio runtime.
pub(super) fn serve(
    daemon: &Arc<Daemon>,
    whose: Whose,
    listener: Option<OwnedFd>,
    tree: OwnedFd,
) -> Result<Option<Starts>, WireError> {
    let Some(listener) = listener else {
        return Ok(None);
    };
    let listener = register(Listener::new(listener)).map_err(|error| {
        WireError::new(
            ErrorCode::Malformed,
            format!("the listener for starts of programs is none: {error}"),
        )
    })?;
    let tree = Tree::new(tree, whose.has_other_mounts);
    let serving = Serving {
        daemon: Arc::clone(daemon),
        whose,
        listener,
        tree,
        turns: Semaphore::new(limits::STARTS_READ),
        lately: Mutex::default(),
        told: Mutex::default(),
    };
    Ok(Some(Starts(tokio::spawn(Arc::new(serving).run()))))
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types that change their descriptor; a listener keeps its own"
)]
fn register(listener: Listener) -> io::Result<AsyncFd<Listener>> {
    AsyncFd::with_interest(listener, Interest::READABLE)
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
            self.read(look).await
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
            Look::Files(files) => self.decide(start, files, seen.before).await,
            Look::Nothing(errno) => self.listener().refuse(&start, errno),
            Look::Unclear(reason) => self.refuse_unclear(&start, reason).await,
            Look::Init | Look::Elsewhere => self.listener().go_on(&start),
        }
    }

    /// Does what may block, in its turn.
    async fn read<T: Send + 'static>(&self, job: impl FnOnce(Instant) -> T + Send + 'static) -> Option<T> {
        let _turn = self.turns.acquire().await.ok()?;
        self.daemon.processes.run(job).await
    }

    /// Blocks.
    fn look(&self, start: &Start) -> Seen {
        Seen {
            look: self.tree.look(start, &|path| self.whose.asked.holds(path)),
            before: exec_listener::runs(start.thread),
        }
    }

    async fn decide(self: &Arc<Self>, start: Start, files: Vec<CanonicalPath>, before: Option<PathBuf>) {
        let interpreters = files.iter().skip(1).map(Some).chain([None]);
        for (file, interpreter) in files.iter().zip(interpreters) {
            if self.whose.asked.holds(file.as_path()) {
                continue;
            }
            let interpreter = interpreter.map(|path| path.as_path().to_owned());
            let admitted = tokio::select! {
                biased;
                admitted = self.admit(&start, file.clone(), interpreter) => admitted,
                () = self.has_given_up(&start) => return,
            };
            if let Err(denial) = admitted {
                self.tell(&denial);
                return self.listener().refuse(&start, libc::EACCES);
            }
        }
        self.let_go(start, files, before).await;
    }

    async fn admit(
        &self,
        start: &Start,
        file: CanonicalPath,
        interpreter: Option<PathBuf>,
    ) -> Result<(), Denial> {
        let mut request = self.request(Target::Execute(file));
        request.process.interpreter.clone_from(&interpreter);
        let identify = async {
            Process {
                interpreter,
                ..self.process(start).await
            }
        };
        self.gate().admit(request, identify).await.map(drop)
    }

    /// Who starts it, for people and the log.
    async fn process(&self, start: &Start) -> Process {
        let root = self.whose.root.load(Ordering::Acquire);
        self.daemon.processes.of_thread(start.thread, root).await
    }

    /// Resolves when who wanted the start was killed: the kernel has let it go then.
    async fn has_given_up(&self, start: &Start) {
        let mut pause = limits::START_CHECK;
        while {
            sleep(pause).await;
            self.listener().is_waiting(start)
        } {
            pause = (2 * pause).min(limits::START_CHECK_SLOWEST);
        }
    }

    /// Refuses what nobody could decide about.
    async fn refuse_unclear(&self, start: &Start, reason: &str) {
        let process = self.process(start).await;
        let caller = process.exe.as_deref().and_then(CanonicalPath::new);
        if let Some(caller) = caller {
            let mut request = self.request(Target::Execute(caller));
            request.process = process;
            let basis = Basis::Malformed(format!("it starts a program, and {reason}"));
            drop(self.gate().refuse(&request, basis).await);
        }
        self.listener().refuse(start, libc::EACCES);
    }

    /// What a person at the terminal would not find out from the program's own words: once for each name, since a shell tries
    /// all that PATH has of it.
    fn tell(&self, denial: &Denial) {
        let (DeniedBy::Basis(Basis::Unusable(reason)), Some(path)) = (&denial.by, denial.target.path())
        else {
            return;
        };
        let name = path.as_path().file_name().unwrap_or_default().to_owned();
        // Nothing in here leaves it half changed.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(name) {
            let path = display::path(path.as_path(), limits::PATH_SHOWN);
            self.daemon.tell(Event::Refused {
                session: self.whose.session.clone(),
                what: format!("{path} cannot work inside: {reason}"),
            });
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
