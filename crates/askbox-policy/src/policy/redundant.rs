//! Rules without which nothing would be decided otherwise. Says so only where that is certain; what is not found may be
//! redundant all the same.

use std::path::Path;

use crate::grant::Grant;
use crate::host::HostName;
use crate::host_pattern::{HostPattern, NetworkPattern, Ports};
use crate::limits;
use crate::path_pattern::PathPattern;
use crate::policy::Policy;
use crate::request::Target;
use crate::rule::{Effect, Origin, Pattern, Rule, RuleId};

/// What else may speak about a target: a rule or a grant that does something else.
#[derive(Clone, Copy)]
struct Other<'a> {
    effect: Effect,
    pattern: &'a Pattern,
}

impl Policy {
    /// The rules of the user's own file that another one of it makes redundant, each with that one. The other has the same
    /// effect, is for at least the same projects, programs and time, and covers everything that the first covers:
    ///
    /// - as closely as the first does, so that nothing comes between the two; or
    /// - more widely, where both allow and neither a rule nor one of these grants that does something else may come between
    ///   them. A project's own file may still ask or deny there.
    ///
    /// A wider denial alone makes none redundant: what opens a place below it, such as a profile or a project's trusted
    /// file, is not known here. Of two rules that say the same, the later is the redundant one. Nothing is said of more than
    /// [`limits::REDUNDANCY_RULES`] rules.
    pub fn redundant(&self, grants: &[Grant]) -> Vec<(RuleId, RuleId)> {
        let own: Vec<&Rule> = self
            .rules()
            .filter(|rule| rule.origin != Origin::Managed)
            .collect();
        if limits::REDUNDANCY_RULES < own.len() {
            return Vec::new();
        }
        let rules = self.rules().map(|rule| Other {
            effect: rule.effect,
            pattern: &rule.pattern,
        });
        let grants = grants.iter().map(|grant| Other {
            effect: grant.effect,
            pattern: &grant.pattern,
        });
        let others: Vec<Other<'_>> = rules
            .chain(grants)
            .filter(|other| other.effect != Effect::Allow)
            .collect();
        let mut found = Vec::new();
        for (place, inner) in own.iter().enumerate() {
            let beside = own.iter().enumerate().find(|(at, outer)| {
                *at != place
                    && stands_for(outer, inner)
                    && (*at < place || !stands_for(inner, outer))
                    && (is_as_close(outer, inner)
                        || inner.effect == Effect::Allow
                            && !self.is_named_alone(&inner.pattern)
                            && others
                                .iter()
                                .all(|other| !comes_between(other.pattern, outer, inner)))
            });
            if let Some((_, outer)) = beside.filter(|(_, outer)| outer.id != inner.id) {
                found.push((inner.id.clone(), outer.id.clone()));
            }
        }
        found
    }

    /// Whether the pattern names a path that nothing but its name opens: what covers it more widely does not open it.
    fn is_named_alone(&self, pattern: &Pattern) -> bool {
        let target = match pattern {
            Pattern::Network(_) | Pattern::Profile(_) | Pattern::Neighbour(_) | Pattern::Growth(_) => {
                return false;
            }
            Pattern::Read(path) => Target::Read(path.anchor().clone()),
            Pattern::Write(path) => Target::Write(path.anchor().clone()),
            Pattern::Execute(path) => Target::Execute(path.anchor().clone()),
        };
        self.is_guarded(&target)
    }
}

/// Whether the first has the effect of the second and speaks wherever and whenever that does.
fn stands_for(outer: &Rule, inner: &Rule) -> bool {
    let is_for_project = |project: &Path| inner.project.as_deref() == Some(project);
    outer.effect == inner.effect
        && outer.project.as_deref().is_none_or(is_for_project)
        && outer
            .program
            .as_ref()
            .is_none_or(|program| inner.program.as_ref() == Some(program))
        && match (&outer.expires, &inner.expires) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(outer), Some(inner)) => {
                outer.boot_id == inner.boot_id
                    && outer.boot_ms == inner.boot_ms
                    && inner.wall_ms <= outer.wall_ms
            }
        }
        && covers(&outer.pattern, &inner.pattern)
}

/// Whether the first matches everything that the second matches; only where that is certain.
pub(super) fn covers(outer: &Pattern, inner: &Pattern) -> bool {
    match (outer, inner) {
        (Pattern::Network(outer), Pattern::Network(inner)) => outer.covers(inner),
        (Pattern::Read(outer), Pattern::Read(inner))
        | (Pattern::Write(outer), Pattern::Write(inner))
        | (Pattern::Execute(outer), Pattern::Execute(inner)) => covers_paths(outer, inner),
        (Pattern::Profile(outer), Pattern::Profile(inner)) => outer == inner,
        (Pattern::Neighbour(outer), Pattern::Neighbour(inner)) => outer.covers(inner),
        (Pattern::Growth(outer), Pattern::Growth(inner)) => outer == inner,
        (
            Pattern::Network(_)
            | Pattern::Read(_)
            | Pattern::Write(_)
            | Pattern::Execute(_)
            | Pattern::Profile(_)
            | Pattern::Neighbour(_)
            | Pattern::Growth(_),
            _,
        ) => false,
    }
}

/// The same for paths.
pub(super) fn covers_paths(outer: &PathPattern, inner: &PathPattern) -> bool {
    outer == inner || outer.whole().is_some_and(|whole| inner.anchor().is_within(whole))
}

/// Whether the first, which covers the second, has no less weight for anything that both match. A rule for one project has
/// more than the same for all.
fn is_as_close(outer: &Rule, inner: &Rule) -> bool {
    let pattern = match (&outer.pattern, &inner.pattern) {
        (Pattern::Network(outer), Pattern::Network(inner)) => inner.specificity() <= outer.specificity(),
        (outer, inner) => outer == inner,
    };
    pattern && outer.project.is_some() == inner.project.is_some()
}

/// Whether something may match what the second rule matches, and there have as much weight as the first or more.
fn comes_between(other: &Pattern, outer: &Rule, inner: &Rule) -> bool {
    match (other, &outer.pattern, &inner.pattern) {
        (Pattern::Network(other), Pattern::Network(outer), Pattern::Network(inner)) => {
            may_meet(other, inner) && outer.specificity() <= other.specificity()
        }
        (Pattern::Read(other), Pattern::Read(outer), Pattern::Read(inner))
        | (Pattern::Write(other), Pattern::Write(outer), Pattern::Write(inner))
        | (Pattern::Execute(other), Pattern::Execute(outer), Pattern::Execute(inner)) => {
            let meets = other.anchor().is_within(inner.anchor()) || inner.anchor().is_within(other.anchor());
            meets && !is_above(other, outer)
        }
        (Pattern::Profile(other), Pattern::Profile(_), Pattern::Profile(inner)) => other == inner,
        // In doubt.
        (Pattern::Neighbour(_), Pattern::Neighbour(_), Pattern::Neighbour(_))
        | (Pattern::Growth(_), Pattern::Growth(_), Pattern::Growth(_)) => true,
        (
            Pattern::Network(_)
            | Pattern::Read(_)
            | Pattern::Write(_)
            | Pattern::Execute(_)
            | Pattern::Profile(_)
            | Pattern::Neighbour(_)
            | Pattern::Growth(_),
            _,
            _,
        ) => false,
    }
}

/// Whether both may match one target; true in doubt.
fn may_meet(one: &NetworkPattern, other: &NetworkPattern) -> bool {
    let ports = match (one.ports, other.ports) {
        (Ports::Range(low, high), Ports::Range(other_low, other_high)) => {
            low <= other_high && other_low <= high
        }
        (Ports::Any, _) | (_, Ports::Any) => true,
    };
    let hosts = match (name(&one.host), name(&other.host)) {
        (Some(one), Some(other)) => is_in_family(one, other) || is_in_family(other, one),
        (None, _) | (_, None) => true,
    };
    ports && hosts
}

fn name(host: &HostPattern) -> Option<&HostName> {
    match host {
        HostPattern::Exact(name) | HostPattern::Below(name) | HostPattern::Family(name) => Some(name),
        HostPattern::Any | HostPattern::Address(_) | HostPattern::Range { .. } => None,
    }
}

fn is_in_family(name: &HostName, of: &HostName) -> bool {
    HostPattern::Family(of.clone()).covers(&HostPattern::Exact(name.clone()))
}

/// Whether the first is a whole directory that holds the other's: it has less weight in there.
fn is_above(pattern: &PathPattern, other: &PathPattern) -> bool {
    pattern
        .whole()
        .is_some_and(|whole| whole != other.anchor() && other.anchor().is_within(whole))
}
