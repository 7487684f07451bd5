//! All open questions: raises them, joins what belongs together, finds them again. Bounded. Pure bookkeeping; the
//! caller holds the lock, asks the rules and writes the log.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use askbox_policy::{Basis, Moment, Process, Project, Request, SessionId, Target};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::group::GroupKey;
use super::open::{Open, OpenMember, Stage, Told, Waiter};
use super::{Question, QuestionId};
use crate::limits;

/// All open questions.
#[derive(Debug, Default)]
pub(crate) struct Book {
    open: BTreeMap<QuestionId, Open>,
    by_target: HashMap<(SessionId, Target), QuestionId>,
    by_group: HashMap<GroupKey, QuestionId>,
    last_id: u64,
    last_waiter: u64,
}

/// The place of one waiting request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) question: QuestionId,
    pub(crate) waiter: u64,
}

/// A request that waits now.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) ticket: Ticket,
    pub(crate) told: oneshot::Receiver<Told>,
    pub(crate) how: How,
}

/// What raising a request did to the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Its target was listed before. The first one to wait again changes what people see.
    Joined {
        /// Nobody waited for the target before.
        was_abandoned: bool,
    },
    /// Its target is new on a question, which may be new as well; the Ask is still to be logged.
    Listed,
}

/// Where a request belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this question, which lists its target.
    Member(QuestionId),
    /// On this question, as a new member.
    Group(QuestionId),
    /// On a question of its own.
    New,
}

/// Why a request cannot wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Too many wait already.
    Waiters(QuestionId),
    /// The question lists too many targets already.
    Members(QuestionId),
    /// The session has too many questions.
    Questions,
}

/// What a new question needs to know beside the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raising<'a> {
    pub(crate) key: &'a GroupKey,
    pub(crate) basis: &'a Basis,
    pub(crate) project: &'a Project,
    pub(crate) session_name: &'a str,
    pub(crate) hold: Duration,
    pub(crate) now: &'a Moment,
}

impl Book {
    /// An empty one, whose questions count on from the given number.
    pub(crate) fn after(last_id: u64) -> Self {
        Self {
            last_id,
            ..Self::default()
        }
    }

    /// Where a request belongs.
    pub(crate) fn place(&self, request: &Request, key: &GroupKey) -> Place {
        if let Some(&id) = self
            .by_target
            .get(&(request.session.clone(), request.target.clone()))
        {
            return Place::Member(id);
        }
        self.by_group.get(key).map_or(Place::New, |&id| Place::Group(id))
    }

    /// Lets a request wait at its place.
    pub(crate) fn raise(
        &mut self,
        request: &Request,
        place: Place,
        raising: Raising<'_>,
    ) -> Result<Waiting, Full> {
        let (id, how) = match place {
            Place::Member(id) => (
                id,
                How::Joined {
                    was_abandoned: self.is_abandoned(id, &request.target),
                },
            ),
            Place::Group(id) => (id, How::Listed),
            Place::New => (self.create(request, raising)?, How::Listed),
        };
        let Some(question) = self.open.get_mut(&id) else {
            return Err(Full::Questions);
        };
        if limits::WAITERS_PER_QUESTION <= question.waiting() {
            return Err(Full::Waiters(id));
        }
        if how == How::Listed {
            let is_listed = question.listed().count() < limits::MEMBERS_PER_QUESTION;
            let may_wait_unlisted =
                request.target.path().is_some() && question.members.len() < limits::FILES_PER_QUESTION;
            if !is_listed && !may_wait_unlisted {
                question.turned_away = question.turned_away.saturating_add(1);
                return Err(Full::Members(id));
            }
            question.revision += u32::from(is_listed);
            question.add(request, raising, is_listed);
            self.by_target
                .insert((request.session.clone(), request.target.clone()), id);
        }
        let Some(member) = question
            .members
            .iter_mut()
            .find(|member| member.target == request.target)
        else {
            return Err(Full::Members(id));
        };
        self.last_waiter += 1;
        let (sender, told) = oneshot::channel();
        member.waiters.push(Waiter {
            id: self.last_waiter,
            // Of what people see, the member's own is enough: there may be a thousand of these.
            process: Process {
                ancestors: Vec::new(),
                ..request.process.clone()
            },
            sender,
        });
        Ok(Waiting {
            ticket: Ticket {
                question: id,
                waiter: self.last_waiter,
            },
            told,
            how,
        })
    }

    /// Lists one more target on a question that lists another one since a moment ago, when nobody had seen that either: both are of
    /// one revision. Nobody waits for it yet. Returns whether it was not asked about before and there is room.
    pub(crate) fn list_beside(&mut self, id: QuestionId, request: &Request, raising: Raising<'_>) -> bool {
        let target = (request.session.clone(), request.target.clone());
        let has_room = |question: &&mut Open| question.listed().count() < limits::MEMBERS_PER_QUESTION;
        let Some(question) = self.open.get_mut(&id).filter(has_room) else {
            return false;
        };
        if self.by_target.contains_key(&target) {
            return false;
        }
        question.add(request, raising, true);
        self.by_target.insert(target, id);
        true
    }

    fn is_abandoned(&self, id: QuestionId, target: &Target) -> bool {
        let question = self.open.get(&id);
        let member =
            question.and_then(|question| question.members.iter().find(|member| member.target == *target));
        member.is_some_and(|member| member.waiters.is_empty())
    }

    /// An empty question for the group of `request`.
    fn create(&mut self, request: &Request, raising: Raising<'_>) -> Result<QuestionId, Full> {
        let of_session = self
            .open
            .values()
            .filter(|question| question.key.session == request.session);
        if limits::QUESTIONS_PER_SESSION <= of_session.count() {
            return Err(Full::Questions);
        }
        let id = self.next_id();
        let key = raising.key.clone();
        let now = Instant::now();
        self.by_group.insert(key.clone(), id);
        self.open.insert(
            id,
            Open {
                id,
                revision: 0,
                key,
                project: raising.project.clone(),
                session_name: raising.session_name.to_owned(),
                members: Vec::new(),
                turned_away: 0,
                raised_ms: raising.now.wall_ms,
                expires_ms: raising.now.wall_ms,
                hold: raising.hold,
                deadline: now,
                last_deadline: now + raising.hold * limits::QUESTION_LIFE_FACTOR,
                kept_until: None,
                stage: Stage::Open,
                announced: false,
            },
        );
        Ok(id)
    }

    /// A number for a question that is missed without ever being open.
    pub(crate) fn next_id(&mut self) -> QuestionId {
        self.last_id += 1;
        QuestionId(self.last_id)
    }

    /// Whether a question of this number ever was.
    pub(crate) fn was_given(&self, id: QuestionId) -> bool {
        (1..=self.last_id).contains(&id.0)
    }

    pub(crate) fn get(&self, id: QuestionId) -> Option<&Open> {
        self.open.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: QuestionId) -> Option<&mut Open> {
        self.open.get_mut(&id)
    }

    pub(crate) fn views(&self) -> Vec<Question> {
        self.open.values().map(Open::view).collect()
    }

    /// The questions that `wanted` picks.
    pub(crate) fn ids(&self, wanted: impl Fn(&Open) -> bool) -> Vec<QuestionId> {
        self.open
            .values()
            .filter(|question| wanted(question))
            .map(|question| question.id)
            .collect()
    }

    /// When the next question runs out, or the next reservation.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.open.values().filter_map(Open::wakes_at).min()
    }

    /// Claims a question for one answer: from here on nothing is added but retries, and no other answer counts.
    pub(crate) fn claim(&mut self, id: QuestionId) {
        self.set_apart(id, Stage::Answering);
    }

    /// Sets a question apart while its *always* is written: nothing is added but retries.
    pub(crate) fn reserve(&mut self, id: QuestionId, until: Instant) {
        self.set_apart(id, Stage::Reserved(until));
    }

    fn set_apart(&mut self, id: QuestionId, stage: Stage) {
        if let Some(question) = self.open.get_mut(&id) {
            question.stage = stage;
            if self.by_group.get(&question.key) == Some(&id) {
                self.by_group.remove(&question.key);
            }
        }
    }

    /// Opens the questions again whose reservation nobody used; returns whether there is one.
    pub(crate) fn lapse(&mut self, now: Instant) -> bool {
        let mut has_lapsed = false;
        for question in self.open.values_mut() {
            if let Stage::Reserved(until) = question.stage
                && until <= now
            {
                question.stage = Stage::Open;
                self.by_group.entry(question.key.clone()).or_insert(question.id);
                has_lapsed = true;
            }
        }
        has_lapsed
    }

    /// Takes the members out that an answer covers, and opens the question again for those that are left; without any, it is
    /// gone and returned.
    pub(crate) fn answered(&mut self, id: QuestionId, covered: impl Fn(&OpenMember) -> bool) -> Option<Open> {
        if let Some(question) = self.open.get_mut(&id) {
            question.stage = Stage::Open;
            self.by_group.entry(question.key.clone()).or_insert(id);
        }
        self.remove_members(id, covered)
    }

    /// Takes members out that are decided, and the question with the last one, which is returned. While the question is
    /// open, others are listed in their place.
    pub(crate) fn remove_members(
        &mut self,
        id: QuestionId,
        decided: impl Fn(&OpenMember) -> bool,
    ) -> Option<Open> {
        let question = self.open.get_mut(&id)?;
        let session = question.key.session.clone();
        question.members.retain(|member| {
            let keep = !decided(member);
            if !keep {
                self.by_target.remove(&(session.clone(), member.target.clone()));
            }
            keep
        });
        if question.members.is_empty() {
            return self.remove(id);
        }
        if question.stage == Stage::Open {
            question.list_more();
        }
        None
    }

    /// Takes a question out for good.
    pub(crate) fn remove(&mut self, id: QuestionId) -> Option<Open> {
        let question = self.open.remove(&id)?;
        for member in &question.members {
            self.by_target
                .remove(&(question.key.session.clone(), member.target.clone()));
        }
        if self.by_group.get(&question.key) == Some(&id) {
            self.by_group.remove(&question.key);
        }
        Some(question)
    }
}

impl Open {
    /// Adds a target and gives the whole question its full time, within reason.
    fn add(&mut self, request: &Request, raising: Raising<'_>, is_listed: bool) {
        self.members.push(OpenMember {
            since: is_listed.then_some(self.revision),
            target: request.target.clone(),
            process: request.process.clone(),
            basis: raising.basis.clone(),
            waiters: Vec::new(),
        });
        let now = Instant::now();
        self.deadline = (now + raising.hold).min(self.last_deadline);
        self.show_end(now, raising.now);
    }

    /// Lists what was not, as far as there is room, which an answer then covers.
    fn list_more(&mut self) {
        let room = limits::MEMBERS_PER_QUESTION.saturating_sub(self.listed().count());
        let next = self.revision.saturating_add(1);
        let unlisted = self.members.iter_mut().filter(|member| !member.is_listed());
        let more = unlisted
            .take(room)
            .map(|member| member.since = Some(next))
            .count();
        if more != 0 {
            self.revision = next;
        }
    }

    /// When a timer has to look at it; an answer on its way needs none.
    fn wakes_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open => Some(self.end()),
            Stage::Reserved(until) => Some(until.min(self.end())),
            Stage::Answering => None,
        }
    }
}
