//! What a caller hands in: typed, and turned into an event here and nowhere else, bounded in size.
//! Knows nothing of numbers, times or hashes; the writer adds those.

use std::path::PathBuf;

use askbox_policy::{Answer, Grant, Project, Rule, SessionId, Target};

use crate::change::{DaemonChange, GrantChange, PolicyChange, RuleChange, SessionChange};
use crate::event::{Event, EventKind, EventProcess, Outcome};
use crate::limits;
use crate::text::{answer_text, path_text, pattern_text, scope_text, target_text, time_text};

/// One thing to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The run that it belongs to.
    pub session: Option<SessionId>,
    /// The directory that the run is for.
    pub project: Option<Project>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A request was decided, or a question was raised for it.
    Verdict {
        /// What was asked for; gives the event its kind.
        target: Target,
        /// What was decided.
        verdict: Outcome,
        /// Why, in the words of `Basis`, or that of an answer, a time-out, a quiet session.
        by: String,
        /// Who asked.
        process: EventProcess,
        /// The question that was raised or answered.
        question: Option<String>,
        /// How often the same was decided again since its own event; 0 in that one.
        repeats: u64,
        /// The program that reads it, where a script is started.
        interpreter: Option<PathBuf>,
    },
    /// A person answered a question.
    Answer {
        /// The question.
        question: String,
        /// What it listed, all of it.
        targets: Vec<Target>,
        /// The answer.
        answer: Answer,
        /// Where the person answered: `notification`, `window`, `command line`.
        by: String,
    },
    /// A remembered answer came or went.
    Grant {
        /// Which of the two.
        change: GrantChange,
        /// The grant.
        grant: Box<Grant>,
    },
    /// A rule came or went.
    Rule {
        /// Which of the two.
        change: RuleChange,
        /// The rule.
        rule: Box<Rule>,
    },
    /// A session began, ended or changed.
    Session {
        /// Which of these.
        change: SessionChange,
        /// Its name, how it ended, or why.
        detail: Option<String>,
    },
    /// A connection ended.
    Traffic {
        /// Where it led.
        target: Target,
        /// Bytes that went into the sandbox.
        bytes_in: u64,
        /// Bytes that came out of it.
        bytes_out: u64,
        /// Who held it.
        process: EventProcess,
    },
    /// The daemon began or ended.
    Daemon {
        /// Which of these.
        change: DaemonChange,
        /// Its version, or why.
        detail: Option<String>,
    },
    /// The policy changed.
    Policy {
        /// How.
        change: PolicyChange,
        /// Which file, and why not.
        detail: Option<String>,
    },
}

impl Entry {
    /// An entry that belongs to no session.
    pub fn of_daemon(change: DaemonChange, detail: Option<String>) -> Self {
        Self {
            session: None,
            project: None,
            what: What::Daemon { change, detail },
        }
    }

    /// An entry about the policy, which is everybody's.
    pub fn of_policy(change: PolicyChange, detail: String) -> Self {
        Self {
            session: None,
            project: None,
            what: What::Policy {
                change,
                detail: Some(detail),
            },
        }
    }

    /// An entry about a rule in policy.toml.
    pub fn of_rule(change: RuleChange, rule: Rule) -> Self {
        Self {
            session: None,
            project: None,
            what: What::Rule {
                change,
                rule: Box::new(rule),
            },
        }
    }

    /// The event of this entry; number and time are 0 until the writer sets them.
    pub(crate) fn draft(self) -> Event {
        let mut event = empty(EventKind::Daemon);
        event.session = self.session;
        event.project = self.project.map(|project| path_text(project.path()));
        fill(&mut event, self.what);
        for text in [
            &mut event.by,
            &mut event.detail,
            &mut event.question,
            &mut event.grant,
        ] {
            cut(text, limits::TEXT_BYTES);
        }
        for text in [&mut event.target, &mut event.project] {
            cut(text, limits::TARGET_BYTES);
        }
        event
    }
}

/// What else is to be said of a verdict.
fn verdict_detail(repeats: u64, interpreter: Option<PathBuf>) -> Option<String> {
    let script = interpreter.map(|path| format!("a script, read by {}", path_text(&path)));
    let count = (0 < repeats).then(|| format!("{repeats} more times"));
    count.or(script)
}

/// Turns each kind of happening into the fields that it uses.
fn fill(event: &mut Event, what: What) {
    match what {
        What::Verdict {
            target,
            verdict,
            by,
            process,
            question,
            repeats,
            interpreter,
        } => {
            event.kind = target.kind().into();
            event.target = Some(target_text(&target));
            event.verdict = Some(verdict);
            event.by = Some(by);
            event.process = Some(process);
            event.question = question;
            event.detail = verdict_detail(repeats, interpreter);
        }
        What::Answer {
            question,
            targets,
            answer,
            by,
        } => {
            event.kind = EventKind::Answer;
            event.target = Some(targets.iter().map(target_text).collect::<Vec<_>>().join(", "));
            event.verdict = Some(if answer.allow {
                Outcome::Allow
            } else {
                Outcome::Deny
            });
            event.by = Some(by);
            event.detail = Some(answer_text(&answer));
            event.question = Some(question);
        }
        What::Grant { change, grant } => {
            event.kind = EventKind::Grant;
            event.target = Some(pattern_text(&grant.pattern));
            event.verdict = Some(grant.effect.into());
            event.action = Some(change.name().to_owned());
            event.detail = Some(grant_detail(change, &grant));
            event.grant = Some(grant.id.0);
        }
        What::Rule { change, rule } => {
            event.kind = EventKind::Rule;
            event.target = Some(pattern_text(&rule.pattern));
            event.verdict = Some(rule.effect.into());
            event.by = Some(format!("rule {}", rule.id));
            event.action = Some(change.name().to_owned());
            event.detail = rule.note;
            event.project = rule.project.as_deref().map(path_text).or(event.project.take());
        }
        What::Session { change, detail } => happened(event, EventKind::Session, change.name(), detail),
        What::Traffic {
            target,
            bytes_in,
            bytes_out,
            process,
        } => {
            event.kind = EventKind::Traffic;
            event.target = Some(target_text(&target));
            event.process = Some(process);
            event.bytes_in = Some(storable(bytes_in));
            event.bytes_out = Some(storable(bytes_out));
        }
        What::Daemon { change, detail } => happened(event, EventKind::Daemon, change.name(), detail),
        What::Policy { change, detail } => happened(event, EventKind::Policy, change.name(), detail),
    }
}

/// Whom a grant is for; and when it ends, where that was moved.
fn grant_detail(change: GrantChange, grant: &Grant) -> String {
    let scope = scope_text(&grant.scope);
    let end = grant.expires.as_ref().filter(|_| change == GrantChange::Moved);
    end.map_or_else(
        || scope.clone(),
        |end| format!("{scope}, until {}", time_text(end.wall_ms)),
    )
}

/// What has no target: only that it happened, and a word about it.
fn happened(event: &mut Event, kind: EventKind, action: &str, detail: Option<String>) {
    event.kind = kind;
    event.action = Some(action.to_owned());
    event.detail = detail;
}

/// An event of this kind that says nothing yet.
fn empty(kind: EventKind) -> Event {
    Event {
        seq: 0,
        time_ms: 0,
        session: None,
        project: None,
        kind,
        target: None,
        verdict: None,
        by: None,
        process: None,
        bytes_in: None,
        bytes_out: None,
        action: None,
        detail: None,
        question: None,
        grant: None,
    }
}

/// `SQLite` has no unsigned integers; a count that does not fit is as good as the largest that does.
fn storable(count: u64) -> u64 {
    count.min(i64::MAX.unsigned_abs())
}

fn cut(text: &mut Option<String>, bytes: usize) {
    if let Some(text) = text {
        text.truncate(text.floor_char_boundary(bytes));
    }
}

#[cfg(test)]
mod tests;
