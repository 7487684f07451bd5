//! Denials: proof and reason that a request may not proceed, in words for logs and people.

use std::fmt;

use askbox_policy::{Basis, NeighbourPattern, Target, display};

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
    /// Questions are paused.
    Paused,
    /// The machine is about to sleep, and nobody can wait meanwhile.
    Suspended,
    /// Too much waits already.
    TooMany,
    /// The session has ended, or never was.
    SessionEnded,
    /// The log cannot be written, so nothing is let through.
    LogFailed,
}

impl Denial {
    /// How it could be allowed the next time, in one line; `None` where nothing would help.
    pub fn hint(&self) -> Option<String> {
        let answer = self.question.map(|question| format!("askbox allow {question}"));
        match &self.by {
            DeniedBy::Basis(Basis::Malformed(_) | Basis::NotTcp(_)) => None,
            DeniedBy::Basis(basis) => basis.hint().or_else(|| self.rule()),
            DeniedBy::Answered => {
                Some("`askbox rules` lists what was answered; `askbox revoke ID` takes it back".to_owned())
            }
            DeniedBy::TimedOut
            | DeniedBy::Quiet
            | DeniedBy::Paused
            | DeniedBy::Suspended
            | DeniedBy::TooMany => answer.or_else(|| self.rule()),
            DeniedBy::SessionEnded => answer.or_else(|| Some("start the command again".to_owned())),
            DeniedBy::LogFailed => Some("`askbox doctor` looks at the log".to_owned()),
        }
    }

    /// The rule that allows just this, as it is typed. A host is named whole, since a shortened one would be another: it is
    /// nothing but letters, digits, dots, hyphens and underscores, or an address.
    fn rule(&self) -> Option<String> {
        let add = "askbox rules add allow network";
        match &self.target {
            Target::Network(destination) => Some(format!("{add} '{destination}'")),
            Target::LocalNetwork { destination, address } => {
                Some(format!("{add} '{destination}' --address {address}"))
            }
            Target::Profile(name) => Some(format!("askbox rules add allow profile {name}")),
            Target::Neighbour(neighbour) => {
                let pattern = NeighbourPattern::exact(neighbour);
                Some(format!("askbox rules add allow neighbour '{pattern}'"))
            }
            Target::Growth(_) => Some("askbox rules add allow growth disk".to_owned()),
            Target::Datagrams(destination) => Some(format!("{add} '{destination}/udp'")),
            Target::Published(_) | Target::Read(_) | Target::Write(_) | Target::Execute(_) => None,
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
            DeniedBy::Paused => f.write_str("questions are paused"),
            DeniedBy::Suspended => f.write_str("the machine was put to sleep"),
            DeniedBy::TooMany => f.write_str("too many requests wait already"),
            DeniedBy::SessionEnded => f.write_str("the session has ended"),
            DeniedBy::LogFailed => f.write_str("the log cannot be written"),
        }
    }
}

#[cfg(test)]
mod tests;
