//! What a rule, a grant or the profile says about a request, and which of two decides. Whether one speaks at all is not its
//! business.

use std::cmp::Ordering;

use crate::grant::Grant;
use crate::host_pattern::Specificity;
use crate::path_pattern::PathSpecificity;
use crate::profile::ProfileName;
use crate::rule::{Effect, Origin, Rule};
use crate::verdict::{Allowed, Basis, Verdict};

/// The place of a rule or grant among those that match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight {
    pub(super) target: TargetWeight,
    /// For one project, session or process, not for all.
    pub(super) narrow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TargetWeight {
    Network(Specificity),
    Path(PathSpecificity),
    /// A profile is named or not.
    Profile,
    /// [`crate::NeighbourPattern::specificity`].
    Neighbour(u8),
    /// Growth is spoken of or not.
    Growth,
}

/// What a rule or a grant says about the request.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) weight: Weight,
    pub(super) effect: Effect,
    pub(super) by: By<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    Rule(&'a Rule),
    Grant(&'a Grant),
    Profile(&'a ProfileName),
}

impl Said<'_> {
    /// By weight, then the stricter effect.
    pub(super) fn order(&self, other: &Said<'_>) -> Ordering {
        self.weight
            .cmp(&other.weight)
            .then(strictness(self.effect).cmp(&strictness(other.effect)))
    }

    pub(super) fn verdict(&self) -> Verdict {
        let basis = match self.by {
            By::Grant(grant) => Basis::Grant(grant.id.clone()),
            By::Profile(name) => Basis::Profile(name.clone()),
            By::Rule(rule) => match rule.origin {
                Origin::Managed => Basis::Managed(rule.id.clone()),
                Origin::Flag => Basis::Flag(rule.id.clone()),
                Origin::Written | Origin::Answered | Origin::Project | Origin::Trusted => {
                    Basis::Rule(rule.id.clone())
                }
            },
        };
        match self.effect {
            Effect::Allow => Verdict::Allow(Allowed::by(basis)),
            Effect::Ask => Verdict::Ask(basis),
            Effect::Deny => Verdict::Deny(basis),
        }
    }
}

/// Keeps the one with more weight; of two equals the first.
pub(super) fn keep<'a>(said: Said<'a>, best: &mut Option<Said<'a>>) {
    if best.is_none_or(|best| best.order(&said).is_lt()) {
        *best = Some(said);
    }
}

/// Whether the project's file is stricter than what the user said, and not less specific.
pub(super) fn tightens(project: Said<'_>, ours: Said<'_>) -> bool {
    strictness(ours.effect) < strictness(project.effect)
        && ours.weight <= project.weight
        && !answers(ours, project)
}

/// Whether the first is a person's answer to the question that the second raises. Without this an *ask* rule would ask
/// again for what was just answered, since it wins over *allow* at equal specificity.
pub(super) fn answers(grant: Said<'_>, rule: Said<'_>) -> bool {
    let by_grant = match grant.by {
        By::Grant(_) => true,
        By::Rule(_) | By::Profile(_) => false,
    };
    by_grant && rule.effect == Effect::Ask && rule.weight.target <= grant.weight.target
}

/// Which of two effects is kept where nothing else tells two rules apart: the greater.
pub(in crate::policy) fn strictness(effect: Effect) -> u8 {
    match effect {
        Effect::Allow => 0,
        Effect::Ask => 1,
        Effect::Deny => 2,
    }
}
