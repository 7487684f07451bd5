//! Starts of programs in a session: each waits in execve until the gate has decided. Files that the asking file system serves
//! are asked about when they are opened, by the very file that then runs; so only native ones are asked about here, and no
//! start asks twice.
//!
//! A start is decided about on the thread that hears of it, as far as nobody has to be waited for; a task of its own does the
//! rest.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

use askbox_files::View;
use askbox_gate::{Denial, DeniedBy, Gate, Permit};
use askbox_policy::{Basis, CanonicalPath, Process, Project, Request, SessionId, Target, display};
use askbox_sandbox::exec_listener::{self, Listener, Look, Start, Tree};
use askbox_wire::{ErrorCode, Event, WireError};
use tokio::runtime::Handle;
use tokio::time::sleep;

use crate::daemon::Daemon;
use crate::limits;

mod ends;
mod lately;
mod programs;
mod threads;
mod verify;

use lately::Lately;
use programs::Programs;
pub(crate) use programs::{EndedProgram, Latest};
use threads::{Crew, Threads};
use verify::Gone;

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
pub(crate) struct Starts {
    _threads: Threads,
    programs: Arc<Mutex<Programs<OwnedFd>>>,
}

impl Starts {
    /// The latest programs that ended, as many as these at most.
    pub(super) fn ended(&self, count: usize) -> Latest {
        ends::locked(&self.programs).latest(count)
    }
}

/// What every start of a session needs.
struct Serving {
    daemon: Arc<Daemon>,
    whose: Whose,
    listener: Listener,
    crew: Arc<Crew>,
    runtime: Handle,
    tree: Tree,
    lately: Mutex<Lately>,
    /// What is looked at still.
    gone: Mutex<Vec<Gone>>,
    programs: Arc<Mutex<Programs<OwnedFd>>>,
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
    let tree = Tree::new(tree, whose.has_other_mounts);
    let programs = Arc::new(Mutex::new(Programs::new(daemon.programs_watched)));
    let serving = Serving {
        daemon: Arc::clone(daemon),
        whose,
        listener: Listener::new(listener),
        crew: Arc::default(),
        runtime: Handle::current(),
        tree,
        lately: Mutex::default(),
        gone: Mutex::default(),
        programs: Arc::clone(&programs),
        told: Mutex::default(),
    };
    let threads = threads::begin(Arc::new(serving)).map_err(|error| {
        WireError::new(
            ErrorCode::Internal,
            format!("cannot listen to starts of programs: {error}"),
        )
    })?;
    Ok(Some(Starts {
        _threads: threads,
        programs,
    }))
}

impl Serving {
    /// Answers a start, or has it answered as soon as that can be. Blocks for as long as the program's memory does.
    fn answer(self: &Arc<Self>, start: Start) {
        // Ours, outside the walls: bwrap itself.
        if start.thread == self.whose.root.load(Ordering::Acquire) {
            return self.listener.go_on(&start);
        }
        let look = self.tree.look(&start, &|path| self.whose.asked.holds(path));
        let before = exec_listener::runs(start.thread);
        // Whoever was looked at is who asks only if it waits still.
        if !self.listener.is_waiting(&start) {
            return;
        }
        match look {
            Look::Files(files) => {
                let serving = Arc::clone(self);
                self.begin(async move { serving.decide(start, files, before).await });
            }
            Look::Nothing(errno) => self.listener.refuse(&start, errno),
            Look::Unclear(reason) => {
                let serving = Arc::clone(self);
                self.begin(async move { serving.refuse_unclear(&start, before, reason).await });
            }
            Look::Init | Look::Elsewhere => self.listener.go_on(&start),
        }
    }

    /// Does at once what can be done without waiting, and leaves the rest to a task. It ends with its start, so there are as
    /// many as threads of the session that wait.
    fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut work = Box::pin(work);
        let mut nobody = Context::from_waker(Waker::noop());
        // The task asks anew, and is woken from then on.
        if work.as_mut().poll(&mut nobody).is_pending() {
            self.runtime.spawn(work);
        }
    }

    async fn decide(self: &Arc<Self>, start: Start, files: Vec<CanonicalPath>, before: Option<PathBuf>) {
        loop {
            let admitted = tokio::select! {
                biased;
                admitted = self.admit_all(&start, &files) => admitted,
                () = self.has_given_up(&start) => return,
            };
            match admitted {
                // While one was waited for, another may have been taken back.
                Ok(permits) if permits.iter().any(Permit::is_revoked) => {}
                Ok(permits) => return self.let_go(start, files, before, &permits),
                Err(denial) => {
                    self.tell(&denial);
                    return self.listener.refuse(&start, libc::EACCES);
                }
            }
        }
    }

    /// The program and what interprets it, one after the other.
    async fn admit_all(&self, start: &Start, files: &[CanonicalPath]) -> Result<Vec<Permit>, Denial> {
        let interpreters = files.iter().skip(1).map(Some).chain([None]);
        let mut permits = Vec::new();
        for (file, interpreter) in files.iter().zip(interpreters) {
            if !self.whose.asked.holds(file.as_path()) {
                let interpreter = interpreter.map(|path| path.as_path().to_owned());
                permits.push(self.admit(start, file.clone(), interpreter).await?);
            }
        }
        Ok(permits)
    }

    async fn admit(
        &self,
        start: &Start,
        file: CanonicalPath,
        interpreter: Option<PathBuf>,
    ) -> Result<Permit, Denial> {
        let mut request = self.request(Target::Execute(file));
        request.process.interpreter.clone_from(&interpreter);
        let identify = async {
            Process {
                interpreter,
                ..self.process(start).await
            }
        };
        self.gate().admit(request, identify).await
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
            self.listener.is_waiting(start)
        } {
            pause = (2 * pause).min(limits::START_CHECK_SLOWEST);
        }
    }

    /// Refuses what nobody could decide about. It is an event of what its caller runs, since nobody knows of what else.
    async fn refuse_unclear(&self, start: &Start, caller: Option<PathBuf>, reason: &str) {
        let caller = caller.as_deref().and_then(CanonicalPath::new);
        if let Some(caller) = caller {
            let basis = Basis::Malformed(format!("it starts a program, and {reason}"));
            let request = self.request(Target::Execute(caller));
            drop(self.gate().refuse_by(request, basis, self.process(start)).await);
        }
        self.listener.refuse(start, libc::EACCES);
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
            let path = display::phrase(display::path(path.as_path(), limits::PATH_SHOWN));
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
            ..View::default()
        }));
        let holds = |path: &str| asked.holds(Path::new(path));
        assert!(holds("/home/u/bin/tool"));
        assert!(holds("/opt/x"));
        assert!(!holds("/home/u/p/build.sh"));
        assert!(!holds("/usr/bin/sh"));
        assert!(!holds("/memfd:x"));
    }
}
