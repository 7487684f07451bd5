//! Ending sessions from outside.

use askbox_policy::display;
use askbox_wire::{ErrorCode, Response, Stop, WireError};

use crate::daemon::Daemon;
use crate::limits;
use crate::session;

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
        [id] if count == 0 => {
            let id = display::text(&id.0, limits::NAME_SHOWN);
            Err(
                WireError::new(ErrorCode::NotFound, format!("there is no session {id}"))
                    .with_hint("askbox sessions"),
            )
        }
        _ => Ok(Response::Stopped { count }),
    }
}
