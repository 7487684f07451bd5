use askbox_policy::ResourceLimits;
use askbox_wire::BlockListView;
use expect_test::expect;

use super::*;

#[test]
fn settings_are_listed_with_who_made_them_and_what_is_wrong() {
    let list = |path: &str, problem: Option<&str>| BlockListView {
        path: path.into(),
        problem: problem.map(str::to_owned),
    };
    let settings = SettingsView {
        preset: Preset::Moderate,
        auto_approve: vec![Kind::Read, Kind::Execute],
        question_timeout_ms: 90_000,
        default_expiry_ms: 3_600_000,
        questions_per_minute: 20,
        block_lists: vec![
            list("/lists/ads\u{7}", None),
            list("/b", Some("the block-list /b cannot be read: gone")),
        ],
        limits: ResourceLimits {
            memory_bytes: Some(4 << 30),
            cpus_thousandths: Some(1_500),
            processes: Some(500),
            tmp_bytes: 1 << 30,
            run_time_ms: Some(7_200_000),
            ..ResourceLimits::default()
        },
        limit_choices: Vec::new(),
        upstream_proxy: "http://proxy.test:3128".into(),
        managed: vec!["preset".into(), "question_timeout_ms".into()],
        file: "/home/ada/.config/askbox/policy.toml".into(),
    };
    expect![[r#"
        preset            moderate  (set by your administrator)
        auto_approve      read, execute
        question_timeout  1m 30s  (set by your administrator)
        default_expiry    1h
        block_lists       /lists/ads\u{7}
                          /b
        warning: the block-list /b cannot be read: gone
        upstream_proxy    http://proxy.test:3128
        limits.memory     4 GiB
        limits.cpus       1.5
        limits.processes  500
        limits.open_files none
        limits.run_time   2h
        limits.tmp        1 GiB
        limits.disk       none
        written in /home/ada/.config/askbox/policy.toml
    "#]]
    .assert_eq(&render(&settings, Style::plain()));
    let none = SettingsView {
        auto_approve: Vec::new(),
        block_lists: Vec::new(),
        managed: Vec::new(),
        ..settings
    };
    let text = render(&none, Style::plain());
    assert!(text.contains("auto_approve      nothing\n") && text.contains("block_lists       none\n"));
}

#[test]
fn a_value_is_parsed_by_its_setting() {
    let change = |key, values: &[&str]| {
        let values: Vec<OsString> = values.iter().map(OsString::from).collect();
        super::change(key, &values)
    };
    let nothing = SettingsChange::default();
    for (key, values, expected) in [
        (
            SettingsKey::Preset,
            &["moderate"][..],
            SettingsChange {
                preset: Some(Preset::Moderate),
                ..nothing.clone()
            },
        ),
        (
            SettingsKey::AutoApprove,
            &[],
            SettingsChange {
                auto_approve: Some(Vec::new()),
                ..nothing.clone()
            },
        ),
        (
            SettingsKey::QuestionTimeout,
            &["1m 30s"],
            SettingsChange {
                question_timeout_ms: Some(90_000),
                ..nothing.clone()
            },
        ),
        (
            SettingsKey::BlockLists,
            &["/a", "/b c"],
            SettingsChange {
                block_lists: Some(vec!["/a".into(), "/b c".into()]),
                ..nothing
            },
        ),
    ] {
        assert_eq!(change(key, values), Ok(expected), "{key:?}");
    }
    for (key, values) in [
        (SettingsKey::Preset, &["open"][..]),
        (SettingsKey::Preset, &[]),
        (SettingsKey::DefaultExpiry, &["8h", "9h"]),
        (SettingsKey::DefaultExpiry, &["8"]),
        (SettingsKey::AutoApprove, &["files"]),
    ] {
        assert!(change(key, values).is_err(), "{key:?} {values:?}");
    }
}
