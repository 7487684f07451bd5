use askbox_policy::{Limit, Preset};
use askbox_wire::{BlockListView, LimitChange, LimitView, SettingsChange, SettingsView};

use super::*;
use crate::testing::Place;

const NOTHING: SettingsChange = SettingsChange {
    preset: None,
    auto_approve: None,
    question_timeout_ms: None,
    default_expiry_ms: None,
    block_lists: None,
    limits: Vec::new(),
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
            limit_choices: before.limit_choices.clone(),
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
            limit_choices: after.limit_choices.clone(),
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
}

#[test]
fn a_block_list_that_is_gone_is_told() {
    let world = World::new();
    let mut client = world.client();
    let list = world.project("lists").join("ads.txt");
    fs::write(&list, "ad.test\n").unwrap();
    let change = SettingsChange {
        block_lists: Some(vec![list.clone().into()]),
        ..NOTHING
    };
    let shown = settings(client.call(Request::ChangeSettings(change)).unwrap());
    assert_eq!(shown.block_lists[0].problem, None);
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

fn limit_change(limit: Limit, value: Option<&str>) -> SettingsChange {
    let value = value.map(str::to_owned);
    SettingsChange {
        limits: vec![LimitChange { limit, value }],
        ..NOTHING
    }
}

#[test]
fn a_limit_is_written_and_taken_out_and_what_the_preset_says_is_shown() {
    let world = World::with_policy("[limits]\n# the linker\nmemory = \"1G\" # was 2\n");
    let mut client = world.client();
    let shown = settings(client.call(Request::Settings).unwrap());
    let view = |written: Option<&str>, in_force: &str| LimitView {
        limit: Limit::Memory,
        written: written.map(str::to_owned),
        usual: "75%".to_owned(),
        managed: None,
        in_force: in_force.to_owned(),
    };
    assert_eq!(shown.limit_choices[0], view(Some("1G"), "1 GiB"));
    assert_eq!(shown.limits.memory_bytes, Some(1 << 30));
    let named: Vec<Limit> = shown.limit_choices.iter().map(|view| view.limit).collect();
    assert_eq!(named, Limit::ALL);
    let usual = |limit: usize| shown.limit_choices[limit].usual.as_str();
    assert_eq!((usual(1), usual(2), usual(5)), ("none", "8192", "2G"));

    let change = limit_change(Limit::Memory, Some("1536M"));
    let shown = settings(client.call(Request::ChangeSettings(change)).unwrap());
    assert_eq!(shown.limit_choices[0], view(Some("1536M"), "1.5 GiB"));
    assert_eq!(shown.limits.memory_bytes, Some(3 << 29));
    assert_eq!(
        world.policy_text(),
        "[limits]\n# the linker\nmemory = \"1536M\" # was 2\n"
    );
    let log = world.log_details();
    assert!(
        log.iter()
            .any(|event| event.starts_with("policy changed limits.memory = 1536M")),
        "{log:?}"
    );

    let change = limit_change(Limit::Memory, None);
    let after = settings(client.call(Request::ChangeSettings(change)).unwrap());
    let shown_again = after.limit_choices[0].clone();
    assert_eq!(shown_again, view(None, &shown_again.in_force));
    assert_ne!(after.limits.memory_bytes, shown.limits.memory_bytes);
    assert!(!world.policy_text().contains("memory"), "{}", world.policy_text());
}

#[test]
fn what_is_no_limit_is_refused_by_its_name_and_nothing_is_written() {
    let world = World::with_policy("preset = \"minimal\"\n");
    let mut client = world.client();
    let before = (world.policy_text(), world.log());
    for (limit, text, said) in [
        (
            Limit::Memory,
            "1M",
            "memory: expected a size of at least 16M such as 512M or 2G",
        ),
        (
            Limit::Cpus,
            "two",
            "cpus: expected a number of processors such as 2 or 0.5, or `none`",
        ),
        (
            Limit::OpenFiles,
            "3",
            "open_files: expected a number of files from 64 to 1048576",
        ),
        (
            Limit::RunTime,
            "10ms",
            "run_time: expected a time of at least a second",
        ),
        (Limit::Disk, "", "disk: expected a size of at least 1M"),
    ] {
        let error = refusal(client.call(Request::ChangeSettings(limit_change(limit, Some(text)))));
        assert_eq!(error.code, ErrorCode::Refused);
        assert!(error.message.starts_with(said), "{error}");
    }
    assert_eq!((world.policy_text(), world.log()), before);
}

#[test]
fn an_administrators_limit_is_shown_and_tightens_what_is_written() {
    let place = Place::new();
    fs::create_dir_all(place.managed()).unwrap();
    let text = "[limits]\nprocesses = 100\n";
    fs::write(place.managed().join("a.toml"), text).unwrap();
    let world = place.start();
    let mut client = world.client();
    let mut written = |text: &str| {
        let change = limit_change(Limit::Processes, Some(text));
        let shown = settings(client.call(Request::ChangeSettings(change)).unwrap());
        let view = &shown.limit_choices[2];
        assert_eq!(
            (view.managed.as_deref(), view.written.as_deref()),
            (Some("100"), Some(text))
        );
        shown.limits.processes
    };
    assert_eq!(written("400"), Some(100));
    assert_eq!(written("50"), Some(50));
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
