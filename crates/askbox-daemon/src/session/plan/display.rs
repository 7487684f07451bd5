//! Whether a session is offered its caller's X11 display: where a flag or a rule names it, since programs that find a display try
//! it without being asked to.

use std::fs;
use std::path::PathBuf;

use askbox_neighbours::Display;
use askbox_policy::{
    Effect, Neighbour, NeighbourPattern, Pattern, Rule, SessionId, SocketPath, Target, Verdict, display,
};
use askbox_wire::{ErrorCode, LaunchRequest, WireError};

use super::Planning;
use super::offers::By;
use crate::limits;

/// Why there is no display to offer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NoDisplay {
    #[error("you have no X11 display: DISPLAY is not set")]
    Unset,
    #[error("your X11 display is not one of this machine: DISPLAY is {0}")]
    Elsewhere(String),
    #[error("your X11 display {0} has no socket below /tmp/.X11-unix")]
    NoSocket(String),
}

impl Planning {
    /// The display that a session is offered. One that a flag names and that is not there is refused.
    pub(super) fn display(
        &self,
        id: &SessionId,
        request: &LaunchRequest,
    ) -> Result<Option<Display>, WireError> {
        let Some((rule, by)) = self.wishes().find(|(rule, _)| offers(rule)) else {
            return Ok(None);
        };
        let judged = [Neighbour::X11, Neighbour::X11Trusted]
            .map(|neighbour| self.situation().judge(id, Target::Neighbour(neighbour)));
        let is_open = judged.iter().any(|verdict| !matches!(verdict, Verdict::Deny(_)));
        match (display_of(request), by) {
            (Ok(display), _) => Ok(is_open.then_some(display)),
            (Err(_), By::Rule) => Ok(None),
            (Err(error), By::Flag) => {
                let reason = format!("--with {}: {error}", rule.pattern);
                Err(WireError::new(ErrorCode::Refused, reason)
                    .with_hint("start the command where you have a display, or leave it out"))
            }
        }
    }
}

fn offers(rule: &Rule) -> bool {
    let is_display = matches!(
        rule.pattern,
        Pattern::Neighbour(NeighbourPattern::X11 | NeighbourPattern::X11Trusted)
    );
    is_display && rule.effect != Effect::Deny
}

/// The caller's display, as it is on this machine.
fn display_of(request: &LaunchRequest) -> Result<Display, NoDisplay> {
    let name = request.desktop.display.as_deref().filter(|name| !name.is_empty());
    let name = name.ok_or(NoDisplay::Unset)?;
    let number = number(name).ok_or_else(|| NoDisplay::Elsewhere(display::text(name, limits::PATH_SHOWN)))?;
    let socket = fs::canonicalize(format!("/tmp/.X11-unix/X{number}")).ok();
    let socket = socket.and_then(|path| SocketPath::new(&path));
    Ok(Display {
        number,
        socket: socket.ok_or_else(|| NoDisplay::NoSocket(format!(":{number}")))?,
        authority: request
            .desktop
            .authority
            .as_ref()
            .map(|path| PathBuf::from(path.as_path())),
    })
}

/// The number of a display of this machine (X(7), DISPLAY NAMES).
fn number(name: &str) -> Option<u32> {
    let (host, rest) = name.rsplit_once(':')?;
    let number = rest.split_once('.').map_or(rest, |(number, _screen)| number);
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let is_local = ["", "unix", "unix/"].contains(&host);
    (is_local && is_plain).then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_of_this_machine_has_a_number() {
        for (name, expected) in [
            (":0", Some(0)),
            (":10.1", Some(10)),
            ("unix:3", Some(3)),
            ("localhost:10.0", None),
            ("host:0", None),
            ("::0", None),
            (":", None),
            (":+1", None),
            (":1/../x", None),
            ("", None),
        ] {
            assert_eq!(number(name), expected, "{name}");
        }
    }
}
