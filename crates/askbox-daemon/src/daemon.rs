//! The daemon as a whole: what it owns, how it starts, its main loop, how it ends.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use askbox_audit::Log;
use askbox_gate::{Clock, Gate, GrantStore, LockdownStore};
use askbox_network::{Proxies, ProxyEnvironment, Room, Upstream};
use askbox_paths::Paths;
use askbox_paths::own_file::KeptAside;
use askbox_policy::CanonicalPath;
use askbox_policy::builtin_lists::Lists;
use askbox_secrets::Secrets;
use askbox_wire::{Event as News, Listener, Lock, LockError};
use tokio::sync::{Notify, Semaphore, broadcast, watch};
use tokio::task::JoinSet;

use crate::connection;
use crate::descriptors::{self, Division};
use crate::directories;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::limits;
use crate::own_programs::OwnPrograms;
use crate::policy_store::{self, Places, PolicyStore};
use crate::process_view::ProcessView;
use crate::session::{self, Sessions};
use crate::shutdown;
use crate::signing::Signing;
use crate::upstream;
use crate::views::ShownBy;
use crate::watcher::Watcher;

/// What the daemon is told by whoever starts it.
#[derive(Debug)]
pub struct DaemonOptions {
    /// The askbox-init program.
    pub init: PathBuf,
    /// Where an administrator's policy lies: [`askbox_paths::MANAGED_POLICY`] but in tests.
    pub managed_policy: PathBuf,
    /// The directories on the user's PATH, which are on the start-up list.
    pub path_directories: Vec<PathBuf>,
    /// Whether the user has a service manager that makes control groups.
    pub has_service_manager: bool,
    /// How many files this process may have open at once.
    pub open_files: u64,
    /// What the environment says about proxies.
    pub proxy_environment: ProxyEnvironment,
    /// Where the user's secrets are, asked for in a way that this process outlives.
    pub secrets: Secrets,
    /// Gives memory that an idle daemon does not need back to the system. Blocks for some milliseconds.
    pub give_memory_back: fn(),
    /// Gets one byte once front ends can connect, and is closed then.
    pub ready: Option<OwnedFd>,
}

/// Everything that the daemon's tasks share.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) paths: Paths,
    pub(crate) home: CanonicalPath,
    pub(crate) init: PathBuf,
    pub(crate) programs: OwnPrograms,
    pub(crate) has_service_manager: bool,
    pub(crate) log: Log,
    pub(crate) gate: Gate,
    pub(crate) policy: PolicyStore,
    pub(crate) sessions: Sessions,
    pub(crate) processes: ProcessView,
    pub(crate) watcher: Watcher,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) signing: Signing,
    /// Where the connections of all sessions have their places.
    pub(crate) room: Room,
    /// How many processes of each session are held, so that their end is heard of.
    pub(crate) programs_watched: usize,
    pub(crate) clock: Clock,
    /// News that come from the daemon itself.
    pub(crate) news: broadcast::Sender<Arc<News>>,
    pub(crate) started_ms: u64,
    /// What was found wrong when the daemon started.
    pub(crate) start_warnings: Vec<String>,
    /// Directories of programs that go by their bare name in titles; learnt when sessions are planned.
    toolchains: Mutex<Arc<[PathBuf]>>,
    end_wanted: Arc<Notify>,
    session_ended: Notify,
    phase: watch::Sender<Phase>,
}

/// How far the daemon's life is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Sessions may begin.
    Running,
    /// No session begins any more; those that run are ended.
    Ending,
    /// Front ends hear their last message.
    Over,
}

/// Runs the daemon of these directories until it is told to end. Blocks the calling thread.
pub fn run(paths: &Paths, options: DaemonOptions) -> Result<(), Error> {
    run_with(paths, options, |_daemon| {})
}

/// The same; `opened` is called on the runtime once everything but the socket is there.
pub(crate) fn run_with(
    paths: &Paths,
    options: DaemonOptions,
    opened: impl FnOnce(&Arc<Daemon>),
) -> Result<(), Error> {
    directories::make(paths)?;
    // Before anything is read or written: whatever lies there belongs to the one that holds the lock.
    let lock = Lock::take(&paths.lock())?;
    let _of_the_state = Lock::take(&paths.state_lock()).map_err(|error| match error {
        LockError::Held => Error::Elsewhere {
            state: paths.state().to_owned(),
        },
        LockError::File { .. } => error.into(),
    })?;
    session::forget_offers(&paths.neighbours());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(limits::WORKERS)
        .max_blocking_threads(limits::BLOCKING_THREADS)
        .thread_keep_alive(limits::BLOCKING_IDLE)
        .thread_stack_size(limits::STACK)
        .thread_name("askbox")
        .enable_all()
        .build()
        .map_err(|source| Error::System {
            step: "start threads",
            source,
        })?;
    let result = runtime.block_on(async {
        let DaemonOptions {
            init,
            managed_policy,
            path_directories,
            has_service_manager,
            open_files,
            proxy_environment,
            secrets,
            give_memory_back,
            ready,
        } = options;
        let division = descriptors::divide(open_files)?;
        let daemon = Arc::new(Daemon::open(
            paths,
            init,
            managed_policy,
            &path_directories,
            has_service_manager,
            &division,
            upstream::proxies(paths, secrets.clone(), proxy_environment),
        )?);
        opened(&daemon);
        let listener = Listener::bind(&paths.socket(), &lock)?;
        let events =
            Events::new(listener, Arc::clone(&daemon.end_wanted)).map_err(|source| Error::System {
                step: "listen to signals",
                source,
            })?;
        let tidying = tokio::spawn({
            let daemon = Arc::clone(&daemon);
            async move { daemon.tidy(give_memory_back).await }
        });
        let signing = tokio::spawn({
            let daemon = Arc::clone(&daemon);
            async move { daemon.signing.begin(&daemon.log, &secrets).await }
        });
        let served = serve(&daemon, events, division.front_ends, ready).await;
        tidying.abort();
        signing.abort();
        served
    });
    // A look at a slow file system must not keep the daemon from ending.
    runtime.shutdown_background();
    result
}

/// The main loop, from the first event of the log to the last.
async fn serve(
    daemon: &Arc<Daemon>,
    mut events: Events,
    front_ends: usize,
    ready: Option<OwnedFd>,
) -> Result<(), Error> {
    shutdown::record_start(daemon).await?;
    let timers = tokio::spawn({
        let gate = daemon.gate.clone();
        async move { gate.run().await }
    });
    let watching = tokio::spawn({
        let daemon = Arc::clone(daemon);
        async move { daemon.watcher.run().await }
    });
    if let Some(ready) = ready
        && let Err(error) = File::from(ready).write_all(b"\n")
    {
        tracing::debug!(%error, "nobody waits for the daemon");
    }
    let room = Arc::new(Semaphore::new(front_ends));
    let mut connections = JoinSet::new();
    let mut policy_check = JoinSet::new();
    let reason = loop {
        match events.next().await {
            Event::Connected(connection) => {
                let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                    tracing::warn!(
                        pid = connection.peer.pid,
                        "too many front ends, one is turned away"
                    );
                    continue;
                };
                let daemon = Arc::clone(daemon);
                connections.spawn(async move {
                    connection::serve(daemon, *connection).await;
                    drop(place);
                });
            }
            Event::AcceptFailed(error) => {
                tracing::error!(%error, "a front end cannot connect");
                tokio::time::sleep(limits::ACCEPT_REST).await;
            }
            // Reading a long block-list takes a while; nobody else has to wait for it.
            Event::PolicyDue if policy_check.is_empty() => {
                let daemon = Arc::clone(daemon);
                policy_check.spawn(async move { daemon.check_policy().await });
            }
            Event::PolicyDue => {}
            Event::End(reason) => break reason,
        }
        // Tasks that have ended are kept until somebody looks.
        while connections.try_join_next().is_some() || policy_check.try_join_next().is_some() {}
    };
    tracing::info!(reason = reason.text(), "the daemon ends");
    // Nobody new from here on.
    drop(events);
    daemon.phase.send_replace(Phase::Ending);
    shutdown::end_sessions(daemon).await;
    daemon.phase.send_replace(Phase::Over);
    shutdown::wait_for(&mut connections).await;
    timers.abort();
    watching.abort();
    shutdown::record_end(daemon, reason).await;
    Ok(())
}

impl Daemon {
    /// Opens log, policy and grants. Blocks for as long as reading them takes; nothing else runs yet.
    pub(crate) fn open(
        paths: &Paths,
        init: PathBuf,
        managed_policy: PathBuf,
        path_directories: &[PathBuf],
        has_service_manager: bool,
        division: &Division,
        proxies: Proxies,
    ) -> Result<Self, Error> {
        let home = canonical_home(paths.home())?;
        let clock = Clock::system()?;
        let log = Log::open(&paths.log())?;
        let grants = GrantStore::load(&paths.grants())?;
        let programs = OwnPrograms::find(&init);
        let places = Places {
            home: home.clone(),
            user: paths.policy(),
            last_good: paths.last_good_policy(),
            managed: managed_policy,
            obeyed: policy_store::obeyed_files(paths),
            lists: Arc::new(lists(paths, &home, path_directories, &programs)),
        };
        let (policy, trusted_aside) = PolicyStore::open(places, paths.trusted())?;
        let kept_aside = [
            ("no remembered answer counts any more", grants.kept_aside()),
            ("no project file is trusted any more", trusted_aside.as_ref()),
        ];
        let start_warnings = kept_aside.into_iter().filter_map(|(what, kept)| {
            let KeptAside { path, reason } = kept?;
            Some(format!(
                "{what}; the broken file is kept as {}: {reason}",
                path.display()
            ))
        });
        let start_warnings = start_warnings.collect();
        let lockdown = LockdownStore::load(&paths.lockdown());
        let gate = Gate::new(policy.policy(), log.clone(), grants, lockdown, clock.clone());
        gate.keep_usage(paths.usage());
        Ok(Self {
            paths: paths.clone(),
            home,
            init,
            programs,
            has_service_manager,
            log,
            gate,
            policy,
            sessions: Sessions::default(),
            processes: ProcessView::new(),
            watcher: Watcher::new(),
            upstream: Arc::new(Upstream::new(proxies)),
            signing: Signing::new(),
            room: Room::new(division.sessions),
            programs_watched: division.programs,
            started_ms: clock.now().wall_ms,
            clock,
            news: broadcast::Sender::new(limits::NEWS_BUFFERED),
            start_warnings,
            toolchains: Mutex::default(),
            end_wanted: Arc::default(),
            session_ended: Notify::new(),
            phase: watch::Sender::new(Phase::Running),
        })
    }

    /// Passes news on to whoever follows.
    pub(crate) fn tell(&self, news: News) {
        // Nobody following is no error.
        drop(self.news.send(Arc::new(news)));
    }

    /// What questions are shown by.
    pub(crate) fn shown_by(&self) -> ShownBy {
        ShownBy {
            lists: Arc::clone(self.policy.policy().lists()),
            toolchains: Arc::clone(&self.toolchains.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Remembers which toolchains the user has.
    pub(crate) fn learn_toolchains(&self, toolchains: &[PathBuf]) {
        *self.toolchains.lock().unwrap_or_else(PoisonError::into_inner) = toolchains.into();
    }

    /// A session is over, and what it held is free.
    pub(crate) fn note_session_end(&self) {
        self.session_ended.notify_one();
    }

    /// Gives memory back some time after the daemon's start and after sessions ended.
    async fn tidy(&self, give_memory_back: fn()) {
        loop {
            tokio::time::sleep(limits::MEMORY_REST).await;
            if let Err(error) = tokio::task::spawn_blocking(give_memory_back).await {
                tracing::error!(%error, "memory was not given back");
            }
            self.session_ended.notified().await;
        }
    }

    /// Makes the main loop end.
    pub(crate) fn end(&self) {
        self.end_wanted.notify_one();
    }

    /// How far the daemon's life is, to be watched.
    pub(crate) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }
}

/// The built-in lists, with Askbox's own directories and programs, and the user's PATH.
fn lists(paths: &Paths, home: &CanonicalPath, path_directories: &[PathBuf], programs: &OwnPrograms) -> Lists {
    let own: Vec<PathBuf> = paths.own().into_iter().map(Path::to_owned).collect();
    let (own, directories) = (policy_store::names(&own), policy_store::names(path_directories));
    let lists = Lists::for_home(home, &own, &directories);
    let found = programs.with_search(path_directories.iter().map(PathBuf::as_path), None);
    lists.with_programs(&policy_store::names(&found)).unwrap_or(lists)
}

fn canonical_home(home: &Path) -> Result<CanonicalPath, Error> {
    let failed = |source| Error::Home {
        path: home.to_owned(),
        source,
    };
    let real = fs::canonicalize(home).map_err(failed)?;
    CanonicalPath::new(&real).ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))
}

#[cfg(test)]
mod tests;
