//! One open question: its members, who waits for each, and the stage that it is in. Owned by the book; knows nothing
//! of other questions, of rules or of the log.
//!
//! ```text
//!   raise ──> Open ──reserve──> Reserved ──claim──> Answering ──> answered (gone)
//!              │ └──────────────claim─────────────────^   └─log failed──> missed
//!              ├──full time over──> missed
//!              └──rules decide all of it──> gone
//! ```

use std::time::Duration;

use askbox_policy::{Basis, Moment, Process, Project, Request, Target};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::group::GroupKey;
use super::{Member, Question, QuestionId};
use crate::denial::DeniedBy;
use crate::limits;
use crate::permits::Permit;

/// What a waiting request is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// It may proceed; the permit is in the registry already, so nothing can change unseen on the way.
    Admitted(Permit),
    /// It may not.
    Denied(DeniedBy),
}

/// Where a question is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waits for an answer.
    Open,
    /// Somebody answers *always*: until this moment, the rule that appears is left for the answer to apply.
    Reserved(Instant),
    /// An answer is on its way into the log. Retries still join, nothing else is added, and no other answer counts.
    Answering,
}

/// An open question.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) id: QuestionId,
    pub(crate) revision: u32,
    pub(crate) key: GroupKey,
    pub(crate) project: Project,
    pub(crate) session_name: String,
    pub(crate) members: Vec<OpenMember>,
    /// Targets that were denied because there was no room for them.
    pub(crate) turned_away: u32,
    pub(crate) raised_ms: u64,
    pub(crate) expires_ms: u64,
    /// The time-out that it was raised with.
    pub(crate) hold: Duration,
    /// When it ends by itself.
    pub(crate) deadline: Instant,
    pub(crate) last_deadline: Instant,
    /// Until when it stays open for a person who was at it.
    pub(crate) kept_until: Option<Instant>,
    pub(crate) stage: Stage,
    /// Whether front ends have heard of it: only after its Ask was logged.
    pub(crate) announced: bool,
}

/// One target and who waits for it.
#[derive(Debug)]
pub(crate) struct OpenMember {
    /// The revision of the question at which front ends began to show it: an answer to that or a later one covers it even if it is
    /// not widened. `None` as long as they do not.
    pub(crate) since: Option<u32>,
    pub(crate) target: Target,
    pub(crate) process: Process,
    pub(crate) basis: Basis,
    pub(crate) waiters: Vec<Waiter>,
}

/// One request that waits.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) id: u64,
    pub(crate) process: Process,
    pub(crate) sender: oneshot::Sender<Told>,
}

impl Open {
    /// The question as front ends see it.
    pub(crate) fn view(&self) -> Question {
        Question {
            id: self.id,
            revision: self.revision,
            kind: self.key.kind,
            session: self.key.session.clone(),
            project: self.project.clone(),
            session_name: self.session_name.clone(),
            members: self.members.iter().filter_map(OpenMember::view).collect(),
            group: self.key.group.to_string(),
            unlisted: self.unlisted(),
            raised_ms: self.raised_ms,
            expires_ms: self.expires_ms,
        }
    }

    /// What front ends show of it.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &OpenMember> {
        self.members.iter().filter(|member| member.is_listed())
    }

    /// How many targets they do not show.
    fn unlisted(&self) -> u32 {
        let waiting = self.members.iter().filter(|member| !member.is_listed()).count();
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        self.turned_away.saturating_add(waiting)
    }

    /// How many requests wait for it.
    pub(crate) fn waiting(&self) -> usize {
        self.members.iter().map(|member| member.waiters.len()).sum()
    }

    /// The request that `process` makes for `target`.
    pub(crate) fn request(&self, target: &Target, process: &Process) -> Request {
        Request {
            session: self.key.session.clone(),
            project: self.project.clone(),
            process: process.clone(),
            target: target.clone(),
        }
    }

    /// Takes one waiter out: its requester is gone, or its time is over. Returns whether the member now waits for
    /// nobody, or `None` when the waiter was told already.
    pub(crate) fn leave(&mut self, waiter: u64) -> Option<bool> {
        self.members.iter_mut().find_map(|member| {
            let index = member.waiters.iter().position(|other| other.id == waiter)?;
            member.waiters.swap_remove(index);
            Some(member.waiters.is_empty())
        })
    }

    /// When it becomes a missed one.
    pub(crate) fn end(&self) -> Instant {
        self.kept_until
            .map_or(self.deadline, |kept| kept.max(self.deadline))
    }

    /// Puts its end off for a person who is at it at this moment; says whether that changed anything.
    pub(crate) fn keep(&mut self, instant: Instant, now: &Moment) -> bool {
        let wanted = instant + self.hold.min(limits::KEPT_FOR);
        let kept = wanted.min(self.deadline + limits::KEPT_AT_MOST);
        let end = self.end();
        // Also where the question has more time left than that: one that waits for it may have less.
        self.kept_until = self.kept_until.max(Some(kept));
        if self.end() == end {
            return false;
        }
        self.show_end(instant, now);
        true
    }

    /// Brings the end that front ends see to the one that counts.
    pub(crate) fn show_end(&mut self, instant: Instant, now: &Moment) {
        let left = self.end().duration_since(instant).as_millis();
        let left = u64::try_from(left).unwrap_or(u64::MAX);
        self.expires_ms = now.wall_ms.saturating_add(left);
    }

    /// Denies everything that waits.
    pub(crate) fn deny_all(&mut self, by: &DeniedBy) {
        for member in &mut self.members {
            for waiter in member.waiters.drain(..) {
                waiter.tell(Told::Denied(by.clone()));
            }
        }
    }
}

impl OpenMember {
    /// Whether front ends show it.
    pub(crate) fn is_listed(&self) -> bool {
        self.since.is_some()
    }

    /// Whether they showed it at this revision.
    pub(crate) fn was_listed_at(&self, revision: u32) -> bool {
        self.since.is_some_and(|since| since <= revision)
    }

    /// As front ends show it, if they do.
    fn view(&self) -> Option<Member> {
        Some(Member {
            target: self.target.clone(),
            process: self.process.clone(),
            basis: self.basis.clone(),
            waiting: self.waiters.len(),
            since: self.since?,
        })
    }
}

impl Waiter {
    /// Tells it. A requester that is gone by now drops it, and with it the permit.
    pub(crate) fn tell(self, told: Told) {
        drop(self.sender.send(told));
    }
}
