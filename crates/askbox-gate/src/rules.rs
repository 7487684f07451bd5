//! Everything that a decision needs, kept together: policy, session rules, grants, the wall clock's high-water mark.
//! Wraps the pure decision; knows no questions, no permits and no log.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use askbox_policy::{
    Basis, Effect, Expiry, Grant, GrantId, GrantSet, Moment, NetworkPattern, Origin, Pattern, Policy, Port,
    Ports, Project, Protocol, Request, Rule, RuleId, Scope, SessionId, SessionRules, SharedPort, Verdict,
};

use crate::grants::is_lasting;

/// Everything that a decision needs.
pub(crate) struct Rules {
    policy: Arc<Policy>,
    sessions: HashMap<SessionId, (Project, SessionRules)>,
    grants: GrantSet,
    high_water_ms: u64,
    /// Rules with an end that had not come when last looked.
    unexpired: usize,
    /// Whether everything is denied.
    lockdown: bool,
}

/// What a deny covers beside its pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach<'a> {
    Everywhere,
    Project(&'a std::path::Path),
    Session(&'a SessionId),
}

impl Rules {
    /// The rules of a daemon that starts, and the stored grants that one of them denies: the deny was written while no
    /// daemon ran, and revokes what it covers like any other.
    pub(crate) fn new(policy: Arc<Policy>, grants: Vec<Grant>, high_water_ms: u64) -> (Self, Vec<Grant>) {
        let mut rules = Self {
            policy,
            sessions: HashMap::new(),
            grants: grants.into(),
            high_water_ms,
            unexpired: 0,
            lockdown: false,
        };
        let denied = rules.denied(rules.policy.rules());
        for grant in &denied {
            rules.remove(&grant.id);
        }
        (rules, denied)
    }

    pub(crate) fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(crate) fn high_water_ms(&self) -> u64 {
        self.high_water_ms
    }

    /// Remembers the latest wall clock.
    pub(crate) fn see(&mut self, now: &Moment) {
        self.high_water_ms = self.high_water_ms.max(now.wall_ms);
    }

    pub(crate) fn is_locked_down(&self) -> bool {
        self.lockdown
    }

    /// Denies everything from now on, or no longer; says whether that is new.
    pub(crate) fn set_lockdown(&mut self, on: bool) -> bool {
        std::mem::replace(&mut self.lockdown, on) != on
    }

    /// What the rules say. A session that is not open may do nothing and is not asked about. Under lockdown nobody may.
    pub(crate) fn decide(&self, request: &Request, now: &Moment) -> Verdict {
        if self.lockdown {
            return Verdict::Deny(Basis::Lockdown);
        }
        self.decide_unlocked(request, now)
    }

    /// The same but for a lockdown.
    fn decide_unlocked(&self, request: &Request, now: &Moment) -> Verdict {
        match self.sessions.get(&request.session) {
            Some((_, session)) => self
                .policy
                .decide(request, session, &self.grants, now, self.high_water_ms),
            None => Verdict::Deny(Basis::NonInteractive),
        }
    }

    /// What the rules would say later: about a request of a session that has ended, had it no rules of its own, and after a
    /// lockdown.
    pub(crate) fn decide_later(&self, request: &Request, now: &Moment) -> Verdict {
        if self.sessions.contains_key(&request.session) {
            return self.decide_unlocked(request, now);
        }
        self.policy.decide(
            request,
            &SessionRules::default(),
            &self.grants,
            now,
            self.high_water_ms,
        )
    }

    /// Whether it may matter to the verdict which process asks.
    pub(crate) fn depends_on_process(&self, request: &Request) -> bool {
        match self.sessions.get(&request.session) {
            Some((_, session)) => self.policy.depends_on_process(request, session, &self.grants),
            None => false,
        }
    }

    pub(crate) fn has_session(&self, id: &SessionId) -> bool {
        self.sessions.contains_key(id)
    }

    pub(crate) fn open_session(&mut self, id: SessionId, project: Project, rules: SessionRules) {
        self.sessions.insert(id, (project, rules));
    }

    /// Changes which ports a session shares with the host.
    pub(crate) fn share_ports(&mut self, id: &SessionId, ports: Vec<SharedPort>) {
        if let Some((_, rules)) = self.sessions.get_mut(id) {
            rules.shared_ports = ports;
        }
    }

    /// The ports of the rules that allow datagrams in a session now, in as few ranges as there can be.
    pub(crate) fn datagram_ports(&self, id: &SessionId, now: &Moment) -> Vec<(Port, Port)> {
        let Some((project, session)) = self.sessions.get(id) else {
            return Vec::new();
        };
        let is_in_force = |rule: &&Rule| {
            let ended = |end: &Expiry| end.has_ended(rule.effect, now, self.high_water_ms);
            rule.effect == Effect::Allow
                && rule.origin != Origin::Project
                && rule.project.as_deref().is_none_or(|own| own == project.path())
                && !rule.expires.as_ref().is_some_and(ended)
        };
        let rules = self.policy.rules().chain(rules_of(session));
        let ports = rules
            .filter(is_in_force)
            .filter_map(|rule| match &rule.pattern {
                Pattern::Network(NetworkPattern {
                    protocol: Protocol::Udp,
                    ports: Ports::Range(low, high),
                    ..
                }) => Some((*low, *high)),
                Pattern::Network(_)
                | Pattern::Read(_)
                | Pattern::Write(_)
                | Pattern::Execute(_)
                | Pattern::Profile(_)
                | Pattern::Neighbour(_)
                | Pattern::Growth(_) => None,
            })
            .collect();
        merged(ports)
    }

    /// Forgets a session and what was granted to it alone; returns the latter.
    pub(crate) fn close_session(&mut self, id: &SessionId) -> Vec<Grant> {
        self.sessions.remove(id);
        self.grants.remove_session(id)
    }

    /// Puts a policy in force and returns the grants that it revokes.
    pub(crate) fn replace_policy(&mut self, policy: Arc<Policy>) -> Vec<Grant> {
        let denied = self.denied_by(&policy);
        for grant in &denied {
            self.remove(&grant.id);
        }
        self.policy = policy;
        denied
    }

    /// The grants that a deny rule of this policy covers, unless the rule is in force already.
    pub(crate) fn denied_by(&self, policy: &Policy) -> Vec<Grant> {
        let known: HashSet<&RuleId> = self.policy.rules().map(|rule| &rule.id).collect();
        self.denied(policy.rules().filter(|rule| !known.contains(&rule.id)))
    }

    fn denied<'a>(&self, rules: impl Iterator<Item = &'a Rule>) -> Vec<Grant> {
        let mut denied: Vec<Grant> = Vec::new();
        for rule in rules.filter(|rule| rule.effect == Effect::Deny && rule.program.is_none()) {
            let reach = rule.project.as_deref().map_or(Reach::Everywhere, Reach::Project);
            for grant in self.covered(&rule.pattern, reach) {
                if !denied.iter().any(|other| other.id == grant.id) {
                    denied.push(grant);
                }
            }
        }
        denied
    }

    /// The allow grants that a deny with this pattern and reach covers as a whole.
    pub(crate) fn covered(&self, pattern: &Pattern, reach: Reach<'_>) -> Vec<Grant> {
        self.grants
            .iter()
            .filter(|grant| self.is_covered(grant, pattern, reach))
            .cloned()
            .collect()
    }

    fn is_covered(&self, grant: &Grant, pattern: &Pattern, reach: Reach<'_>) -> bool {
        let is_reached = match (reach, &grant.scope) {
            (Reach::Everywhere, _) => true,
            (Reach::Project(path), Scope::Project(own)) => path == own,
            (Reach::Project(path), Scope::Session(id) | Scope::Once { session: id, .. }) => self
                .sessions
                .get(id)
                .is_some_and(|(project, _)| project.path() == path),
            (Reach::Session(one), Scope::Session(id) | Scope::Once { session: id, .. }) => one == id,
            (Reach::Project(_), Scope::Everywhere)
            | (Reach::Session(_), Scope::Project(_) | Scope::Everywhere) => false,
        };
        grant.effect == Effect::Allow && is_reached && pattern.covers(&grant.pattern)
    }

    pub(crate) fn insert(&mut self, grant: Grant) {
        self.grants.insert(grant);
    }

    /// Moves the end of a grant, if that has not come.
    pub(crate) fn set_expiry(&mut self, id: &GrantId, expires: Expiry) -> Option<&Grant> {
        self.grants.set_expiry(id, expires)
    }

    pub(crate) fn remove(&mut self, id: &GrantId) {
        self.grants.remove(id);
    }

    /// The *once* grant that a verdict rests on.
    pub(crate) fn once_of(&self, basis: &Basis) -> Option<GrantId> {
        let Basis::Grant(id) = basis else {
            return None;
        };
        match self.grants.get(id)?.scope {
            Scope::Once { .. } => Some(id.clone()),
            Scope::Session(_) | Scope::Project(_) | Scope::Everywhere => None,
        }
    }

    /// Takes out the *once* grant of a verdict that is about to take effect, if that was its one request.
    pub(crate) fn use_up(&mut self, once: Option<&GrantId>) -> Option<Grant> {
        self.grants.take_once(once?)
    }

    /// Takes out what has ended.
    pub(crate) fn expire(&mut self, now: &Moment) -> Vec<Grant> {
        self.grants.expire(now, self.high_water_ms)
    }

    /// Whether a rule reached its end since this was last asked.
    pub(crate) fn has_rule_expired(&mut self, now: &Moment) -> bool {
        let left = self
            .ends()
            .filter(|(effect, expires)| !expires.has_ended(*effect, now, self.high_water_ms))
            .count();
        std::mem::replace(&mut self.unexpired, left) != left
    }

    /// Milliseconds until the next rule or grant ends by itself.
    pub(crate) fn next_end_ms(&self, now: &Moment) -> Option<u64> {
        let grants = self
            .grants
            .iter()
            .filter_map(|grant| Some((grant.effect, grant.expires.as_ref()?)));
        self.ends()
            .chain(grants)
            .filter(|(effect, expires)| !expires.has_ended(*effect, now, self.high_water_ms))
            .map(|(_, expires)| expires.left(now, self.high_water_ms))
            .min()
    }

    /// Whether the high-water mark decides about anything that is stored.
    pub(crate) fn needs_high_water(&self) -> bool {
        self.grants.iter().any(is_lasting) || self.ends().next().is_some()
    }

    fn ends(&self) -> impl Iterator<Item = (Effect, &Expiry)> {
        let of_sessions = self.sessions.values().flat_map(|(_, session)| rules_of(session));
        self.policy
            .rules()
            .chain(of_sessions)
            .filter_map(|rule| Some((rule.effect, rule.expires.as_ref()?)))
    }

    pub(crate) fn grants_in_force(&self, now: &Moment) -> Vec<Grant> {
        let in_force = |grant: &&Grant| {
            let ended = |expires: &Expiry| expires.has_ended(grant.effect, now, self.high_water_ms);
            !grant.expires.as_ref().is_some_and(ended)
        };
        self.grants.iter().filter(in_force).cloned().collect()
    }

    pub(crate) fn lasting_grants(&self) -> Vec<Grant> {
        self.grants
            .iter()
            .filter(|grant| is_lasting(grant))
            .cloned()
            .collect()
    }

    /// The grants that `wanted` picks.
    pub(crate) fn matching(&self, wanted: impl Fn(&Grant) -> bool) -> Vec<Grant> {
        self.grants
            .iter()
            .filter(|grant| wanted(grant))
            .cloned()
            .collect()
    }
}

/// The same ports, with ranges that touch made one.
fn merged(mut ports: Vec<(Port, Port)>) -> Vec<(Port, Port)> {
    ports.sort_unstable();
    let mut merged: Vec<(Port, Port)> = Vec::new();
    for (low, high) in ports {
        match merged.last_mut() {
            Some((_, end)) if low.get() <= end.get().saturating_add(1) => *end = high.max(*end),
            Some(_) | None => merged.push((low, high)),
        }
    }
    merged
}

fn rules_of(session: &SessionRules) -> impl Iterator<Item = &Rule> {
    session.flags.iter().chain(&session.project_rules)
}

/// The session that a grant is for, where it is for one alone.
pub(crate) fn session_of(grant: &Grant) -> Option<&SessionId> {
    match &grant.scope {
        Scope::Once { session, .. } | Scope::Session(session) => Some(session),
        Scope::Project(_) | Scope::Everywhere => None,
    }
}
