//! Claiming a question for one answer, so that no other counts, and giving it back when the answer cannot be logged.

use askbox_policy::answer::patterns_of_each;
use askbox_policy::{Answer, Duration, Project, SessionId, Verdict, WhyMissed};

use super::AnswerError;
use super::plan::Listed;
use crate::denial::DeniedBy;
use crate::gate::{Gate, State};
use crate::questions::missed::Entry as MissedEntry;
use crate::questions::open::Stage;
use crate::questions::{Missed, Question, QuestionId};

/// A question in the hands of one answer.
pub(super) struct Claim {
    pub(super) id: QuestionId,
    /// The revision that the author of the answer saw.
    pub(super) seen: u32,
    pub(super) session: SessionId,
    pub(super) project: Project,
    pub(super) listed: Vec<Listed>,
    /// Set for a missed question: what to put back if the log fails, and of which what was not seen is put back otherwise.
    pub(super) missed: Option<MissedEntry>,
}

impl Claim {
    /// What a missed question lists beyond what was seen: nobody has answered that.
    pub(super) fn unanswered(&self) -> Option<MissedEntry> {
        let entry = self.missed.as_ref()?;
        let question = entry.missed.question.clone().beyond(self.seen)?;
        Some(MissedEntry {
            key: entry.key.clone(),
            missed: Missed {
                question,
                ..entry.missed.clone()
            },
            reserved_until: None,
        })
    }
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
        let (question, listed) = if let Some(open) = state.book.get(id) {
            let question = as_seen(open.stage == Stage::Answering, open.view(), revision)?;
            let seen = open
                .members
                .iter()
                .filter(|member| member.was_listed_at(revision));
            let each = seen.zip(patterns(&question));
            let listed = each.map(|(member, patterns)| Listed::of_open(member, patterns));
            let listed: Vec<_> = listed.collect();
            (question, listed)
        } else if let Some(entry) = state.missed.get_mut(id) {
            let question = as_seen(false, entry.missed.question.clone(), revision)?;
            let each = question.members.iter().zip(patterns(&question));
            let listed = each.map(|(member, patterns)| Listed::of_missed(member, patterns));
            let listed = listed.collect();
            (question, listed)
        } else {
            return Err(absent(state, id));
        };
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
            seen: revision,
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

/// What an answer is about whose author saw this revision of a question.
pub(super) fn as_seen(
    is_answering: bool,
    question: Question,
    revision: u32,
) -> Result<Question, AnswerError> {
    if is_answering {
        return Err(AnswerError::Closed(question.id));
    }
    let current = question.revision;
    question.seen_at(revision).ok_or(AnswerError::Changed { current })
}

pub(super) fn absent(state: &State, id: QuestionId) -> AnswerError {
    if state.book.was_given(id) {
        AnswerError::Closed(id)
    } else {
        AnswerError::Unknown(id)
    }
}
