//! Whether a session is offered its caller's Wayland display: where a flag or a rule names it, since programs that find a display
//! try it without being asked to.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use askbox_policy::{
    Effect, Neighbour, NeighbourPattern, Pattern, Rule, SessionId, SocketPath, Target, display,
};
use askbox_wire::{ErrorCode, LaunchRequest, WireError};

use super::Planning;
use super::offers::By;
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
        let Some((_, by)) = self.wishes().find(|(rule, _)| offers(rule)) else {
            return Ok(None);
        };
        match (display_of(request), by) {
            (Ok(socket), _) => {
                let target = Target::Neighbour(Neighbour::Wayland);
                let is_offered = self.is_offered(id, target, by, "--with wayland")?;
                Ok(is_offered.then_some(socket))
            }
            // Nothing is missing where there is no desktop.
            (Err(_), By::Rule) => Ok(None),
            (Err(error), By::Flag) => Err(WireError::new(
                ErrorCode::Refused,
                format!("--with wayland: {error}"),
            )
            .with_hint("start the command where you have a Wayland display, or leave it out")),
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
