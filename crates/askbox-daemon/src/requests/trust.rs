//! Trusting a project's own file.

use askbox_audit::path_text;
use askbox_policy::CanonicalPath;
use askbox_wire::{ErrorCode, OsText, Response, TrustView, WireError};
use tokio::task::spawn_blocking;

use super::rules;
use crate::daemon::Daemon;
use crate::views;

pub(super) async fn trust(daemon: &Daemon, directory: &OsText) -> Result<Response, WireError> {
    let wanted = directory.as_path().to_owned();
    let real = spawn_blocking(move || std::fs::canonicalize(wanted))
        .await
        .map_err(|_ended| stopping())?;
    let real = real
        .map_err(|error| WireError::new(ErrorCode::Refused, format!("cannot open the directory: {error}")))?;
    let project = CanonicalPath::new(&real)
        .ok_or_else(|| WireError::new(ErrorCode::Refused, "not a directory that can be trusted"))?;
    let file = daemon
        .trust(project)
        .await
        .map_err(|error| rules::refused(&error))?;
    let rules = file
        .content
        .iter()
        .flat_map(|content| &content.rules)
        .map(views::rule)
        .collect();
    Ok(Response::Trusted(TrustView {
        path: path_text(&file.path),
        digest: file.digest,
        rules,
    }))
}

fn stopping() -> WireError {
    WireError::new(ErrorCode::Stopping, "the daemon is ending")
}
