//! What front ends are shown, made from what gate, policy and log hold. Everything that a sandboxed program chose goes
//! through [`askbox_policy::display`] here; raw values stand beside it, escaped as in the log.

use std::path::PathBuf;

use askbox_audit::{path_text, target_text};
use askbox_gate::{Closing, GateEvent, Missed, Question};
use askbox_policy::{Answer, Grant, Kind, Pattern, Process, Rule, Scope, Target, answer, display};
use askbox_wire::{
    Closed, ErrorCode, Event, GrantView, MemberView, MissedView, PolicyFileState, PolicyFileView, PolicyView,
    ProblemView, ProcessView, QuestionView, RuleView, ScopeView, WireError, rfc3339,
};

use crate::limits::{self, ProcessLimits};
use crate::policy_store::{PolicySource, Snapshot, SourceState};

mod bounds;

/// An open question.
pub(crate) fn question(question: &Question, toolchains: &[PathBuf]) -> QuestionView {
    let targets: Vec<Target> = question
        .members
        .iter()
        .map(|member| member.target.clone())
        .collect();
    let first = question.members.first().map(|member| &member.process);
    QuestionView {
        id: question.id.to_string(),
        revision: question.revision,
        kind: question.kind,
        targets: targets
            .iter()
            .map(|target| bounds::text(target_text(target), limits::TARGET_BYTES))
            .collect(),
        process: first
            .map(|first| process(first, &limits::FIRST_PROCESS))
            .unwrap_or_default(),
        project: path_text(question.project.path()),
        session: question.session.clone(),
        session_name: display::text(&question.session_name, limits::NAME_SHOWN),
        raised: rfc3339(question.raised_ms),
        expires: rfc3339(question.expires_ms),
        expires_ms: question.expires_ms,
        title: title(question, toolchains),
        group: display::text(&question.group, limits::PATH_SHOWN),
        members: question
            .members
            .iter()
            .map(|member| MemberView {
                target: bounds::text(target_text(&member.target), limits::MEMBER_TARGET_BYTES),
                display: display::target(&member.target),
                process: process(&member.process, &limits::MEMBER_PROCESS),
                reason: display::text(&member.basis.to_string(), limits::PATH_SHOWN),
                waiting: member.waiting,
            })
            .collect(),
        waiting: question.members.iter().map(|member| member.waiting).sum(),
        unlisted: question.unlisted,
        widened: answer::preview(&targets, true)
            .iter()
            // Nothing is wider than a profile.
            .filter(|_| question.kind != Kind::Profile)
            .map(|line| display::text(line, limits::PATH_SHOWN))
            .collect(),
    }
}

/// A missed question.
pub(crate) fn missed(missed: &Missed, toolchains: &[PathBuf]) -> MissedView {
    MissedView {
        question: question(&missed.question, toolchains),
        missed: rfc3339(missed.missed_ms),
        why: missed.why,
    }
}

/// News of the gate.
pub(crate) fn gate_event(event: &GateEvent, toolchains: &[PathBuf]) -> Event {
    match event {
        GateEvent::QuestionOpened(open) => Event::QuestionOpened(question(open, toolchains)),
        GateEvent::QuestionChanged(open) => Event::QuestionChanged(question(open, toolchains)),
        GateEvent::QuestionClosed { id, how } => Event::QuestionClosed {
            id: id.to_string(),
            outcome: match how {
                Closing::Answered(Answer { allow: true, .. }) => Closed::Allowed,
                Closing::Answered(Answer { allow: false, .. }) => Closed::Denied,
                Closing::Decided => Closed::Decided,
                Closing::Missed(_) => Closed::Missed,
            },
        },
        GateEvent::Missed(question) => Event::Missed(missed(question, toolchains)),
        GateEvent::MissedDecided => Event::MissedChanged,
        GateEvent::GrantsChanged => Event::GrantsChanged,
        GateEvent::SessionQuiet(session) => Event::SessionQuiet {
            session: session.clone(),
            quiet: true,
        },
        GateEvent::SessionResumed(session) => Event::SessionQuiet {
            session: session.clone(),
            quiet: false,
        },
    }
}

/// `npm (my-project) wants example.com`, and how many targets more.
fn title(question: &Question, toolchains: &[PathBuf]) -> String {
    let Some(first) = question.members.first() else {
        return String::new();
    };
    let title = display::title(&first.process, &question.project, &first.target, toolchains);
    match question.members.len() {
        0 | 1 => title,
        more => format!("{title} and {} more", more - 1),
    }
}

/// The program behind a request.
fn process(process: &Process, limits: &ProcessLimits) -> ProcessView {
    let exe = process.exe.as_deref().map(path_text);
    ProcessView {
        pid: process.pid,
        exe: exe.map(|exe| bounds::text(exe, limits.exe_bytes)),
        command: bounds::words(&process.command, limits.command_bytes),
        display: display::text(&display::command(&process.command), limits.command_shown),
        others: process
            .others
            .iter()
            .take(limits.others)
            .map(|other| display::text(other, limits::NAME_SHOWN))
            .collect(),
    }
}

/// A rule.
pub(crate) fn rule(rule: &Rule) -> RuleView {
    let (pattern, address) = pattern(&rule.pattern);
    RuleView {
        id: rule.id.0.clone(),
        effect: rule.effect,
        kind: rule.pattern.kind(),
        pattern,
        address,
        project: rule.project.as_deref().map(path_text),
        program: rule.program.as_ref().map(ToString::to_string),
        expires: rule.expires.as_ref().map(|expires| rfc3339(expires.wall_ms)),
        note: rule.note.clone(),
        origin: rule.origin,
    }
}

/// A remembered answer.
pub(crate) fn grant(grant: &Grant) -> GrantView {
    let (pattern, address) = pattern(&grant.pattern);
    GrantView {
        id: grant.id.clone(),
        effect: grant.effect,
        kind: grant.pattern.kind(),
        pattern,
        address,
        scope: match &grant.scope {
            Scope::Once { session, process } => ScopeView::Once {
                session: session.clone(),
                pid: process.pid,
            },
            Scope::Session(session) => ScopeView::Session(session.clone()),
            Scope::Project(path) => ScopeView::Project(path_text(path)),
            Scope::Everywhere => ScopeView::Everywhere,
        },
        given: rfc3339(grant.given.wall_ms),
        expires: grant.expires.as_ref().map(|expires| rfc3339(expires.wall_ms)),
    }
}

/// The policy in force.
pub(crate) fn policy(snapshot: &Snapshot) -> PolicyView {
    PolicyView {
        preset: snapshot.policy.settings().preset.to_string(),
        default_expiry_ms: snapshot.policy.settings().default_expiry_ms,
        rules: snapshot.policy.rules().count(),
        blocked_names: snapshot.blocked_names(),
        files: snapshot
            .managed
            .iter()
            .chain([&snapshot.user])
            .map(policy_file)
            .collect(),
    }
}

fn policy_file(source: &PolicySource) -> PolicyFileView {
    PolicyFileView {
        path: path_text(&source.path),
        state: match source.state {
            SourceState::Loaded => PolicyFileState::Loaded,
            SourceState::Missing => PolicyFileState::Missing,
            SourceState::LastGood => PolicyFileState::LastGood,
            SourceState::Broken => PolicyFileState::Broken,
        },
        problems: source
            .problems
            .iter()
            .map(|problem| ProblemView {
                line: problem.line,
                column: problem.column,
                reason: problem.reason.clone(),
                hint: problem.hint.clone(),
            })
            .collect(),
    }
}

/// The error that says that nothing may happen without a log.
pub(crate) fn log_failed(error: &dyn std::error::Error) -> WireError {
    WireError::new(ErrorCode::Log, chain(error))
        .with_hint("free some space on the disk of the log, or run `askbox log verify`")
}

/// An error and everything behind it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

/// A pattern without its private address, and that address.
fn pattern(pattern: &Pattern) -> (String, Option<std::net::IpAddr>) {
    match pattern {
        Pattern::Network(network) => {
            let address = network.address;
            (
                askbox_policy::NetworkPattern {
                    address: None,
                    ..network.clone()
                }
                .to_string(),
                address,
            )
        }
        Pattern::Read(_) | Pattern::Write(_) | Pattern::Execute(_) | Pattern::Profile(_) => {
            (pattern.to_string(), None)
        }
    }
}

#[cfg(test)]
mod tests;
