//! Views as a daemon would send them.

use askbox_policy::{Kind, ResourceLimits, SessionId, Switches, WhyMissed};
use askbox_wire::{
    Enforcement, MemberView, MissedView, PolicyView, ProcessView, QuestionView, SessionState, SessionView,
    StatusView, UsageView,
};

use crate::desk::{Desk, Snapshot};
use crate::notice::Words;
use crate::{Preferences, Strings};

/// A session of npm.
pub(crate) fn session(id: &str) -> SessionView {
    SessionView {
        id: SessionId(id.into()),
        name: None,
        project: "/home/me/shop".into(),
        command: "npm install".into(),
        state: SessionState::Running,
        pid: Some(4711),
        started: "2026-05-01T12:00:00.000Z".into(),
        interactive: true,
        switches: Switches::default(),
        quiet: false,
        ports: Vec::new(),
        bytes_in: 0,
        bytes_out: 0,
        usage: UsageView::default(),
        limits: ResourceLimits::default(),
        enforcement: Enforcement::default(),
        network: askbox_wire::Network::default(),
    }
}

/// A question of session `s1` with these targets.
pub(crate) fn question(id: &str, kind: Kind, targets: &[&str]) -> QuestionView {
    let process = ProcessView {
        pid: 4712,
        exe: Some("/usr/bin/node".into()),
        command: vec!["npm".into(), "install".into()],
        display: "npm install".into(),
        others: Vec::new(),
        ancestors: Vec::new(),
    };
    let member = |target: &&str| MemberView {
        target: (*target).into(),
        display: (*target).into(),
        host: None,
        process: process.clone(),
        reason: "no rule".into(),
        waiting: 1,
    };
    QuestionView {
        id: id.into(),
        revision: 1,
        kind,
        targets: targets.iter().map(|target| (*target).into()).collect(),
        process: process.clone(),
        project: "/home/me/shop".into(),
        project_shown: "~/shop".into(),
        session: SessionId("s1".into()),
        session_name: String::new(),
        raised: "2026-05-01T12:00:00.000Z".into(),
        expires: "2026-05-01T12:01:00.000Z".into(),
        expires_ms: 1_777_636_860_000,
        title: format!("npm (shop) wants {}", targets.first().unwrap_or(&"")),
        group: "example.test".into(),
        bundle: None,
        members: targets.iter().map(member).collect(),
        waiting: targets.len(),
        unlisted: 0,
        widened: Vec::new(),
        covers: Vec::new(),
    }
}

/// A question about growth on disk.
pub(crate) fn growth(id: &str) -> QuestionView {
    let grew = "grew by 10.2 GiB on disk, 10 GiB were allowed, 84 GiB are free";
    QuestionView {
        process: ProcessView::default(),
        title: format!("A session (shop) is frozen: it {grew}"),
        ..question(id, Kind::Growth, &[grew])
    }
}

/// A network question with one host.
pub(crate) fn host(id: &str) -> QuestionView {
    question(id, Kind::Network, &[&format!("{id}.test")])
}

/// The same, missed.
pub(crate) fn missed(id: &str, why: WhyMissed) -> MissedView {
    MissedView {
        question: host(id),
        missed: "2026-05-01T12:01:00.000Z".into(),
        why,
    }
}

/// A daemon with these questions and session `s1`.
pub(crate) fn desk(questions: Vec<QuestionView>) -> Desk {
    let mut desk = Desk::default();
    desk.connected(Snapshot {
        status: status(),
        questions,
        missed: Vec::new(),
        sessions: vec![session("s1")],
    });
    desk
}

/// A daemon with which all is well.
pub(crate) fn status() -> StatusView {
    StatusView {
        version: "0.1.0".into(),
        pid: 1,
        started: "2026-05-01T11:00:00.000Z".into(),
        sessions: 1,
        questions: 0,
        missed: 0,
        grants: 0,
        policy: PolicyView {
            preset: "minimal".into(),
            default_expiry_ms: 3_600_000,
            switches: Switches::default(),
            rules: 0,
            blocked_names: 0,
            files: Vec::new(),
        },
        log: "/home/me/.local/state/askbox/log.sqlite".into(),
        paused_until_ms: None,
        lockdown: false,
        obstacle: None,
        log_unsigned: None,
        warnings: Vec::new(),
    }
}

/// What words need to borrow from.
#[derive(Default)]
pub(crate) struct Catalog {
    strings: Strings,
    preferences: Preferences,
}

impl Catalog {
    /// The words.
    pub(crate) fn words(&self) -> Words<'_> {
        Words {
            strings: &self.strings,
            preferences: &self.preferences,
            default_expiry_ms: 3_600_000,
        }
    }
}
