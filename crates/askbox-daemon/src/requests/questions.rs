//! Open and missed questions, and their answers.

use std::sync::Arc;

use askbox_gate::{AnswerError, QuestionId};
use askbox_policy::{Answer, Duration};
use askbox_wire::{AnsweredView, ErrorCode, Place, Response, WireError};

use super::rules;
use crate::daemon::Daemon;
use crate::views;

pub(super) fn open(daemon: &Daemon) -> Response {
    let (questions, shown_by) = (daemon.gate.open_questions(), daemon.shown_by());
    Response::Questions(
        questions
            .iter()
            .map(|question| views::question(question, &shown_by))
            .collect(),
    )
}

pub(super) fn missed(daemon: &Daemon) -> Response {
    let (missed, shown_by) = (daemon.gate.missed(), daemon.shown_by());
    Response::Missed(
        missed
            .iter()
            .map(|missed| views::missed(missed, &shown_by))
            .collect(),
    )
}

/// Answers a question. *Always* becomes a rule first: the gate then finds it in force and lets go of what waits.
pub(super) async fn answer(
    daemon: &Arc<Daemon>,
    id: &str,
    revision: u32,
    answer: Answer,
    place: Place,
) -> Result<Response, WireError> {
    let id: QuestionId = id.parse().map_err(|_not_a_number| no_such())?;
    let written = match answer.duration {
        Duration::Once | Duration::Session | Duration::For(_) => Vec::new(),
        Duration::Always => {
            let rules = daemon
                .gate
                .rules_for(id, revision, &answer)
                .map_err(|error| refused(&error))?;
            daemon
                .add_rules(rules)
                .await
                .map_err(|error| rules::refused(&error))?
        }
    };
    match daemon.gate.answer(id, revision, answer, place.name()).await {
        Ok(answered) => Ok(Response::Answered(AnsweredView {
            allow: answer.allow,
            released: answered.released,
            grants: answered.grants.iter().map(views::grant).collect(),
            rules: written.iter().map(views::rule).collect(),
            left: answered.left,
        })),
        Err(error) => {
            // An answer that does not count leaves no rule behind.
            let ids = written.into_iter().map(|rule| rule.id).collect();
            if let Err(error) = daemon.remove_rules(ids).await {
                tracing::error!(%error, "the rule of an answer that did not count stays");
            }
            Err(refused(&error))
        }
    }
}

/// Puts the end of a question off for a person who is at it.
pub(super) fn keep(daemon: &Daemon, id: &str) -> Result<Response, WireError> {
    let id: QuestionId = id.parse().map_err(|_not_a_number| no_such())?;
    if daemon.gate.keep_question(id) {
        Ok(Response::Done)
    } else {
        Err(no_such())
    }
}

fn no_such() -> WireError {
    WireError::new(ErrorCode::NotFound, "there is no such question").with_hint("askbox questions")
}

fn refused(error: &AnswerError) -> WireError {
    let code = match error {
        AnswerError::Unknown(_) | AnswerError::Closed(_) => ErrorCode::NotFound,
        AnswerError::Changed { .. } => ErrorCode::Stale,
        AnswerError::SessionEnded | AnswerError::RuleNotInForce => ErrorCode::Refused,
        AnswerError::Log(_) => ErrorCode::Log,
        AnswerError::Random(_) => ErrorCode::Internal,
        AnswerError::Interrupted => ErrorCode::Stopping,
    };
    let wire = WireError::new(code, views::chain(error));
    match error {
        AnswerError::Unknown(_) | AnswerError::Closed(_) | AnswerError::Changed { .. } => {
            wire.with_hint("askbox questions")
        }
        AnswerError::RuleNotInForce => wire.with_hint("askbox rules list"),
        AnswerError::SessionEnded
        | AnswerError::Log(_)
        | AnswerError::Random(_)
        | AnswerError::Interrupted => wire,
    }
}
