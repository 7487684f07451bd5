//! Answers: what a person said becomes grants, and reaches those who wait. In the log before anything happens, and on the
//! disk before anything that outlives a loss of power.
//! The first answer wins, for what its author saw: what was added since stays open.

mod claim;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use askbox_audit::{Durability, Entry, GrantChange};
use askbox_policy::answer as policy_answer;
use askbox_policy::{Answer, Duration, Grant, GrantId, Request, Rule, Target, Verdict};
use tokio::time::Instant;

use crate::changes::Change;
use crate::denial::DeniedBy;
use crate::event::GateEvent;
use crate::gate::{Gate, State};
use crate::grants::is_lasting;
use crate::limits;
use crate::permits::AdmittedBy;
use crate::questions::open::{OpenMember, Stage, Told};
use crate::questions::{Closing, QuestionId};
use crate::record;
use crate::rules::session_of;
use claim::{Claim, absent, as_seen};

/// What an answer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The question.
    pub question: QuestionId,
    /// What it listed when its author looked, as far as it still did.
    pub targets: Vec<Target>,
    /// What is remembered; nothing for *always*, which is a rule.
    pub grants: Vec<Grant>,
    /// Grants that the answer revoked, since it denies what they cover.
    pub revoked: Vec<GrantId>,
    /// Waiting requests that heard of it.
    pub released: usize,
    /// Targets that the question did not list at that time and the answer does not cover: it stays open, or missed, for them.
    pub left: usize,
}

/// Why an answer does not count.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AnswerError {
    /// There never was such a question.
    #[error("there is no question {0}")]
    Unknown(QuestionId),
    /// Somebody else answered, or the rules decided, or it is no longer listed.
    #[error("question {0} is closed")]
    Closed(QuestionId),
    /// Nothing is left of what the author of the answer saw, or it cannot be answered in part.
    #[error("the question changed; it is at revision {current} now")]
    Changed {
        /// The revision to look at.
        current: u32,
    },
    /// *Once* and *session* mean nothing after the session.
    #[error("the session has ended; answer for a time or always")]
    SessionEnded,
    /// *Always* without its rule: it was not written, or another rule is stronger.
    #[error("the rule for this answer is not in force; a more specific rule may stand against it")]
    RuleNotInForce,
    /// The answer cannot be logged, so it has no effect.
    #[error("the answer cannot be logged and has no effect")]
    Log(#[source] askbox_audit::Error),
    /// What is remembered cannot be named, so the answer has no effect.
    #[error("the answer has no effect: the system gives no random numbers ({0})")]
    Random(getrandom::Error),
    /// The daemon is shutting down.
    #[error("the answer was interrupted")]
    Interrupted,
}

impl Gate {
    /// The rules that *always* would write. For *always*, the daemon puts these into policy.toml, calls
    /// [`Gate::set_policy`] and then [`Gate::answer`]; until then, for at most ten seconds, the change of policy leaves
    /// the question alone, so that those who wait hear the answer, and only after it was logged. Not for a
    /// preview: what comes meanwhile gets a question of its own.
    pub fn rules_for(
        &self,
        id: QuestionId,
        revision: u32,
        answer: &Answer,
    ) -> Result<Vec<Rule>, AnswerError> {
        let mut state = self.state();
        let until = Instant::now() + limits::RESERVED;
        let question = if let Some(open) = state.book.get(id) {
            let question = as_seen(open.stage == Stage::Answering, open.view(), revision)?;
            state.book.reserve(id, until);
            question
        } else if let Some(entry) = state.missed.get_mut(id) {
            let question = as_seen(false, entry.missed.question.clone(), revision)?;
            entry.reserved_until = Some(until);
            question
        } else {
            return Err(absent(&state, id));
        };
        let lists = Arc::clone(state.rules.policy().lists());
        drop(state);
        self.0.wake.notify_one();
        let patterns = policy_answer::patterns(&question.targets(), answer.widen, &lists);
        Ok(patterns
            .into_iter()
            .map(|pattern| policy_answer::rule_from(pattern, answer, &question.project))
            .collect())
    }

    /// Answers a question, open or missed, for what it listed at `revision`, which the author of the answer saw. `place` is where
    /// the log says that it was given: `notification`, `window`, `command line`. Takes effect once, even if the caller goes
    /// away.
    pub async fn answer(
        &self,
        id: QuestionId,
        revision: u32,
        answer: Answer,
        place: &str,
    ) -> Result<Answered, AnswerError> {
        let (gate, place) = (self.clone(), place.to_owned());
        let task = tokio::spawn(async move { gate.settle(id, revision, answer, &place).await });
        task.await.unwrap_or(Err(AnswerError::Interrupted))
    }

    async fn settle(
        &self,
        id: QuestionId,
        revision: u32,
        answer: Answer,
        place: &str,
    ) -> Result<Answered, AnswerError> {
        let mut names = plan::Names::draw().map_err(AnswerError::Random)?;
        let (claim, grants, revoked) = {
            let mut state = self.state();
            let now = self.0.clock.now();
            state.rules.see(&now);
            let claim = self.claim(&mut state, id, revision, &answer)?;
            let whose = (&claim.session, &claim.project);
            let grants = plan::grants(whose, &claim.listed, &answer, &now, &mut names);
            let revoked = plan::revoked(
                &state.rules,
                &claim.session,
                &claim.project,
                &claim.listed,
                &answer,
            );
            (claim, grants, revoked)
        };
        let targets = plan::targets(&claim.listed);
        let whose = (&claim.session, &claim.project);
        let mut entries = vec![record::answer(whose, id, targets.clone(), answer, place)];
        entries.extend(
            grants
                .iter()
                .map(|grant| record::grant(GrantChange::Given, grant)),
        );
        entries.extend(
            revoked
                .iter()
                .map(|grant| record::grant(GrantChange::Revoked, grant)),
        );
        let durability = durability(answer.duration, grants.iter().chain(&revoked));
        if let Err(error) = self.record_all(entries, durability).await {
            self.give_back(claim);
            return Err(AnswerError::Log(error));
        }
        let answered = self.apply(&claim, targets, grants, &revoked, answer);
        self.log_changes().await;
        self.store_or_report().await;
        self.0.wake.notify_one();
        Ok(answered)
    }

    /// Lets a logged answer take effect.
    fn apply(
        &self,
        claim: &Claim,
        targets: Vec<Target>,
        grants: Vec<Grant>,
        revoked: &[Grant],
        answer: Answer,
    ) -> Answered {
        let now = self.0.clock.now();
        let mut state = self.state();
        let is_alive = state.rules.has_session(&claim.session);
        let grants: Vec<_> = grants
            .into_iter()
            .filter(|grant| is_alive || session_of(grant).is_none())
            .collect();
        state.is_dirty |= grants.iter().chain(revoked).any(is_lasting);
        for grant in revoked {
            state.rules.remove(&grant.id);
        }
        for grant in &grants {
            state.rules.insert(grant.clone());
        }
        let once = (answer.duration == Duration::Once)
            .then(|| grants.iter().map(|grant| grant.id.clone()).collect());
        let released = self.release(&mut state, claim, answer, once.as_ref());
        if state.book.get(claim.id).is_some() {
            self.tell_changed(&state, claim.id);
        } else if let Some(rest) = claim.unanswered() {
            self.tell(GateEvent::Missed(rest.missed.clone()));
            self.list_missed(&mut state, rest);
        } else {
            self.tell(GateEvent::QuestionClosed {
                id: claim.id,
                how: Closing::Answered(answer),
            });
        }
        if !grants.is_empty() || !revoked.is_empty() {
            self.tell(GateEvent::GrantsChanged);
        }
        let change = if answer.allow && revoked.is_empty() {
            Change::only_allows()
        } else {
            Change::revoked(revoked)
        };
        self.re_decide(&mut state, &change, &now);
        let revoked = revoked.iter().map(|grant| grant.id.clone()).collect();
        let State { book, missed, .. } = &mut *state;
        let left = match book.get(claim.id) {
            Some(open) => open.members.len(),
            None => missed
                .get_mut(claim.id)
                .map_or(0, |entry| entry.missed.question.members.len()),
        };
        Answered {
            question: claim.id,
            targets,
            grants,
            revoked,
            released,
            left,
        }
    }

    /// Tells everything that waits on a question and that the answer covers: what was seen, and what else a widened one
    /// says. What the rules deny by now stays denied.
    fn release(
        &self,
        state: &mut State,
        claim: &Claim,
        answer: Answer,
        once: Option<&Vec<GrantId>>,
    ) -> usize {
        let now = self.0.clock.now();
        let Some(question) = state.book.get_mut(claim.id) else {
            return 0;
        };
        let patterns = plan::patterns(&claim.listed);
        let is_covered = |member: &OpenMember| {
            member.was_listed_at(claim.seen) || patterns.iter().any(|pattern| pattern.matches(&member.target))
        };
        let mut waiting = Vec::new();
        for member in question.members.iter_mut().filter(|member| is_covered(member)) {
            let waiters = member.waiters.drain(..);
            waiting.extend(waiters.map(|waiter| (member.target.clone(), waiter)));
        }
        let released = waiting.len();
        for (target, waiter) in waiting {
            let request = Request {
                session: claim.session.clone(),
                project: claim.project.clone(),
                process: waiter.process.clone(),
                target,
            };
            let told = match (answer.allow, state.decide(&request, &now)) {
                (false, _) => Told::Denied(DeniedBy::Answered),
                (true, Verdict::Deny(basis)) => Told::Denied(DeniedBy::Basis(basis)),
                (true, Verdict::Allow(_) | Verdict::Ask(_)) => {
                    let by = AdmittedBy::Answer(claim.id);
                    Told::Admitted(self.0.registry.permit(&self.0.log, request, by, once.cloned()))
                }
            };
            waiter.tell(told);
        }
        state.book.answered(claim.id, is_covered);
        released
    }

    /// Records entries in order, and returns when all of them are on the disk.
    pub(crate) async fn record_synced(&self, entries: Vec<Entry>) -> Result<(), askbox_audit::Error> {
        self.record_all(entries, Durability::Synced).await
    }

    /// Records entries in order, and returns when all of them arrived: the last one syncs those before it.
    async fn record_all(
        &self,
        entries: Vec<Entry>,
        durability: Durability,
    ) -> Result<(), askbox_audit::Error> {
        let mut entries = entries.into_iter().peekable();
        while let Some(entry) = entries.next() {
            let durability = if entries.peek().is_some() {
                Durability::Unsynced
            } else {
                durability
            };
            self.0.log.record(entry, durability).await?;
        }
        Ok(())
    }
}

/// What has to have happened before an answer takes effect. What it gives and takes back for a session or less ends with the
/// machine, so nobody waits for the disk, which takes tens of milliseconds now and then.
fn durability<'a>(duration: Duration, mut changed: impl Iterator<Item = &'a Grant>) -> Durability {
    if duration == Duration::Always || changed.any(is_lasting) {
        Durability::Synced
    } else {
        Durability::Unsynced
    }
}
