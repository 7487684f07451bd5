//! The neighbours of a session: what of the user's desktop it reaches, as far as the gate lets it.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use askbox_neighbours::{Asking, Places, Serving, SessionAgent};
use askbox_policy::{NeighbourPattern, Project, SessionId};
use askbox_sandbox::plan::SSH_AGENT;
use askbox_wire::{ErrorCode, LaunchRequest, OsText, WireError};

use super::files;
use crate::daemon::Daemon;

mod offers;

pub(crate) use offers::forget_offers;
pub(super) use offers::{Offer, Offers};

/// Where ssh looks for the hosts that a user knows; below the home directory where they are relative.
const KNOWN_HOSTS: [&str; 4] = [
    ".ssh/known_hosts",
    ".ssh/known_hosts2",
    "/etc/ssh/ssh_known_hosts",
    "/etc/ssh/ssh_known_hosts2",
];

/// What the caller of a session has for it.
#[derive(Clone, Debug)]
pub(crate) struct Neighbours {
    agent: Option<PathBuf>,
    user: u32,
    offers: Arc<Offers>,
}

impl Neighbours {
    /// Those of whoever asks for a session.
    pub(super) fn of(request: &LaunchRequest, offers: Offers) -> Self {
        Self {
            offers: Arc::new(offers),
            agent: request.ssh_agent.as_ref().map(|path| path.as_path().to_owned()),
            user: request.uid,
        }
    }
}

/// The variables that a session gets with their values: where its ssh agent is, if its caller has one, where it finds what it is
/// offered, and what the command line says.
pub(super) fn variables(
    request: &LaunchRequest,
    offers: &Offers,
) -> Result<Vec<(OsText, OsText)>, WireError> {
    let needs_agent = |with: &NeighbourPattern| match with {
        NeighbourPattern::SshKeys | NeighbourPattern::SshSign { .. } => true,
        NeighbourPattern::Socket(_)
        | NeighbourPattern::X11
        | NeighbourPattern::X11Trusted
        | NeighbourPattern::Wayland
        | NeighbourPattern::Service(_) => false,
    };
    if request.options.with.iter().any(needs_agent) && request.ssh_agent.is_none() {
        let reason = "--with: you have no ssh agent: SSH_AUTH_SOCK is not set";
        return Err(WireError::new(ErrorCode::Refused, reason)
            .with_hint("start one (ssh-agent), and give it a key (ssh-add)"));
    }
    let agent = request.ssh_agent.as_ref();
    let agent = agent.map(|_| (OsText::from("SSH_AUTH_SOCK"), OsText::from(SSH_AGENT)));
    let named = request.options.env.iter();
    let named = named.filter_map(|env| Some((OsText::from(env.name.as_str()), env.value.clone()?)));
    Ok(agent.into_iter().chain(offers.variables()).chain(named).collect())
}

/// Serves the ssh agent of a session, and the sockets that it is offered.
pub(super) fn serve(
    daemon: &Daemon,
    (id, project): (&SessionId, &Project),
    neighbours: Neighbours,
    root: &Arc<AtomicU32>,
    listener: OwnedFd,
) -> Result<Serving, WireError> {
    let failed = |what: &str, error: &std::io::Error| {
        WireError::new(ErrorCode::Internal, format!("cannot serve {what}: {error}"))
    };
    let home = daemon.home.as_path();
    let session = SessionAgent {
        session: id.clone(),
        project: project.clone(),
        identify: files::identify(&daemon.processes, root),
        agent: neighbours.agent,
        user: neighbours.user,
        known_hosts: KNOWN_HOSTS
            .iter()
            .map(|path| home.join(Path::new(path)))
            .collect(),
    };
    let mut serving = askbox_neighbours::serve(listener, session, daemon.gate.clone())
        .map_err(|error| failed("its ssh agent", &error))?;
    let places = Places::default();
    for (offer, listener) in neighbours.offers.take() {
        let asking = Asking {
            session: id.clone(),
            project: project.clone(),
            identify: files::identify(&daemon.processes, root),
            gate: daemon.gate.clone(),
        };
        let served = match offer {
            Offer::Socket(path) => askbox_neighbours::serve_socket(listener, path, asking, &places),
            Offer::Display(display) => askbox_neighbours::serve_display(listener, display, asking, &places),
            Offer::Wayland(display, _) => {
                askbox_neighbours::serve_wayland(listener, display, asking, &places)
            }
            Offer::Bus(bus, _) => {
                let bus = (bus, neighbours.offers.directory());
                askbox_neighbours::serve_bus(listener, bus, asking, &places)
            }
        };
        let served = served.map_err(|error| failed("a socket", &error))?;
        serving = serving.and(served);
    }
    Ok(serving)
}
