//! The order of decisions once more, over plain lists, written out and without an index.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::builtin_lists::List;

pub(super) static BUILTIN: LazyLock<Policy> = LazyLock::new(|| Policy::builtin(&path("/home/u")));

/// Everything that was put into a policy.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) managed: Vec<Rule>,
    pub(super) user: Vec<Rule>,
    pub(super) flags: Vec<Rule>,
    pub(super) trusted: Vec<Rule>,
    pub(super) untrusted: Vec<Rule>,
    pub(super) grants: Vec<Grant>,
    pub(super) blocked: Vec<&'static str>,
    pub(super) preset: Preset,
    pub(super) auto_approve: Vec<Kind>,
    pub(super) interactive: bool,
    /// What the session's profile allows, and whether the user allowed that.
    pub(super) profile: Vec<Pattern>,
    pub(super) profile_allowed: bool,
}

/// What is compared of a verdict: the effect, and who said so.
pub(super) type Outcome = (Effect, &'static str);

const HOSTS: [&str; 5] = [
    "example.com",
    "a.example.com",
    "b.a.example.com",
    "github.com",
    "other.test",
];
const NETWORK: [&str; 13] = [
    "example.com",
    "a.example.com:443",
    "a.example.com:1-1000",
    "*.example.com",
    "**.example.com:443",
    "**.a.example.com",
    "*",
    "*:443",
    "10.0.0.0/8",
    "a.example.com:443 at 10.1.2.3",
    "a.example.com:443/udp",
    "**.example.com:1-65535/udp",
    "10.1.2.3:443/udp",
];
/// A file of which a copy can be shown.
const COPIED: &str = "/home/u/.npmrc";
const PATHS: [&str; 8] = [
    "/home/u/docs",
    "/home/u/docs/a",
    "/home/u/docs/a/b",
    "/home/u/.ssh/id",
    "/home/u/.bashrc",
    COPIED,
    "/home/u/.config/x",
    "/home/u/.config",
];
const FILES: [&str; 12] = [
    "/",
    "~",
    "~/docs",
    "=~/docs",
    "~/docs/a",
    "~/docs/*",
    "~/**/b",
    "~/.ssh",
    "~/.ssh/id",
    "=~/.bashrc",
    "~/.npmrc",
    "~/.config",
];

fn any_text() -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["allow", "ask", "deny"]);
    let network = prop::sample::select(NETWORK.as_slice()).prop_map(|text| format!("network {text}"));
    let file = (
        prop::sample::select(vec!["read", "write", "execute"]),
        prop::sample::select(FILES.as_slice()),
    )
        .prop_map(|(kind, text)| format!("{kind} {text}"));
    (effect, prop_oneof![network, file])
        .prop_map(|(effect, rest)| format!("{effect} {rest}"))
        .prop_filter("nobody is asked about UDP", |text| {
            !(text.starts_with("ask") && text.ends_with("/udp"))
        })
}

pub(super) fn any_rule(origin: Origin) -> impl Strategy<Value = Rule> {
    let project = prop::option::weighted(0.3, prop::sample::select(vec!["/home/u/p", "/home/u/q"]));
    let program = prop::option::weighted(0.2, prop::sample::select(vec!["/usr/bin/git", "/usr/bin/npm"]));
    let end = prop::option::weighted(0.2, prop::sample::select(vec![1, u64::MAX]));
    (any_text(), project, program, end).prop_map(move |(text, project, program, end)| {
        let rule = rule(&text, origin);
        let program = program
            .filter(|_| rule.effect != Effect::Allow)
            .map(|text| text.parse().unwrap());
        Rule {
            project: project.map(Into::into),
            program,
            expires: end.map(Expiry::at_wall),
            ..rule
        }
        .named()
    })
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let scope = prop::sample::select(vec![
        Scope::Everywhere,
        Scope::Project("/home/u/p".into()),
        Scope::Project("/home/u/q".into()),
        Scope::Session(SessionId("s".to_owned())),
        Scope::Session(SessionId("t".to_owned())),
        Scope::Once {
            session: SessionId("s".to_owned()),
            process: Process::unknown(),
        },
        Scope::Once {
            session: SessionId("s".to_owned()),
            process: Process {
                pid: 9,
                started: 9,
                ..Process::unknown()
            },
        },
    ]);
    (
        any_text().prop_filter("an answer never asks", |text| !text.starts_with("ask")),
        scope,
    )
        .prop_map(|(text, scope)| grant("", &text, scope))
}

pub(super) fn any_target() -> impl Strategy<Value = Target> {
    let port = || prop::sample::select(vec![443, 80, 8080]);
    let host = (prop::sample::select(HOSTS.as_slice()), port())
        .prop_map(|(host, port)| network(&format!("{host}:{port}")));
    let near = (prop::sample::select(HOSTS.as_slice()), port())
        .prop_map(|(host, port)| local(&format!("{host}:{port}"), "10.1.2.3"));
    let address = prop::sample::select(vec!["10.1.2.3:443", "8.8.8.8:443"]).prop_map(network);
    let udp = prop::sample::select(vec![
        "a.example.com:443",
        "example.com:80",
        "10.1.2.3:443",
        "8.8.8.8:443",
    ])
    .prop_map(datagrams::datagrams);
    let file = (0..3, prop::sample::select(PATHS.as_slice())).prop_map(|(kind, at)| match kind {
        0 => read(at),
        1 => write(at),
        _ => execute(at),
    });
    prop_oneof![3 => host, 1 => near, 1 => address, 1 => udp, 4 => file]
}

pub(super) fn any_world() -> impl Strategy<Value = World> {
    let some = |origin, most| prop::collection::vec(any_rule(origin), 0..most);
    let rules = (
        some(Origin::Written, 2),
        some(Origin::Written, 6),
        some(Origin::Flag, 3),
        some(Origin::Written, 3),
        some(Origin::Written, 3),
        prop::collection::vec(any_grant(), 0..4),
    );
    let pattern = any_text().prop_map(|text| rule(&text, Origin::Written).pattern);
    let profile = (prop::collection::vec(pattern, 0..3), any::<bool>());
    let kinds = prop::sample::subsequence(vec![Kind::Network, Kind::Read, Kind::Write, Kind::Execute], 0..=4);
    let blocked = prop::sample::subsequence(vec!["a.example.com", "other.test"], 0..=2);
    (
        rules,
        blocked,
        prop::sample::select(Preset::ALL.as_slice()),
        kinds,
        any::<bool>(),
        profile,
    )
        .prop_map(
            |(
                (managed, user, flags, trusted, untrusted, grants),
                blocked,
                preset,
                auto_approve,
                interactive,
                (profile, profile_allowed),
            )| {
                let mut number = 0..;
                let mut name = |grant: Grant| Grant {
                    id: GrantId(format!("{:03}", number.next().unwrap())),
                    ..grant
                };
                let grants = grants.into_iter().map(&mut name).collect();
                World {
                    managed,
                    user,
                    flags,
                    trusted,
                    untrusted,
                    grants,
                    blocked,
                    preset,
                    auto_approve,
                    interactive,
                    profile,
                    profile_allowed,
                }
            },
        )
}

/// The same verdict by the machinery under test.
pub(super) fn decided(world: &World, request: &Request) -> Outcome {
    let file = |rules: &[Rule]| PolicyFile {
        rules: rules.to_vec(),
        ..PolicyFile::default()
    };
    let user = PolicyFile {
        auto_approve: Some(world.auto_approve.clone()),
        ..file(&world.user)
    };
    let name: ProfileName = "claude".parse().unwrap();
    let consent = world
        .profile_allowed
        .then(|| Rule::new(Effect::Allow, Pattern::Profile(name.clone()), Origin::Written));
    let user = PolicyFile {
        rules: user.rules.into_iter().chain(consent).collect(),
        ..user
    };
    let policy = BUILTIN
        .clone()
        .with_managed_files(vec![file(&world.managed)])
        .with_user_file(user)
        .with_block_lists(vec![Arc::new(BlockList::parse("ads", &world.blocked.join("\n")))]);
    let mut session = SessionRules {
        flags: world.flags.clone(),
        preset: Some(world.preset),
        interactive: world.interactive,
        profile: Some(SessionProfile {
            name,
            patterns: world.profile.clone(),
            refused: Vec::new(),
        }),
        ..SessionRules::default()
    };
    for (rules, trusted) in [(&world.trusted, true), (&world.untrusted, false)] {
        session = session.with_project_file(file(rules), &path("/home/u/p"), trusted, &policy);
    }
    let grants = world.grants.iter().cloned().collect();
    match policy.decide(request, &session, &grants, &now(), 0) {
        Verdict::Allow(allowed) => (Effect::Allow, by(allowed.basis())),
        Verdict::Ask(basis) => (Effect::Ask, by(&basis)),
        Verdict::Deny(basis) => (Effect::Deny, by(&basis)),
    }
}

fn by(basis: &Basis) -> &'static str {
    match basis {
        Basis::Managed(_) | Basis::Flag(_) | Basis::Rule(_) => "rule",
        Basis::Grant(_) => "grant",
        Basis::Profile(_) => "profile",
        Basis::SettingsCopy => "copy",
        Basis::Credential(_) => "credential",
        Basis::Startup(_) => "startup",
        Basis::BlockList(_) => "block-list",
        Basis::Preset => "preset",
        Basis::AutoApprove => "auto_approve",
        Basis::NonInteractive => "non-interactive",
        Basis::NoRule => "no rule",
        Basis::Lockdown
        | Basis::Unusable(_)
        | Basis::ForbiddenAddress(_)
        | Basis::Upstream(_)
        | Basis::Neighbour(_)
        | Basis::Malformed(_)
        | Basis::NotTcp(_)
        | Basis::Unasked(_) => "other",
    }
}

/// A candidate as the order of the design sees it: does it name the path, how much of it, for a project, how strict.
#[derive(Clone, Debug)]
struct Candidate {
    effect: Effect,
    by: &'static str,
    pattern: Pattern,
    narrow: bool,
    /// Written or answered by the user, for every program: may open a list.
    opens: bool,
}

/// Whether a rule is about a target. One that denies or asks means UDP too where it says nothing of it.
fn is_about(effect: Effect, pattern: &Pattern, target: &Target) -> bool {
    let mut also = false;
    if let Target::Datagrams(destination) = target {
        also = effect != Effect::Allow && pattern.matches(&Target::Network(destination.clone()));
    }
    also || pattern.matches(target)
}

/// The rules that are about the request, here and now; those of the project's file are for the project.
fn applying(rules: &[Rule], by_user: bool, own: bool, request: &Request) -> Vec<Candidate> {
    let mut found = Vec::new();
    for rule in rules {
        let project = if own {
            Some(Path::new("/home/u/p"))
        } else {
            rule.project.as_deref()
        };
        let git = rule
            .program
            .as_ref()
            .is_none_or(|program| program.matches(&path("/usr/bin/git")));
        let in_force = rule.expires.as_ref().is_none_or(|end| end.wall_ms == u64::MAX);
        let here = project.is_none_or(|project| project == Path::new("/home/u/p"));
        if git && in_force && here && is_about(rule.effect, &rule.pattern, &request.target) {
            let (effect, pattern) = (rule.effect, rule.pattern.clone());
            let (narrow, opens) = (project.is_some(), by_user && rule.program.is_none());
            found.push(Candidate {
                effect,
                by: "rule",
                pattern,
                narrow,
                opens,
            });
        }
    }
    found
}

fn granted(world: &World, request: &Request) -> Vec<Candidate> {
    let mut grants = Vec::new();
    for grant in &world.grants {
        let in_scope = match &grant.scope {
            Scope::Everywhere => true,
            Scope::Project(project) => project == Path::new("/home/u/p"),
            Scope::Session(session) => session.0 == "s",
            Scope::Once { process, .. } => process.pid == 0,
        };
        let is_once = matches!(grant.scope, Scope::Once { .. });
        let effect = if is_once { Effect::Allow } else { grant.effect };
        if in_scope && is_about(effect, &grant.pattern, &request.target) {
            let narrow = grant.scope != Scope::Everywhere && grant.effect == Effect::Deny;
            let (effect, pattern) = (grant.effect, grant.pattern.clone());
            grants.push(Candidate {
                effect,
                by: "grant",
                pattern,
                narrow,
                opens: true,
            });
        }
    }
    grants
}

/// What the profile allows, weaker than a rule that is equal; of the lists it opens credentials alone.
fn profiled(world: &World, listed: Option<(&str, bool)>, request: &Request) -> Vec<Candidate> {
    let patterns = world.profile.iter().filter(|_| world.profile_allowed);
    patterns
        .filter(|pattern| pattern.matches(&request.target))
        .map(|pattern| Candidate {
            effect: Effect::Allow,
            by: "profile",
            pattern: pattern.clone(),
            narrow: false,
            opens: listed == Some(("credential", true)),
        })
        .collect()
}

/// Whether a person has to be asked about the profile first, which would allow it.
fn asks_about_profile(world: &World, is_listed: bool, request: &Request) -> bool {
    let would_allow = |pattern: &Pattern| {
        let names = || pattern.names(request.target.path().unwrap());
        pattern.matches(&request.target) && (!is_listed || names())
    };
    world.interactive && !world.profile_allowed && world.profile.iter().any(would_allow)
}

fn oracle(world: &World, request: &Request) -> Outcome {
    let lists = BUILTIN.lists();
    let managed = applying(&world.managed, true, false, request);
    if managed.iter().any(|rule| rule.effect == Effect::Deny) {
        return (Effect::Deny, "rule");
    }
    let flags = applying(&world.flags, true, false, request);
    let listed = listed(lists, &request.target);
    let mut written = profiled(world, listed, request);
    written.extend(managed);
    written.extend(applying(&world.user, true, false, request));
    written.extend(applying(&world.trusted, false, true, request));
    let mut project = applying(&world.untrusted, false, true, request);
    project.retain(|rule| rule.effect != Effect::Allow);
    let grants = granted(world, request);
    if let Some((list, refused)) = listed {
        let at = request.target.path().unwrap();
        let may = |one: &Candidate| match one.effect {
            Effect::Deny => true,
            Effect::Ask if !refused => true,
            Effect::Ask | Effect::Allow => one.opens && one.pattern.names(at),
        };
        let keep = |all: Vec<Candidate>| all.into_iter().filter(|one| may(one)).collect::<Vec<_>>();
        let said = step_three_and_four(keep(flags), keep(written), keep(grants), keep(project), request);
        let outcome = match said {
            Said::Ours(one) | Said::Project(one) => match one.effect {
                Effect::Allow => (Effect::Allow, one.by),
                Effect::Ask => (Effect::Ask, list),
                Effect::Deny if refused => (Effect::Deny, list),
                Effect::Deny => (Effect::Deny, one.by),
            },
            Said::Nothing if refused && asks_about_profile(world, true, request) => {
                return (Effect::Ask, "profile");
            }
            Said::Nothing => (if refused { Effect::Deny } else { Effect::Ask }, list),
        };
        return if outcome.0 == Effect::Ask && !world.interactive {
            (Effect::Deny, list)
        } else {
            outcome
        };
    }
    let copied = request.target == Target::Read(path(COPIED));
    let keep = |mut all: Vec<Candidate>| {
        let names = |one: &Candidate| one.opens && one.pattern.names(&path(COPIED));
        all.retain(|one| !copied || one.effect != Effect::Allow || names(one));
        all
    };
    let said = step_three_and_four(keep(flags), keep(written), keep(grants), keep(project), request);
    let outcome = match said {
        Said::Ours(one) => (one.effect, one.by),
        Said::Project(one) => match (one.effect, unruled(world, &request.target)) {
            (Effect::Ask, (Effect::Deny, by)) if one.by == "rule" => (Effect::Deny, by),
            (effect, _) => (effect, "rule"),
        },
        Said::Nothing => match unruled(world, &request.target) {
            (Effect::Ask | Effect::Allow, _) if copied => (Effect::Allow, "copy"),
            (Effect::Ask, _) | (Effect::Deny, "preset") if asks_about_profile(world, false, request) => {
                (Effect::Ask, "profile")
            }
            outcome => outcome,
        },
    };
    if outcome.0 == Effect::Ask && matches!(request.target, Target::Datagrams(_)) {
        (Effect::Deny, "other")
    } else if outcome.0 == Effect::Ask && !world.interactive {
        (Effect::Deny, "non-interactive")
    } else {
        outcome
    }
}

enum Said {
    Ours(Candidate),
    /// The project's file, where nobody else spoke.
    Project(Candidate),
    Nothing,
}

fn step_three_and_four(
    flags: Vec<Candidate>,
    written: Vec<Candidate>,
    grants: Vec<Candidate>,
    project: Vec<Candidate>,
    request: &Request,
) -> Said {
    let strict = |effect: Effect| {
        [Effect::Allow, Effect::Ask, Effect::Deny]
            .iter()
            .position(|one| *one == effect)
    };
    let target = |one: &Candidate| match &one.pattern {
        Pattern::Network(network) => (Some(network.specificity()), None),
        Pattern::Read(files) | Pattern::Write(files) | Pattern::Execute(files) => {
            (None, Some(files.specificity(request.target.path().unwrap())))
        }
        Pattern::Profile(_) | Pattern::Neighbour(_) | Pattern::Growth(_) => (None, None),
    };
    let key = |one: &Candidate| (target(one), one.narrow, strict(one.effect));
    let best = |all: Vec<Candidate>| all.into_iter().max_by_key(key);
    if let Some(flag) = best(flags) {
        return Said::Ours(flag);
    }
    let ours = match (best(written), best(grants)) {
        (Some(rule), Some(grant)) if rule.effect == Effect::Ask && target(&rule) <= target(&grant) => {
            Some(grant)
        }
        (Some(rule), Some(grant)) => Some(if key(&rule) < key(&grant) { grant } else { rule }),
        (rule, grant) => rule.or(grant),
    };
    match (ours, best(project)) {
        (Some(ours), Some(project)) => {
            let answered =
                ours.by == "grant" && project.effect == Effect::Ask && target(&project) <= target(&ours);
            let stricter = strict(ours.effect) < strict(project.effect);
            let closer = (target(&ours), ours.narrow) <= (target(&project), project.narrow);
            Said::Ours(if stricter && closer && !answered {
                project
            } else {
                ours
            })
        }
        (Some(ours), None) => Said::Ours(ours),
        (None, Some(project)) => Said::Project(project),
        (None, None) => Said::Nothing,
    }
}

/// The list that protects a target, and whether it refuses without a question.
fn listed(lists: &Lists, target: &Target) -> Option<(&'static str, bool)> {
    let at = target.path()?;
    if lists
        .entries()
        .any(|(list, entry)| list == List::Credential && entry.pattern.matches(at))
    {
        return Some(("credential", true));
    }
    if target.kind() != Kind::Write {
        return None;
    }
    if lists
        .entries()
        .any(|(list, entry)| list == List::Startup && entry.pattern.matches(at))
    {
        return Some(("startup", false));
    }
    let holds = |wanted| {
        lists
            .entries()
            .any(|(list, entry)| list == wanted && entry.pattern.reaches_below(at))
    };
    if holds(List::Credential) {
        return Some(("credential", false));
    }
    holds(List::Startup).then_some(("startup", false))
}

fn unruled(world: &World, target: &Target) -> Outcome {
    let mut open = true;
    if let Target::Network(destination) = target {
        let host = destination.host.to_string();
        if world
            .blocked
            .iter()
            .any(|name| host == *name || host.ends_with(&format!(".{name}")))
        {
            return (Effect::Deny, "block-list");
        }
        if world.preset == Preset::Moderate && host == "github.com" {
            return (Effect::Allow, "preset");
        }
        open = host != "10.1.2.3";
    }
    if matches!(target, Target::LocalNetwork { .. }) {
        open = false;
    }
    if matches!(target, Target::Datagrams(_)) {
        return (Effect::Deny, "other");
    }
    if world.preset == Preset::Minimal
        && target
            .path()
            .is_some_and(|at| at.is_within(&path("/home/u/.config")))
    {
        return (Effect::Deny, "preset");
    }
    let kind = target.kind();
    if open && (world.preset == Preset::Development || world.preset == Preset::Moderate && kind == Kind::Read)
    {
        return (Effect::Allow, "preset");
    }
    if open && world.auto_approve.contains(&kind) {
        return (Effect::Allow, "auto_approve");
    }
    (Effect::Ask, "no rule")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_decision_is_what_a_plain_reading_of_the_order_says(world in any_world(), target in any_target()) {
        let request = request(target);
        prop_assert_eq!(decided(&world, &request), oracle(&world, &request));
    }
}
