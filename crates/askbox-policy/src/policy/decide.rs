//! The order of decisions, the first that speaks wins:
//!
//! 1. managed denials;
//! 2. the credential and the start-up list, opened only by what names the exact path;
//! 3. this run's flags, then the ports that it shares with the host;
//! 4. rules, grants and the profile, while that is allowed in this session, together, the most specific one; at equal
//!    specificity deny before ask before allow, but that a grant answers the *ask* rule that it is as specific as;
//! 5. subscribed block-lists;
//! 6. the preset (with it, which programs start and which cannot work inside), then `auto_approve`;
//! 7. a question, or a denial where nobody may be asked.
//!
//! Pure: equal arguments, equal verdicts. `policy/tests/oracle.rs` says the same once more without any index.

use crate::grant::{Grant, Moment, Scope};
use crate::grant_set::GrantSet;
use crate::host::Host;
use crate::host_pattern::{HostPattern, NetworkPattern, Ports, Protocol};
use crate::path_pattern::CanonicalPath;
use crate::policy::{Policy, SessionRules};
use crate::preset::Preset;
use crate::request::{Request, Target};
use crate::rule::{Effect, Origin, Pattern, Rule, RuleId};
use crate::unusable_programs;
use crate::verdict::{Allowed, Basis, Verdict};

mod guarded;
mod profile;
mod said;

use guarded::{Guard, Shield};
pub(super) use said::strictness;
use said::{By, Said, TargetWeight, Weight, answers, keep, tightens};

/// One request at one moment.
#[derive(Clone, Copy)]
struct View<'a> {
    request: &'a Request,
    now: &'a Moment,
    high_water_ms: u64,
    /// Set where only what names the very path opens it.
    guard: Option<Guard<'a>>,
}

impl Policy {
    /// What the rules say about a request. `high_water_ms` is the latest wall clock ever seen; see
    /// [`crate::Expiry::left`].
    pub fn decide(
        &self,
        request: &Request,
        session: &SessionRules,
        grants: &GrantSet,
        now: &Moment,
        high_water_ms: u64,
    ) -> Verdict {
        let open = View {
            request,
            now,
            high_water_ms,
            guard: None,
        };
        let mut managed: Option<Said<'_>> = None;
        self.managed
            .each(&request.target, |rule| open.weigh(rule, &mut managed));
        if let Some(Said {
            by: By::Rule(rule), ..
        }) = managed
        {
            return Verdict::Deny(Basis::Managed(rule.id.clone()));
        }
        let guard = self.guard(&request.target);
        let view = View { guard, ..open };
        let verdict = match guard {
            Some(Guard {
                by: Shield::List(protection),
                ..
            }) => self.guarded(view, protection, session, grants),
            Some(Guard { by: Shield::Copy, .. }) => self.copied(view, session, grants),
            None => self.unguarded(view, session, grants),
        };
        match verdict {
            Verdict::Ask(ref basis) if matches!(request.target, Target::Datagrams(_)) => {
                Verdict::Deny(Basis::Unasked(asked_by(basis)))
            }
            Verdict::Ask(basis) if !session.interactive => Verdict::Deny(match basis {
                Basis::Credential(_) | Basis::Startup(_) => basis,
                Basis::Managed(_)
                | Basis::Flag(_)
                | Basis::Rule(_)
                | Basis::Grant(_)
                | Basis::Profile(_)
                | Basis::SettingsCopy
                | Basis::BlockList(_)
                | Basis::Preset
                | Basis::Unusable(_)
                | Basis::AutoApprove
                | Basis::NonInteractive
                | Basis::NoRule
                | Basis::ForbiddenAddress(_)
                | Basis::Upstream(_)
                | Basis::Neighbour(_)
                | Basis::Malformed(_)
                | Basis::NotTcp(_)
                | Basis::Unasked(_)
                | Basis::Lockdown => Basis::NonInteractive,
            }),
            Verdict::Allow(_) | Verdict::Ask(_) | Verdict::Deny(_) => verdict,
        }
    }

    /// Whether the verdict may be another one when the process is known, or another process: a rule for one program, or a
    /// *once* for one process, speaks about this target. True in doubt.
    pub fn depends_on_process(&self, request: &Request, session: &SessionRules, grants: &GrantSet) -> bool {
        let mut depends = false;
        for rules in [&self.managed, &self.rules] {
            rules.each(&request.target, |rule| depends |= rule.program.is_some());
        }
        let mut of_session = session.flags.iter().chain(&session.project_rules);
        depends
            || of_session
                .any(|rule| rule.program.is_some() && rule.pattern.speaks(rule.effect, &request.target))
            || grants.has_once(&request.session, &request.target)
    }

    /// Steps 3 to 7 for what no list protects.
    fn unguarded(&self, view: View<'_>, session: &SessionRules, grants: &GrantSet) -> Verdict {
        if let Some(said) = flags(view, session) {
            return said.verdict();
        }
        if let Some(verdict) = shared_ports(view, session) {
            return verdict;
        }
        match (
            self.rules_and_grants(view, session, grants),
            project_file(view, session),
        ) {
            (Some(ours), Some(project)) if tightens(project, ours) => project.verdict(),
            (Some(ours), _) => ours.verdict(),
            (None, None) => match (
                self.unruled(view, session),
                self.profile_verdict(view, session, grants),
            ) {
                // A profile is asked about, whatever the preset says of places that only profiles may open.
                (Verdict::Ask(_) | Verdict::Deny(Basis::Preset), Some(verdict)) | (verdict, _) => verdict,
            },
            (None, Some(project)) => match (project.effect, self.unruled(view, session)) {
                (Effect::Ask, Verdict::Deny(basis)) => Verdict::Deny(basis),
                (Effect::Allow | Effect::Ask | Effect::Deny, _) => project.verdict(),
            },
        }
    }

    /// Step 4.
    fn rules_and_grants<'a>(
        &'a self,
        view: View<'a>,
        session: &'a SessionRules,
        grants: &'a GrantSet,
    ) -> Option<Said<'a>> {
        let mut rule: Option<Said<'a>> = None;
        self.rules
            .each(&view.request.target, |candidate| view.weigh(candidate, &mut rule));
        session
            .project_rules
            .iter()
            .filter(|rule| rule.origin == Origin::Trusted)
            .for_each(|candidate| view.weigh(candidate, &mut rule));
        self.weigh_profile(view, session, grants, &mut rule);
        let mut grant: Option<Said<'a>> = None;
        grants.each_matching(view.request, view.now, view.high_water_ms, |candidate| {
            view.weigh_grant(candidate, &mut grant);
        });
        match (rule, grant) {
            (Some(rule), Some(grant)) => Some(if answers(grant, rule) || rule.order(&grant).is_lt() {
                grant
            } else {
                rule
            }),
            (rule, grant) => rule.or(grant),
        }
    }

    /// Steps 5 to 7.
    fn unruled(&self, view: View<'_>, session: &SessionRules) -> Verdict {
        let target = &view.request.target;
        if let Target::Datagrams(_) = target {
            return Verdict::Deny(Basis::Unasked(None));
        }
        if let Target::Network(destination) = target
            && let Host::Name(name) = &destination.host
            && let Some(list) = self.block_lists.iter().find(|list| list.lookup(name).is_some())
        {
            return Verdict::Deny(Basis::BlockList(list.name().to_owned()));
        }
        if let Some(verdict) = started(view.request, session) {
            return verdict;
        }
        let preset = self.preset_of(session);
        match preset {
            Preset::Minimal => {
                if target.path().is_some_and(|path| self.is_configuration(path)) {
                    return Verdict::Deny(Basis::Preset);
                }
            }
            Preset::Moderate | Preset::Development => {}
        }
        let allowed_name = match target {
            Target::Network(destination) => match &destination.host {
                Host::Name(name) => preset.allows_name(name),
                Host::Address(_) => false,
            },
            Target::Datagrams(_)
            | Target::LocalNetwork { .. }
            | Target::Published(_)
            | Target::Read(_)
            | Target::Write(_)
            | Target::Execute(_)
            | Target::Profile(_)
            | Target::Neighbour(_)
            | Target::Growth(_) => false,
        };
        if allowed_name || preset.approves(target.kind()) && may_be_approved(target) {
            return Verdict::Allow(Allowed::by(Basis::Preset));
        }
        if self.settings.auto_approve.contains(&target.kind()) && may_be_approved(target) {
            return Verdict::Allow(Allowed::by(Basis::AutoApprove));
        }
        Verdict::Ask(Basis::NoRule)
    }

    /// Whether the path is the user's configuration directory or lies below.
    fn is_configuration(&self, path: &CanonicalPath) -> bool {
        let home = self.lists.home();
        path.is_within(home) && path.parts().nth(home.parts().count()) == Some(b".config".as_slice())
    }
}

impl<'a> View<'a> {
    /// Keeps the rule if it applies and has more weight than what was kept before.
    fn weigh(&self, rule: &'a Rule, best: &mut Option<Said<'a>>) {
        let applies = rule
            .project
            .as_deref()
            .is_none_or(|project| project == self.request.project.path())
            && rule
                .expires
                .as_ref()
                .is_none_or(|end| !end.has_ended(rule.effect, self.now, self.high_water_ms))
            && self.runs(rule)
            && rule.pattern.speaks(rule.effect, &self.request.target)
            && self.may_speak(rule.effect, &rule.pattern, rule.origin, rule.program.is_some());
        if applies && let Some(weight) = self.weight(&rule.pattern, rule.project.is_some()) {
            keep(
                Said {
                    weight,
                    effect: rule.effect,
                    by: By::Rule(rule),
                },
                best,
            );
        }
    }

    fn weigh_grant(&self, grant: &'a Grant, best: &mut Option<Said<'a>>) {
        // An answer to allow was given while no rule denied; it shall not outweigh one that was written since.
        let narrow = match grant.scope {
            Scope::Once { .. } | Scope::Session(_) | Scope::Project(_) => grant.effect != Effect::Allow,
            Scope::Everywhere => false,
        };
        if self.may_speak(grant.effect, &grant.pattern, Origin::Answered, false)
            && let Some(weight) = self.weight(&grant.pattern, narrow)
        {
            keep(
                Said {
                    weight,
                    effect: grant.effect,
                    by: By::Grant(grant),
                },
                best,
            );
        }
    }

    /// Whether the rule is for the program that asks. One that is not known may be it.
    fn runs(&self, rule: &Rule) -> bool {
        match (&rule.program, &self.request.process.exe, rule.effect) {
            // A program's name is no proof of anything, so it opens nothing.
            (Some(_), _, Effect::Allow) => false,
            (None, _, _) | (Some(_), None, Effect::Ask | Effect::Deny) => true,
            (Some(program), Some(exe), Effect::Ask | Effect::Deny) => {
                CanonicalPath::new(exe).is_none_or(|exe| program.matches(&exe))
            }
        }
    }

    fn weight(&self, pattern: &Pattern, narrow: bool) -> Option<Weight> {
        let target = match pattern {
            Pattern::Network(network) => TargetWeight::Network(network.specificity()),
            Pattern::Read(path) | Pattern::Write(path) | Pattern::Execute(path) => {
                TargetWeight::Path(path.specificity(self.request.target.path()?))
            }
            Pattern::Profile(_) => TargetWeight::Profile,
            Pattern::Neighbour(neighbour) => TargetWeight::Neighbour(neighbour.specificity()),
            Pattern::Growth(_) => TargetWeight::Growth,
        };
        Some(Weight { target, narrow })
    }
}

/// The rule that a question comes from, where it is one.
fn asked_by(basis: &Basis) -> Option<RuleId> {
    if let Basis::Managed(id) | Basis::Flag(id) | Basis::Rule(id) = basis {
        Some(id.clone())
    } else {
        None
    }
}

/// Whether the user or an administrator wrote it, not the author of a project.
fn is_by_user(origin: Origin) -> bool {
    match origin {
        Origin::Managed | Origin::Flag | Origin::Written | Origin::Answered => true,
        Origin::Project | Origin::Trusted => false,
    }
}

/// What every preset says of a program in the system's directories, a toolchain or the project.
fn started(request: &Request, session: &SessionRules) -> Option<Verdict> {
    let Target::Execute(path) = &request.target else {
        return None;
    };
    if !session.programs.iter().any(|place| path.is_within(place)) {
        return None;
    }
    Some(match unusable_programs::reason(path) {
        Some(reason) => Verdict::Deny(Basis::Unusable(reason.to_owned())),
        None => Verdict::Allow(Allowed::by(Basis::Preset)),
    })
}

/// Step 3.
fn flags<'a>(view: View<'a>, session: &'a SessionRules) -> Option<Said<'a>> {
    let mut best = None;
    session
        .flags
        .iter()
        .filter(|rule| rule.origin == Origin::Flag)
        .for_each(|rule| view.weigh(rule, &mut best));
    best
}

/// The other part of step 3: the ports that this run shares with the host. A connection from outside is not asked about.
fn shared_ports(view: View<'_>, session: &SessionRules) -> Option<Verdict> {
    let target = &view.request.target;
    if let Some(shared) = session.shared_ports.iter().find(|shared| shared.opens(target)) {
        return Some(Verdict::Allow(Allowed::by(Basis::Flag(shared.id()))));
    }
    match target {
        Target::Published(_) => Some(Verdict::Deny(Basis::NoRule)),
        Target::Network(_)
        | Target::Datagrams(_)
        | Target::LocalNetwork { .. }
        | Target::Read(_)
        | Target::Write(_)
        | Target::Execute(_)
        | Target::Profile(_)
        | Target::Neighbour(_)
        | Target::Growth(_) => None,
    }
}

/// What the project's file says, where the user does not trust it: its denials and questions.
fn project_file<'a>(view: View<'a>, session: &'a SessionRules) -> Option<Said<'a>> {
    let mut best = None;
    session
        .project_rules
        .iter()
        .filter(|rule| rule.origin == Origin::Project && rule.effect != Effect::Allow)
        .for_each(|rule| view.weigh(rule, &mut best));
    best
}

/// Whether a preset or `auto_approve` may let this target through: every file that no list protects, every name, and
/// no address that is not public.
fn may_be_approved(target: &Target) -> bool {
    match target {
        Target::Network(_) => {
            let any = NetworkPattern {
                host: HostPattern::Any,
                ports: Ports::Any,
                protocol: Protocol::Tcp,
                address: None,
            };
            any.matches_target(target)
        }
        // Always a person's to decide.
        Target::Datagrams(_)
        | Target::LocalNetwork { .. }
        | Target::Published(_)
        | Target::Profile(_)
        | Target::Neighbour(_)
        | Target::Growth(_) => false,
        Target::Read(_) | Target::Write(_) | Target::Execute(_) => true,
    }
}
