//! The first and the last thing that happens: what the log says about the daemon's own life, and the order in which it
//! lets go. Whoever waits is denied, whatever runs inside ends, and the log is closed last.

use std::sync::Arc;

use askbox_audit::{DaemonChange, Durability, Entry, PolicyChange};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::daemon::Daemon;
use crate::error::Error;
use crate::event::EndReason;
use crate::limits;
use crate::session::stopping::Why;
use crate::session::{self, Ending};

/// Logs that the daemon runs. Without a log it does not.
pub(crate) async fn record_start(daemon: &Daemon) -> Result<(), Error> {
    let started = || {
        let detail = Some(askbox_wire::VERSION.to_owned());
        daemon.log.record(
            Entry::of_daemon(DaemonChange::Started, detail),
            Durability::Synced,
        )
    };
    if let Err(error) = started().await {
        // Damage that nobody met before this event puts the file aside, and the next one goes to a new file.
        tracing::error!(%error, "the start is not in the log; it is tried once more");
        started().await?;
    }
    if let Some(problem) = daemon.gate.lockdown_problem() {
        let entry = Entry::of_daemon(DaemonChange::Lockdown, Some(problem));
        daemon.log.record(entry, Durability::Synced).await?;
    }
    for warning in daemon.policy.snapshot().warnings() {
        let entry = Entry::of_policy(PolicyChange::Rejected, warning);
        daemon.log.record(entry, Durability::Synced).await?;
    }
    Ok(())
}

/// Ends every session, all at once. Their leashes go first; the log follows, and is not waited for without an end.
pub(crate) async fn end_sessions(daemon: &Arc<Daemon>) {
    let ids = daemon.sessions.ids();
    for id in &ids {
        daemon.sessions.stop(id, Why::asked());
    }
    let mut ends = JoinSet::new();
    for id in ids {
        let daemon = Arc::clone(daemon);
        ends.spawn(async move {
            session::end(&daemon, &id, Ending::DaemonEnds).await;
        });
    }
    let all = async { while ends.join_next().await.is_some() {} };
    if timeout(limits::SESSIONS_WAIT, all).await.is_err() {
        tracing::warn!(left = ends.len(), "the end of some sessions is not in the log");
    }
}

/// Waits until every front end has its last message, for a while.
pub(crate) async fn wait_for(connections: &mut JoinSet<()>) {
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(limits::END_WAIT, all).await.is_err() {
        tracing::debug!(
            left = connections.len(),
            "some front ends do not take their last message"
        );
        connections.abort_all();
    }
}

/// Writes what is not written yet, logs that the daemon ended in order, and closes the log.
pub(crate) async fn record_end(daemon: &Daemon, reason: EndReason) {
    daemon.gate.store_at_end().await;
    daemon.gate.store_usage().await;
    daemon.signing.end().await;
    let entry = Entry::of_daemon(DaemonChange::Stopped, Some(reason.text().to_owned()));
    let recorded = daemon.log.record(entry, Durability::Synced).await.map(|_seq| ());
    let closed = daemon.log.close().await;
    if let Err(error) = recorded.and(closed) {
        tracing::error!(%error, "the log does not say that the daemon ended");
    }
}
