//! Open and missed questions, and their answers.

use std::sync::Arc;

use askbox_gate::{AnswerError, QuestionId};
use askbox_policy::answer as policy_answer;
use askbox_policy::{Answer, Duration, Pattern, Rule, Target};
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
        Ok(answered) => {
            let lists = Arc::clone(daemon.policy.policy().lists());
            let covered = policy_answer::patterns(&answered.targets, answer.widen, &lists);
            let (rules, void) = by_what_counted(written, &answered.targets, &covered);
            take_back(daemon, void).await;
            Ok(Response::Answered(AnsweredView {
                allow: answer.allow,
                released: answered.released,
                grants: answered.grants.iter().map(views::grant).collect(),
                rules: rules.iter().map(views::rule).collect(),
                left: answered.left,
            }))
        }
        Err(error) => {
            take_back(daemon, written).await;
            Err(refused(&error))
        }
    }
}

/// Splits the rules that were written for an answer: those of what it was counted for and of what it covers for that, and those
/// of what was answered otherwise between the two.
fn by_what_counted(written: Vec<Rule>, targets: &[Target], covered: &[Pattern]) -> (Vec<Rule>, Vec<Rule>) {
    let counts = |rule: &Rule| {
        covered.contains(&rule.pattern) || targets.iter().any(|target| rule.pattern.matches(target))
    };
    written.into_iter().partition(counts)
}

/// An answer leaves no rule behind for what it does not count for.
async fn take_back(daemon: &Daemon, written: Vec<Rule>) {
    if written.is_empty() {
        return;
    }
    let ids = written.into_iter().map(|rule| rule.id).collect();
    if let Err(error) = daemon.remove_rules(ids).await {
        tracing::error!(%error, "the rule of an answer that did not count stays");
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

#[cfg(test)]
mod tests {
    use askbox_policy::answer::patterns;
    use askbox_policy::builtin_lists::Lists;
    use askbox_policy::{CanonicalPath, Effect, Origin, SessionId};

    use super::*;
    use crate::testing::wanted;

    fn target(host: &str) -> Target {
        wanted(&SessionId("s".into()), host).target
    }

    fn rule(host: &str) -> Rule {
        let home = CanonicalPath::new("/home/u".as_ref()).unwrap();
        let lists = Lists::for_home(&home, &[], &[]);
        let pattern = patterns(&[target(host)], false, &lists).remove(0);
        Rule::new(Effect::Allow, pattern, Origin::Answered)
    }

    #[test]
    fn a_rule_stays_where_the_answer_was_counted_for_something_that_it_covers() {
        let written = vec![rule("a.test"), rule("b.test")];
        let all = by_what_counted(written.clone(), &[target("b.test"), target("a.test")], &[]);
        assert_eq!(all, (written.clone(), Vec::new()));
        let some = by_what_counted(written, &[target("b.test")], &[]);
        assert_eq!(some, (vec![rule("b.test")], vec![rule("a.test")]));
    }

    #[test]
    fn a_rule_stays_where_the_answer_covers_more_than_was_asked_for() {
        let (asked, beside) = (rule("a.test"), rule("b.test"));
        let covered = [asked.pattern.clone(), beside.pattern.clone()];
        let written = vec![asked, beside];
        let all = by_what_counted(written.clone(), &[target("a.test")], &covered);
        assert_eq!(all, (written, Vec::new()));
    }
}
