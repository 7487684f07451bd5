use askbox_policy::Preset;
use askbox_wire::{BlockListView, SettingsChange, SettingsView};

use super::*;
use crate::testing::Place;

const NOTHING: SettingsChange = SettingsChange {
    preset: None,
    auto_approve: None,
    question_timeout_ms: None,
    default_expiry_ms: None,
    block_lists: None,
};

fn settings(response: Response) -> SettingsView {
    match response {
        Response::Settings(settings) => *settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn settings_are_shown_and_changed_and_what_stands_around_them_stays() {
    let world = World::with_policy("# Mine.\npreset = \"minimal\" # for now\n");
    let mut client = world.client();
    let session = world.open_session("s");
    let before = settings(client.call(Request::Settings).unwrap());
    assert_eq!(
        before,
        SettingsView {
            preset: Preset::Minimal,
            auto_approve: Vec::new(),
            question_timeout_ms: 60_000,
            default_expiry_ms: 3_600_000,
            questions_per_minute: 20,
            block_lists: Vec::new(),
            limits: before.limits,
            upstream_proxy: "none".to_owned(),
            managed: Vec::new(),
            file: world.paths.policy().display().to_string(),
        }
    );
    // The preset says how much memory a session may use.
    assert!(before.limits.memory_bytes.is_some() && 0 < before.limits.tmp_bytes);
    let list = world.project("lists").join("ads.txt");
    fs::write(&list, "ad.test\n").unwrap();
    let change = SettingsChange {
        preset: Some(Preset::Development),
        auto_approve: Some(vec![Kind::Read]),
        question_timeout_ms: Some(90_000),
        block_lists: Some(vec![list.clone().into()]),
        ..NOTHING
    };
    let after = settings(client.call(Request::ChangeSettings(change)).unwrap());
    let block_list = BlockListView {
        path: list.display().to_string(),
        problem: None,
    };
    assert_eq!(
        after,
        SettingsView {
            preset: Preset::Development,
            auto_approve: vec![Kind::Read],
            question_timeout_ms: 90_000,
            block_lists: vec![block_list],
            limits: after.limits,
            ..before
        }
    );
    assert!(
        world
            .policy_text()
            .starts_with("# Mine.\npreset = \"development\" # for now\n")
    );
    assert!(matches!(
        world.daemon.gate.peek(&wanted(&session, "ad.test")),
        Verdict::Deny(_)
    ));
    let log = world.log_details();
    let changed = log
        .iter()
        .find(|event| event.starts_with("policy changed"))
        .unwrap();
    assert!(
        changed.starts_with(
            "policy changed preset = development; auto_approve = [read]; question_timeout = 90000 ms"
        ),
        "{changed}"
    );

    fs::remove_file(&list).unwrap();
    world.wait(world.daemon.check_policy());
    let shown = settings(client.call(Request::Settings).unwrap());
    let problem = shown.block_lists[0].problem.clone().unwrap();
    assert!(problem.contains("cannot be read"), "{problem}");
}

#[test]
fn bad_values_are_refused_and_nothing_is_written() {
    let text = "preset = \"minimal\"\n";
    let world = World::with_policy(text);
    let mut client = world.client();
    let before = world.log();
    for (change, said) in [
        (
            SettingsChange {
                preset: Some(Preset::Moderate),
                question_timeout_ms: Some(0),
                ..NOTHING
            },
            "question_timeout must be between 1s and 1day",
        ),
        (
            SettingsChange {
                auto_approve: Some(vec![Kind::Profile]),
                ..NOTHING
            },
            "a profile is always asked about",
        ),
        (
            SettingsChange {
                block_lists: Some(vec!["relative".into()]),
                ..NOTHING
            },
            "relative: a block-list is an absolute path without `..`",
        ),
        (
            SettingsChange {
                block_lists: Some(vec!["/nonexistent/list".into()]),
                ..NOTHING
            },
            "the block-list /nonexistent/list cannot be read: No such file or directory (os error 2)",
        ),
    ] {
        let error = refusal(client.call(Request::ChangeSettings(change)));
        assert_eq!((error.code, error.message.as_str()), (ErrorCode::Refused, said));
    }
    assert_eq!(world.policy_text(), text);
    assert_eq!(world.log(), before);
}

#[test]
fn a_broken_file_is_not_overwritten_and_the_line_is_said() {
    let world = World::with_policy("preset = \"minimal\"\n");
    let mut client = world.client();
    let broken = "preset = \"minimal\"\nother = 1\n";
    fs::write(world.paths.policy(), broken).unwrap();
    let change = SettingsChange {
        preset: Some(Preset::Moderate),
        ..NOTHING
    };
    let error = refusal(client.call(Request::ChangeSettings(change)));
    assert_eq!(error.code, ErrorCode::Policy);
    assert!(
        error.message.contains("line 2, column 1: unknown key `other`"),
        "{error}"
    );
    assert_eq!(world.policy_text(), broken);
}

#[test]
fn what_an_administrator_set_is_named_and_stays() {
    let place = Place::new();
    fs::create_dir_all(place.managed()).unwrap();
    let list = place.managed().join("ads.txt");
    fs::write(&list, "ad.test\n").unwrap();
    let text = format!(
        "preset = \"moderate\"\n[questions]\ntimeout = \"30s\"\n[network]\nblock_lists = [\"{}\"]\n",
        list.display()
    );
    fs::write(place.managed().join("a.toml"), text).unwrap();
    let world = place.start();
    let mut client = world.client();
    let shown = settings(client.call(Request::Settings).unwrap());
    assert_eq!(shown.managed, ["preset", "question_timeout_ms"]);
    let preset = SettingsChange {
        preset: Some(Preset::Development),
        ..NOTHING
    };
    let error = refusal(client.call(Request::ChangeSettings(preset)));
    assert_eq!(
        (error.code, error.message.as_str()),
        (ErrorCode::Refused, "preset is set by your administrator")
    );
    // Lists add up: an administrator's stays where it is.
    let lists = SettingsChange {
        block_lists: Some(vec![list.into()]),
        ..NOTHING
    };
    let after = settings(client.call(Request::ChangeSettings(lists)).unwrap());
    assert_eq!(after.block_lists, shown.block_lists);
    assert!(!world.policy_text().contains("ads.txt"));
}
