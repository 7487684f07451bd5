//! Which sockets of the host a session is offered: those that a flag names, and those that a rule for its project allows or asks
//! about, as far as they are there and may be offered at all.

use std::fmt::Display;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use askbox_policy::{
    CanonicalPath, Effect, Neighbour, NeighbourError, NeighbourPattern, Pattern, Rule, SessionId, SocketPath,
    Target, display,
};
use askbox_wire::{ErrorCode, LaunchRequest, WireError};

use super::Planning;
use super::offers::By;
use crate::limits;
use crate::session::flags;

/// Where systems of today have /run.
const OLD_RUN: &str = "/var/run";

/// Why no session is offered a socket.
#[derive(Debug, thiserror::Error)]
pub(in crate::session) enum Unusable {
    #[error("there is no such socket: {0}")]
    Missing(std::io::Error),
    #[error("it leads to {}", display::path(.0, limits::PATH_SHOWN))]
    LeadsTo(PathBuf),
    #[error("it is no socket")]
    NoSocket,
    #[error(transparent)]
    Name(#[from] NeighbourError),
    #[error("{reason}")]
    Refused {
        reason: &'static str,
        instead: Option<&'static str>,
    },
    #[error("it lies among your credentials ({0})")]
    Listed(&'static str),
    #[error("a session is offered {} sockets at most", limits::OFFERED_SOCKETS)]
    TooMany,
}

impl Unusable {
    fn hint(&self) -> String {
        match self {
            Self::Missing(_) => "start the service first, or leave it out".to_owned(),
            Self::LeadsTo(path) => format!("name that one: {}", path.display()),
            Self::NoSocket => "name a socket that some program listens at".to_owned(),
            Self::Name(_) => "have the service listen at another path".to_owned(),
            Self::Refused {
                instead: Some(instead),
                ..
            } => (*instead).to_owned(),
            Self::Refused { instead: None, .. } | Self::Listed(_) => {
                "no flag and no rule offers it".to_owned()
            }
            Self::TooMany => "leave some of them out".to_owned(),
        }
    }

    pub(in crate::session) fn refused(&self, flag: &str, value: &dyn Display) -> WireError {
        let value = display::text(&value.to_string(), limits::PATH_SHOWN);
        WireError::new(ErrorCode::Refused, format!("{flag} {value}: {self}")).with_hint(self.hint())
    }
}

/// The socket at this path, which leads through no link. Looks at the host.
pub(in crate::session) fn named(path: &Path) -> Result<SocketPath, Unusable> {
    let path = flags::by_text(path).ok_or(NeighbourError::Socket)?;
    let path = match path.as_path().strip_prefix(OLD_RUN) {
        Ok(below) => Path::new("/run").join(below),
        Err(_) => path.as_path().to_owned(),
    };
    let canonical = fs::canonicalize(&path).map_err(Unusable::Missing)?;
    if canonical != path {
        return Err(Unusable::LeadsTo(canonical));
    }
    if !fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_socket()) {
        return Err(Unusable::NoSocket);
    }
    Ok(SocketPath::new(&path).ok_or(NeighbourError::Socket)?)
}

impl Planning {
    /// The sockets that a session is offered, and notices about those that a rule names in vain. A flag that cannot be heeded is
    /// refused.
    pub(super) fn offered(
        &self,
        id: &SessionId,
        request: &LaunchRequest,
    ) -> Result<(Vec<SocketPath>, Vec<String>), WireError> {
        let (mut offered, mut notices) = (Vec::new(), Vec::new());
        for (rule, by) in self.wishes() {
            let Some(path) = socket_of(rule).filter(|path| !offered.contains(*path)) else {
                continue;
            };
            if by == By::Rule && fs::symlink_metadata(path.as_path()).is_err() {
                continue;
            }
            let place = if offered.len() < limits::OFFERED_SOCKETS {
                self.usable(path, request)
            } else {
                Err(Unusable::TooMany)
            };
            match place {
                Ok(()) => {
                    if self.is_offered(id, target(path), by, &format!("--socket {path}"))? {
                        offered.push(path.clone());
                    }
                }
                Err(unusable) if by == By::Flag => return Err(unusable.refused("--socket", path)),
                Err(unusable) => {
                    let shown = display::path(path.as_path(), limits::PATH_SHOWN);
                    notices.push(format!("a rule's socket {shown} is not offered: {unusable}"));
                }
            }
        }
        Ok((offered, notices))
    }

    /// Whether a socket may be offered as it is on this machine.
    fn usable(&self, path: &SocketPath, request: &LaunchRequest) -> Result<(), Unusable> {
        let place = named(path.as_path())?;
        let is_agent = request.ssh_agent.as_ref().is_some_and(|agent| {
            fs::canonicalize(agent.as_path()).is_ok_and(|agent| agent == place.as_path())
        });
        if is_agent {
            return Err(Unusable::Refused {
                reason: "it is your ssh agent",
                instead: Some("--with ssh-agent offers it with each signature asked for"),
            });
        }
        if let Some(refusal) = place.refusal() {
            return Err(Unusable::Refused {
                reason: refusal.reason,
                instead: refusal.instead,
            });
        }
        let listed = CanonicalPath::new(place.as_path());
        match listed.and_then(|path| Some(self.policy.lists().credential(&path)?.reason)) {
            Some(reason) => Err(Unusable::Listed(reason)),
            None => Ok(()),
        }
    }
}

fn target(path: &SocketPath) -> Target {
    Target::Neighbour(Neighbour::Socket(path.clone()))
}

/// The socket that a rule offers.
fn socket_of(rule: &Rule) -> Option<&SocketPath> {
    match (&rule.pattern, rule.effect) {
        (Pattern::Neighbour(NeighbourPattern::Socket(path)), Effect::Allow | Effect::Ask) => Some(path),
        (
            Pattern::Neighbour(_)
            | Pattern::Network(_)
            | Pattern::Read(_)
            | Pattern::Write(_)
            | Pattern::Execute(_)
            | Pattern::Profile(_)
            | Pattern::Growth(_),
            _,
        ) => None,
    }
}
