//! What the gate writes into the log, in the log's words.

use askbox_audit::{DaemonChange, Entry, EventProcess, GrantChange, Outcome, SessionChange, What};
use askbox_policy::{Answer, Grant, Process, Project, Request, SessionId, Target, display};

use crate::admissions;
use crate::denials::Kind;
use crate::limits::DENIED_PER_WINDOW;
use crate::permits::AdmittedBy;
use crate::questions::QuestionId;

/// A verdict on a request.
pub(crate) fn verdict(
    request: &Request,
    verdict: Outcome,
    by: String,
    question: Option<QuestionId>,
) -> Entry {
    Entry {
        session: Some(request.session.clone()),
        project: Some(request.project.clone()),
        what: What::Verdict {
            target: request.target.clone(),
            verdict,
            by,
            process: event_process(&request.process),
            question: question.map(|id| id.to_string()),
            repeats: 0,
            interpreter: request.process.interpreter.clone(),
        },
    }
}

/// Denials that followed one of the same kind, which is an event of its own.
pub(crate) fn denials(
    session: &SessionId,
    project: &Project,
    (target, by, question): &Kind,
    process: &EventProcess,
    more: u64,
) -> Entry {
    Entry {
        session: Some(session.clone()),
        project: Some(project.clone()),
        what: What::Verdict {
            target: target.clone(),
            verdict: Outcome::Deny,
            by: by.clone(),
            process: process.clone(),
            question: question.map(|id| id.to_string()),
            repeats: more,
            interpreter: None,
        },
    }
}

/// Admissions to a file that followed one of the same kind, which is an event of its own.
pub(crate) fn admissions(
    session: &SessionId,
    project: &Project,
    (target, by): &admissions::Kind,
    more: u64,
) -> Entry {
    let question = match by {
        AdmittedBy::Rules(_) => None,
        AdmittedBy::Answer(question) => Some(question.to_string()),
    };
    Entry {
        session: Some(session.clone()),
        project: Some(project.clone()),
        what: What::Verdict {
            target: target.clone(),
            verdict: Outcome::Allow,
            by: by.to_string(),
            process: event_process(&Process::unknown()),
            question,
            repeats: more,
            interpreter: None,
        },
    }
}

/// A session was denied more different things than are listed; with `more` 0 it begins, otherwise so many were not listed.
pub(crate) fn flood(session: &SessionId, project: &Project, more: u64) -> Entry {
    let detail = if more == 0 {
        format!(
            "more than {DENIED_PER_WINDOW} different requests were denied within a minute; others are only counted"
        )
    } else {
        format!("{more} more were denied and are not listed")
    };
    Entry {
        session: Some(session.clone()),
        project: Some(project.clone()),
        what: What::Session {
            change: SessionChange::Flood,
            detail: Some(detail),
        },
    }
}

/// A person's answer to everything that a question lists.
pub(crate) fn answer(
    (session, project): (&SessionId, &Project),
    question: QuestionId,
    targets: Vec<Target>,
    answer: Answer,
    by: &str,
) -> Entry {
    Entry {
        session: Some(session.clone()),
        project: Some(project.clone()),
        what: What::Answer {
            question: question.to_string(),
            targets,
            answer,
            by: by.to_owned(),
        },
    }
}

/// A grant that came or went.
pub(crate) fn grant(change: GrantChange, grant: &Grant) -> Entry {
    Entry {
        session: None,
        project: None,
        what: What::Grant {
            change,
            grant: Box::new(grant.clone()),
        },
    }
}

/// Something that holds for all sessions.
pub(crate) fn daemon(change: DaemonChange, detail: &str) -> Entry {
    Entry::of_daemon(change, Some(detail.to_owned()))
}

/// A session that turned quiet, or no longer is.
pub(crate) fn session(id: &SessionId, project: &Project, change: SessionChange) -> Entry {
    Entry {
        session: Some(id.clone()),
        project: Some(project.clone()),
        what: What::Session { change, detail: None },
    }
}

/// A session that has no more room, and what that means.
pub(crate) fn full(id: &SessionId, project: &Project, detail: String) -> Entry {
    Entry {
        session: Some(id.clone()),
        project: Some(project.clone()),
        what: What::Session {
            change: SessionChange::Full,
            detail: Some(detail),
        },
    }
}

/// What the log keeps of a process.
pub(crate) fn event_process(process: &Process) -> EventProcess {
    EventProcess::new(
        process,
        display::command_shortened(process.exe.as_deref(), &process.command),
    )
}
