//! From a launch request to a plan: which project, which rules, what is opened. Looks at the host, so it runs on a
//! thread of its own with a deadline; what a session sees is decided in `askbox_sandbox::plan`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use askbox_files::View;
use askbox_network::ProxyToken;
use askbox_policy::{
    Basis, CanonicalPath, Effect, GrantSet, LimitChoices, Moment, Origin, PathPattern, Pattern, Policy,
    Project, ResourceLimits, Rule, SessionId, SessionRules, Switches,
    resource_limits::{self, LimitSources},
};
use askbox_sandbox::guards::Before;
use askbox_sandbox::host_facts::{self, By, Opened, Opening, Places, Sought, User};
use askbox_sandbox::plan::{self, Access, Listed, PlanRequest};
use askbox_sandbox::{HostFacts, Refusal, identity};
use askbox_wire::{ErrorCode, LaunchRequest, Verbatim, WireError};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::files;
use super::flags::{self, Surroundings};
use super::neighbours::{self, Neighbours, Offer, Offers};
use super::profile::{self, Situation};
use crate::daemon::Daemon;
use crate::limits;
use crate::policy_store::{PROJECT_FILE, ProjectFile, Trust, hexadecimal};
use crate::views;

mod bus;
mod display;
mod offers;
mod opening;
mod project;
pub(super) mod sockets;
mod wayland;

/// A session that may be launched.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) project: Project,
    pub(super) rules: SessionRules,
    /// The walls that are down.
    pub(super) switches: Switches,
    /// One line each for the person at the terminal.
    pub(super) notices: Vec<String>,
    /// The flags that close nothing, one line each.
    pub(super) closing_nothing: Vec<String>,
    /// The plan as the client gets it.
    pub(super) plan: Verbatim,
    /// What its file system shows; `None` where it has none.
    pub(super) files: Option<View>,
    /// The project as it is now, to compare with at the end.
    pub(super) before: Before,
    /// What it may use of the machine.
    pub(super) limits: ResourceLimits,
    /// Its private homes on the host.
    pub(super) homes: PathBuf,
    /// What its proxy takes, should it have one.
    pub(super) token: ProxyToken,
    /// What its caller has for it.
    pub(super) neighbours: Neighbours,
}

/// Plans a session, or says why it is refused.
pub(super) async fn make(
    daemon: &Arc<Daemon>,
    id: &SessionId,
    request: &LaunchRequest,
) -> Result<Planned, WireError> {
    let snapshot = daemon.policy.snapshot();
    let is_stopped = snapshot.obstacle().is_some();
    if is_stopped || !snapshot.outdated().is_empty() {
        // Whoever just mended it need not wait for the next look. In a task of its own, so that a front end that goes
        // away does not leave half a change of policy.
        let (daemon, look_wait) = (Arc::clone(daemon), look_wait(is_stopped));
        let look = tokio::spawn(async move { daemon.check_policy().await });
        drop(timeout(look_wait, look).await);
    }
    if let Some(obstacle) = daemon.policy.snapshot().obstacle() {
        return Err(WireError::new(ErrorCode::Policy, obstacle.reason).with_hint(obstacle.hint));
    }
    let late =
        |hint| WireError::new(ErrorCode::Internal, "planning the session takes too long").with_hint(hint);
    let search = project::search(request);
    if !daemon.policy.knows_search(&search) {
        let daemon = Arc::clone(daemon);
        let learning = tokio::spawn(async move { daemon.learn_search(search).await });
        if timeout(limits::PLAN_WAIT, learning).await.is_err() {
            return Err(late(
                "is a directory of your PATH on a file system that does not answer?",
            ));
        }
    }
    let (daemon, id, request) = (Arc::clone(daemon), id.clone(), request.clone());
    let planning =
        spawn_blocking(move || Planning::new(&daemon, &id, &request)?.plan(&daemon, &id, &request));
    match timeout(limits::PLAN_WAIT, planning).await {
        Ok(Ok(planned)) => planned,
        Ok(Err(_ended)) => Err(WireError::new(ErrorCode::Internal, "planning the session failed")),
        Err(_late) => Err(late("is the project on a file system that does not answer?")),
    }
}

/// How long a launch waits for a look at the policy: no longer than for the next one where sessions start all the same, since
/// what cannot be read may lie on a file system that does not answer.
fn look_wait(is_stopped: bool) -> Duration {
    if is_stopped {
        limits::PLAN_WAIT
    } else {
        limits::POLICY_CHECK
    }
}

/// The rules for what a flag's path leads to, where that is another path.
fn rules_for_target(opened: &Opened) -> Vec<Rule> {
    let target = opened
        .found
        .as_ref()
        .filter(|found| opened.by == By::Flag && found.canonical != opened.path)
        .and_then(|found| Some((CanonicalPath::new(&found.canonical)?, found.directory)));
    let Some((path, is_directory)) = target else {
        return Vec::new();
    };
    let pattern = if is_directory {
        PathPattern::tree(&path)
    } else {
        PathPattern::exact(&path)
    };
    let allow = |pattern| Rule::new(Effect::Allow, pattern, Origin::Flag);
    let mut rules = vec![allow(Pattern::Read(pattern.clone()))];
    if opened.access == Access::ReadWrite {
        rules.push(allow(Pattern::Write(pattern)));
    }
    rules
}

/// A plan in the making.
struct Planning {
    home: CanonicalPath,
    policy: Arc<Policy>,
    project: CanonicalPath,
    cwd: PathBuf,
    rules: SessionRules,
    grants: GrantSet,
    now: Moment,
    high_water_ms: u64,
    limits: ResourceLimits,
    places: Places,
    /// What is said of a project's file that is not trusted.
    untrusted: Option<String>,
}

impl Planning {
    fn new(daemon: &Daemon, id: &SessionId, request: &LaunchRequest) -> Result<Self, WireError> {
        if request.argv.is_empty() {
            return Err(WireError::new(ErrorCode::Malformed, "there is no command"));
        }
        let (project, cwd) = project::find(request)?;
        let policy = daemon.policy.policy();
        let places = Places::default();
        project::check(&project, request, &daemon.home, policy.lists(), &places)?;
        let surroundings = Surroundings {
            home: &daemon.home,
            project: &project,
            cwd: &cwd,
        };
        let mut rules = flags::rules(&request.options, surroundings)?;
        rules.flags.extend(flags::neighbours(&request.options, &cwd)?);
        let settings = policy.settings();
        let mut sources = LimitSources {
            flags: request.options.limits,
            user: settings.limits,
            managed: settings.managed_limits,
            project: LimitChoices::default(),
        };
        let mut untrusted = None;
        if let Some(file) = project_file(&project, &daemon.home)? {
            let trust = daemon.policy.trust_in(&file);
            let content = content(file)?;
            sources.project = content.limits;
            let unheeded = policy.unheeded(&content, &project, &rules);
            untrusted = project::untrusted(trust, unheeded, &project);
            rules = rules.with_project_file(content, &project, trust == Trust::Given, &policy);
        }
        let limits = resource_limits::in_force(sources, policy.preset_of(&rules), memory_of_machine());
        let mut planning = Self {
            home: daemon.home.clone(),
            policy,
            project,
            cwd,
            rules,
            grants: daemon.gate.grants().into(),
            now: daemon.clock.now(),
            high_water_ms: daemon.gate.high_water_ms(),
            limits,
            places,
            untrusted,
        };
        let profile = profile::of_run(request, id, &planning.home, planning.situation());
        planning.rules.profile = profile;
        Ok(planning)
    }

    fn situation(&self) -> Situation<'_> {
        Situation {
            policy: &self.policy,
            project: &self.project,
            rules: &self.rules,
            grants: &self.grants,
            now: &self.now,
            high_water_ms: self.high_water_ms,
        }
    }

    /// What of the host's sockets the session is offered, and notices about what is named in vain.
    fn neighbours(
        &self,
        id: &SessionId,
        request: &LaunchRequest,
    ) -> Result<(Vec<Offer>, Vec<String>), WireError> {
        let (sockets, mut notices) = self.offered(id, request)?;
        let display = self.display(id, request)?;
        let wayland = self.wayland(id, request)?;
        let wayland = wayland.map(|socket| Offer::Wayland(socket, request.uid));
        let (bus, in_vain) = self.bus(id, request)?;
        notices.extend(in_vain);
        let bus = bus.map(|bus| Offer::Bus(bus, request.uid));
        let sockets = sockets.into_iter().map(Offer::Socket);
        let displays = display.map(Offer::Display).into_iter().chain(wayland);
        let offers = sockets.chain(displays).chain(bus);
        Ok((offers.collect(), notices))
    }

    /// What is on this machine of what a plan needs to know.
    fn look(
        &self,
        daemon: &Daemon,
        request: &LaunchRequest,
        opened: &[Opening],
        listed: &[Listed],
        denied: &[PathBuf],
    ) -> Result<HostFacts, WireError> {
        let lists = self.policy.lists();
        let search: Vec<CanonicalPath> = lists.search_within(&self.project).collect();
        let search: Vec<&Path> = search.iter().map(CanonicalPath::as_path).collect();
        let on_path = project::search(request);
        let on_path = on_path.iter().map(PathBuf::as_path);
        let sought = Sought {
            user: user()?,
            search: &search,
            obeyed: &daemon.policy.obeyed(),
            // The launch child is a front end still.
            programs: &daemon.programs.with_search(on_path, request.child),
            aliases: lists.aliases(),
            project: self.project.as_path(),
            opened,
            listed,
            denied,
            init: daemon.init.clone(),
        };
        HostFacts::gather(&sought, &self.places).map_err(|error| failed("look at the host", &error))
    }

    fn plan(self, daemon: &Daemon, id: &SessionId, request: &LaunchRequest) -> Result<Planned, WireError> {
        let options = &request.options;
        let opened = self.opened(id)?;
        let listed = self.listed(&opened);
        let denied = self.denied()?;
        let closing_nothing = self.closing_nothing();
        let switches = self.policy.switches_of(&self.rules);
        let mut notices = daemon.policy.snapshot().outdated();
        notices.extend(self.untrusted.clone());
        notices.extend(flags::switches_in_vain(options.switches, switches));
        notices.extend(self.situation().profile_notice(id));
        let facts = self.look(daemon, request, &opened, &listed, &denied)?;
        daemon.learn_toolchains(&facts.toolchains);
        let (wanted, in_vain) = self.neighbours(id, request)?;
        notices.extend(in_vain);
        let offers = Offers::listen(&real(&daemon.paths.neighbours())?, id, wanted)?;
        let homes = real(&daemon.paths.homes())?.join(home_name(&self.project));
        let token = token()?;
        let plan_request = PlanRequest {
            session: id.0.clone(),
            argv: profile::words(request, self.rules.profile.as_ref()),
            cwd: self.cwd,
            environment: request.env_names.clone(),
            keep: options
                .env
                .iter()
                .filter(|env| env.value.is_none())
                .map(|env| env.name.as_str().into())
                .collect(),
            set: neighbours::variables(request, &offers)?,
            proxy_login: token.in_url(),
            listed,
            denied,
            identity: self.policy.settings().identity,
            switches,
            limits: self.limits,
            homes: homes.clone(),
            sockets: offers.planned(),
        };
        let plan = plan::plan(&plan_request, &facts)
            .map_err(|refusal| refused(refusal.to_string()).with_hint(way_out(&refusal)))?;
        // By what a link leads to it is asked for; the plan was refused if nothing may be opened there.
        let targets = facts.opened.iter().flat_map(rules_for_target);
        let mut rules = self.rules;
        rules.flags.extend(targets);
        rules.programs = programs(&facts, self.home.as_path());
        let text = Verbatim::of(&plan).map_err(|error| {
            WireError::new(ErrorCode::Internal, format!("the plan has no JSON form: {error}"))
        })?;
        Ok(Planned {
            files: files::view(&plan, &facts.listed_present, self.policy.lists()),
            project: Project(self.project.as_path().to_owned()),
            rules,
            switches,
            notices: notices.into_iter().chain(plan.notices).collect(),
            closing_nothing,
            plan: text,
            before: facts.project.guards.before,
            limits: self.limits,
            homes,
            token,
            neighbours: Neighbours::of(request, offers),
        })
    }
}

/// A directory of Askbox's own as it really is: what of it a session gets is mounted without following a link.
fn real(directory: &Path) -> Result<PathBuf, WireError> {
    std::fs::canonicalize(directory).map_err(|error| failed(&format!("find {}", directory.display()), &error))
}

/// Where programs are that start by preset: the system's, those of toolchains, the project's. Not `~/bin`, which holds what
/// its user made.
fn programs(facts: &HostFacts, home: &Path) -> Vec<CanonicalPath> {
    let system = facts.root_entries.iter().map(|entry| entry.path.as_path());
    let own = facts.toolchains.iter().map(PathBuf::as_path);
    let own = own.filter(|place| *place != home.join("bin"));
    let places = [Path::new("/usr"), facts.project.path.as_path()];
    let places = places.into_iter().chain(system).chain(own);
    places.filter_map(CanonicalPath::new).collect()
}

/// Whom the session is for; an error where its programs cannot be told.
fn user() -> Result<User, WireError> {
    let user = host_facts::current_user().map_err(|error| failed("look the user up", &error))?;
    if identity::can_tell_of(&user) {
        return Ok(user);
    }
    let error = refused(format!(
        "programs inside cannot be told of {}",
        user.home.display()
    ));
    Err(error.with_hint("use a home directory with a name in UTF-8, without colons"))
}

/// A token that nobody can guess.
fn token() -> Result<ProxyToken, WireError> {
    let mut random = [0; ProxyToken::BYTES];
    getrandom::fill(&mut random)
        .map_err(|error| WireError::new(ErrorCode::Internal, format!("no random numbers: {error}")))?;
    Ok(ProxyToken::new(random))
}

/// What to do about a plan that cannot be made.
fn way_out(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::OpensListed { .. } => "open the directories that are needed below it instead",
        Refusal::Missing(_) => "make it first, or open a directory that holds it",
        Refusal::LeadsTo { .. } => "open the path that it leads to by name, if that is meant",
        Refusal::HoldsCredentials(_) => "open the very file that is needed",
        Refusal::Reserved(_) => "leave it out, and use the session's own",
        Refusal::LeadsToOwn { .. } => "open the directories that are needed beside it instead",
        Refusal::Obeyed { .. } => {
            "put that file into a directory that holds nothing else, which is read-only inside then, or out of the project, and link to it directly"
        }
        Refusal::Hidden(_) => {
            "a program inside may have closed it; make it readable for yourself (`chmod u+rwX`), and look at what is in it"
        }
        Refusal::OutsideProject { .. } => {
            "start the command in the project, or name another one with --project"
        }
        Refusal::TooMany(_) => "open one directory in the place of many paths",
    }
}

/// Reads a project's file. One that cannot be read might tighten anything, so nothing starts then.
fn project_file(project: &CanonicalPath, home: &CanonicalPath) -> Result<Option<ProjectFile>, WireError> {
    ProjectFile::read(project, home).map_err(|error| {
        WireError::new(ErrorCode::Policy, format!("{project}/{PROJECT_FILE}: {error}"))
            .with_hint("it may have been made by a program inside; look at it, and mend or remove it")
    })
}

fn content(file: ProjectFile) -> Result<askbox_policy::PolicyFile, WireError> {
    let path = file.path.display().to_string();
    file.content.map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        WireError::new(ErrorCode::Policy, format!("{path}: {first}"))
            .with_hint("mend the project's file, or remove it")
    })
}

/// What parts of the memory are parts of.
pub(crate) fn memory_of_machine() -> u64 {
    host_facts::memory_bytes().unwrap_or(limits::UNKNOWN_MEMORY)
}

/// The name of a project's private homes: a digest of its path, so that no two share one.
fn home_name(project: &CanonicalPath) -> String {
    let digest = Sha256::digest(project.as_path().as_os_str().as_encoded_bytes());
    hexadecimal(&digest[..16])
}

fn refused(reason: String) -> WireError {
    WireError::new(ErrorCode::Refused, reason)
}

/// What a flag wants is denied, and what a person can do about what denies it.
fn refused_by(basis: &Basis, what: &str) -> WireError {
    let error = refused(format!("{what}: {basis}"));
    match basis.hint() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn failed(step: &str, error: &io::Error) -> WireError {
    WireError::new(
        ErrorCode::Internal,
        format!("cannot {step}: {}", views::chain(error)),
    )
}
