//! The missed list: questions that nobody answered in time, bounded for each session and altogether. The oldest go
//! first.

use askbox_policy::{Request, WhyMissed};
use tokio::time::Instant;

use super::group::GroupKey;
use super::{Member, Missed, QuestionId};
use crate::limits;

/// One missed question with the key that it was grouped by.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: GroupKey,
    pub(crate) missed: Missed,
    /// Somebody answers *always*: until then, the rule that appears is left for the answer.
    pub(crate) reserved_until: Option<Instant>,
}

/// A target that went to an entry of the missed list.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    pub(crate) id: QuestionId,
    /// The entry, if it says more now than before.
    pub(crate) grown: Option<Missed>,
}

/// All missed questions, oldest first.
#[derive(Debug, Default)]
pub(crate) struct MissedList {
    entries: Vec<Entry>,
}

impl MissedList {
    /// Lists one, and drops the oldest of the same session, or of all, where there are too many; returns that.
    pub(crate) fn push(&mut self, entry: Entry) -> Option<QuestionId> {
        let of_session = |other: &Entry| other.key.session == entry.key.session;
        let surplus =
            if limits::MISSED_PER_SESSION <= self.entries.iter().filter(|other| of_session(other)).count() {
                self.entries.iter().position(of_session)
            } else {
                (limits::MISSED_TOTAL <= self.entries.len()).then_some(0)
            };
        let dropped = surplus.map(|index| self.entries.remove(index).missed.question.id);
        self.entries.push(entry);
        dropped
    }

    /// Adds a target to the entry of its group, if there is one with the same `why`; `None` when a new one is needed.
    pub(crate) fn join(&mut self, key: &GroupKey, member: &Member, why: WhyMissed) -> Option<Joined> {
        let entry = self
            .entries
            .iter_mut()
            .find(|entry| entry.key == *key && entry.missed.why == why)?;
        let question = &mut entry.missed.question;
        let is_new = question
            .members
            .iter()
            .all(|listed| listed.target != member.target);
        if is_new && question.members.len() < limits::MEMBERS_PER_QUESTION {
            question.revision = question.revision.saturating_add(1);
            question.members.push(Member {
                since: question.revision,
                ..member.clone()
            });
            return Some(Joined {
                id: question.id,
                grown: Some(entry.missed.clone()),
            });
        }
        if is_new {
            question.unlisted = question.unlisted.saturating_add(1);
        }
        Some(Joined {
            id: question.id,
            grown: None,
        })
    }

    /// Takes one out, to answer it.
    pub(crate) fn remove(&mut self, id: QuestionId) -> Option<Entry> {
        let index = self
            .entries
            .iter()
            .position(|entry| entry.missed.question.id == id)?;
        Some(self.entries.remove(index))
    }

    pub(crate) fn get_mut(&mut self, id: QuestionId) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .find(|entry| entry.missed.question.id == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Missed> {
        self.entries.iter().map(|entry| &entry.missed)
    }

    /// Keeps the targets about which a person still has something to say, and the entries that have one; returns
    /// whether that was not all.
    pub(crate) fn retain(&mut self, mut is_open: impl FnMut(&Request) -> bool) -> bool {
        let count = |list: &Self| {
            list.iter()
                .map(|missed| missed.question.members.len())
                .sum::<usize>()
        };
        let before = count(self);
        let now = Instant::now();
        self.entries.retain_mut(|entry| {
            if entry.reserved_until.is_some_and(|until| now < until) {
                return true;
            }
            let question = &mut entry.missed.question;
            let requests: Vec<_> = question
                .members
                .iter()
                .map(|member| question.request(member))
                .collect();
            let mut open = requests.iter().map(&mut is_open);
            question.members.retain(|_| open.next().unwrap_or(true));
            !question.members.is_empty()
        });
        count(self) != before
    }
}
