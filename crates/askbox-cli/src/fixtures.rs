//! Views as a daemon sends them, for the tests of what is printed.

use std::time::SystemTime;

use askbox_policy::{Effect, GrantId, Kind, Origin, SessionId, Switches};
use askbox_wire::{
    GrantView, MemberView, PolicyFileState, PolicyFileView, PolicyView, ProblemView, ProcessView,
    QuestionView, RuleView, ScopeView, StatusView,
};

/// 52 seconds before the questions and 59 minutes before the grants of here end.
pub(crate) fn now() -> SystemTime {
    humantime::parse_rfc3339("2026-05-01T12:00:00Z").unwrap()
}

/// A question of npm with these targets.
pub(crate) fn question(targets: &[&str]) -> QuestionView {
    let process = ProcessView {
        ancestors: Vec::new(),
        pid: 4711,
        exe: Some("/usr/bin/node".into()),
        command: vec!["npm".into(), "install".into()],
        display: "npm install".into(),
        others: Vec::new(),
    };
    QuestionView {
        id: "7".into(),
        revision: u32::try_from(targets.len()).unwrap(),
        kind: Kind::Network,
        targets: targets.iter().map(ToString::to_string).collect(),
        process: process.clone(),
        project: "/home/ada/app".into(),
        project_shown: "~/app".into(),
        session: SessionId("a1b2".into()),
        session_name: "app".into(),
        raised: "2026-05-01T11:59:52.000Z".into(),
        expires: "2026-05-01T12:00:52.000Z".into(),
        expires_ms: 1_777_636_852_000,
        title: "npm (app) wants registry.example.com".into(),
        group: "example.com".into(),
        bundle: None,
        members: targets
            .iter()
            .map(|target| MemberView {
                host: None,
                target: (*target).into(),
                display: (*target).into(),
                process: process.clone(),
                reason: "no rule speaks about it".into(),
                waiting: 1,
            })
            .collect(),
        waiting: targets.len(),
        unlisted: 0,
        widened: vec!["**.example.com:443".into()],
        covers: Vec::new(),
    }
}

/// An allowing grant of this scope.
pub(crate) fn grant(scope: ScopeView) -> GrantView {
    let lasts = matches!(scope, ScopeView::Project(_) | ScopeView::Everywhere);
    GrantView {
        hits: 0,
        last_used: None,
        id: GrantId("3f".into()),
        effect: Effect::Allow,
        kind: Kind::Network,
        pattern: "registry.example.com:443".into(),
        address: None,
        scope,
        given: "2026-05-01T11:59:00.000Z".into(),
        expires: lasts.then(|| "2026-05-01T12:59:00.000Z".into()),
    }
}

/// A rule with everything in it that a rule can have.
pub(crate) fn rule() -> RuleView {
    RuleView {
        created: None,
        hits: 0,
        last_used: None,
        redundant_beside: None,
        preceded_by: Vec::new(),
        id: "0f3a9c2b1d".into(),
        effect: Effect::Deny,
        kind: Kind::Read,
        pattern: "~/notes/\u{1b}[2J".into(),
        address: None,
        project: Some("/home/ada/app".into()),
        program: Some("/usr/bin/git".into()),
        expires: Some("2026-12-31T23:59:59.000Z".into()),
        note: Some("not for\nprograms".into()),
        origin: Origin::Written,
    }
}

/// A daemon whose policy.toml is broken and was good before.
pub(crate) fn status() -> StatusView {
    StatusView {
        paused_until_ms: None,
        lockdown: false,
        version: "0.1.0".into(),
        pid: 4711,
        started: "2026-05-01T11:59:00.000Z".into(),
        sessions: 1,
        questions: 2,
        missed: 3,
        grants: 4,
        policy: PolicyView {
            preset: "minimal".into(),
            default_expiry_ms: 3_600_000,
            switches: Switches::default(),
            rules: 5,
            blocked_names: 1000,
            files: vec![PolicyFileView {
                path: "/home/ada/.config/askbox/policy.toml".into(),
                state: PolicyFileState::LastGood,
                problems: vec![ProblemView {
                    line: 3,
                    column: 1,
                    reason: "unknown key `netwrok`".into(),
                    hint: Some("did you mean `network`?".into()),
                }],
            }],
        },
        log: "/home/ada/.local/state/askbox/log.sqlite".into(),
        obstacle: None,
        log_unsigned: None,
        warnings: vec!["the block-list ~/ads.txt cannot be read".into()],
    }
}
