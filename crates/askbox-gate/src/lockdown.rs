//! Lockdown: everything is denied, whatever rules, grants, flags and presets say, until a person ends it. It outlives the
//! daemon in a small file. Wherever something fails it is on: a file that cannot be read means on, an end that cannot be
//! logged or written does not happen, and a beginning happens all the same.

use std::io;
use std::path::{Path, PathBuf};

use askbox_audit::DaemonChange;
use askbox_paths::own_file;
use askbox_policy::{Basis, WhyMissed};

use crate::changes::Change;
use crate::denial::DeniedBy;
use crate::event::GateEvent;
use crate::gate::Gate;
use crate::limits::LOCKDOWN_FILE_BYTES;
use crate::questions::open::Stage;
use crate::record;

/// What the file says while everything is denied.
const ON: &[u8] = b"on\n";

/// The one content that says that nothing is.
const OFF: &[u8] = b"off\n";

/// The file of the lockdown, loaded.
#[derive(Debug)]
pub struct LockdownStore {
    path: PathBuf,
    is_on: bool,
    problem: Option<String>,
}

/// Why a lockdown did not begin or end as it should.
#[derive(Debug, thiserror::Error)]
pub enum LockdownError {
    /// It holds until the daemon ends, and no longer.
    #[error("everything is denied now, but that is not kept: it would be over after a restart of the daemon")]
    NotKept(#[source] io::Error),
    /// It holds, and the log does not know.
    #[error("everything is denied now, but the log could not be written")]
    NotLogged(#[source] askbox_audit::Error),
    /// It goes on, since nothing is let through without a log.
    #[error("the lockdown goes on, since the log could not be written")]
    EndNotLogged(#[source] askbox_audit::Error),
    /// It goes on, since it would be back after a restart of the daemon.
    #[error("the lockdown goes on, since its end could not be kept")]
    EndNotKept(#[source] io::Error),
    /// The daemon is shutting down.
    #[error("the change of the lockdown was interrupted")]
    Interrupted,
}

impl LockdownStore {
    /// Looks whether there is a lockdown. Without a file there is none; a file that says anything but *off*, or cannot be
    /// read, means that there is.
    pub fn load(path: &Path) -> Self {
        let (is_on, problem) = match own_file::read(path, LOCKDOWN_FILE_BYTES) {
            Ok(None) => (false, None),
            Ok(Some(content)) if content == OFF => (false, None),
            Ok(Some(content)) if content == ON => (true, None),
            Ok(Some(_)) => (true, Some("it says neither on nor off".to_owned())),
            Err(error) => (true, Some(error.to_string())),
        };
        Self {
            path: path.to_owned(),
            is_on,
            problem,
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Why it is on although nobody said so.
    pub(crate) fn problem(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        Some(format!("{}: {problem}", self.path.display()))
    }

    /// Keeps it. Returns once it is on the disk.
    async fn keep(&self, content: &'static [u8]) -> io::Result<()> {
        let path = self.path.clone();
        let kept = tokio::task::spawn_blocking(move || own_file::replace(&path, content)).await;
        kept.unwrap_or_else(|ended| Err(io::Error::other(ended)))
    }
}

impl Gate {
    /// Whether everything is denied.
    pub fn is_locked_down(&self) -> bool {
        self.state().rules.is_locked_down()
    }

    /// Why everything is denied although nobody said so: the file of the lockdown cannot be read.
    pub fn lockdown_problem(&self) -> Option<String> {
        let state = self.state();
        state.lockdown_problem.clone()
    }

    /// Denies everything from now on: closes what is open as missed, and cuts what lives. An error says what is missing; it
    /// holds all the same.
    pub async fn lock_down(&self) -> Result<(), LockdownError> {
        let gate = self.clone();
        let task = tokio::spawn(async move { gate.begin_lockdown().await });
        task.await.unwrap_or(Err(LockdownError::Interrupted))
    }

    /// Lets rules and people decide again; an error says that it did not happen.
    pub async fn end_lockdown(&self) -> Result<(), LockdownError> {
        let gate = self.clone();
        let task = tokio::spawn(async move { gate.finish_lockdown().await });
        task.await.unwrap_or(Err(LockdownError::Interrupted))
    }

    /// Denies first, and only then waits for the disk: neither the file nor the log can allow anything.
    async fn begin_lockdown(&self) -> Result<(), LockdownError> {
        // Whoever ends a lockdown holds this while it goes on, so that waiting here lets nothing through.
        let store = self.0.lockdown.lock().await;
        let began = self.deny_everything();
        let kept = store.keep(ON).await;
        let logged = if began {
            self.log_lockdown(DaemonChange::Lockdown, "everything is denied")
                .await
        } else {
            Ok(())
        };
        kept.map_err(LockdownError::NotKept)?;
        logged.map_err(LockdownError::NotLogged)
    }

    /// Closes what is open and cuts what lives. Returns whether anything was let through until now.
    fn deny_everything(&self) -> bool {
        let mut state = self.state();
        let began = state.rules.set_lockdown(true);
        state.lockdown_problem = None;
        let now = self.0.clock.now();
        // An answer that is being logged finds its requests denied.
        for id in state.book.ids(|question| question.stage != Stage::Answering) {
            let by = DeniedBy::Basis(Basis::Lockdown);
            self.miss(&mut state, id, WhyMissed::Lockdown, &by, &now);
        }
        self.re_decide(&mut state, &Change::default(), &now);
        if began {
            self.tell(GateEvent::Lockdown { on: true });
        }
        began
    }

    async fn finish_lockdown(&self) -> Result<(), LockdownError> {
        let store = self.0.lockdown.lock().await;
        if !self.is_locked_down() {
            return Ok(());
        }
        self.log_lockdown(DaemonChange::LockdownEnded, "a person ended it")
            .await
            .map_err(LockdownError::EndNotLogged)?;
        if let Err(error) = store.keep(OFF).await {
            // It may have got as far as the file's name, and would count after a restart then.
            if let Err(error) = store.keep(ON).await {
                tracing::error!(%error, "a lockdown that goes on is not kept");
            }
            let again = "its end could not be kept, so everything is denied still";
            if let Err(error) = self.log_lockdown(DaemonChange::Lockdown, again).await {
                tracing::error!(%error, "a lockdown that goes on is not in the log");
            }
            return Err(LockdownError::EndNotKept(error));
        }
        {
            let mut state = self.state();
            state.rules.set_lockdown(false);
            state.lockdown_problem = None;
        }
        self.tell(GateEvent::Lockdown { on: false });
        Ok(())
    }

    async fn log_lockdown(&self, change: DaemonChange, detail: &str) -> Result<(), askbox_audit::Error> {
        self.record_synced(vec![record::daemon(change, detail)]).await
    }
}
