//! Denying without a question: for a while, or everything until it is ended.

use askbox_gate::{LockdownError, PauseError};
use askbox_wire::{ErrorCode, Response, WireError};

use crate::daemon::Daemon;
use crate::views;

/// Asks nobody for a while, or asks again.
pub(super) async fn pause(daemon: &Daemon, for_ms: Option<u64>) -> Result<Response, WireError> {
    match daemon.gate.pause(for_ms).await {
        Ok(()) => Ok(Response::Done),
        Err(error @ PauseError::TooLong) => Err(WireError::new(ErrorCode::Refused, error.to_string())
            .with_hint("`askbox lockdown on` denies everything until you end it")),
        Err(error @ PauseError::Log(_)) => Err(views::log_failed(&error)),
        Err(error @ PauseError::Interrupted) => Err(WireError::new(ErrorCode::Stopping, error.to_string())),
    }
}

/// Denies everything, or no longer.
pub(super) async fn lockdown(daemon: &Daemon, on: bool) -> Result<Response, WireError> {
    let changed = if on {
        daemon.gate.lock_down().await
    } else {
        daemon.gate.end_lockdown().await
    };
    match changed {
        Ok(()) => Ok(Response::Done),
        Err(error @ (LockdownError::NotLogged(_) | LockdownError::EndNotLogged(_))) => {
            Err(views::log_failed(&error))
        }
        Err(error @ (LockdownError::NotKept(_) | LockdownError::EndNotKept(_))) => {
            Err(WireError::new(ErrorCode::Internal, views::chain(&error))
                .with_hint("free some space on the disk of the state directory, and try again"))
        }
        Err(error @ LockdownError::Interrupted) => {
            Err(WireError::new(ErrorCode::Stopping, error.to_string()))
        }
    }
}
