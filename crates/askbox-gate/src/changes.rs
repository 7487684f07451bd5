//! What changes under those who wait and those who live: rules, grants, time. After each change, every waiting request
//! and every live permit is decided again.

use askbox_policy::{Grant, GrantId, Moment, Request, Target, Verdict, WhyMissed};
use tokio::time::Instant;

use crate::denial::DeniedBy;
use crate::event::GateEvent;
use crate::gate::{Gate, State};
use crate::questions::missed::Entry as MissedEntry;
use crate::questions::open::{OpenMember, Stage, Told, Waiter};
use crate::questions::{Closing, Missed, QuestionId};

/// What was taken back by a person or a rule. A *once* grant that ran out was not: what it admitted lives on.
#[derive(Debug, Default)]
pub(crate) struct Change {
    revoked: Vec<GrantId>,
    all: bool,
    only_allows: bool,
}

impl Change {
    /// These grants were revoked.
    pub(crate) fn revoked(grants: &[Grant]) -> Self {
        Self {
            revoked: grants.iter().map(|grant| grant.id.clone()).collect(),
            ..Self::default()
        }
    }

    /// Everything was revoked, what ran out included.
    pub(crate) fn revoked_all() -> Self {
        Self {
            all: true,
            ..Self::default()
        }
    }

    /// Grants were given that allow, and nothing else. That ends nothing that lives, so that an answer does not wait while
    /// all of it is looked at: 55 ms for 50,000 permits, measured.
    pub(crate) fn only_allows() -> Self {
        Self {
            only_allows: true,
            ..Self::default()
        }
    }

    /// Whether it ends a permit that rests on `once` grants, which the rules no longer allow.
    fn ends_once(&self, once: &[GrantId]) -> bool {
        self.all || once.iter().any(|id| self.revoked.contains(id))
    }
}

impl Gate {
    /// Decides everything that waits again, and everything that lives, if the change can end it.
    pub(crate) fn re_decide(&self, state: &mut State, change: &Change, now: &Moment) {
        state.rules.see(now);
        for id in state.book.ids(|question| question.stage == Stage::Open) {
            self.re_decide_question(state, id, now);
        }
        let rules = &state.rules;
        let is_open = |request: &Request| matches!(rules.decide_later(request, now), Verdict::Ask(_));
        if state.missed.retain(is_open) {
            self.tell(GateEvent::MissedDecided);
        }
        if change.only_allows {
            return;
        }
        self.0
            .registry
            .cut(|live| match (rules.decide(&live.request, now), &live.once) {
                // Who read the file itself may go on with a copy, but not with the file.
                (Verdict::Allow(by), _) => by.is_for_copy() && !live.by.is_for_copy(),
                (Verdict::Deny(_), _) | (Verdict::Ask(_), None) => true,
                (Verdict::Ask(_), Some(once)) => change.ends_once(once),
            });
        self.0.decided.send_modify(|decided| *decided += 1);
    }

    /// Releases the waiters that are decided now, and takes members off about which nothing is left to ask.
    fn re_decide_question(&self, state: &mut State, id: QuestionId, now: &Moment) {
        let Some(question) = state.book.get_mut(id) else {
            return;
        };
        let mut waiters: Vec<(usize, Waiter)> = Vec::new();
        for (index, member) in question.members.iter_mut().enumerate() {
            waiters.extend(member.waiters.drain(..).map(|waiter| (index, waiter)));
        }
        let mut still: Vec<(usize, Waiter)> = Vec::new();
        for (index, waiter) in waiters {
            let request = state.book.get(id).and_then(|question| {
                question
                    .members
                    .get(index)
                    .map(|member| question.request(&member.target, &waiter.process))
            });
            let Some(request) = request else { continue };
            match state.decide(&request, now) {
                Verdict::Ask(_) => still.push((index, waiter)),
                Verdict::Deny(basis) => {
                    state.uses.count(&basis, now);
                    waiter.tell(Told::Denied(DeniedBy::Basis(basis)));
                }
                Verdict::Allow(allowed) => {
                    waiter.tell(Told::Admitted(self.permit(state, request, allowed, now).0));
                }
            }
        }
        let State { book, rules, .. } = state;
        let Some(question) = book.get_mut(id) else { return };
        for (index, waiter) in still {
            if let Some(member) = question.members.get_mut(index) {
                member.waiters.push(waiter);
            }
        }
        let before = (question.members.len(), question.revision);
        let requests: Vec<_> = question
            .members
            .iter()
            .map(|member| question.request(&member.target, &member.process))
            .collect();
        let decided: Vec<_> = requests
            .iter()
            .filter(|request| !matches!(rules.decide(request, now), Verdict::Ask(_)))
            .map(|request| &request.target)
            .collect();
        let is_decided = |member: &OpenMember| member.waiters.is_empty() && decided.contains(&&member.target);
        if book.remove_members(id, is_decided).is_some() {
            self.tell(GateEvent::QuestionClosed {
                id,
                how: Closing::Decided,
            });
        } else if book
            .get(id)
            .is_some_and(|question| (question.members.len(), question.revision) != before)
        {
            self.tell_changed(state, id);
        }
    }

    /// Turns the questions whose time is over into missed ones.
    pub(crate) fn expire_questions(&self, state: &mut State, now: &Moment) {
        let instant = Instant::now();
        for id in state
            .book
            .ids(|question| question.stage != Stage::Answering && question.end() <= instant)
        {
            self.miss(state, id, WhyMissed::TimedOut, &DeniedBy::TimedOut, now);
        }
    }

    /// Closes a question unanswered: what waits is denied, and it is listed as missed.
    pub(crate) fn miss(
        &self,
        state: &mut State,
        id: QuestionId,
        why: WhyMissed,
        by: &DeniedBy,
        now: &Moment,
    ) {
        let Some(mut question) = state.book.remove(id) else {
            return;
        };
        question.deny_all(by);
        let reserved_until = match question.stage {
            Stage::Reserved(until) => Some(until),
            Stage::Open | Stage::Answering => None,
        };
        let missed = Missed {
            question: question.view(),
            why,
            missed_ms: now.wall_ms,
        };
        self.tell(GateEvent::QuestionClosed {
            id,
            how: Closing::Missed(why),
        });
        self.tell(GateEvent::Missed(missed.clone()));
        let entry = MissedEntry {
            key: question.key,
            missed,
            reserved_until,
        };
        self.list_missed(state, entry);
    }

    /// Lists a missed question, and tells of the one that has no room left.
    pub(crate) fn list_missed(&self, state: &mut State, entry: MissedEntry) {
        if let Some(dropped) = state.missed.push(entry) {
            self.tell(GateEvent::MissedDropped(dropped));
        }
    }

    /// Takes one target off a question because its Ask could not be logged; what waits for it is denied.
    pub(crate) fn withdraw(&self, state: &mut State, id: QuestionId, target: &Target) {
        let Some(question) = state.book.get_mut(id) else {
            return;
        };
        for member in question
            .members
            .iter_mut()
            .filter(|member| member.target == *target)
        {
            for waiter in member.waiters.drain(..) {
                waiter.tell(Told::Denied(DeniedBy::LogFailed));
            }
        }
        let was_announced = question.announced;
        if state
            .book
            .remove_members(id, |member| member.target == *target)
            .is_some()
        {
            if was_announced {
                self.tell(GateEvent::QuestionClosed {
                    id,
                    how: Closing::Missed(WhyMissed::LogFailed),
                });
            }
        } else {
            self.tell_changed(state, id);
        }
    }
}
