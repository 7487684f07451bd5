use expect_test::expect;

use super::*;
use crate::fixtures;

#[test]
fn what_is_trusted_is_shown() {
    let trusted = TrustView {
        path: "/home/ada/app/.askbox.toml".into(),
        digest: "00".repeat(32),
        rules: vec![fixtures::rule()],
        settings: Vec::new(),
    };
    expect![[r#"
        trusted: /home/ada/app/.askbox.toml
        0f3a9c2b1d  deny  read    ~/notes/\u{1b}[2J
                    policy.toml, in /home/ada/app, for /usr/bin/git, until 2026-12-31T23:59:59.000Z
                    "not for\nprograms"
        From the next session on, 1 rule counts until the file changes; nothing in it loosens what programs may do.
    "#]]
    .assert_eq(&render(&trusted, Style::plain()));
}

#[test]
fn what_loosens_is_said_to_and_counted() {
    let setting = |name: &str, value: Option<&str>, outcome| TrustedSetting {
        name: name.to_owned(),
        value: value.map(str::to_owned),
        outcome,
    };
    let allows = RuleView {
        effect: Effect::Allow,
        ..fixtures::rule()
    };
    let trusted = TrustView {
        path: "/p/.askbox.toml".into(),
        digest: "00".repeat(32),
        rules: vec![allows],
        settings: vec![
            setting("preset", Some("development"), TrustOutcome::Loosens),
            setting("sandbox.nested_sandbox", Some("true"), TrustOutcome::Loosens),
            setting("sandbox.debugger", Some("true"), TrustOutcome::Loosens),
            setting("limits.memory", Some("4G"), TrustOutcome::Tightens),
            setting("auto_approve", None, TrustOutcome::Ignored),
        ],
    };
    expect![[r#"
        trusted: /p/.askbox.toml
        loosens  preset = development: what it allows needs no answer
        loosens  sandbox.nested_sandbox = true: programs inside may make sandboxes of their own
        loosens  sandbox.debugger = true: programs inside may debug each other
        tightens  limits.memory = 4G
        ignored  auto_approve: no project's file has a say in it
        0f3a9c2b1d  allow read    ~/notes/\u{1b}[2J
                    policy.toml, in /home/ada/app, for /usr/bin/git, until 2026-12-31T23:59:59.000Z
                    "not for\nprograms"
        From the next session on, 4 settings and 1 rule count until the file changes; 4 of them loosen what programs may do.
    "#]]
    .assert_eq(&render(&trusted, Style::plain()));
}

#[test]
fn one_setting_alone_is_spoken_of_as_one() {
    let trusted = TrustView {
        path: "/p/.askbox.toml".into(),
        digest: "00".repeat(32),
        rules: Vec::new(),
        settings: vec![TrustedSetting {
            name: "preset".into(),
            value: Some("moderate".into()),
            outcome: TrustOutcome::Loosens,
        }],
    };
    expect![[r#"
        trusted: /p/.askbox.toml
        loosens  preset = moderate: what it allows needs no answer
        From the next session on, 1 setting counts until the file changes; it loosens what programs may do.
    "#]]
    .assert_eq(&render(&trusted, Style::plain()));
}

#[test]
fn a_file_that_says_nothing_changes_nothing() {
    let trusted = TrustView {
        path: "/p/.askbox.toml".into(),
        digest: "00".repeat(32),
        rules: Vec::new(),
        settings: Vec::new(),
    };
    expect![[r#"
        trusted: /p/.askbox.toml
        Nothing changes by it: the file has no rules, and no settings that count.
    "#]]
    .assert_eq(&render(&trusted, Style::plain()));
}
