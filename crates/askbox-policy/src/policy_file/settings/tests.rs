use std::path::Path;

use expect_test::{Expect, expect};

use super::*;
use crate::rule::Origin;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn context() -> Context {
    Context {
        home: path("/home/u"),
        project: None,
        origin: Origin::Written,
    }
}

fn all() -> SettingsEdit {
    SettingsEdit {
        preset: Some(Preset::Development),
        auto_approve: Some(vec![Kind::Read, Kind::Network]),
        question_timeout_ms: Some(90_000),
        default_expiry_ms: Some(7_200_500),
        block_lists: Some(vec![path("/home/u/a *.txt"), path("/b")]),
        limits: limits(&[(Limit::Memory, Some("2G")), (Limit::RunTime, Some("none"))]),
    }
}

fn limits(texts: &[(Limit, Option<&str>)]) -> LimitsEdit {
    let mut edit = LimitsEdit::default();
    for (limit, text) in texts {
        edit.put(*limit, *text).unwrap();
    }
    edit
}

fn check(text: &str, edit: &SettingsEdit, expected: &Expect) {
    expected.assert_eq(&change_settings(text, edit, &context()).unwrap());
}

#[test]
fn settings_are_written_into_an_empty_text() {
    check(
        "",
        &all(),
        &expect![[r#"
            preset = "development"
            auto_approve = ["read", "network"]

            [questions]
            timeout = "1m 30s"
            default_expiry = "2h 500ms"

            [network]
            block_lists = ['/home/u/a \*.txt', "/b"]

            [limits]
            memory = "2G"
            run_time = "none"
        "#]],
    );
}

#[test]
fn what_stands_around_settings_stays() {
    let text = r#"# mine
auto_approve = ["write"] # for now

# how to ask
[questions]
# a coffee
timeout = "5m" # long

[[rule]] # the one
effect = "deny"
read = "/a"
"#;
    check(
        text,
        &all(),
        &expect![[r#"
            # mine
            auto_approve = ["read", "network"] # for now
            preset = "development"

            # how to ask
            [questions]
            # a coffee
            timeout = "1m 30s" # long
            default_expiry = "2h 500ms"

            [[rule]] # the one
            effect = "deny"
            read = "/a"

            [network]
            block_lists = ['/home/u/a \*.txt', "/b"]

            [limits]
            memory = "2G"
            run_time = "none"
        "#]],
    );
    let nothing = SettingsEdit::default();
    assert!(nothing.is_empty());
    assert_eq!(change_settings(text, &nothing, &context()).unwrap(), text);
}

#[test]
fn settings_are_written_above_rules_and_into_tables_of_any_form() {
    check(
        "# mine\n[[rule]]\neffect = \"deny\"\nread = \"/a\"\n",
        &SettingsEdit {
            preset: Some(Preset::Minimal),
            ..SettingsEdit::default()
        },
        &expect![[r#"
            preset = "minimal"
            # mine
            [[rule]]
            effect = "deny"
            read = "/a"
        "#]],
    );
    check(
        "questions.timeout = \"1s\"\nnetwork = { block_lists = [\"/a\"] } # x\n",
        &SettingsEdit {
            default_expiry_ms: Some(60_000),
            block_lists: Some(Vec::new()),
            ..SettingsEdit::default()
        },
        &expect![[r#"
            questions.timeout = "1s"
            questions.default_expiry = "1m"
            network = { block_lists = [] } # x
        "#]],
    );
}

#[test]
fn a_limit_is_changed_and_taken_out_and_comments_stay() {
    let edit = |texts: &[(Limit, Option<&str>)]| SettingsEdit {
        limits: limits(texts),
        ..SettingsEdit::default()
    };
    let text = r#"[limits] # mine
# the linker
memory = "1G" # was 2
processes = 100 # enough
# a clean build
disk = "20G"

[[rule]]
effect = "deny"
read = "/a"
"#;
    check(
        text,
        &edit(&[
            (Limit::Memory, None),
            (Limit::Processes, Some("200")),
            (Limit::Cpus, Some("1.5")),
            (Limit::Tmp, None),
        ]),
        &expect![[r#"
            [limits] # mine
            # the linker
            # was 2
            processes = "200" # enough
            # a clean build
            disk = "20G"
            cpus = "1.5"

            [[rule]]
            effect = "deny"
            read = "/a"
        "#]],
    );
    check(
        "limits.disk = \"1G\" # small\n",
        &edit(&[(Limit::Disk, None)]),
        &expect![[r"
            # small
        "]],
    );
    check(
        "limits = { disk = \"1G\", tmp = \"1G\" } # small\n",
        &edit(&[(Limit::Disk, None)]),
        &expect![[r#"
            limits = { tmp = "1G" } # small
        "#]],
    );
}

#[test]
fn values_that_no_file_may_hold_are_refused() {
    let check = |edit: SettingsEdit, expected: &str| {
        assert_eq!(edit.checked().unwrap_err().to_string(), expected);
    };
    check(
        SettingsEdit {
            question_timeout_ms: Some(999),
            ..SettingsEdit::default()
        },
        "question_timeout must be between 1s and 1day",
    );
    check(
        SettingsEdit {
            default_expiry_ms: Some(u64::MAX),
            ..SettingsEdit::default()
        },
        "default_expiry must be between 1s and 30days",
    );
    check(
        SettingsEdit {
            auto_approve: Some(vec![Kind::Read, Kind::Profile]),
            ..SettingsEdit::default()
        },
        "a profile is always asked about",
    );
    let twice = SettingsEdit {
        auto_approve: Some(vec![Kind::Read, Kind::Write, Kind::Read]),
        block_lists: Some(vec![path("/a"), path("/a")]),
        ..SettingsEdit::default()
    };
    assert_eq!(
        twice.checked().unwrap(),
        SettingsEdit {
            auto_approve: Some(vec![Kind::Read, Kind::Write]),
            block_lists: Some(vec![path("/a")]),
            ..SettingsEdit::default()
        }
    );
}

#[test]
fn a_broken_text_is_not_changed() {
    for text in ["preset = 1", "questions = 1", "[[rule]]", "["] {
        let refused = change_settings(text, &all(), &context());
        assert!(matches!(refused, Err(EditError::Broken(_))), "{text}");
    }
}
