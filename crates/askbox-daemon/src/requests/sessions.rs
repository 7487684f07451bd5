//! Looking into sessions, ending them from outside, and letting quiet ones ask again.

use std::sync::Arc;

use askbox_policy::{SessionId, display};
use askbox_wire::{ErrorCode, Inspection, Response, Stop, WireError};

use crate::daemon::Daemon;
use crate::limits;
use crate::session;
use crate::session::stopping::{self, Why};
use crate::views;

pub(super) fn list(daemon: &Daemon) -> Response {
    let views = daemon.sessions.views();
    Response::Sessions(
        views
            .into_iter()
            .map(|view| session::with_quiet(daemon, view))
            .collect(),
    )
}

/// How sessions are ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// They are asked first.
    Asked,
    /// They are killed.
    AtOnce,
}

pub(super) async fn stop(daemon: &Arc<Daemon>, what: Stop, how: How) -> Result<Response, WireError> {
    let ids = match what {
        Stop::All => daemon.sessions.ids(),
        Stop::Session(id) => vec![id],
    };
    let count = match how {
        How::Asked => {
            let mut count = 0;
            for id in &ids {
                count += usize::from(stopping::ask(daemon, id, Why::asked()).await);
            }
            count
        }
        How::AtOnce => stopping::kill_all(daemon, &ids, &Why::asked()).await,
    };
    match ids.as_slice() {
        [id] if count == 0 => Err(unknown(id)),
        _ => Ok(Response::Stopped { count }),
    }
}

/// Lets one session ask again, or all.
pub(super) async fn resume(daemon: &Daemon, session: Option<SessionId>) -> Result<Response, WireError> {
    if let Some(id) = session.as_ref().filter(|id| !daemon.sessions.ids().contains(id)) {
        return Err(unknown(id));
    }
    daemon.gate.resume(session).await;
    Ok(Response::Done)
}

/// Lets a frozen session go on.
pub(super) async fn thaw(
    daemon: &Daemon,
    id: &SessionId,
    disk_bytes: Option<u64>,
) -> Result<Response, WireError> {
    if !daemon.sessions.ids().contains(id) {
        return Err(unknown(id));
    }
    session::thaw(daemon, id, disk_bytes).await
}

/// What runs in a session, as many of its programs that ended as are wanted, and how many connections it has open.
pub(super) async fn inspect(daemon: &Daemon, id: &SessionId, ended: u32) -> Result<Response, WireError> {
    let ended = usize::try_from(ended).unwrap_or(usize::MAX);
    let inspected = daemon.sessions.inspect(id, ended).ok_or_else(|| unknown(id))?;
    let tree = daemon.processes.tree(inspected.root).await;
    let now = daemon.clock.now();
    Ok(Response::Inspected(Inspection {
        processes: tree
            .processes
            .iter()
            .map(|process| views::process_node(process, &now))
            .collect(),
        is_cut: tree.is_cut,
        connections: inspected.connections,
        ended: inspected
            .ended
            .map(|latest| views::ended_programs(&latest, daemon.home.as_path())),
    }))
}

fn unknown(id: &SessionId) -> WireError {
    let id = display::text(&id.0, limits::NAME_SHOWN);
    WireError::new(ErrorCode::NotFound, format!("there is no session {id}")).with_hint("askbox sessions")
}
