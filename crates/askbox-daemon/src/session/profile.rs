//! Which profile a run has: the one that its options name, or that of the program that the person typed. Never that of a
//! program in the project or a private home, which may have been made inside.

use askbox_policy::settings_copy::redacted;
use askbox_policy::{
    Basis, CanonicalPath, Destination, Effect, GrantSet, Host, HostPattern, Moment, Origin, Pattern, Policy,
    Port, Process, Profile, ProfileName, Project, Request, Rule, SessionId, SessionProfile, SessionRules,
    Target, Verdict, display,
};
use askbox_sandbox::host_facts::is_the_hosts;
use askbox_wire::{LaunchRequest, NO_PROFILE, OsText};

use crate::limits;

/// What a verdict about a run depends on beside the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    pub(super) policy: &'a Policy,
    pub(super) project: &'a CanonicalPath,
    pub(super) rules: &'a SessionRules,
    pub(super) grants: &'a GrantSet,
    pub(super) now: &'a Moment,
    /// The latest time that the gate has seen, in milliseconds: a clock that was set back ends nothing later.
    pub(super) high_water_ms: u64,
}

impl Situation<'_> {
    /// What the rules say about a target now.
    pub(super) fn judge(&self, session: &SessionId, target: Target) -> Verdict {
        let request = Request {
            session: session.clone(),
            project: Project(self.project.as_path().to_owned()),
            process: Process::unknown(),
            target,
        };
        self.policy
            .decide(&request, self.rules, self.grants, self.now, self.high_water_ms)
    }

    /// What the profile opens at the start, as rules, if it is allowed. Files that have copies are not opened whole.
    pub(super) fn profile_rules(&self, session: &SessionId, home: &CanonicalPath) -> Vec<Rule> {
        let Some(profile) = &self.rules.profile else {
            return Vec::new();
        };
        match self.judge(session, Target::Profile(profile.name.clone())) {
            Verdict::Allow(_) => {}
            Verdict::Deny(_) | Verdict::Ask(_) => return Vec::new(),
        }
        let has_copy = |pattern: &Pattern| match pattern {
            Pattern::Read(path) | Pattern::Write(path) => redacted(path.anchor(), home).is_some(),
            Pattern::Network(_)
            | Pattern::Execute(_)
            | Pattern::Profile(_)
            | Pattern::Neighbour(_)
            | Pattern::Growth(_) => false,
        };
        let patterns = profile.patterns.iter().filter(|pattern| !has_copy(pattern));
        patterns
            .map(|pattern| Rule::new(Effect::Allow, pattern.clone(), Origin::Flag))
            .collect()
    }

    /// What the person at the terminal should hear about a profile that nobody may be asked about.
    pub(super) fn profile_notice(&self, session: &SessionId) -> Option<String> {
        let name = &self.rules.profile.as_ref()?.name;
        let Verdict::Deny(Basis::NonInteractive) = self.judge(session, Target::Profile(name.clone())) else {
            return None;
        };
        let profile = name.profile()?;
        let title = display::text(&profile.title, limits::NAME_SHOWN);
        let summary = profile.summary();
        Some(format!(
            "{title} goes without {summary}: nobody may be asked; --profile {name} opens that"
        ))
    }

    /// Whether something that a pattern is about is not allowed already.
    fn needs(&self, session: &SessionId, pattern: &Pattern) -> bool {
        let target = match pattern {
            Pattern::Read(path) => Target::Read(path.anchor().clone()),
            Pattern::Write(path) => Target::Write(path.anchor().clone()),
            Pattern::Network(network) => match (&network.host, Port::new(443)) {
                (HostPattern::Family(name), Some(port)) => Target::Network(Destination {
                    host: Host::Name(name.clone()),
                    port,
                }),
                (_, _) => return true,
            },
            Pattern::Execute(_) | Pattern::Profile(_) | Pattern::Neighbour(_) | Pattern::Growth(_) => {
                return true;
            }
        };
        !matches!(self.judge(session, target), Verdict::Allow(_))
    }
}

/// The profile of a run, where there is one and it opens something that is not open anyway. Blocks: looks at files.
pub(super) fn of_run(
    request: &LaunchRequest,
    session: &SessionId,
    home: &CanonicalPath,
    situation: Situation<'_>,
) -> Option<SessionProfile> {
    let profile = match request.options.profile.as_deref() {
        Some(NO_PROFILE) => return None,
        Some(name) => name.parse::<ProfileName>().ok()?.profile()?,
        None => of_command(request, home, situation.project)?,
    };
    let mut patterns = profile.patterns(home);
    patterns.retain(|pattern| match pattern {
        // What is only read and is not there is not missed.
        Pattern::Read(path) => {
            let is_written = profile.writes(path.anchor(), home);
            is_written || path.anchor().as_path().exists()
        }
        Pattern::Network(_)
        | Pattern::Write(_)
        | Pattern::Execute(_)
        | Pattern::Profile(_)
        | Pattern::Neighbour(_)
        | Pattern::Growth(_) => true,
    });
    let needed = patterns.iter().any(|pattern| situation.needs(session, pattern));
    needed.then(|| SessionProfile {
        name: profile.name.clone(),
        patterns,
        refused: profile.refusals(home),
    })
}

/// The profile of the program whose name was typed.
fn of_command(
    request: &LaunchRequest,
    home: &CanonicalPath,
    project: &CanonicalPath,
) -> Option<&'static Profile> {
    let profile = Profile::of_command(request.argv.first()?.as_path())?;
    let program = request.program.as_ref()?.as_path();
    is_the_hosts(program, home.as_path(), project.as_path()).then_some(profile)
}

/// The words of the command. A program that its own profile opens something to is started from where it was found: another of its name,
/// made inside in a directory that is earlier on the PATH, is not the one that was asked about.
pub(super) fn words(request: &LaunchRequest, profile: Option<&SessionProfile>) -> Vec<OsText> {
    let mut words = request.argv.clone();
    let is_by_name = profile.is_some() && request.options.profile.is_none();
    if let (true, Some(first), Some(program)) = (is_by_name, words.first_mut(), &request.program) {
        *first = program.clone();
    }
    words
}
