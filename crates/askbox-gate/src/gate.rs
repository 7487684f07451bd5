//! The gate and its sessions: one state behind one short lock, the log, the registry of permits. Who may do what is
//! decided by `askbox_policy`; admitting is in `admit`, answering in `answering`, everything that changes under those
//! who wait and those who live in `changes`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use askbox_audit::{Durability, Entry, GrantChange, Log, SessionChange, What};
use askbox_policy::{
    Grant, Moment, Policy, Port, Project, Request, SessionId, SessionRules, SharedPort, Verdict, WhyMissed,
};
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::Instant;

use crate::admissions::Admissions;
use crate::changes::Change;
use crate::clock::Clock;
use crate::denial::DeniedBy;
use crate::denials::Denials;
use crate::event::GateEvent;
use crate::grants::{self, GrantStore, StoreError, is_lasting};
use crate::limits;
use crate::lock::lock;
use crate::lockdown::LockdownStore;
use crate::permits::Registry;
use crate::questions::book::Book;
use crate::questions::meter::Meter;
use crate::questions::missed::MissedList;
use crate::questions::{Missed, Question};
use crate::record;
use crate::rules::Rules;
use crate::usage::Uses;

/// The one place where a request is admitted. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(pub(crate) Arc<Inner>);

/// A sandboxed run, as the gate needs to know it.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    /// Its name, unique on this machine.
    pub id: SessionId,
    /// What it is for.
    pub project: Project,
    /// Its name for people.
    pub name: String,
    /// The flags of this run, and the project's own rules.
    pub rules: SessionRules,
}

/// What is behind a gate.
pub(crate) struct Inner {
    pub(crate) log: Log,
    pub(crate) clock: Clock,
    pub(crate) registry: Arc<Registry>,
    state: Mutex<State>,
    /// Serialises writers of grants.json: each takes its snapshot after it got here, so the last one is the newest.
    store: tokio::sync::Mutex<GrantStore>,
    /// Serialises those who begin and end a lockdown.
    pub(crate) lockdown: tokio::sync::Mutex<LockdownStore>,
    /// Serialises those who begin and end a pause or move the end of a grant: what the log says last is what holds.
    pub(crate) ends: tokio::sync::Mutex<()>,
    /// Serialises writers of usage.json, as those of grants.json are.
    pub(crate) usage_writer: tokio::sync::Mutex<()>,
    pub(crate) events: broadcast::Sender<GateEvent>,
    /// Requests of programs that wait for a person, or were told and are not through yet.
    pub(crate) waiting: watch::Sender<usize>,
    /// Tells the timers that something has an earlier end now.
    pub(crate) wake: Notify,
    /// How often what lives was decided again.
    pub(crate) decided: watch::Sender<u64>,
}

/// Everything that changes. Behind one lock, so that no decision sees half of a change; never held across an await.
pub(crate) struct State {
    pub(crate) rules: Rules,
    pub(crate) sessions: HashMap<SessionId, Session>,
    pub(crate) book: Book,
    pub(crate) missed: MissedList,
    /// Until then nobody is asked, by the boot clock.
    pub(crate) pause_ends_boot_ms: Option<u64>,
    /// Until then the machine is about to sleep.
    pub(crate) suspending_until: Option<Instant>,
    /// Why there is a lockdown that nobody began.
    pub(crate) lockdown_problem: Option<String>,
    pub(crate) uses: Uses,
    /// Grants that came or went by themselves, and counts of what repeated, to be logged by whoever releases the lock.
    pub(crate) unlogged: Vec<Entry>,
    /// Whether grants.json is behind.
    pub(crate) is_dirty: bool,
    /// When grants.json was written, or tried to be.
    pub(crate) stored_at: Instant,
    /// The high-water mark that it holds.
    pub(crate) stored_high_water_ms: u64,
}

/// What the gate keeps of a session beside its rules.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) project: Project,
    pub(crate) name: String,
    pub(crate) meter: Meter,
    pub(crate) denials: Denials,
    pub(crate) admissions: Admissions,
}

impl Gate {
    /// A gate without sessions. Nothing times out by itself until [`Gate::run`] runs.
    pub fn new(
        policy: Arc<Policy>,
        log: Log,
        mut grants: GrantStore,
        lockdown: LockdownStore,
        clock: Clock,
    ) -> Self {
        let (loaded, high_water_ms) = grants.take();
        let now = clock.now();
        let (mut rules, revoked) = Rules::new(policy, loaded, high_water_ms.max(now.wall_ms));
        rules.set_lockdown(lockdown.is_on());
        let state = State {
            rules,
            sessions: HashMap::new(),
            book: Book::after(log.last_question()),
            missed: MissedList::default(),
            pause_ends_boot_ms: None,
            suspending_until: None,
            lockdown_problem: lockdown.problem(),
            uses: Uses::default(),
            is_dirty: !revoked.is_empty(),
            unlogged: revoked
                .iter()
                .map(|grant| record::grant(GrantChange::Revoked, grant))
                .collect(),
            stored_at: Instant::now(),
            stored_high_water_ms: high_water_ms,
        };
        Self(Arc::new(Inner {
            log,
            clock,
            registry: Arc::default(),
            state: Mutex::new(state),
            store: tokio::sync::Mutex::new(grants),
            lockdown: tokio::sync::Mutex::new(lockdown),
            ends: tokio::sync::Mutex::default(),
            usage_writer: tokio::sync::Mutex::default(),
            events: broadcast::channel(limits::EVENTS_BUFFERED).0,
            waiting: watch::Sender::new(0),
            wake: Notify::new(),
            decided: watch::Sender::new(0),
        }))
    }

    /// Lets a session ask. Without this, every request of it is denied.
    pub fn open_session(&self, info: SessionInfo) {
        let mut state = self.state();
        let session = Session {
            project: info.project.clone(),
            name: info.name,
            meter: Meter::default(),
            denials: Denials::default(),
            admissions: Admissions::default(),
        };
        state.sessions.insert(info.id.clone(), session);
        state.rules.open_session(info.id, info.project, info.rules);
    }

    /// Ends a session: denies what waits, drops what was granted to it alone, and cuts its permits. Its questions are
    /// listed as missed. Closing one that is not open does nothing.
    pub async fn close_session(&self, id: &SessionId) {
        let dropped = {
            let mut state = self.state();
            let Some(mut session) = state.sessions.remove(id) else {
                return;
            };
            let counts = session.denials.finish(id, &session.project);
            state.unlogged.extend(counts);
            let counts = session.admissions.finish(id, &session.project);
            state.unlogged.extend(counts);
            let now = self.0.clock.now();
            for question in state.book.ids(|question| question.key.session == *id) {
                self.miss(
                    &mut state,
                    question,
                    WhyMissed::SessionEnded,
                    &DeniedBy::SessionEnded,
                    &now,
                );
            }
            let dropped = state.rules.close_session(id);
            state.unlogged.extend(
                dropped
                    .iter()
                    .map(|grant| record::grant(GrantChange::Expired, grant)),
            );
            self.0.registry.cut(|live| live.request.session == *id);
            !dropped.is_empty()
        };
        if dropped {
            self.tell(GateEvent::GrantsChanged);
        }
        self.log_changes().await;
    }

    /// Changes which ports a session shares with the host; connections that came by one that is not among them are cut.
    pub fn share_ports(&self, id: &SessionId, ports: Vec<SharedPort>) {
        let mut state = self.state();
        state.rules.share_ports(id, ports);
        let now = self.0.clock.now();
        self.re_decide(&mut state, &Change::default(), &now);
        drop(state);
        // The timers log what that ended.
        self.0.wake.notify_one();
    }

    /// Every open question, oldest first.
    pub fn open_questions(&self) -> Vec<Question> {
        self.state().book.views()
    }

    /// Every missed question, oldest first.
    pub fn missed(&self) -> Vec<Missed> {
        self.state().missed.iter().cloned().collect()
    }

    /// Every grant in force.
    pub fn grants(&self) -> Vec<Grant> {
        let now = self.0.clock.now();
        self.state().rules.grants_in_force(&now)
    }

    /// Puts a policy in force: what waits and is now decided proceeds or is denied at once, what lives and is no
    /// longer allowed is cut, and grants that a new deny covers are revoked. A tighter policy is in force even when
    /// the log fails.
    pub async fn set_policy(&self, policy: Arc<Policy>) {
        let expected = self.state().rules.denied_by(&policy);
        let entries = expected
            .iter()
            .map(|grant| record::grant(GrantChange::Revoked, grant))
            .collect();
        if let Err(error) = self.record_synced(entries).await {
            tracing::error!(%error, "grants that a new rule revokes are not in the log");
        }
        let has_revoked = {
            let mut state = self.state();
            let now = self.0.clock.now();
            let before = Arc::clone(state.rules.policy());
            state.uses.note_new(&before, &policy, &now);
            let revoked = state.rules.replace_policy(policy);
            let late = revoked
                .iter()
                .filter(|grant| !expected.iter().any(|other| other.id == grant.id));
            state
                .unlogged
                .extend(late.map(|grant| record::grant(GrantChange::Revoked, grant)));
            state.is_dirty |= revoked.iter().any(is_lasting);
            self.re_decide(&mut state, &Change::revoked(&revoked), &now);
            !revoked.is_empty()
        };
        if has_revoked {
            self.tell(GateEvent::GrantsChanged);
        }
        self.log_changes().await;
        self.store_or_report().await;
        self.0.wake.notify_one();
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(self.state().rules.policy())
    }

    /// The ports that rules allow datagrams to in a session, by UDP. Whether each datagram may go is asked for itself.
    pub fn datagram_ports(&self, session: &SessionId) -> Vec<(Port, Port)> {
        let now = self.0.clock.now();
        self.state().rules.datagram_ports(session, &now)
    }

    /// Whether a session asked so much that its new questions are denied without being shown.
    pub fn is_quiet(&self, session: &SessionId) -> bool {
        let state = self.state();
        state
            .sessions
            .get(session)
            .is_some_and(|session| session.meter.is_quiet())
    }

    /// Lets a quiet session, or all of them, ask again.
    pub async fn resume(&self, session: Option<SessionId>) {
        let resumed: Vec<_> = {
            let mut state = self.state();
            let wanted = state
                .sessions
                .iter_mut()
                .filter(|(id, _)| session.as_ref().is_none_or(|one| one == *id));
            wanted
                .filter_map(|(id, session)| {
                    session
                        .meter
                        .resume()
                        .then(|| (id.clone(), session.project.clone()))
                })
                .collect()
        };
        for (id, project) in resumed {
            let entry = record::session(&id, &project, SessionChange::Resumed);
            if let Err(error) = self.0.log.record(entry, Durability::Synced).await {
                tracing::error!(%error, session = %id, "a resumed session is not in the log");
            }
            self.tell(GateEvent::SessionResumed(id));
        }
    }

    /// Logs that a session has no more room, and what that means to it. Nothing is decided by that, so a log that fails is only
    /// reported.
    pub async fn tell_full(&self, session: &SessionId, project: &Project, detail: String) {
        let entry = record::full(session, project, detail);
        if let Err(error) = self.0.log.record(entry, Durability::Unsynced).await {
            tracing::error!(%error, %session, "that a session has no more room is not in the log");
        }
    }

    /// Changes after permits were cut: for those who hold many and cannot wait for each of them
    /// ([`crate::Permit::is_revoked`] says which).
    pub fn cuts(&self) -> watch::Receiver<u64> {
        self.0.registry.cuts()
    }

    /// Changes after what lives was decided again, since rules or grants came, went or ended: for who lives on more of them than
    /// its permit does.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.decided.subscribe()
    }

    /// News from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<GateEvent> {
        self.0.events.subscribe()
    }

    /// The state. Never kept across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    /// Passes news on to whoever listens.
    pub(crate) fn tell(&self, event: GateEvent) {
        // Nobody listening is no error.
        drop(self.0.events.send(event));
    }

    /// Logs what came or went by itself, and counts of what repeated. It has taken effect already.
    pub(crate) async fn log_changes(&self) {
        let entries = std::mem::take(&mut self.state().unlogged);
        for entry in entries {
            let durability = if matches!(entry.what, What::Verdict { .. }) {
                Durability::Unsynced
            } else {
                Durability::Synced
            };
            if let Err(error) = self.0.log.record(entry, durability).await {
                tracing::error!(%error, "the end of a grant, or a count of what repeated, is not in the log");
            }
        }
    }

    /// Writes grants.json if it is behind. In a task of its own: whoever waits for it may be aborted, and what is behind is
    /// written all the same.
    pub(crate) async fn store(&self) -> Result<(), StoreError> {
        let gate = self.clone();
        let stored = tokio::spawn(async move { gate.store_now().await });
        match stored.await {
            Ok(result) => result,
            Err(ended) => Err(StoreError::Write {
                path: self.0.store.lock().await.path().to_owned(),
                source: std::io::Error::other(ended),
            }),
        }
    }

    async fn store_now(&self) -> Result<(), StoreError> {
        let store = self.0.store.lock().await;
        let path = store.path().to_owned();
        let (grants, high_water_ms) = {
            let mut state = self.state();
            if !state.is_dirty {
                return Ok(());
            }
            state.is_dirty = false;
            state.stored_at = Instant::now();
            (state.rules.lasting_grants(), state.rules.high_water_ms())
        };
        let saved = tokio::task::spawn_blocking(move || grants::save(&path, &grants, high_water_ms)).await;
        let result = saved.unwrap_or_else(|ended| {
            Err(StoreError::Write {
                path: store.path().to_owned(),
                source: std::io::Error::other(ended),
            })
        });
        let mut state = self.state();
        match result {
            Ok(()) => state.stored_high_water_ms = high_water_ms,
            Err(_) => state.is_dirty = true,
        }
        result
    }

    /// The same where nobody waits for the result; the timers try again.
    pub(crate) async fn store_or_report(&self) {
        if let Err(error) = self.store().await {
            tracing::error!(error = &error as &dyn std::error::Error, "grants are not stored");
        }
    }

    /// Writes what is still behind when the daemon ends: what was revoked while grants.json could not be written must not be
    /// back after a restart. The timers do not run any more.
    pub async fn store_at_end(&self) {
        {
            let mut state = self.state();
            state.is_dirty |= state.is_high_water_behind();
        }
        self.store_or_report().await;
    }
}

impl State {
    /// Whether grants.json holds a mark that is too low for the grants in it.
    pub(crate) fn is_high_water_behind(&self) -> bool {
        self.stored_high_water_ms < self.rules.high_water_ms() && self.rules.needs_high_water()
    }

    /// What the rules say now.
    pub(crate) fn decide(&mut self, request: &Request, now: &Moment) -> Verdict {
        self.rules.decide(request, now)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("live", &self.0.registry.count())
            .finish_non_exhaustive()
    }
}
