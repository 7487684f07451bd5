use askbox_wire::{PolicyView, ProblemView};
use expect_test::expect;

use super::*;

fn status() -> StatusView {
    StatusView {
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
        warnings: vec!["the block-list ~/ads.txt cannot be read".into()],
    }
}

#[test]
fn a_broken_file_is_shown_with_line_and_reason() {
    expect![[r#"
        daemon     0.1.0, process 4711
        since      2026-05-01T11:59:00.000Z
        sessions   1
        questions  2 open, 3 missed
        answers    4 remembered
        preset     minimal
        rules      5
        blocked    1000 names
        log        /home/ada/.local/state/askbox/log.sqlite
        policy     /home/ada/.config/askbox/policy.toml
                   broken; what it said before counts
                   3:1: unknown key `netwrok`
                   hint: did you mean `network`?
        warning: the block-list ~/ads.txt cannot be read
    "#]]
    .assert_eq(&render(&status(), Style::plain()));
}

#[test]
fn the_json_says_whether_one_runs() {
    let status = status();
    let running = serde_json::to_value(Status {
        running: true,
        daemon: Some(&status),
    })
    .unwrap();
    assert_eq!(
        (&running["running"], &running["pid"]),
        (&true.into(), &4711.into())
    );
    assert_eq!(
        serde_json::to_string(&Status {
            running: false,
            daemon: None
        })
        .unwrap(),
        r#"{"running":false}"#
    );
}
