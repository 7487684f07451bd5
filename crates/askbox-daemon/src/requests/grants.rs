//! Remembered answers: listed and taken back.

use askbox_gate::{ExpiryError, RevokeError, RevokeWhat};
use askbox_policy::GrantId;
use askbox_wire::{ErrorCode, GrantView, Response, Revoke, WireError};

use crate::daemon::Daemon;
use crate::views;

pub(super) fn list(daemon: &Daemon) -> Response {
    let (grants, usage) = (daemon.gate.grants(), daemon.gate.usage());
    let views = grants.iter().map(|grant| {
        let used = usage.get(&grant.id.0).copied().unwrap_or_default();
        GrantView {
            hits: used.hits,
            last_used: views::last_used(used),
            ..views::grant(grant)
        }
    });
    Response::Grants(views.collect())
}

pub(super) async fn set_expiry(daemon: &Daemon, id: GrantId, after_ms: u64) -> Result<Response, WireError> {
    let Err(error) = daemon.gate.set_expiry(id, after_ms).await else {
        return Ok(Response::Done);
    };
    Err(match &error {
        ExpiryError::NoSuchGrant(_) => {
            WireError::new(ErrorCode::NotFound, error.to_string()).with_hint("askbox rules list")
        }
        ExpiryError::Now => WireError::new(ErrorCode::Refused, error.to_string()).with_hint("askbox revoke"),
        ExpiryError::TooLong { .. } => WireError::new(ErrorCode::Refused, error.to_string())
            .with_hint("what shall hold longer is a rule: askbox rules add"),
        ExpiryError::Log(_) => views::log_failed(&error),
        ExpiryError::Store(_) => not_kept(&error),
        ExpiryError::Interrupted => WireError::new(ErrorCode::Stopping, error.to_string()),
    })
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
        Err(error @ RevokeError::Store(_)) => Err(not_kept(&error)),
        Err(error @ RevokeError::Interrupted) => Err(WireError::new(ErrorCode::Stopping, error.to_string())),
    }
}

/// A change that holds now, and is not on the disk.
fn not_kept(error: &dyn std::error::Error) -> WireError {
    WireError::new(ErrorCode::Internal, views::chain(error))
        .with_hint("free some space on the disk of the state directory; it is tried again by itself")
}
