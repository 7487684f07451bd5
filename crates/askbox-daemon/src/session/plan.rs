//! From a launch request to a plan: which project, which rules, what is opened. Looks at the host, so it runs on a
//! thread of its own with a deadline; what a session sees is decided in `askbox_sandbox::plan`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_files::View;
use askbox_policy::builtin_lists::Node;
use askbox_policy::{
    CanonicalPath, Effect, GrantSet, Kind, Moment, Origin, PathPattern, Pattern, Policy, Project, Rule,
    SessionId, SessionRules, Target, Verdict, display,
};
use askbox_sandbox::guards::Before;
use askbox_sandbox::host_facts::{self, By, Opened, Opening, Sought};
use askbox_sandbox::plan::{self, Access, Listed, PlanRequest};
use askbox_sandbox::{HostFacts, Refusal, identity};
use askbox_wire::{ErrorCode, LaunchRequest, OsText, Verbatim, WireError};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::files;
use super::flags::{self, Surroundings};
use super::profile::{self, Situation};
use crate::daemon::Daemon;
use crate::limits;
use crate::policy_store::{PROJECT_FILE, ProjectFile, hexadecimal};
use crate::views;

/// How deep below its fixed part a list's wildcard is looked for, and how many names each directory may have.
const GLOB_DEPTH: usize = 3;
/// See [`GLOB_DEPTH`].
const GLOB_NAMES: usize = 4096;

/// A session that may be launched.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) project: Project,
    pub(super) rules: SessionRules,
    /// One line each for the person at the terminal.
    pub(super) notices: Vec<String>,
    /// The plan as the client gets it.
    pub(super) plan: Verbatim,
    /// What its file system shows; `None` where it has none.
    pub(super) files: Option<View>,
    /// The project as it is now, to compare with at the end.
    pub(super) before: Before,
}

/// Plans a session, or says why it is refused.
pub(super) async fn make(
    daemon: &Arc<Daemon>,
    id: &SessionId,
    request: &LaunchRequest,
) -> Result<Planned, WireError> {
    if daemon.policy.snapshot().obstacle().is_some() {
        // Whoever just mended it need not wait for the next look. In a task of its own, so that a front end that goes
        // away does not leave half a change of policy.
        let daemon = Arc::clone(daemon);
        let look = tokio::spawn(async move { daemon.check_policy().await });
        drop(timeout(limits::PLAN_WAIT, look).await);
    }
    if let Some(obstacle) = daemon.policy.snapshot().obstacle() {
        return Err(WireError::new(ErrorCode::Policy, obstacle.reason).with_hint(obstacle.hint));
    }
    let (daemon, id, request) = (Arc::clone(daemon), id.clone(), request.clone());
    let planning =
        spawn_blocking(move || Planning::new(&daemon, &id, &request)?.plan(&daemon, &id, &request));
    match timeout(limits::PLAN_WAIT, planning).await {
        Ok(Ok(planned)) => planned,
        Ok(Err(_ended)) => Err(WireError::new(ErrorCode::Internal, "planning the session failed")),
        Err(_late) => Err(
            WireError::new(ErrorCode::Internal, "planning the session takes too long")
                .with_hint("is the project on a file system that does not answer?"),
        ),
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

/// Directories that every session has, its own or the system's.
const BASES: [&str; 12] = [
    "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr", "/var/tmp",
];

/// What to do about a project that is none.
const ANOTHER_PROJECT: &str = "run it in a directory that is there, or name one with --project";

/// A plan in the making.
struct Planning {
    home: CanonicalPath,
    policy: Arc<Policy>,
    project: CanonicalPath,
    cwd: PathBuf,
    rules: SessionRules,
    grants: GrantSet,
    now: Moment,
}

impl Planning {
    fn new(daemon: &Daemon, id: &SessionId, request: &LaunchRequest) -> Result<Self, WireError> {
        if request.argv.is_empty() {
            return Err(WireError::new(ErrorCode::Malformed, "there is no command"));
        }
        let real = |path: &Path| {
            let error = |error| refused(format!("cannot work in {}: {error}", path.display()));
            fs::canonicalize(path)
                .map_err(error)
                .map_err(|error| error.with_hint(ANOTHER_PROJECT))
        };
        let mut cwd = real(request.cwd.as_path())?;
        let project = match &request.options.project {
            Some(project) => real(&cwd.join(project.as_path()))?,
            None => cwd.clone(),
        };
        if !cwd.starts_with(&project) {
            cwd.clone_from(&project);
        }
        let found = CanonicalPath::new(&project).filter(|project| project.as_path().is_dir());
        let project = found.ok_or_else(|| {
            refused(format!("the project {} is not a directory", project.display()))
                .with_hint(ANOTHER_PROJECT)
        })?;
        let policy = daemon.policy.policy();
        if let Some(why) = policy.lists().project_refused(&project) {
            return Err(refused(format!("{project} cannot be a project: {why}"))
                .with_hint("run it in a directory of its own, or name one with --project"));
        }
        let surroundings = Surroundings {
            home: &daemon.home,
            project: &project,
            cwd: &cwd,
        };
        let mut rules = flags::rules(&request.options, surroundings)?;
        if let Some(file) = project_file(&project, &daemon.home)? {
            let trusted = daemon.policy.trusts(&file);
            rules = rules.with_project_file(content(file)?, &project, trusted, &policy);
        }
        let mut planning = Self {
            home: daemon.home.clone(),
            policy,
            project,
            cwd,
            rules,
            grants: daemon.gate.grants().into(),
            now: daemon.clock.now(),
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
        }
    }

    fn plan(self, daemon: &Daemon, id: &SessionId, request: &LaunchRequest) -> Result<Planned, WireError> {
        let options = &request.options;
        let opened = self.opened(id)?;
        let listed = self.listed(&opened);
        let denied = self.denied()?;
        let mut notices = self.denied_in_vain();
        notices.extend(self.situation().profile_notice(id));
        let user = host_facts::current_user().map_err(|error| failed("look the user up", &error))?;
        if !identity::can_tell_of(&user) {
            let error = refused(format!(
                "programs inside cannot be told of {}",
                user.home.display()
            ));
            return Err(error.with_hint("use a home directory with a name in UTF-8, without colons"));
        }
        let sought = Sought {
            user,
            project: self.project.as_path(),
            opened: &opened,
            listed: &listed,
            denied: &denied,
            init: daemon.init.clone(),
        };
        let facts = HostFacts::gather(&sought).map_err(|error| failed("look at the host", &error))?;
        daemon.learn_toolchains(&facts.toolchains);
        let plan_request = PlanRequest {
            session: id.0.clone(),
            argv: request.argv.clone(),
            cwd: self.cwd,
            environment: request.env_names.clone(),
            keep: options
                .env
                .iter()
                .filter(|env| env.value.is_none())
                .map(|env| env.name.as_str().into())
                .collect(),
            set: options
                .env
                .iter()
                .filter_map(|env| Some((OsText::from(env.name.as_str()), env.value.clone()?)))
                .collect(),
            listed,
            denied,
            identity: self.policy.settings().identity,
            homes: daemon.paths.homes().join(home_name(&self.project)),
        };
        let plan = plan::plan(&plan_request, &facts)
            .map_err(|refusal| refused(refusal.to_string()).with_hint(way_out(&refusal)))?;
        // By what a link leads to it is asked for; the plan was refused if nothing may be opened there.
        let targets = facts.opened.iter().flat_map(rules_for_target);
        let mut rules = self.rules;
        rules.flags.extend(targets);
        let text = Verbatim::of(&plan).map_err(|error| {
            WireError::new(ErrorCode::Internal, format!("the plan has no JSON form: {error}"))
        })?;
        Ok(Planned {
            files: files::view(&plan),
            project: Project(self.project.as_path().to_owned()),
            rules,
            notices: notices.into_iter().chain(plan.notices).collect(),
            plan: text,
            before: facts.project.guards.before,
        })
    }

    /// What flags and rules open at launch: plain paths, each judged like any other request. A flag that the policy
    /// denies is refused; a rule that it denies, or that leads nowhere, opens nothing.
    fn opened(&self, id: &SessionId) -> Result<Vec<Opening>, WireError> {
        let mut opened: Vec<Opening> = Vec::new();
        let rules = self.policy.rules().map(|rule| (rule, false));
        let project_rules = self.rules.project_rules.iter().map(|rule| (rule, false));
        let profile = self.situation().profile_rules(id, &self.home);
        let profile = profile.iter().map(|rule| (rule, false));
        for (rule, is_flag) in self
            .rules
            .flags
            .iter()
            .map(|rule| (rule, true))
            .chain(rules)
            .chain(project_rules)
            .chain(profile)
        {
            if rule.effect != Effect::Allow || !self.is_for_us(rule) {
                continue;
            }
            let Some((path, access)) = openable(&rule.pattern) else {
                if is_flag && matches!(rule.pattern.kind(), Kind::Read | Kind::Write) {
                    return Err(refused(format!(
                        "cannot open {} at the start: it has wildcards",
                        rule.pattern
                    ))
                    .with_hint("name a file or a directory"));
                }
                continue;
            };
            let verdict = self.judge(id, &path, access);
            match verdict {
                Verdict::Allow(_) => {}
                Verdict::Deny(basis) | Verdict::Ask(basis) if is_flag => {
                    let error = refused(format!("cannot open {path}: {basis}"));
                    return Err(match basis.hint() {
                        Some(hint) => error.with_hint(hint),
                        None => error,
                    });
                }
                Verdict::Deny(_) | Verdict::Ask(_) => continue,
            }
            if !is_flag && !path.as_path().exists() {
                continue;
            }
            match opened.iter_mut().find(|known| known.path == path.as_path()) {
                Some(known) if access == Access::ReadWrite => known.access = Access::ReadWrite,
                Some(_) => {}
                None => opened.push(Opening {
                    path: path.as_path().to_owned(),
                    access,
                    by: if is_flag { By::Flag } else { By::Rule },
                }),
            }
        }
        Ok(opened)
    }

    fn judge(&self, id: &SessionId, path: &CanonicalPath, access: Access) -> Verdict {
        let target = match access {
            Access::ReadOnly => Target::Read(path.clone()),
            Access::ReadWrite => Target::Write(path.clone()),
        };
        self.situation().judge(id, target)
    }

    /// Plain paths that a rule denies to read, or wants to be asked about: nobody can be asked at a launch. A flag with
    /// wildcards is refused, because it would close nothing.
    fn denied(&self) -> Result<Vec<PathBuf>, WireError> {
        let closes = |rule: &&Rule| {
            let is_plain = rule.effect != Effect::Allow && rule.program.is_none();
            is_plain && rule.pattern.kind() == Kind::Read && self.is_for_us(rule)
        };
        let mut denied = Vec::new();
        for rule in self.rules.flags.iter().filter(closes) {
            let (path, _) = openable(&rule.pattern).ok_or_else(|| {
                refused(format!("cannot close {}: it has wildcards", rule.pattern))
                    .with_hint("name the file or directory itself; --deny-path can be given more than once")
            })?;
            if let Some(base) = self.stands_on(&path) {
                return Err(refused(format!("cannot close {path}: the session needs {base}"))
                    .with_hint("name what is to be closed in it"));
            }
            denied.push(path);
        }
        let others = self
            .policy
            .rules()
            .chain(&self.rules.project_rules)
            .filter(closes);
        denied.extend(
            others
                .filter_map(|rule| openable(&rule.pattern))
                .map(|(path, _)| path),
        );
        Ok(denied.into_iter().map(|path| path.as_path().to_owned()).collect())
    }

    /// What a session cannot do without, where a path is that or holds it.
    fn stands_on(&self, path: &CanonicalPath) -> Option<String> {
        let own = [self.project.as_path(), self.home.as_path()];
        let bases = own.into_iter().chain(BASES.iter().map(Path::new));
        bases
            .filter(|base| base.starts_with(path.as_path()))
            .map(|base| display::path(base, limits::PATH_SHOWN))
            .next()
    }

    /// The flags that close nothing, because nothing is there: most often a slip of the pen.
    fn denied_in_vain(&self) -> Vec<String> {
        let flags = self.rules.flags.iter().filter(|rule| rule.effect == Effect::Deny);
        let paths = flags.filter_map(|rule| match rule.pattern.kind() {
            Kind::Read => openable(&rule.pattern).map(|(path, _)| path),
            Kind::Write | Kind::Execute | Kind::Network | Kind::Profile => None,
        });
        paths
            .filter(|path| fs::symlink_metadata(path.as_path()).is_err())
            .map(|path| {
                let shown = display::path(path.as_path(), limits::PATH_SHOWN);
                format!("`--deny-path {shown}` closes nothing: there is no such file or directory")
            })
            .collect()
    }

    /// Whether a rule is for this project and has not ended.
    fn is_for_us(&self, rule: &Rule) -> bool {
        let ended =
            |expires: &askbox_policy::Expiry| expires.has_ended(rule.effect, &self.now, self.now.wall_ms);
        rule.project
            .as_deref()
            .is_none_or(|project| project == self.project.as_path())
            && !rule.expires.as_ref().is_some_and(ended)
    }

    /// The entries of both lists as plain paths; wildcards as what they match on this machine, where something is opened:
    /// everywhere else the home directory is empty, and looking through all of it takes its time.
    fn listed(&self, opened: &[Opening]) -> Vec<Listed> {
        // What is opened is what a path leads to.
        let real = opened
            .iter()
            .filter_map(|opening| fs::canonicalize(&opening.path).ok());
        let places: Vec<PathBuf> = opened
            .iter()
            .map(|opening| opening.path.clone())
            .chain(real)
            .collect();
        let overlaps = |anchor: &Path| {
            places
                .iter()
                .any(|place| place.starts_with(anchor) || anchor.starts_with(place))
        };
        let mut listed = Vec::new();
        for (list, entry) in self.policy.lists().entries() {
            let anchor = entry.pattern.anchor();
            let add = |path: PathBuf, directory| Listed {
                path,
                directory,
                list,
            };
            match entry.node {
                Node::Directory => listed.push(add(anchor.as_path().to_owned(), true)),
                Node::File => listed.push(add(anchor.as_path().to_owned(), false)),
                Node::Glob if !overlaps(anchor.as_path()) => {}
                Node::Glob => {
                    let mut found = Vec::new();
                    matching(anchor.as_path(), &entry.pattern, GLOB_DEPTH, &mut found);
                    listed.extend(found.into_iter().map(|path| {
                        let directory = path.is_dir();
                        add(path, directory)
                    }));
                }
            }
        }
        listed
    }
}

/// What to do about a plan that cannot be made.
fn way_out(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::OpensListed { .. } => "open the directories that are needed below it instead",
        Refusal::Missing(_) => "make it first, or open a directory that holds it",
        Refusal::LeadsTo { .. } => "open the path that it leads to by name, if that is meant",
        Refusal::HoldsCredentials(_) => "open the very file that is needed",
        Refusal::Reserved(_) => "leave it out, and use the session's own",
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

/// The one path that a pattern opens as a whole; `None` for wildcards and for what is not opened at launch.
fn openable(pattern: &Pattern) -> Option<(CanonicalPath, Access)> {
    let (path, access) = match pattern {
        Pattern::Read(path) => (path, Access::ReadOnly),
        Pattern::Write(path) => (path, Access::ReadWrite),
        Pattern::Network(_) | Pattern::Execute(_) | Pattern::Profile(_) => return None,
    };
    let anchor = path.anchor();
    let is_plain = *path == PathPattern::tree(anchor) || *path == PathPattern::exact(anchor);
    is_plain.then(|| (anchor.clone(), access))
}

/// Collects what a pattern matches below a directory. Links are not followed.
fn matching(directory: &Path, pattern: &PathPattern, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.take(GLOB_NAMES).filter_map(Result::ok) {
        let path = entry.path();
        if CanonicalPath::new(&path).is_some_and(|path| pattern.matches(&path)) {
            found.push(path);
        } else if 0 < depth && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            matching(&path, pattern, depth - 1, found);
        }
    }
}

/// The name of a project's private homes: a digest of its path, so that no two share one.
fn home_name(project: &CanonicalPath) -> String {
    let digest = Sha256::digest(project.as_path().as_os_str().as_encoded_bytes());
    hexadecimal(&digest[..16])
}

fn refused(reason: String) -> WireError {
    WireError::new(ErrorCode::Refused, reason)
}

fn failed(step: &str, error: &io::Error) -> WireError {
    WireError::new(
        ErrorCode::Internal,
        format!("cannot {step}: {}", views::chain(error)),
    )
}
