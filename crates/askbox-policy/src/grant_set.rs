//! The grants that are in force: remembered answers with an index over what they cover. Whether time has come for one
//! is decided by moments that are passed in; nothing here waits or writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grant::{Expiry, Grant, GrantId, Moment, Scope};
use crate::policy::PatternIndex;
use crate::request::{Request, SessionId, Target};

/// Grants by name, indexed by pattern. Serialised as a list of grants, in the order in which they were given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Grant>", into = "Vec<Grant>")]
pub struct GrantSet {
    grants: BTreeMap<u32, Grant>,
    numbers: BTreeMap<GrantId, u32>,
    index: PatternIndex,
    next: u32,
}

impl GrantSet {
    /// Adds a grant. One of the same name is replaced and returned.
    pub fn insert(&mut self, grant: Grant) -> Option<Grant> {
        let before = self.remove(&grant.id);
        let number = self.free_number();
        self.index.insert(&grant.pattern, number);
        self.numbers.insert(grant.id.clone(), number);
        self.grants.insert(number, grant);
        before
    }

    /// Takes a grant out.
    pub fn remove(&mut self, id: &GrantId) -> Option<Grant> {
        let number = self.numbers.remove(id)?;
        let grant = self.grants.remove(&number)?;
        self.index.remove(&grant.pattern, number);
        Some(grant)
    }

    /// Moves the end of a grant; returns it as it is then.
    pub fn set_expiry(&mut self, id: &GrantId, expires: Expiry) -> Option<&Grant> {
        let grant = self.grants.get_mut(self.numbers.get(id)?)?;
        grant.expires = Some(expires);
        Some(grant)
    }

    /// The grant of this name.
    pub fn get(&self, id: &GrantId) -> Option<&Grant> {
        self.grants.get(self.numbers.get(id)?)
    }

    /// All grants, the first given first.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.grants.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.grants.is_empty()
    }

    /// Calls `found` with every grant that speaks about this request now.
    pub(crate) fn each_matching<'a>(
        &'a self,
        request: &Request,
        now: &Moment,
        high_water_ms: u64,
        mut found: impl FnMut(&'a Grant),
    ) {
        if self.grants.is_empty() {
            return;
        }
        self.index.each(&request.target, |number| {
            let Some(grant) = self.grants.get(&number) else {
                return;
            };
            let ended = grant
                .expires
                .as_ref()
                .is_some_and(|end| end.has_ended(grant.effect, now, high_water_ms));
            if !ended && grant.scope.includes(request) && grant.speaks(&request.target) {
                found(grant);
            }
        });
    }

    /// Whether a *once* of this session covers the target.
    pub(crate) fn has_once(&self, session: &SessionId, target: &Target) -> bool {
        let mut found = false;
        self.index.each(target, |number| {
            found |= self.grants.get(&number).is_some_and(|grant| match &grant.scope {
                Scope::Once { session: own, .. } => own == session && grant.pattern.matches(target),
                Scope::Session(_) | Scope::Project(_) | Scope::Everywhere => false,
            });
        });
        found
    }

    /// To be called when a request proceeded, or was denied, by this grant: a *once* that was given to nobody in
    /// particular is used up by it and is taken out. Any other grant stays.
    pub fn take_once(&mut self, id: &GrantId) -> Option<Grant> {
        match &self.get(id)?.scope {
            Scope::Once { process, .. } if !process.is_known() => self.remove(id),
            Scope::Once { .. } | Scope::Session(_) | Scope::Project(_) | Scope::Everywhere => None,
        }
    }

    /// Takes out what has ended by itself.
    pub fn expire(&mut self, now: &Moment, high_water_ms: u64) -> Vec<Grant> {
        self.remove_where(|grant| {
            grant
                .expires
                .as_ref()
                .is_some_and(|end| end.has_ended(grant.effect, now, high_water_ms))
        })
    }

    /// Takes out what was given to this session alone.
    pub fn remove_session(&mut self, session: &SessionId) -> Vec<Grant> {
        self.remove_where(|grant| match &grant.scope {
            Scope::Once { session: own, .. } | Scope::Session(own) => own == session,
            Scope::Project(_) | Scope::Everywhere => false,
        })
    }

    fn remove_where(&mut self, remove: impl Fn(&Grant) -> bool) -> Vec<Grant> {
        let ids: Vec<GrantId> = self
            .iter()
            .filter(|grant| remove(grant))
            .map(|grant| grant.id.clone())
            .collect();
        ids.iter().filter_map(|id| self.remove(id)).collect()
    }

    fn free_number(&mut self) -> u32 {
        // Four billion answers of people take longer than a daemon lives; a number in use is stepped over all the same.
        while self.grants.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        number
    }
}

impl Grant {
    /// Whether it is about a target. A *once* is about what was asked for, and used up by nothing else.
    fn speaks(&self, target: &Target) -> bool {
        match self.scope {
            Scope::Once { .. } => self.pattern.matches(target),
            Scope::Session(_) | Scope::Project(_) | Scope::Everywhere => {
                self.pattern.speaks(self.effect, target)
            }
        }
    }
}

impl Scope {
    /// Whether a request is within the scope.
    fn includes(&self, request: &Request) -> bool {
        match self {
            Scope::Once { session, process } => {
                // A process that is not known for certain stands for whoever comes next.
                *session == request.session && (!process.is_known() || process.is_same(&request.process))
            }
            Scope::Session(session) => *session == request.session,
            Scope::Project(project) => project == request.project.path(),
            Scope::Everywhere => true,
        }
    }
}

impl PartialEq for GrantSet {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for GrantSet {}

impl FromIterator<Grant> for GrantSet {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        let mut set = Self::default();
        for grant in grants {
            set.insert(grant);
        }
        set
    }
}

impl From<Vec<Grant>> for GrantSet {
    fn from(grants: Vec<Grant>) -> Self {
        grants.into_iter().collect()
    }
}

impl From<GrantSet> for Vec<Grant> {
    fn from(set: GrantSet) -> Self {
        set.grants.into_values().collect()
    }
}

#[cfg(test)]
mod tests;
