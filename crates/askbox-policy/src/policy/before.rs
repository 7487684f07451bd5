//! Rules that go before another one. Says so only where that is certain: patterns that overlap in part are not looked at.

use std::cmp::Ordering;

use super::decide::strictness;
use super::redundant::covers;
use crate::path_pattern::{CanonicalPath, PathPattern};
use crate::policy::Policy;
use crate::rule::{Effect, Origin, Pattern, Rule};

impl Policy {
    /// The rules of another effect that decide in the place of this one: for all that it is about, or for a part of that. Those for
    /// all of it come first.
    pub fn before(&self, rule: &Rule) -> Vec<&Rule> {
        let mut before: Vec<&Rule> = self.rules().filter(|other| goes_before(other, rule)).collect();
        before.sort_by_key(|other| !covers(&other.pattern, &rule.pattern));
        before
    }
}

/// Whether the first decides where both speak.
fn goes_before(other: &Rule, rule: &Rule) -> bool {
    let meet = match (&other.project, &rule.project) {
        (Some(other), Some(rule)) => other == rule,
        (None, _) | (_, None) => true,
    };
    if other.effect == rule.effect || !meet {
        return false;
    }
    let Some(closeness) = closeness(&other.pattern, &rule.pattern) else {
        return false;
    };
    let is_last_word = |rule: &Rule| rule.origin == Origin::Managed && rule.effect == Effect::Deny;
    match (is_last_word(other), is_last_word(rule)) {
        (true, _) => true,
        (false, true) => false,
        (false, false) => closeness
            .then(other.project.is_some().cmp(&rule.project.is_some()))
            .then(strictness(other.effect).cmp(&strictness(rule.effect)))
            .is_gt(),
    }
}

/// Which of two patterns is closer to what both match, where one covers the other.
fn closeness(other: &Pattern, rule: &Pattern) -> Option<Ordering> {
    let inner = match (covers(other, rule), covers(rule, other)) {
        (false, false) => return None,
        (true, _) => rule,
        (false, true) => other,
    };
    match (other, rule, inner) {
        (Pattern::Network(other), Pattern::Network(rule), _) => {
            Some(other.specificity().cmp(&rule.specificity()))
        }
        (Pattern::Read(other), Pattern::Read(rule), Pattern::Read(inner))
        | (Pattern::Write(other), Pattern::Write(rule), Pattern::Write(inner))
        | (Pattern::Execute(other), Pattern::Execute(rule), Pattern::Execute(inner)) => {
            let at = matched(inner);
            Some(other.specificity(&at).cmp(&rule.specificity(&at)))
        }
        (Pattern::Neighbour(other), Pattern::Neighbour(rule), _) => {
            Some(other.specificity().cmp(&rule.specificity()))
        }
        (Pattern::Profile(_), Pattern::Profile(_), _) | (Pattern::Growth(_), Pattern::Growth(_), _) => {
            Some(Ordering::Equal)
        }
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
        ) => None,
    }
}

/// A path to compare two patterns at. What a wildcard matches is named by none; whatever lies below its beginning stands for it.
fn matched(pattern: &PathPattern) -> CanonicalPath {
    let mut at = pattern.anchor().clone();
    if pattern.alone().or(pattern.whole()).is_none() {
        at.push(b"*");
    }
    at
}
