//! The running sessions and what each of them holds open. Only bookkeeping: every method is short and waits for nothing.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askbox_files::View;
use askbox_network::{Datagrams, ProxyToken, Serving, ShareError, Shared, Sockets};
use askbox_policy::{Pin, Project, Request, SessionId, SharedPort, Switches};
use askbox_sandbox::guards::Before;
use askbox_sandbox::leash::Order;
use askbox_wire::{
    Enforcement, ErrorCode, Network, PortView, SessionState, SessionView, UsageView, WireError,
};
use tokio::sync::watch;

use super::execute::{Latest, Starts};
use super::keeping::Kept;
use super::neighbours::Neighbours;
use super::ports::{Maker, Ports};
use super::stopping::{Stopping, Why};

mod freezing;

pub(crate) use freezing::Ordered;

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionId, Session>>);

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    view: SessionView,
    project: Project,
    pins: Vec<Pin>,
    token: ProxyToken,
    /// The ports that it shares from the start on.
    wanted: Vec<SharedPort>,
    before: Before,
    /// What it asks about its profile once it runs.
    offer: Option<Request>,
    /// The root of its processes on the host; 0 until it is known.
    root: Arc<AtomicU32>,
    /// What its file system shows; `None` where it has none.
    files: Option<View>,
    neighbours: Neighbours,
    serving: Option<Serving>,
    /// What makes sockets in its network; there once it is served.
    maker: Option<Arc<Maker>>,
    ports: Ports,
    files_served: Option<askbox_files::Serving>,
    agent_served: Option<askbox_neighbours::Serving>,
    /// Who answers starts of its programs.
    starts: Option<Starts>,
    /// The write end of its leash. Dropping it ends everything inside.
    leash: Option<OwnedFd>,
    stop: watch::Sender<Stopping>,
    /// Bytes by which its directories may grow.
    disk_allowance: Arc<AtomicU64>,
    /// Bytes by which they may grow more, each time that this is allowed.
    disk_step: u64,
    /// What a person said in its place, for the next time.
    disk_more: Option<u64>,
    /// Its private homes on the host.
    homes: PathBuf,
}

/// What serving a session needs.
#[derive(Debug)]
pub(crate) struct Launching {
    /// What it is for.
    pub(crate) project: Project,
    /// Names with addresses given by hand.
    pub(crate) pins: Vec<Pin>,
    /// What its proxy takes, should it have one.
    pub(crate) token: ProxyToken,
    /// The ports that it shares from the start on.
    pub(crate) wanted: Vec<SharedPort>,
    /// The root of its processes on the host; 0 until it is known.
    pub(crate) root: Arc<AtomicU32>,
    /// What its file system shows, if it has one.
    pub(crate) files: Option<View>,
    /// The walls that are down.
    pub(crate) switches: Switches,
    /// What its caller has for it.
    pub(crate) neighbours: Neighbours,
}

/// What is held for a session that runs.
#[derive(Debug)]
pub(crate) struct Held {
    /// Its network.
    pub(crate) serving: Serving,
    /// What makes sockets in it.
    pub(crate) maker: Arc<Maker>,
    /// Its file system, if it has one.
    pub(crate) files: Option<askbox_files::Serving>,
    /// What its programs have of the user's ssh agent.
    pub(crate) agent: askbox_neighbours::Serving,
    /// Who answers starts of its programs, if they ask.
    pub(crate) starts: Option<Starts>,
    /// The write end of its leash.
    pub(crate) leash: OwnedFd,
}

/// What is left of a session that was taken out.
#[derive(Debug)]
pub(crate) struct Removed {
    /// What it was for.
    pub(crate) project: Project,
    /// The root of its processes on the host; 0 when it never had any.
    pub(crate) root: u32,
    /// The project as it was at its start.
    pub(crate) before: Before,
    /// Its network.
    pub(crate) serving: Option<Serving>,
}

/// What a session is doing.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// The root of its processes on the host; 0 until it is known.
    pub(crate) root: u32,
    /// Connections that it has open.
    pub(crate) connections: usize,
    /// Its programs that ended; `None` where nobody hears of starts.
    pub(crate) ended: Option<Latest>,
}

/// Whether a session was asked to end just now.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It was; this is how it is then.
    Now(Box<SessionView>),
    /// It ends already.
    Before,
}

impl Session {
    /// A session that nothing is held for yet.
    pub(crate) fn new(
        view: SessionView,
        launching: Launching,
        before: Before,
        offer: Option<Request>,
        homes: PathBuf,
    ) -> Self {
        let Launching {
            project,
            pins,
            token,
            wanted,
            root,
            files,
            neighbours,
            // Of the view.
            switches: _,
        } = launching;
        Self {
            disk_allowance: Arc::new(AtomicU64::new(view.limits.disk_bytes.unwrap_or(u64::MAX))),
            disk_step: view.limits.disk_bytes.unwrap_or(u64::MAX),
            disk_more: None,
            homes,
            view,
            project,
            pins,
            token,
            wanted,
            before,
            offer,
            root,
            files,
            neighbours,
            serving: None,
            maker: None,
            ports: Ports::default(),
            files_served: None,
            agent_served: None,
            starts: None,
            leash: None,
            stop: watch::Sender::default(),
        }
    }

    /// How it is now, with what its connections have carried.
    fn view(&self) -> SessionView {
        let traffic = self.serving.as_ref().map(Serving::traffic).unwrap_or_default();
        SessionView {
            bytes_in: traffic.bytes_in,
            bytes_out: traffic.bytes_out,
            ..self.view.clone()
        }
    }
}

impl Sessions {
    /// A name that no session has. Eight characters without i, l, o and u: short enough to type, and so many
    /// that the log hardly ever sees one twice.
    pub(crate) fn new_id(&self) -> Result<SessionId, WireError> {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        loop {
            let mut random = [0; 8];
            getrandom::fill(&mut random).map_err(|error| {
                WireError::new(ErrorCode::Internal, format!("no random numbers: {error}"))
            })?;
            let id: String = random
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
                .collect();
            let id = SessionId(id);
            if !self.lock().contains_key(&id) {
                return Ok(id);
            }
        }
    }

    /// How many reach the network by a proxy alone.
    pub(crate) fn by_proxy(&self) -> usize {
        let sessions = self.lock();
        let by_proxy = |session: &&Session| session.view.network == Network::Proxy;
        sessions.values().filter(by_proxy).count()
    }

    /// Adds a session. The receiver hears when it is to end.
    pub(crate) fn insert(&self, session: Session) -> watch::Receiver<Stopping> {
        let stopped = session.stop.subscribe();
        self.lock().insert(session.view.id.clone(), session);
        stopped
    }

    /// What serving a session needs, as long as nothing is held for it.
    pub(crate) fn launching(&self, id: &SessionId) -> Option<Launching> {
        let sessions = self.lock();
        let session = sessions
            .get(id)
            .filter(|session| session.view.state == SessionState::Launching)?;
        Some(Launching {
            project: session.project.clone(),
            pins: session.pins.clone(),
            token: session.token.clone(),
            wanted: session.wanted.clone(),
            root: Arc::clone(&session.root),
            files: session.files.clone(),
            neighbours: session.neighbours.clone(),
            switches: session.view.switches,
        })
    }

    /// Holds network, file system and leash of a session that is launching; it is running then. `None`, and all dropped,
    /// when it was stopped meanwhile.
    pub(crate) fn hold(&self, id: &SessionId, held: Held) -> Option<SessionView> {
        let mut sessions = self.lock();
        let session = sessions
            .get_mut(id)
            .filter(|session| session.view.state == SessionState::Launching)?;
        session.view.network = if held.serving.is_captured() {
            Network::Captured
        } else {
            Network::Proxy
        };
        session.serving = Some(held.serving);
        session.maker = Some(held.maker);
        session.files_served = held.files;
        session.agent_served = Some(held.agent);
        session.starts = held.starts;
        session.leash = Some(held.leash);
        session.view.state = SessionState::Running;
        Some(session.view())
    }

    /// Sessions that are served, and whose starts of programs nobody hears of.
    pub(crate) fn unheard(&self) -> Vec<SessionId> {
        let sessions = self.lock();
        let unheard = sessions
            .values()
            .filter(|session| session.serving.is_some() && session.starts.is_none());
        unheard.map(|session| session.view.id.clone()).collect()
    }

    /// The ports of a session that is served, to be changed, and what makes sockets for them.
    pub(crate) fn ports(&self, id: &SessionId) -> Option<(Ports, Arc<Maker>)> {
        let sessions = self.lock();
        let session = sessions.get(id)?;
        match session.view.state {
            SessionState::Running | SessionState::Frozen => {}
            SessionState::Launching | SessionState::Ending => return None,
        }
        Some((Arc::clone(&session.ports), Arc::clone(session.maker.as_ref()?)))
    }

    /// Serves a port of a session, at these listeners.
    pub(crate) fn share(
        &self,
        id: &SessionId,
        port: SharedPort,
        listeners: Vec<OwnedFd>,
        sockets: &Sockets,
    ) -> Option<Result<Shared, ShareError>> {
        let sessions = self.lock();
        let serving = sessions.get(id)?.serving.as_ref()?;
        Some(serving.share(port, listeners, sockets))
    }

    /// Whether connections of a session are captured.
    pub(crate) fn is_captured(&self, id: &SessionId) -> bool {
        let sessions = self.lock();
        let serving = sessions.get(id).and_then(|session| session.serving.as_ref());
        serving.is_some_and(Serving::is_captured)
    }

    /// Carries datagrams of a session that is served.
    pub(crate) fn carry_datagrams(
        &self,
        id: &SessionId,
        datagrams: Datagrams,
    ) -> Option<Result<(), ShareError>> {
        let sessions = self.lock();
        let serving = sessions.get(id)?.serving.as_ref()?;
        Some(serving.carry_datagrams(datagrams))
    }

    /// Says which ports a session shares.
    pub(crate) fn set_ports(&self, id: &SessionId, ports: &[SharedPort]) -> Option<SessionView> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(id)?;
        session.view.ports = ports.iter().copied().map(PortView::from).collect();
        Some(session.view())
    }

    /// What a session is for.
    pub(crate) fn project(&self, id: &SessionId) -> Option<Project> {
        Some(self.lock().get(id)?.project.clone())
    }

    /// Takes out what a session asks about its profile; once.
    pub(crate) fn take_offer(&self, id: &SessionId) -> Option<Request> {
        self.lock().get_mut(id)?.offer.take()
    }

    /// Learns the root of a session's processes.
    pub(crate) fn set_pid(&self, id: &SessionId, pid: u32) -> Option<SessionView> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(id)?;
        session.root.store(pid, std::sync::atomic::Ordering::Release);
        session.view.pid = Some(pid);
        Some(session.view())
    }

    /// What it takes to keep a session to its limits.
    pub(crate) fn kept(&self, id: &SessionId) -> Option<Kept> {
        let sessions = self.lock();
        let session = sessions.get(id)?;
        Some(Kept {
            id: id.clone(),
            project: session.project.clone(),
            directories: vec![session.project.path().to_owned(), session.homes.clone()],
            limits: session.view.limits,
            disk_allowance: Arc::clone(&session.disk_allowance),
            enforcement: session.view.enforcement,
        })
    }

    /// Learns who holds a session to its limits.
    pub(crate) fn set_enforcement(&self, id: &SessionId, enforcement: Enforcement) {
        if let Some(session) = self.lock().get_mut(id) {
            session.view.enforcement = enforcement;
        }
    }

    /// Learns what a session uses.
    pub(crate) fn set_usage(&self, id: &SessionId, usage: UsageView) {
        if let Some(session) = self.lock().get_mut(id) {
            session.view.usage = usage;
        }
    }

    /// Whether its programs run: it is neither launching nor frozen nor ending.
    pub(crate) fn is_running(&self, id: &SessionId) -> bool {
        self.lock()
            .get(id)
            .is_some_and(|session| session.view.state == SessionState::Running)
    }

    /// Orders that all programs of a session are asked to end, and tells its connection. Returns how the session is then,
    /// nothing new where it was asked before; `None` when it cannot be asked.
    pub(crate) fn ask_to_end(&self, id: &SessionId, why: Why) -> Option<Ending> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(id)?;
        match session.view.state {
            SessionState::Ending => return Some(Ending::Before),
            SessionState::Launching | SessionState::Running | SessionState::Frozen => {}
        }
        let leash = session.leash.as_ref()?;
        // First, so that its connection hears of it before it hears that the command has ended.
        session.stop.send_replace(Stopping::Asked(why));
        Order::Terminate.send(leash).ok()?;
        session.view.state = SessionState::Ending;
        Some(Ending::Now(Box::new(session.view())))
    }

    /// Drops a session's leash and tells its connection. Returns how the session is then.
    pub(crate) fn stop(&self, id: &SessionId, why: Why) -> Option<SessionView> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(id)?;
        session.view.state = SessionState::Ending;
        session.leash = None;
        session.stop.send_if_modified(|stopping| {
            let why = match stopping {
                Stopping::No => why,
                // What it was asked for first is why it ends.
                Stopping::Asked(first) => first.clone(),
                Stopping::Now(_) => return false,
            };
            *stopping = Stopping::Now(why);
            true
        });
        Some(session.view())
    }

    /// Takes a session out and drops its leash.
    pub(crate) fn remove(&self, id: &SessionId) -> Option<Removed> {
        let session = self.lock().remove(id)?;
        Some(Removed {
            project: session.project,
            root: session.root.load(std::sync::atomic::Ordering::Acquire),
            before: session.before,
            serving: session.serving,
        })
    }

    /// What a session is doing, with as many of its programs that ended.
    pub(crate) fn inspect(&self, id: &SessionId, ended: usize) -> Option<Inspected> {
        let sessions = self.lock();
        let session = sessions.get(id)?;
        Some(Inspected {
            root: session.root.load(Ordering::Acquire),
            connections: session.serving.as_ref().map_or(0, Serving::connections),
            ended: match &session.starts {
                Some(starts) => Some(starts.ended(ended)),
                None if session.serving.is_none() => Some(Latest::default()),
                None => None,
            },
        })
    }

    /// The names of all of them.
    pub(crate) fn ids(&self) -> Vec<SessionId> {
        self.lock().keys().cloned().collect()
    }

    /// How each of them is, oldest first.
    pub(crate) fn views(&self) -> Vec<SessionView> {
        let mut views: Vec<_> = self.lock().values().map(Session::view).collect();
        views.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
        views
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Session>> {
        // Nothing in here leaves the table half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
