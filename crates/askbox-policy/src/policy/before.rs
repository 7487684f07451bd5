//! Rules that go before another one. Says so only where that is certain: patterns that overlap in part are not looked at.

use std::cmp::Ordering;

use super::decide::strictness;
use super::redundant::{covers, covers_paths};
use crate::grant::Moment;
use crate::path_pattern::{CanonicalPath, PathPattern};
use crate::policy::Policy;
use crate::request::Target;
use crate::rule::{Effect, Origin, Pattern, Rule};

impl Policy {
    /// The rules of another effect that decide in the place of this one: for all that it is about, or for a part of that. Those for
    /// all of it come first, and those that have ended are left out.
    pub fn before(&self, rule: &Rule, now: &Moment) -> Vec<&Rule> {
        let lasts = |other: &Rule| {
            let end = other.expires.as_ref();
            end.is_none_or(|end| !end.has_ended(other.effect, now, now.wall_ms))
        };
        let mut before: Vec<&Rule> = self
            .rules()
            .filter(|other| lasts(other) && self.goes_before(other, rule))
            .collect();
        before.sort_by_key(|other| !is_for_all_of(other, rule));
        before
    }

    /// Whether the first decides where both speak.
    fn goes_before(&self, other: &Rule, rule: &Rule) -> bool {
        if other.effect == rule.effect || !meet(other, rule) {
            return false;
        }
        let Some((inner, closeness)) = closeness(&other.pattern, &rule.pattern) else {
            return false;
        };
        if !self.may_speak(other, inner) {
            return false;
        }
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

    /// Whether the rule counts for something of this. Where only what names a path opens it, others are not asked; and a program's
    /// name opens nothing.
    fn may_speak(&self, rule: &Rule, about: &Pattern) -> bool {
        let (path, target): (_, fn(CanonicalPath) -> Target) = match about {
            Pattern::Read(path) => (path, Target::Read),
            Pattern::Write(path) => (path, Target::Write),
            Pattern::Execute(path) => (path, Target::Execute),
            Pattern::Network(_) | Pattern::Profile(_) | Pattern::Neighbour(_) | Pattern::Growth(_) => {
                return rule.effect != Effect::Allow || rule.program.is_none();
            }
        };
        let is_open = || {
            let mut below = path.anchor().clone();
            below.push(b"*");
            // Of a tree, what lies in it is not guarded because its top is.
            let below = path.whole().map(|_| below);
            let mut places = [Some(matched(path)), below].into_iter().flatten();
            places.any(|place| !self.is_guarded(&target(place)))
        };
        let is_named = rule.program.is_none() && rule.pattern.names(&matched(path));
        match rule.effect {
            Effect::Deny => true,
            Effect::Ask => is_named || is_open(),
            Effect::Allow => is_named || rule.program.is_none() && is_open(),
        }
    }
}

/// Whether both may be for one program of one project.
fn meet(one: &Rule, other: &Rule) -> bool {
    let projects = match (&one.project, &other.project) {
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => true,
    };
    let programs = match (&one.program, &other.program) {
        (Some(one), Some(other)) => covers_paths(one, other) || covers_paths(other, one),
        (None, _) | (_, None) => true,
    };
    projects && programs
}

/// Whether the first speaks wherever the second does.
fn is_for_all_of(other: &Rule, rule: &Rule) -> bool {
    let program = |other: &PathPattern| {
        let own = rule.program.as_ref();
        own.is_some_and(|own| covers_paths(other, own))
    };
    covers(&other.pattern, &rule.pattern)
        && (other.project.is_none() || other.project == rule.project)
        && other.program.as_ref().is_none_or(program)
}

/// What both match, and how close the first is to it beside the second; where one covers the other.
fn closeness<'a>(other: &'a Pattern, rule: &'a Pattern) -> Option<(&'a Pattern, Ordering)> {
    let inner = match (covers(other, rule), covers(rule, other)) {
        (false, false) => return None,
        (true, _) => rule,
        (false, true) => other,
    };
    let closeness = match (other, rule, inner) {
        (Pattern::Network(other), Pattern::Network(rule), _) => other.specificity().cmp(&rule.specificity()),
        (Pattern::Read(other), Pattern::Read(rule), Pattern::Read(inner))
        | (Pattern::Write(other), Pattern::Write(rule), Pattern::Write(inner))
        | (Pattern::Execute(other), Pattern::Execute(rule), Pattern::Execute(inner)) => {
            let at = matched(inner);
            other.specificity(&at).cmp(&rule.specificity(&at))
        }
        (Pattern::Neighbour(other), Pattern::Neighbour(rule), _) => {
            other.specificity().cmp(&rule.specificity())
        }
        (Pattern::Profile(_), Pattern::Profile(_), _) | (Pattern::Growth(_), Pattern::Growth(_), _) => {
            Ordering::Equal
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
        ) => return None,
    };
    Some((inner, closeness))
}

/// A path to compare two patterns at. What a wildcard matches is named by none; whatever lies below its beginning stands for it.
fn matched(pattern: &PathPattern) -> CanonicalPath {
    let mut at = pattern.anchor().clone();
    if pattern.alone().or(pattern.whole()).is_none() {
        at.push(b"*");
    }
    at
}
