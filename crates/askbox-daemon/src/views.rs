//! What front ends are shown, made from what gate, policy and log hold. Everything that a sandboxed program chose goes
//! through [`askbox_policy::display`] here; raw values stand beside it, escaped as in the log.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_audit::{path_text, target_text};
use askbox_gate::{Closing, Gate, GateEvent, Missed, Question, Usage};
use askbox_policy::builtin_lists::Lists;
use askbox_policy::{
    Answer, Basis, Bundle, Grant, Kind, Moment, Pattern, Process, Rule, Scope, Target, answer, display,
};
use askbox_wire::{
    Closed, EndedProgram, EndedPrograms, ErrorCode, Event, GrantView, HostView, MemberView, MissedView,
    ObstacleView, PolicyFileState, PolicyFileView, PolicyView, ProblemView, ProcessNode, ProcessView,
    QuestionView, RuleView, ScopeView, WireError, rfc3339,
};

use crate::limits::{self, ProcessLimits};
use crate::policy_store::{PolicySource, Snapshot, SourceState};
use crate::process_view::Node;
use crate::session::Latest;

mod bounds;

/// What questions are shown by.
#[derive(Clone, Debug)]
pub(crate) struct ShownBy {
    /// The home directory, and how far an answer can be widened.
    pub(crate) lists: Arc<Lists>,
    /// Directories of programs that go by their bare name.
    pub(crate) toolchains: Arc<[PathBuf]>,
}

impl ShownBy {
    fn home(&self) -> &Path {
        self.lists.home().as_path()
    }
}

/// An open question.
pub(crate) fn question(question: &Question, shown_by: &ShownBy) -> QuestionView {
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
        project_shown: display::path_at(question.project.path(), shown_by.home(), limits::PATH_SHOWN),
        session: question.session.clone(),
        session_name: display::text(&question.session_name, limits::NAME_SHOWN),
        raised: rfc3339(question.raised_ms),
        expires: rfc3339(question.expires_ms),
        expires_ms: question.expires_ms,
        title: title(question, shown_by),
        group: group(question, shown_by),
        bundle: bundle(question, shown_by).map(|bundle| bundle.title.clone()),
        members: members(question, shown_by),
        waiting: question.members.iter().map(|member| member.waiting).sum(),
        unlisted: question.unlisted,
        widened: answer::patterns(&targets, true, &shown_by.lists)
            .iter()
            // Nothing is wider than these.
            .filter(|_| !matches!(question.kind, Kind::Profile | Kind::Neighbour | Kind::Growth))
            .map(|pattern| {
                format!(
                    "{} {}",
                    pattern.kind(),
                    display::pattern(pattern, shown_by.home())
                )
            })
            .collect(),
        covers: targets
            .iter()
            .flat_map(|target| covered(target, &shown_by.lists))
            .collect(),
    }
}

/// What a profile opens, a line for each path or domain family.
fn covered(target: &Target, lists: &Lists) -> Vec<String> {
    let Target::Profile(name) = target else {
        return Vec::new();
    };
    let patterns = name
        .profile()
        .map(|profile| profile.patterns(lists.home()))
        .unwrap_or_default();
    let shown = |pattern: &Pattern| display::pattern(pattern, lists.home().as_path());
    let lines = patterns.iter().filter_map(|pattern| match pattern {
        Pattern::Read(path) if patterns.contains(&Pattern::Write(path.clone())) => {
            Some(format!("read and write {}", shown(pattern)))
        }
        Pattern::Write(path) if patterns.contains(&Pattern::Read(path.clone())) => None,
        pattern => Some(format!("{} {}", pattern.kind(), shown(pattern))),
    });
    lines.collect()
}

/// What a question is about. One program mostly asked for all of it, so it is made ready to be shown once: each change of a
/// question makes it anew.
fn members(question: &Question, shown_by: &ShownBy) -> Vec<MemberView> {
    let mut last: Option<(&Process, ProcessView)> = None;
    let mut view = |asking| match &last {
        Some((known, view)) if *known == asking => view.clone(),
        Some(_) | None => {
            let view = process(asking, &limits::MEMBER_PROCESS);
            last = Some((asking, view.clone()));
            view
        }
    };
    let members = question.members.iter().map(|member| MemberView {
        target: bounds::text(target_text(&member.target), limits::MEMBER_TARGET_BYTES),
        display: display::target_at(&member.target, shown_by.home()) + &read_by(&member.process, shown_by),
        process: view(&member.process),
        host: host(&member.target),
        reason: display::text(&member.basis.to_string(), limits::PATH_SHOWN),
        waiting: member.waiting,
    });
    members.collect()
}

/// The parts of the host that a target names.
fn host(target: &Target) -> Option<HostView> {
    let (Target::Network(destination) | Target::LocalNetwork { destination, .. }) = target else {
        return None;
    };
    let display::HostParts {
        labels,
        registrable,
        unicode,
    } = display::host_parts(&destination.host)?;
    Some(HostView {
        labels,
        registrable,
        unicode,
        port: destination.port.get(),
    })
}

/// A missed question.
pub(crate) fn missed(missed: &Missed, shown_by: &ShownBy) -> MissedView {
    MissedView {
        question: question(&missed.question, shown_by),
        missed: rfc3339(missed.missed_ms),
        why: missed.why,
    }
}

/// News of the gate.
pub(crate) fn gate_event(event: &GateEvent, shown_by: &ShownBy) -> Event {
    match event {
        GateEvent::QuestionOpened(open) => Event::QuestionOpened(question(open, shown_by)),
        GateEvent::QuestionChanged(open) => Event::QuestionChanged(question(open, shown_by)),
        GateEvent::QuestionClosed { id, how } => Event::QuestionClosed {
            id: id.to_string(),
            outcome: match how {
                Closing::Answered(Answer { allow: true, .. }) => Closed::Allowed,
                Closing::Answered(Answer { allow: false, .. }) => Closed::Denied,
                Closing::Decided => Closed::Decided,
                Closing::Missed(_) => Closed::Missed,
            },
        },
        GateEvent::Missed(question) => Event::Missed(missed(question, shown_by)),
        GateEvent::MissedDropped(id) => Event::MissedDropped { id: id.to_string() },
        GateEvent::MissedDecided => Event::MissedChanged,
        GateEvent::GrantsChanged => Event::GrantsChanged,
        GateEvent::SessionQuiet(session) => Event::SessionQuiet {
            session: session.clone(),
            quiet: true,
        },
        GateEvent::Paused { until_ms } => Event::Paused { until_ms: *until_ms },
        GateEvent::Lockdown { on } => Event::Lockdown { on: *on },
        GateEvent::SessionResumed(session) => Event::SessionQuiet {
            session: session.clone(),
            quiet: false,
        },
    }
}

/// `npm (my-project) wants example.com`, how many targets more, and what is special about it.
fn title(question: &Question, shown_by: &ShownBy) -> String {
    let Some(first) = question.members.first() else {
        return String::new();
    };
    let known = display::Known {
        home: shown_by.home(),
        toolchains: &shown_by.toolchains,
    };
    let mut title = display::title(&first.process, &question.project, &first.target, &known);
    title += &read_by(&first.process, shown_by);
    let unlisted = usize::try_from(question.unlisted).unwrap_or(usize::MAX);
    let more = (question.members.len() - 1).saturating_add(unlisted);
    if 0 < more {
        let _infallible = write!(title, " and {more} more");
    }
    if let Some(warning) = warning(&first.basis) {
        let _infallible = write!(title, " ({})", display::text(&warning, limits::PATH_SHOWN));
    }
    title
}

/// Who reads the script that is to be started, where it is one.
fn read_by(process: &Process, shown_by: &ShownBy) -> String {
    let interpreter = process.interpreter.as_deref();
    interpreter.map_or_else(String::new, |interpreter| {
        let shown = display::path_at(interpreter, shown_by.home(), limits::PATH_SHOWN);
        format!(", a script read by {}", display::phrase(shown))
    })
}

/// What a person has to know about a path on one of the lists.
fn warning(basis: &Basis) -> Option<String> {
    match basis {
        Basis::Startup(reason) => Some(format!("it runs outside the sandbox later: {reason}")),
        Basis::Credential(reason) => Some(format!("on the credential list: {reason}")),
        Basis::Managed(_)
        | Basis::Flag(_)
        | Basis::Rule(_)
        | Basis::Grant(_)
        | Basis::Profile(_)
        | Basis::SettingsCopy
        | Basis::Lockdown
        | Basis::BlockList(_)
        | Basis::Preset
        | Basis::Unusable(_)
        | Basis::AutoApprove
        | Basis::NonInteractive
        | Basis::NoRule
        | Basis::ForbiddenAddress(_)
        | Basis::Upstream(_)
        | Basis::Neighbour(_)
        | Basis::Malformed(_)
        | Basis::NotTcp(_)
        | Basis::Unasked(_) => None,
    }
}

/// The bundle that the files of a question are of.
fn bundle(question: &Question, shown_by: &ShownBy) -> Option<&'static Bundle> {
    match &question.members.first()?.target {
        Target::Read(path) => askbox_policy::bundle_of(path, shown_by.lists.home()),
        _ => None,
    }
}

/// What the targets have in common.
fn group(question: &Question, shown_by: &ShownBy) -> String {
    match question.kind {
        Kind::Network | Kind::Profile | Kind::Neighbour | Kind::Growth => {
            display::text(&question.group, limits::PATH_SHOWN)
        }
        Kind::Read | Kind::Write | Kind::Execute => {
            display::path_at(Path::new(&question.group), shown_by.home(), limits::PATH_SHOWN)
        }
    }
}

/// The program behind a request.
fn process(process: &Process, limits: &ProcessLimits) -> ProcessView {
    let exe = process.exe.as_deref().map(path_text);
    ProcessView {
        pid: process.pid,
        exe: exe.map(|exe| bounds::text(exe, limits.exe_bytes)),
        command: bounds::words(&process.command, limits.command_bytes),
        display: display::text(
            &display::command_without_secrets(&process.command),
            limits.command_shown,
        ),
        others: process
            .others
            .iter()
            .take(limits.others)
            .map(|other| display::text(other, limits::NAME_SHOWN))
            .collect(),
        ancestors: process
            .ancestors
            .iter()
            .take(limits.ancestors)
            .map(|ancestor| display::text(ancestor, limits::NAME_SHOWN))
            .collect(),
    }
}

/// A process of a session.
pub(crate) fn process_node(node: &Node, now: &Moment) -> ProcessNode {
    let command = if node.command.is_empty() {
        format!("({})", node.name)
    } else {
        display::command_without_secrets(&node.command)
    };
    // Both count from the start of the machine, suspended time included.
    let started_ms = node.started.saturating_mul(limits::TICK_MS);
    let age_ms = now.boot_ms.checked_sub(started_ms);
    ProcessNode {
        pid: node.pid,
        parent: node.parent,
        display: display::text(&command, limits::NODE_SHOWN),
        started: age_ms.map(|age_ms| rfc3339(now.wall_ms.saturating_sub(age_ms))),
    }
}

/// Programs of a session that ended.
pub(crate) fn ended_programs(latest: &Latest, home: &Path) -> EndedPrograms {
    let view = |ended: &crate::session::EndedProgram| EndedProgram {
        pid: ended.pid,
        display: display::path_at(ended.program.file.as_path(), home, limits::PATH_SHOWN),
        started: rfc3339(ended.program.started_ms),
        ended: rfc3339(ended.ended_ms),
        how: ended.how,
    };
    EndedPrograms {
        latest: latest.ended.iter().map(view).collect(),
        before: latest.before,
        unwatched: latest.unwatched,
    }
}

/// A rule.
pub(crate) fn rule(rule: &Rule) -> RuleView {
    let (pattern, address) = pattern(&rule.pattern);
    RuleView {
        created: None,
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
        hits: 0,
        last_used: None,
        redundant_beside: None,
        preceded_by: Vec::new(),
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
        hits: 0,
        last_used: None,
    }
}

/// When something decided last; it may never have.
pub(crate) fn last_used(usage: Usage) -> Option<String> {
    (0 < usage.hits).then(|| rfc3339(usage.last_used_ms))
}

/// The policy in force.
pub(crate) fn policy(snapshot: &Snapshot) -> PolicyView {
    PolicyView {
        preset: snapshot.policy.settings().preset.to_string(),
        default_expiry_ms: snapshot.policy.settings().default_expiry_ms,
        switches: snapshot.policy.settings().switches,
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

/// Why no session starts under a lockdown; `None` where there is none.
pub(crate) fn lockdown(gate: &Gate) -> Option<ObstacleView> {
    gate.is_locked_down().then(|| ObstacleView {
        reason: "lockdown: everything is denied, so no session starts".to_owned(),
        hint: "askbox lockdown off".to_owned(),
    })
}

/// The error that says that nothing may happen without a log.
pub(crate) fn log_failed(error: &dyn std::error::Error) -> WireError {
    WireError::new(ErrorCode::Log, chain(error))
        .with_hint("free some space where its disk is full; `askbox doctor` looks for other causes")
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
        Pattern::Read(_)
        | Pattern::Write(_)
        | Pattern::Execute(_)
        | Pattern::Profile(_)
        | Pattern::Neighbour(_)
        | Pattern::Growth(_) => (pattern.to_string(), None),
    }
}

#[cfg(test)]
mod tests;
