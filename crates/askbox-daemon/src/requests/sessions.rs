//! Looking into sessions, ending them from outside, and letting quiet ones ask again.

use askbox_policy::{SessionId, display};
use askbox_wire::{ErrorCode, Inspection, Response, Stop, WireError};

use crate::daemon::Daemon;
use crate::limits;
use crate::session;
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

pub(super) async fn stop(daemon: &Daemon, what: Stop) -> Result<Response, WireError> {
    let ids = match what {
        Stop::All => daemon.sessions.ids(),
        Stop::Session(id) => vec![id],
    };
    let mut count = 0;
    for id in &ids {
        count += usize::from(session::stop(daemon, id).await);
    }
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

/// What runs in a session, and how many connections it has open.
pub(super) async fn inspect(daemon: &Daemon, id: &SessionId) -> Result<Response, WireError> {
    let (root, connections) = daemon.sessions.inspect(id).ok_or_else(|| unknown(id))?;
    let tree = daemon.processes.tree(root).await;
    let now = daemon.clock.now();
    Ok(Response::Inspected(Inspection {
        processes: tree
            .processes
            .iter()
            .map(|process| views::process_node(process, &now))
            .collect(),
        is_cut: tree.is_cut,
        connections,
    }))
}

fn unknown(id: &SessionId) -> WireError {
    let id = display::text(&id.0, limits::NAME_SHOWN);
    WireError::new(ErrorCode::NotFound, format!("there is no session {id}")).with_hint("askbox sessions")
}
