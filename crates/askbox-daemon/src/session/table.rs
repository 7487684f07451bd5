//! The running sessions and what each of them holds open. Only bookkeeping: every method is short and waits for nothing.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askbox_files::View;
use askbox_network::Serving;
use askbox_policy::{Pin, Project, Request, SessionId};
use askbox_sandbox::guards::Before;
use askbox_wire::{ErrorCode, SessionState, SessionView, WireError};
use tokio::sync::watch;

use super::execute::Starts;

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionId, Session>>);

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    view: SessionView,
    project: Project,
    pins: Vec<Pin>,
    before: Before,
    /// What it asks about its profile once it runs.
    offer: Option<Request>,
    /// The root of its processes on the host; 0 until it is known.
    root: Arc<AtomicU32>,
    /// What its file system shows; `None` where it has none.
    files: Option<View>,
    serving: Option<Serving>,
    files_served: Option<askbox_files::Serving>,
    /// Who answers starts of its programs.
    starts: Option<Starts>,
    /// The write end of its leash. Dropping it ends everything inside.
    leash: Option<OwnedFd>,
    stop: watch::Sender<bool>,
}

/// What serving a session needs.
#[derive(Debug)]
pub(crate) struct Launching {
    /// What it is for.
    pub(crate) project: Project,
    /// Names with addresses given by hand.
    pub(crate) pins: Vec<Pin>,
    /// The root of its processes on the host; 0 until it is known.
    pub(crate) root: Arc<AtomicU32>,
    /// What its file system shows, if it has one.
    pub(crate) files: Option<View>,
}

/// What is held for a session that runs.
#[derive(Debug)]
pub(crate) struct Held {
    /// Its network.
    pub(crate) serving: Serving,
    /// Its file system, if it has one.
    pub(crate) files: Option<askbox_files::Serving>,
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

impl Session {
    /// A session that nothing is held for yet.
    pub(crate) fn new(
        view: SessionView,
        project: Project,
        pins: Vec<Pin>,
        files: Option<View>,
        before: Before,
        offer: Option<Request>,
    ) -> Self {
        Self {
            view,
            project,
            pins,
            before,
            offer,
            root: Arc::default(),
            files,
            serving: None,
            files_served: None,
            starts: None,
            leash: None,
            stop: watch::Sender::new(false),
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

    /// Adds a session. The receiver hears when it is stopped.
    pub(crate) fn insert(&self, session: Session) -> watch::Receiver<bool> {
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
            root: Arc::clone(&session.root),
            files: session.files.clone(),
        })
    }

    /// Holds network, file system and leash of a session that is launching; it is running then. `None`, and all dropped,
    /// when it was stopped meanwhile.
    pub(crate) fn hold(&self, id: &SessionId, held: Held) -> Option<SessionView> {
        let mut sessions = self.lock();
        let session = sessions
            .get_mut(id)
            .filter(|session| session.view.state == SessionState::Launching)?;
        session.serving = Some(held.serving);
        session.files_served = held.files;
        session.starts = held.starts;
        session.leash = Some(held.leash);
        session.view.state = SessionState::Running;
        Some(session.view())
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

    /// Drops a session's leash and tells its connection. Returns how the session is then.
    pub(crate) fn stop(&self, id: &SessionId) -> Option<SessionView> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(id)?;
        session.view.state = SessionState::Ending;
        session.leash = None;
        session.stop.send_replace(true);
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

    /// The root of a session's processes on the host, 0 until it is known, and how many connections it has open.
    pub(crate) fn inspect(&self, id: &SessionId) -> Option<(u32, usize)> {
        let sessions = self.lock();
        let session = sessions.get(id)?;
        let root = session.root.load(std::sync::atomic::Ordering::Acquire);
        Some((root, session.serving.as_ref().map_or(0, Serving::connections)))
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
