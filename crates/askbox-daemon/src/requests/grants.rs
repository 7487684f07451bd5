//! Remembered answers: listed and taken back.

use askbox_gate::{RevokeError, RevokeWhat};
use askbox_wire::{ErrorCode, Response, Revoke, WireError};

use crate::daemon::Daemon;
use crate::views;

pub(super) fn list(daemon: &Daemon) -> Response {
    Response::Grants(daemon.gate.grants().iter().map(views::grant).collect())
}

pub(super) async fn revoke(daemon: &Daemon, what: Revoke) -> Result<Response, WireError> {
    let what = match what {
        Revoke::Grant(id) => RevokeWhat::Grant(id),
        Revoke::All => RevokeWhat::All,
    };
    match daemon.gate.revoke(what).await {
        Ok(count) => Ok(Response::Revoked { count }),
        Err(error @ RevokeError::NoSuchGrant(_)) => {
            Err(WireError::new(ErrorCode::NotFound, error.to_string()).with_hint("askbox rules list"))
        }
        Err(error @ RevokeError::Log(_)) => Err(views::log_failed(&error)),
        Err(error @ RevokeError::Store(_)) => Err(WireError::new(ErrorCode::Internal, views::chain(&error))
            .with_hint("free some space on the disk of the state directory; it is tried again by itself")),
        Err(error @ RevokeError::Interrupted) => Err(WireError::new(ErrorCode::Stopping, error.to_string())),
    }
}
