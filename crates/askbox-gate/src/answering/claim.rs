//! Claiming a question for one answer, so that no other counts, and giving it back when the answer cannot be logged.

use askbox_policy::answer::patterns_of_each;
use askbox_policy::{Answer, Duration, Project, SessionId, Verdict, WhyMissed};

use super::AnswerError;
use super::plan::Listed;
use crate::denial::DeniedBy;
use crate::gate::{Gate, State};
use crate::questions::missed::Entry as MissedEntry;
use crate::questions::open::Stage;
use crate::questions::{Question, QuestionId};

/// A question in the hands of one answer.
pub(super) struct Claim {
    pub(super) id: QuestionId,
    pub(super) session: SessionId,
    pub(super) project: Project,
    pub(super) listed: Vec<Listed>,
    /// Set for a missed question: what to put back if the log fails.
    pub(super) missed: Option<MissedEntry>,
}

impl Gate {
    /// Takes a question for this answer alone.
    pub(super) fn claim(
        &self,
        state: &mut State,
        id: QuestionId,
        revision: u32,
        answer: &Answer,
    ) -> Result<Claim, AnswerError> {
        let lists = state.rules.policy().lists();
        let patterns = |question: &Question| patterns_of_each(&question.targets(), answer.widen, lists);
        let (question, is_answering, listed) = if let Some(open) = state.book.get(id) {
            let question = open.view();
            let each = open.listed().zip(patterns(&question));
            let listed = each.map(|(member, patterns)| Listed::of_open(member, patterns));
            let listed: Vec<_> = listed.collect();
            (question, open.stage == Stage::Answering, listed)
        } else if let Some(entry) = state.missed.get_mut(id) {
            let question = entry.missed.question.clone();
            let each = question.members.iter().zip(patterns(&question));
            let listed = each.map(|(member, patterns)| Listed::of_missed(member, patterns));
            let listed = listed.collect();
            (question, false, listed)
        } else {
            return Err(absent(state, id));
        };
        check(is_answering, id, question.revision, revision)?;
        let is_alive = state.rules.has_session(&question.session);
        match answer.duration {
            Duration::Once | Duration::Session if !is_alive => return Err(AnswerError::SessionEnded),
            Duration::Once | Duration::Session | Duration::For(_) => {}
            Duration::Always => {
                let now = self.0.clock.now();
                let is_in_force = question.members.iter().all(|member| {
                    let verdict = state.rules.decide_later(&question.request(member), &now);
                    matches!(
                        (verdict, answer.allow),
                        (Verdict::Allow(_), true) | (Verdict::Deny(_), false)
                    )
                });
                if !is_in_force {
                    return Err(AnswerError::RuleNotInForce);
                }
            }
        }
        state.book.claim(id);
        let missed = state.missed.remove(id);
        Ok(Claim {
            id,
            session: question.session,
            project: question.project,
            listed,
            missed,
        })
    }

    /// Undoes a claim whose answer could not be logged: what waits is denied, and the question can be answered again.
    pub(super) fn give_back(&self, claim: Claim) {
        let now = self.0.clock.now();
        let mut state = self.state();
        match claim.missed {
            Some(entry) => self.list_missed(&mut state, entry),
            None => self.miss(
                &mut state,
                claim.id,
                WhyMissed::LogFailed,
                &DeniedBy::LogFailed,
                &now,
            ),
        }
    }
}

/// Whether an answer that saw `seen` may count.
pub(super) fn check(is_answering: bool, id: QuestionId, current: u32, seen: u32) -> Result<(), AnswerError> {
    if is_answering {
        return Err(AnswerError::Closed(id));
    }
    if seen == current {
        Ok(())
    } else {
        Err(AnswerError::Changed { current })
    }
}

pub(super) fn absent(state: &State, id: QuestionId) -> AnswerError {
    if state.book.was_given(id) {
        AnswerError::Closed(id)
    } else {
        AnswerError::Unknown(id)
    }
}
