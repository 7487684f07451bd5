//! How a session is told to end: asked first, and killed when it does not; or killed at once.

use std::sync::Arc;

use askbox_policy::SessionId;
use askbox_wire::{Event, StopReason};
use tokio::time::sleep;

use super::table::Ending;
use crate::daemon::Daemon;
use crate::limits;

/// Why a session is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    /// For programs.
    pub(crate) reason: StopReason,
    /// For people; empty where there is nothing to say.
    pub(crate) text: String,
}

/// How far that is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stopping {
    /// It runs.
    #[default]
    No,
    /// Its programs were asked to end.
    Asked(Why),
    /// It has lost its leash.
    Now(Why),
}

impl Why {
    /// A person wants it, or the daemon ends.
    pub(crate) fn asked() -> Self {
        Self {
            reason: StopReason::Asked,
            text: String::new(),
        }
    }
}

/// Asks everything inside to end, and kills what is left after a while. Returns whether there was such a session.
pub(crate) async fn ask(daemon: &Arc<Daemon>, id: &SessionId, why: Why) -> bool {
    let Some(asked) = daemon.sessions.ask_to_end(id, why.clone()) else {
        // It does not run yet, or cannot be told.
        return kill(daemon, id, why).await;
    };
    let Ending::Now(view) = asked else { return true };
    super::tell(daemon, *view);
    daemon.tell(Event::SessionStopping {
        session: id.clone(),
        reason: why.reason,
        text: why.text.clone(),
    });
    let (daemon, id) = (Arc::clone(daemon), id.clone());
    tokio::spawn(async move {
        sleep(limits::STOP_GRACE).await;
        kill(&daemon, &id, why).await;
    });
    true
}

/// Stops a session from outside: without its leash everything inside ends, which its connection hears of. Returns whether
/// there was such a session.
pub(crate) async fn kill(daemon: &Daemon, id: &SessionId, why: Why) -> bool {
    kill_all(daemon, std::slice::from_ref(id), &why).await == 1
}

/// The same for several. Each has lost its leash before anything is waited for, as the log is for each of them. Returns how
/// many there were.
pub(crate) async fn kill_all(daemon: &Daemon, ids: &[SessionId], why: &Why) -> usize {
    let killed: Vec<_> = ids
        .iter()
        .filter_map(|id| Some((id, daemon.sessions.stop(id, why.clone())?)))
        .collect();
    let count = killed.len();
    for (id, view) in killed {
        daemon.gate.close_session(id).await;
        super::tell(daemon, view);
    }
    count
}
