use expect_test::expect;

use super::*;
use crate::fixtures::{now, status};

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
    .assert_eq(&render(&status(), Style::plain(), now()));
}

#[test]
fn a_pause_is_shown_with_its_end() {
    let paused = StatusView {
        paused_until_ms: Some(1_777_637_700_000),
        ..status()
    };
    let text = render(&paused, Style::plain(), now());
    assert!(
        text.contains("paused     until 2026-05-01T12:15:00.000Z (15m)\n"),
        "{text}"
    );
    assert!(!render(&status(), Style::plain(), now()).contains("paused"));
}

#[test]
fn a_lockdown_is_shown_with_its_way_out() {
    let locked = StatusView {
        lockdown: true,
        ..status()
    };
    let text = render(&locked, Style::plain(), now());
    assert!(
        text.contains("lockdown   everything is denied; `askbox lockdown off` ends it\n"),
        "{text}"
    );
    assert!(!render(&status(), Style::plain(), now()).contains("lockdown"));
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

#[test]
fn a_log_that_is_not_signed_is_a_remark_and_no_warning() {
    let unsigned = StatusView {
        log_unsigned: Some("the keyring refuses (locked)".into()),
        warnings: Vec::new(),
        ..status()
    };
    let text = render(&unsigned, Style::plain(), now());
    let said = "note: checkpoints of the log are not signed, so `askbox log verify` finds less: the keyring refuses (locked)\n";
    assert!(text.ends_with(said) && !text.contains("warning"), "{text}");
}
