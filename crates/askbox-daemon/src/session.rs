//! Sessions from launch to end: who holds them, what they hold, and how they end.
//!
//! Launch makes a plan and opens the session at the gate; Serve takes the descriptors that its launch child made; the
//! end of its connection, a stop or the end of the daemon drops them, and with the leash everything inside ends.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use askbox_audit::{Durability, Entry, SessionChange, What, path_text};
use askbox_gate::SessionInfo;
use askbox_network::{Listeners, Serving, SessionNetwork};
use askbox_policy::{Process, Project, SessionId, SharedPort, Target, display};
use askbox_wire::{
    Descriptor, Enforcement, ErrorCode, Event, LaunchRequest, Network, ObstacleView, Peer, Response,
    SessionState, SessionView, UsageView, WireError, rfc3339,
};

use crate::connection::{FrontEnd, HeldSession};
use crate::daemon::{Daemon, Phase};
use crate::limits;
use crate::process_view::Diagnostics;
use crate::views;

mod descriptors;
mod ending;
mod execute;
mod files;
mod flags;
mod identify;
mod keeping;
mod made;
mod neighbours;
mod plan;
pub(crate) mod ports;
mod profile;
mod review;
mod scope;
pub(crate) mod stopping;
mod table;

use descriptors::Sorted;
pub(crate) use ending::Ending;
pub(crate) use execute::{EndedProgram, Latest};
pub(crate) use keeping::{Keeping, thaw};
pub(crate) use neighbours::forget_offers;
pub(crate) use plan::memory_of_machine;
pub(crate) use review::Watching;
pub use scope::BUSCTL;
pub(crate) use scope::Making;
pub(crate) use table::Sessions;
use table::{Held, Launching, Removed, Session};

/// The words of a session's command, as text.
fn command(request: &LaunchRequest) -> Vec<String> {
    let words = request.argv.iter().map(|word| path_text(word.as_path()));
    words.collect()
}

/// What is asked about the profile of a session's command, if it has one.
fn profile_offered(
    id: &SessionId,
    planned: &plan::Planned,
    exe: Option<PathBuf>,
    command: Vec<String>,
) -> Option<askbox_policy::Request> {
    let profile = planned.rules.profile.as_ref()?;
    let process = Process {
        exe,
        command,
        ..Process::unknown()
    };
    Some(askbox_policy::Request {
        session: id.clone(),
        project: planned.project.clone(),
        process,
        target: Target::Profile(profile.name.clone()),
    })
}

/// Plans a session and opens it. The connection holds it from here on.
pub(crate) async fn launch(
    daemon: &Arc<Daemon>,
    peer: Peer,
    front_end: &mut FrontEnd,
    request: LaunchRequest,
) -> Result<Response, WireError> {
    may_launch(daemon, peer, front_end, &request)?;
    let id = daemon.sessions.new_id()?;
    let planned = plan::make(daemon, &id, &request).await?;
    if *daemon.phase().borrow() != Phase::Running {
        return Err(WireError::new(ErrorCode::Stopping, "the daemon is ending"));
    }
    let command = command(&request);
    let detail = display::words_shortened(&command).join(" ");
    let view = view(daemon, &id, &request, &command, &planned);
    let name = request.options.name.unwrap_or_else(|| planned.project.name());
    // Waited for before the program starts, like the log: the launch child has work meanwhile.
    let recorded = review::begin(daemon, &id, &planned.project, planned.before.clone());

    let program = request.program.map(Into::into);
    let offer = profile_offered(&id, &planned, program, command);

    let child = request.child.filter(|_| daemon.has_service_manager);
    let scope = child.map(|child| scope::begin(&id, child, planned.limits));

    let published = request.options.publish.into_iter().map(SharedPort::Published);
    let host = request.options.host_port.into_iter().map(SharedPort::Host);
    let ports: Vec<SharedPort> = host.chain(published).collect();

    // From here on it has to be ended, whatever fails.
    let stopped = daemon.sessions.insert(Session::new(
        view.clone(),
        Launching {
            project: planned.project.clone(),
            pins: request.options.resolve,
            token: planned.token,
            wanted: ports,
            root: Arc::default(),
            files: planned.files,
            switches: planned.switches,
            neighbours: planned.neighbours,
        },
        planned.before,
        offer,
        planned.homes,
    ));
    // Waited for before anything is served: nothing inside runs by then, and the launch child has work meanwhile.
    let log = daemon.log.clone();
    let started = entry(&id, &planned.project, SessionChange::Started, Some(detail));
    let logged = tokio::spawn(async move { log.record(started, Durability::Synced).await });
    front_end.held = Some(HeldSession {
        id: id.clone(),
        stopped,
        logged: Some(logged),
        recorded: Some(recorded),
        watching: None,
        keeping: None,
        scope,
        has_heard: false,
    });
    let info = SessionInfo {
        id: id.clone(),
        project: planned.project,
        name,
        rules: planned.rules,
    };
    daemon.gate.open_session(info);
    tell(daemon, view);
    Ok(Response::Launched {
        notices: planned.notices,
        notices_by_proxy: ports::udp_in_vain(daemon, &id),
        closing_nothing: planned.closing_nothing,
        session: id,
        plan: planned.plan,
    })
}

/// Whether a session may be planned for this front end at all.
fn may_launch(
    daemon: &Daemon,
    peer: Peer,
    front_end: &FrontEnd,
    request: &LaunchRequest,
) -> Result<(), WireError> {
    if front_end.held.is_some() {
        return Err(WireError::new(
            ErrorCode::Malformed,
            "this connection has a session already",
        ));
    }
    if request.uid != peer.uid {
        return Err(WireError::new(
            ErrorCode::Refused,
            "a session is for the user that asks for it",
        ));
    }
    if limits::COMMAND_WORDS < request.argv.len() {
        let words = request.argv.len();
        let most = limits::COMMAND_WORDS;
        return Err(WireError::new(
            ErrorCode::Refused,
            format!("the command has {words} words, and bubblewrap starts one of {most} at most"),
        )
        .with_hint("give it its arguments in a file, or in parts (xargs -n 5000)"));
    }
    not_locked_down(daemon)
}

/// A session that was just planned, as front ends see it.
fn view(
    daemon: &Daemon,
    id: &SessionId,
    request: &LaunchRequest,
    command: &[String],
    planned: &plan::Planned,
) -> SessionView {
    let name = request.options.name.as_deref();
    SessionView {
        id: id.clone(),
        name: name.map(|name| display::text(name, limits::NAME_SHOWN)),
        project: path_text(planned.project.path()),
        command: display::text(&display::command_without_secrets(command), limits::COMMAND_SHOWN),
        state: SessionState::Launching,
        pid: None,
        started: rfc3339(daemon.clock.now().wall_ms),
        interactive: planned.rules.interactive,
        switches: planned.switches,
        quiet: false,
        ports: Vec::new(),
        bytes_in: 0,
        bytes_out: 0,
        usage: UsageView::default(),
        limits: planned.limits,
        enforcement: Enforcement::default(),
        network: Network::default(),
    }
}

/// Adds what the gate knows of a session.
pub(crate) fn with_quiet(daemon: &Daemon, view: SessionView) -> SessionView {
    SessionView {
        quiet: daemon.gate.is_quiet(&view.id),
        ..view
    }
}

fn tell(daemon: &Daemon, view: SessionView) {
    daemon.tell(Event::SessionChanged(with_quiet(daemon, view)));
}

/// Waits until the start of a session is in the log; it may be served then, unless everything has been denied since it was
/// planned.
async fn may_serve(daemon: &Daemon, held: &mut HeldSession) -> Result<(), WireError> {
    start_logged(held).await?;
    not_locked_down(daemon)
}

fn not_locked_down(daemon: &Daemon) -> Result<(), WireError> {
    match views::lockdown(&daemon.gate) {
        Some(ObstacleView { reason, hint }) => {
            Err(WireError::new(ErrorCode::Refused, reason).with_hint(hint))
        }
        None => Ok(()),
    }
}

/// Waits until the start of a session is in the log.
pub(crate) async fn start_logged(held: &mut HeldSession) -> Result<(), WireError> {
    let Some(logged) = held.logged.take() else {
        return Ok(());
    };
    match logged.await {
        Ok(Ok(_number)) => Ok(()),
        Ok(Err(error)) => Err(views::log_failed(&error)),
        Err(ended) => Err(views::log_failed(&ended)),
    }
}

/// Takes the descriptors of a session and serves them, once its start is in the log.
pub(crate) async fn serve(
    daemon: &Arc<Daemon>,
    front_end: &mut FrontEnd,
    id: &SessionId,
    attached: &[Descriptor],
    descriptors: Vec<OwnedFd>,
) -> Result<Response, WireError> {
    own(front_end, id)?;
    let Sorted {
        sockets,
        diagnostics,
        leash,
        tree,
        agent,
        files,
        starts,
    } = descriptors::sort(attached, descriptors)?;
    let Launching {
        project,
        pins,
        token,
        wanted,
        root,
        files: view,
        switches,
        neighbours,
    } = daemon.sessions.launching(id).ok_or_else(|| not_now(id))?;
    // Before anything that takes time: the launch child looks for its mount points there. The command waits longer.
    let asked = execute::Asked::of(view.as_ref());
    let files = files::serve(daemon, id, &project, view, &root, files).await?;
    if let Some(held) = &mut front_end.held
        && let Err(error) = may_serve(daemon, held).await
    {
        front_end.held = None;
        end(daemon, id, Ending::ConnectionLost).await;
        return Err(error);
    }
    let whose = execute::Whose {
        session: id.clone(),
        project: project.clone(),
        root: Arc::clone(&root),
        asked,
        has_other_mounts: switches.nested_sandbox,
    };
    let starts = execute::serve(daemon, whose, starts, tree)?;
    let maker = diagnostics
        .try_clone()
        .map(|member| ports::Maker::new(daemon.init.clone(), member))
        .map_err(|error| cannot_serve(&error))?;
    let diagnostics = Diagnostics::new(diagnostics).map_err(|error| no_diagnostics(&error))?;
    let agent = neighbours::serve(daemon, (id, &project), neighbours, &root, agent)?;
    let network = SessionNetwork {
        session: id.clone(),
        project,
        pins,
        identify: identify::closure(&daemon.processes, root, diagnostics),
    };
    let held = Held {
        serving: serve_network(daemon, sockets.listeners(token), network)?,
        maker,
        files,
        agent,
        starts,
        leash,
    };
    let view = daemon.sessions.hold(id, held).ok_or_else(|| not_now(id))?;
    tell(daemon, view);
    if let Err(error) = ports::open_all(daemon, id, wanted).await {
        front_end.held = None;
        end(daemon, id, Ending::ConnectionLost).await;
        return Err(error);
    }
    Ok(Response::Serving)
}

/// Serves the connections of a session, with its share of what the daemon may open.
fn serve_network(
    daemon: &Daemon,
    listeners: Listeners,
    network: SessionNetwork,
) -> Result<Serving, WireError> {
    let share = daemon.room.join().ok_or_else(|| {
        WireError::new(
            ErrorCode::Refused,
            "the sessions that run take all files that the daemon may open",
        )
    })?;
    let upstream = Arc::clone(&daemon.upstream);
    askbox_network::serve(listeners, network, daemon.gate.clone(), upstream, share)
        .map_err(|error| cannot_serve(&error))
}

fn no_diagnostics(error: &std::io::Error) -> WireError {
    WireError::new(
        ErrorCode::Malformed,
        format!("the diagnostics socket is none: {error}"),
    )
}

fn cannot_serve(error: &std::io::Error) -> WireError {
    WireError::new(ErrorCode::Internal, format!("cannot serve the session: {error}"))
}

/// Waits until it is recorded how the project of a session is.
pub(crate) async fn recorded(held: &mut HeldSession) {
    if let Some(recorded) = held.recorded.take() {
        held.watching = recorded.await.ok().flatten();
    }
}

/// Learns the root of a session's processes. Nothing inside runs before this is answered. From here on its front end hears of
/// questions, so the one about its profile is raised.
pub(crate) async fn started(
    daemon: &Arc<Daemon>,
    front_end: &mut FrontEnd,
    id: &SessionId,
    pid: u32,
) -> Result<Response, WireError> {
    own(front_end, id)?;
    if let Some(held) = &mut front_end.held {
        recorded(held).await;
    }
    let view = daemon.sessions.set_pid(id, pid).ok_or_else(|| not_now(id))?;
    if let Some(held) = &mut front_end.held {
        let scope = scope::of_session(&mut held.scope, pid).await;
        if scope.is_some() {
            daemon.sessions.set_enforcement(id, Enforcement::Scope);
        }
        let kept = daemon.sessions.kept(id).ok_or_else(|| not_now(id))?;
        held.keeping = Some(keeping::begin(daemon, kept, scope, pid));
    }
    tell(daemon, view);
    if let Some(request) = daemon.sessions.take_offer(id) {
        // Nobody waits for the answer: the rules look at it whenever the program wants something.
        let gate = daemon.gate.clone();
        let process = request.process.clone();
        tokio::spawn(async move { drop(gate.admit(request, async { process }).await) });
    }
    Ok(Response::Done)
}

/// The command of a session has ended.
pub(crate) async fn ended(
    daemon: &Arc<Daemon>,
    front_end: &mut FrontEnd,
    id: &SessionId,
    status: u8,
) -> Result<Response, WireError> {
    own(front_end, id)?;
    front_end.held = None;
    let made = end(daemon, id, Ending::Exited(status)).await;
    Ok(Response::Ended { made })
}

/// Takes a session out: its leash goes first, what was rejected is logged, then what waits is denied and what lives is cut, then its network ends.
/// Does nothing when it is out already. Returns what it made that may run outside, as people see it.
pub(crate) async fn end(daemon: &Arc<Daemon>, id: &SessionId, how: Ending) -> Vec<String> {
    let Some(Removed {
        project,
        root,
        before,
        serving,
    }) = daemon.sessions.remove(id)
    else {
        return Vec::new();
    };
    if let Some(serving) = &serving {
        serving.told().await;
    }
    daemon.gate.close_session(id).await;
    if let Some(serving) = serving {
        // So that what its connections carried is in the log before its end.
        serving.settle().await;
    }
    made::settle(root, how).await;
    let (made, ()) = tokio::join!(
        made::since(before, project.path()),
        review::end(daemon, id, root != 0)
    );
    let list = made
        .details()
        .into_iter()
        .map(|detail| entry(id, &project, SessionChange::Made, Some(detail)));
    let ended = entry(id, &project, SessionChange::Ended, Some(how.text()));
    for entry in list.chain([ended]) {
        // Nothing takes effect by it, so nobody waits for the disk.
        if let Err(error) = daemon.log.record(entry, Durability::Unsynced).await {
            tracing::error!(%error, session = %id, "the end of a session is not in the log");
        }
    }
    daemon.tell(Event::SessionEnded { session: id.clone() });
    daemon.note_session_end();
    made.notice()
}

/// Only the connection that launched a session may speak for it.
fn own(front_end: &FrontEnd, id: &SessionId) -> Result<(), WireError> {
    match &front_end.held {
        Some(held) if held.id == *id => Ok(()),
        Some(_) | None => Err(not_now(id)),
    }
}

fn not_now(id: &SessionId) -> WireError {
    let id = display::text(&id.0, limits::NAME_SHOWN);
    WireError::new(
        ErrorCode::NotFound,
        format!("session {id} is not at this point of its life on this connection"),
    )
}

fn entry(id: &SessionId, project: &Project, change: SessionChange, detail: Option<String>) -> Entry {
    Entry {
        session: Some(id.clone()),
        project: Some(project.clone()),
        what: What::Session { change, detail },
    }
}

#[cfg(test)]
mod tests;
