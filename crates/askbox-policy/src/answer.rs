//! What an answer makes: patterns from targets, then grants or rules from patterns. Pure; the narrowest scope unless
//! the answer says more.

use serde::{Deserialize, Serialize};

use crate::builtin_lists::Lists;
use crate::grant::{Answer, Duration, Expiry, Grant, GrantId, Moment, Scope};
use crate::growth::GrowthPattern;
use crate::host::Host;
use crate::host_pattern::{HostPattern, NetworkPattern, Ports, Protocol};
use crate::limits;
use crate::neighbour::NeighbourPattern;
use crate::path_pattern::{CanonicalPath, PathPattern};
use crate::profile::bundle_of;
use crate::request::{Destination, Kind, Process, Project, SessionId, Target};
use crate::rule::{Effect, Origin, Pattern, Rule};

/// The revision of a question that nothing was added to: what an answer covers that names none.
pub const FIRST_REVISION: u32 = 1;

/// Who asked, as far as an answer depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The session.
    pub session: &'a SessionId,
    /// Its project.
    pub project: &'a Project,
    /// The process; [`Process::unknown`] when it is not known or no longer there.
    pub process: &'a Process,
}

/// Why a question was missed: it is open no more, and can still be answered for the next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WhyMissed {
    /// Nobody answered in time.
    TimedOut,
    /// The session asked too much and was quiet.
    Quiet,
    /// Questions were paused.
    Paused,
    /// The machine was put to sleep while it was asked.
    Suspended,
    /// Everything was denied.
    Lockdown,
    /// The session had too many open questions.
    TooMany,
    /// The session ended first.
    SessionEnded,
    /// An answer could not be logged, so it had no effect.
    LogFailed,
}

/// What an answer to these targets covers: exactly them, or, widened, the registrable domain at the same port, all of the
/// bundle that a file to read belongs to, and the deepest directory that holds all other files. What has nothing wider stays
/// as it is: a public suffix, an address, a host on the local network, a directory that holds what belongs to different
/// programs or people, and what a list protects.
pub fn patterns(targets: &[Target], widen: bool, lists: &Lists) -> Vec<Pattern> {
    let mut patterns: Vec<Pattern> = Vec::new();
    for pattern in patterns_of_each(targets, widen, lists).into_iter().flatten() {
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    patterns
}

/// The same for each of the targets, in their order.
pub fn patterns_of_each(targets: &[Target], widen: bool, lists: &Lists) -> Vec<Vec<Pattern>> {
    let directories = if widen {
        common_directories(targets, lists)
    } else {
        vec![None; targets.len()]
    };
    let each = targets.iter().zip(directories);
    each.map(|(target, directory)| {
        let read = target.path().filter(|_| widen && target.kind() == Kind::Read);
        read.and_then(|path| bundle_of(path, lists.home())).map_or_else(
            || pattern(target, widen, directory.as_ref()).into_iter().collect(),
            |bundle| bundle.patterns(lists.home()),
        )
    })
    .collect()
}

/// The rule that an answer of *always* writes for one pattern.
pub fn rule_from(pattern: Pattern, answer: &Answer, project: &Project) -> Rule {
    let rule = Rule::new(effect(answer), pattern, Origin::Answered);
    let project = (!answer.everywhere).then(|| project.path().to_owned());
    Rule { project, ..rule }.named()
}

/// The grant that an answer gives for one pattern; `None` for *always*, which is a rule, and where nothing is remembered.
pub fn grant_from(
    id: GrantId,
    pattern: Pattern,
    answer: &Answer,
    asked: &Asked<'_>,
    now: &Moment,
) -> Option<Grant> {
    let duration = match (answer.duration, &pattern) {
        // It is asked about once in a session, so once is this session.
        (Duration::Once, Pattern::Profile(_)) => Duration::Session,
        // Once is one amount. Who does not allow more ends that session, and says nothing about the next.
        (Duration::Once, Pattern::Growth(_)) => return None,
        (Duration::Session | Duration::For(_), Pattern::Growth(_)) if !answer.allow => return None,
        (duration, _) => duration,
    };
    let (scope, expires) = match duration {
        Duration::Once => {
            let known = asked.process.is_known();
            let milliseconds = if known {
                limits::ONCE_MS
            } else {
                limits::ONCE_GONE_MS
            };
            let scope = Scope::Once {
                session: asked.session.clone(),
                process: asked.process.clone(),
            };
            (scope, Some(Expiry::after(now, milliseconds)))
        }
        Duration::Session => (Scope::Session(asked.session.clone()), None),
        Duration::For(milliseconds) => {
            let scope = if answer.everywhere {
                Scope::Everywhere
            } else {
                Scope::Project(asked.project.path().to_owned())
            };
            (scope, Some(Expiry::after(now, milliseconds)))
        }
        Duration::Always => return None,
    };
    Some(Grant {
        id,
        effect: effect(answer),
        pattern,
        scope,
        expires,
        given: now.clone(),
    })
}

fn effect(answer: &Answer) -> Effect {
    if answer.allow { Effect::Allow } else { Effect::Deny }
}

/// For each target, the deepest directory that holds it and all others of its kind below the same top directory; `None` for
/// what has nothing wider.
fn common_directories(targets: &[Target], lists: &Lists) -> Vec<Option<CanonicalPath>> {
    let mut groups: Vec<(Kind, CanonicalPath, CanonicalPath)> = Vec::new();
    let numbers: Vec<Option<usize>> = targets
        .iter()
        .map(|target| {
            let path = target.path().filter(|_| lists.protects(target).is_none())?;
            let top = lists.top_directory(path)?;
            let parent = path.parent().filter(|parent| parent.is_within(&top));
            let directory = parent.unwrap_or_else(|| top.clone());
            let number = groups
                .iter()
                .position(|(kind, known, _)| *kind == target.kind() && *known == top);
            if let Some((_, _, common)) = number.and_then(|number| groups.get_mut(number)) {
                *common = common.common_with(&directory);
            } else {
                groups.push((target.kind(), top, directory));
            }
            number.or(groups.len().checked_sub(1))
        })
        .collect();
    let directory = |number: usize| groups.get(number).map(|(_, _, common)| common.clone());
    numbers
        .into_iter()
        .map(|number| number.and_then(directory))
        .collect()
}

/// What an answer about one target covers; `None` where no answer can.
fn pattern(target: &Target, widen: bool, directory: Option<&CanonicalPath>) -> Option<Pattern> {
    let of_path =
        |path: &CanonicalPath| directory.map_or_else(|| PathPattern::exact(path), PathPattern::tree);
    Some(match target {
        Target::Network(destination) => Pattern::Network(NetworkPattern {
            host: if widen {
                wider(&destination.host)
            } else {
                exact(&destination.host)
            },
            ports: Ports::Range(destination.port, destination.port),
            protocol: Protocol::Tcp,
            address: None,
        }),
        Target::LocalNetwork {
            destination: Destination { host, port },
            address,
        } => Pattern::Network(NetworkPattern {
            host: exact(host),
            ports: Ports::Range(*port, *port),
            protocol: Protocol::Tcp,
            address: Some(*address),
        }),
        // No answer covers these: a port is opened by name, for one session, and nobody is asked about datagrams.
        Target::Published(_) | Target::Datagrams(_) => return None,
        Target::Read(path) => Pattern::Read(of_path(path)),
        Target::Write(path) => Pattern::Write(of_path(path)),
        Target::Execute(path) => Pattern::Execute(of_path(path)),
        // Nothing is wider than these.
        Target::Profile(name) => Pattern::Profile(name.clone()),
        Target::Neighbour(neighbour) => Pattern::Neighbour(NeighbourPattern::exact(neighbour)),
        Target::Growth(_) => Pattern::Growth(GrowthPattern),
    })
}

fn exact(host: &Host) -> HostPattern {
    match host {
        Host::Name(name) => HostPattern::Exact(name.clone()),
        Host::Address(address) => HostPattern::Address(*address),
    }
}

fn wider(host: &Host) -> HostPattern {
    match host {
        Host::Name(name) => match name.registrable_domain().map(crate::HostName::parse) {
            Some(Ok(domain)) => HostPattern::Family(domain),
            Some(Err(_)) | None => exact(host),
        },
        Host::Address(_) => exact(host),
    }
}

#[cfg(test)]
mod tests;
