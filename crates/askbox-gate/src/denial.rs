//! Denials: proof and reason that a request may not proceed, in words for logs and people.

use std::fmt;

use askbox_policy::{Basis, Target, display};

use crate::questions::QuestionId;

/// Proof and reason that a request may not proceed. It is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What was asked for.
    pub target: Target,
    /// What denied it.
    pub by: DeniedBy,
    /// The question that was asked, or that can still be answered for the next time.
    pub question: Option<QuestionId>,
}

/// What denied a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeniedBy {
    /// Rules, grants, lists, or the request itself.
    Basis(Basis),
    /// A person.
    Answered,
    /// Nobody answered.
    TimedOut,
    /// The session asked too much and is quiet.
    Quiet,
    /// Too much waits already.
    TooMany,
    /// The session has ended, or never was.
    SessionEnded,
    /// The log cannot be written, so nothing is let through.
    LogFailed,
}

impl Denial {
    /// How it could be allowed the next time, in one line; `None` where only a change of rules would help.
    pub fn hint(&self) -> Option<String> {
        let question = self.question?;
        match self.by {
            DeniedBy::Basis(_) | DeniedBy::Answered | DeniedBy::LogFailed => None,
            DeniedBy::TimedOut | DeniedBy::Quiet | DeniedBy::TooMany | DeniedBy::SessionEnded => {
                Some(format!("askbox allow {question}"))
            }
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} denied: {}", display::target(&self.target), self.by)
    }
}

impl std::error::Error for Denial {}

impl fmt::Display for DeniedBy {
    /// The `by` of an event.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeniedBy::Basis(basis) => basis.fmt(f),
            DeniedBy::Answered => f.write_str("answer"),
            DeniedBy::TimedOut => f.write_str("nobody answered in time"),
            DeniedBy::Quiet => f.write_str("the session asked too much and is quiet"),
            DeniedBy::TooMany => f.write_str("too many requests wait already"),
            DeniedBy::SessionEnded => f.write_str("the session has ended"),
            DeniedBy::LogFailed => f.write_str("the log cannot be written"),
        }
    }
}
