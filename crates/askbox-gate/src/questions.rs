//! Questions as people and front ends see them: open ones, missed ones, and how one ended. The state machine behind
//! them is in `open` and `book`; nothing in here awaits, reads a clock or decides.

pub(crate) mod book;
pub(crate) mod group;
pub(crate) mod meter;
pub(crate) mod missed;
pub(crate) mod open;

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use askbox_policy::{Answer, Basis, Kind, Process, Project, Request, SessionId, Target, WhyMissed};
use serde::{Deserialize, Serialize};

/// Names a question, short enough to type. Counts on from life to life of the daemon, as the log has it, so that a late
/// answer cannot meet another question than its author saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(pub u64);

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for QuestionId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// An open Ask, as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its name.
    pub id: QuestionId,
    /// Counts the times that a target was added. An answer carries the one that its author saw.
    pub revision: u32,
    /// What kind of request it is about.
    pub kind: Kind,
    /// The run that asks.
    pub session: SessionId,
    /// What that run is for.
    pub project: Project,
    /// The name of the run for people.
    pub session_name: String,
    /// What is asked for; an answer covers exactly these.
    pub members: Vec<Member>,
    /// What the members have in common: a registrable domain, an address, a top directory. A label, pass it through
    /// [`askbox_policy::display`].
    pub group: String,
    /// Targets that are not listed because the list is full: files, which wait all the same and which a widened answer may
    /// cover, and what was denied.
    pub unlisted: u32,
    /// When it was raised, in milliseconds since 1970.
    pub raised_ms: u64,
    /// When it becomes a missed one, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// One target of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What is asked for.
    pub target: Target,
    /// The program that asked first.
    pub process: Process,
    /// Why the rules leave it to a person.
    pub basis: Basis,
    /// Requests that wait for the answer; 0 when the program stopped waiting.
    pub waiting: usize,
    /// The revision that listed it first: an answer to an earlier one says nothing of it.
    pub since: u32,
}

/// A question that nobody answered in time, or that was never shown. It can still be answered, for later requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// What was asked, with nobody waiting.
    pub question: Question,
    /// Why it is here.
    pub why: WhyMissed,
    /// Since when, in milliseconds since 1970.
    pub missed_ms: u64,
}

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// A person answered.
    Answered(Answer),
    /// A change of rules or grants decided all of it.
    Decided,
    /// It is a missed one now.
    Missed(WhyMissed),
}

impl Question {
    /// What it lists.
    pub fn targets(&self) -> Vec<Target> {
        self.members.iter().map(|member| member.target.clone()).collect()
    }

    /// The question as far as somebody saw it who looked at an earlier revision: what it listed then and still does. `None`
    /// where nothing of that is left, or where it cannot be answered in part.
    pub(crate) fn seen_at(mut self, revision: u32) -> Option<Self> {
        if revision == self.revision {
            return Some(self);
        }
        let has_parts = match self.kind {
            Kind::Network | Kind::Read | Kind::Write | Kind::Execute => true,
            // It asks about one thing, and what is added is that thing as it is now.
            Kind::Profile | Kind::Neighbour | Kind::Growth => false,
        };
        if !has_parts || self.revision < revision {
            return None;
        }
        self.members.retain(|member| member.since <= revision);
        self.revision = revision;
        (!self.members.is_empty()).then_some(self)
    }

    /// What it lists beyond that revision; `None` where that is nothing.
    pub(crate) fn beyond(mut self, revision: u32) -> Option<Self> {
        self.members.retain(|member| revision < member.since);
        (!self.members.is_empty()).then_some(self)
    }

    /// The request that one of its members stands for.
    pub(crate) fn request(&self, member: &Member) -> Request {
        Request {
            session: self.session.clone(),
            project: self.project.clone(),
            process: member.process.clone(),
            target: member.target.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
