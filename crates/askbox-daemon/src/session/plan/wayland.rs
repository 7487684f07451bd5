//! Whether a session is offered its caller's Wayland display: where a flag or a rule names it, since programs that find a display
//! try it without being asked to.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use askbox_policy::{
    Effect, Neighbour, NeighbourPattern, Pattern, Rule, SessionId, SocketPath, Target, Verdict, display,
};
use askbox_wire::{ErrorCode, LaunchRequest, WireError};

use super::{Planning, refused_by};
use crate::limits;

/// Why there is no display to offer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NoDisplay {
    #[error("you have no Wayland display: WAYLAND_DISPLAY is not set")]
    Unset,
    #[error("your Wayland display {} is no socket", display::path(.0, limits::PATH_SHOWN))]
    NoSocket(PathBuf),
}

impl Planning {
    /// The compositor's socket of the display that a session is offered. One that a flag names and that is not there is refused.
    pub(super) fn wayland(
        &self,
        id: &SessionId,
        request: &LaunchRequest,
    ) -> Result<Option<SocketPath>, WireError> {
        let is_named = self.rules.flags.iter().any(offers);
        let by_rule = || {
            self.policy
                .rules()
                .any(|rule| offers(rule) && self.is_for_us(rule))
        };
        if !is_named && !by_rule() {
            return Ok(None);
        }
        let verdict = self.situation().judge(id, Target::Neighbour(Neighbour::Wayland));
        match (verdict, display_of(request)) {
            (Verdict::Deny(basis), Ok(_)) if is_named => Err(refused_by(&basis, "--with wayland")),
            (Verdict::Allow(_) | Verdict::Ask(_), Ok(socket)) => Ok(Some(socket)),
            (_, Err(error)) if is_named => Err(WireError::new(
                ErrorCode::Refused,
                format!("--with wayland: {error}"),
            )
            .with_hint("start the command where you have a Wayland display, or leave it out")),
            // Nothing is missing where there is no desktop.
            (Verdict::Deny(_), Ok(_)) | (_, Err(_)) => Ok(None),
        }
    }
}

fn offers(rule: &Rule) -> bool {
    rule.pattern == Pattern::Neighbour(NeighbourPattern::Wayland) && rule.effect != Effect::Deny
}

/// The compositor's socket, by a path without links.
fn display_of(request: &LaunchRequest) -> Result<SocketPath, NoDisplay> {
    let named = request.desktop.wayland.as_ref().ok_or(NoDisplay::Unset)?;
    socket_of(named.as_path()).ok_or_else(|| NoDisplay::NoSocket(named.as_path().to_owned()))
}

fn socket_of(named: &Path) -> Option<SocketPath> {
    let path = fs::canonicalize(named).ok()?;
    let is_socket = fs::symlink_metadata(&path).ok()?.file_type().is_socket();
    is_socket.then(|| SocketPath::new(&path)).flatten()
}
