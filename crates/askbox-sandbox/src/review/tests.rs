use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::*;
use crate::guards::Outside;
use crate::sight::Sight;
use crate::testing::Project;
use crate::{git, guards};

const HOME: &str = "/home/ada";

impl Project {
    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.root.join(name)).ok()
    }

    fn record(&self) -> Record {
        let sight = Sight::default();
        let git = git::find(&self.root, &sight);
        let found = guards::look(&self.root, &git, Path::new(HOME), Outside::default(), &sight);
        let record = Record::take("s1".into(), &found.before, 1).unwrap();
        let stored = Record::from_json(&record.to_json().unwrap()).unwrap();
        assert_eq!(stored, record);
        record
    }
}

/// What changed, as `what path`, at the end of the session.
fn check(record: Record, expected: &[&str]) -> (Record, Vec<Change>) {
    let record = record.end(Path::new(HOME), 2).unwrap();
    let (changes, is_cut) = record.changes(Path::new(HOME)).unwrap();
    assert!(!is_cut);
    let shown: Vec<String> = changes.iter().map(|change| shown(&record, change)).collect();
    assert_eq!(shown, expected);
    (record, changes)
}

fn shown(record: &Record, change: &Change) -> String {
    let what = match (&change.before, &change.now) {
        (None, _) => "unknown",
        (Some(State::Absent), _) => "created",
        (Some(_), State::Absent) => "removed",
        (Some(_), _) => "changed",
    };
    format!("{what} {}", record.path(&change.place).display())
}

fn put_back(record: &Record, changes: &[Change]) -> Vec<Option<String>> {
    let all: Vec<&Change> = changes.iter().collect();
    let results = record.put_back(&all).into_iter();
    results
        .map(|result| result.err().map(|kept| kept.to_string()))
        .collect()
}

#[test]
fn a_record_holds_something_until_it_is_known_that_nothing_changed() {
    let project = Project::new(&[("README", "")]);
    let record = project.record();
    assert!(record.may_hold_changes(), "the end was not seen");
    let (unchanged, _) = check(record.clone(), &[]);
    assert!(!unchanged.may_hold_changes());
    project.write(".envrc", "export A=1");
    let (changed, _) = check(record, &["created .envrc"]);
    assert!(changed.may_hold_changes());
}

#[test]
fn what_was_made_is_listed_and_removed_again() {
    let project = Project::new(&[("README", "")]);
    let record = project.record();
    for name in [
        ".envrc",
        ".vscode/tasks.json",
        ".husky/_/pre-commit",
        "ordinary",
        "my.code-workspace",
    ] {
        project.write(name, "x\n");
    }
    symlink("ordinary", project.root.join(".mcp.json")).unwrap();
    let (record, changes) = check(
        record,
        &[
            "created .envrc",
            "created .husky",
            "created .husky/_",
            "created .husky/_/pre-commit",
            "created .mcp.json",
            "created .vscode",
            "created .vscode/tasks.json",
            "created my.code-workspace",
        ],
    );
    assert_eq!(put_back(&record, &changes), vec![None; 8]);
    let mut left: Vec<_> = fs::read_dir(&project.root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["README", "ordinary"]);
}

#[test]
fn what_was_changed_or_removed_comes_back() {
    let project = Project::new(&[
        (".git/config", "[core]\n"),
        (".git/hooks/pre-commit", "old"),
        (".git/hooks/post-merge", "mode"),
        (".envrc", "gone"),
        (".zed/settings.json", "{}"),
    ]);
    symlink("here", project.root.join(".idea")).unwrap();
    let record = project.record();
    project.write(".git/config", "[core]\n\tfsmonitor = ./evil\n");
    project.write(".git/hooks/pre-commit", "new");
    project.write(".git/hooks/new.sample", "no hook");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.root.join(".git/hooks/post-merge"), executable).unwrap();
    fs::remove_file(project.root.join(".envrc")).unwrap();
    fs::remove_dir_all(project.root.join(".zed")).unwrap();
    fs::remove_file(project.root.join(".idea")).unwrap();
    symlink("there", project.root.join(".idea")).unwrap();
    let (record, changes) = check(
        record,
        &[
            "removed .envrc",
            "changed .git/config",
            "changed .git/hooks/post-merge",
            "changed .git/hooks/pre-commit",
            "changed .idea",
            "removed .zed",
            "removed .zed/settings.json",
        ],
    );
    assert_eq!(put_back(&record, &changes), vec![None; 7]);
    assert_eq!(project.text(".git/config").unwrap(), "[core]\n");
    assert_eq!(project.text(".git/hooks/pre-commit").unwrap(), "old");
    assert_eq!(project.text(".envrc").unwrap(), "gone");
    assert_eq!(project.text(".zed/settings.json").unwrap(), "{}");
    assert_eq!(
        fs::read_link(project.root.join(".idea")).unwrap(),
        Path::new("here")
    );
    let hook = fs::metadata(project.root.join(".git/hooks/post-merge")).unwrap();
    assert_eq!(hook.permissions().mode() & 0o111, 0);
}

#[test]
fn what_was_put_back_already_is_as_it_should_be() {
    let project = Project::new(&[
        (".exrc", "old"),
        ("package.json", "{\"scripts\": {\"a\": \"b\"}}"),
        ("sub/package.json", "{}"),
    ]);
    let record = project.record();
    project.write(".exrc", "new");
    project.write("sub/package.json", "{\"scripts\": {\"install\": \"evil\"}}");
    project.write(".vscode/tasks.json", "{}");
    project.write("package.json", "{\"scripts\": {}}");
    let listed = [
        "changed .exrc",
        "created .vscode",
        "created .vscode/tasks.json",
        "changed package.json",
        "created sub/package.json",
    ];
    let (record, changes) = check(record, &listed);
    let is_back = || {
        changes
            .iter()
            .map(|change| record.is_back(change, &record.now(change).unwrap()).unwrap())
    };
    assert!(!is_back().any(|is_back| is_back));
    for _time in 0..2 {
        assert_eq!(put_back(&record, &changes), vec![None; 5]);
        assert!(is_back().all(|is_back| is_back));
    }
    assert!(record.may_hold_changes(), "nobody has said so");
    let record = record.put_back_whole().unwrap();
    let stored = Record::from_json(&record.to_json().unwrap()).unwrap();
    assert!(!stored.may_hold_changes());
    assert_eq!(stored.changes(Path::new(HOME)).unwrap().0, changes);
    assert_eq!(stored.put_back_whole(), None);
}

#[test]
fn what_lies_behind_a_link_is_not_said_to_be_put_back() {
    let project = Project::new(&[("aside/config.toml", "x")]);
    let record = project.record();
    project.write(".cargo/config.toml", "evil");
    let (record, changes) = check(record, &["created .cargo/config.toml"]);
    fs::remove_dir_all(project.root.join(".cargo")).unwrap();
    symlink("aside", project.root.join(".cargo")).unwrap();
    assert!(!record.is_back(&changes[0], &State::Absent).unwrap());
    assert_eq!(
        put_back(&record, &changes),
        [Some("it has changed since".to_owned())]
    );
    // The twin: where nothing is, nothing is left to put back.
    fs::remove_file(project.root.join(".cargo")).unwrap();
    assert!(record.is_back(&changes[0], &State::Absent).unwrap());
    assert_eq!(put_back(&record, &changes), [None]);
}

#[test]
fn a_session_that_has_not_ended_cannot_be_said_to_be_put_back() {
    assert_eq!(Project::new(&[]).record().put_back_whole(), None);
}

#[test]
fn what_is_not_as_listed_any_more_stays() {
    let project = Project::new(&[(".exrc", "old")]);
    let record = project.record();
    project.write(".exrc", "of the session");
    project.write(".envrc", "of the session");
    project.write(".husky/pre-commit", "of the session");
    let listed = [
        "created .envrc",
        "changed .exrc",
        "created .husky",
        "created .husky/pre-commit",
    ];
    let (record, changes) = check(record, &listed);
    project.write(".exrc", "of a person");
    fs::remove_file(project.root.join(".envrc")).unwrap();
    symlink(".exrc", project.root.join(".envrc")).unwrap();
    project.write(".husky/mine", "of a person");
    let since = || Some("it has changed since".to_owned());
    let more = Some("there is more in the directory".to_owned());
    assert_eq!(put_back(&record, &changes), [since(), since(), more, None]);
    assert_eq!(project.text(".exrc").unwrap(), "of a person");
    assert_eq!(project.text(".husky/mine").unwrap(), "of a person");
}

#[test]
fn what_was_too_large_to_keep_cannot_come_back() {
    let project = Project::new(&[(".exrc", &"x".repeat(70_000)), (".vimrc", "\u{0}")]);
    let record = project.record();
    project.write(".exrc", "new");
    project.write(".vimrc", "new");
    let (record, changes) = check(record, &["changed .exrc", "changed .vimrc"]);
    let not_kept = Some("what was in it was not kept, since it is too large or no text".to_owned());
    assert_eq!(put_back(&record, &changes), [not_kept.clone(), not_kept]);
    assert_eq!(project.text(".exrc").unwrap(), "new");
}

#[test]
fn of_a_manifest_only_the_scripts_count_and_come_back() {
    let before = "{\n  \"scripts\": { \"test\": \"true\" },\n  \"dependencies\": {}\n}\n";
    let project = Project::new(&[
        ("package.json", before),
        ("app/package.json", "{}"),
        ("lib/package.json", before),
    ]);
    let record = project.record();
    project.write(
        "package.json",
        "{\"dependencies\":{\"a\":\"1\"},\"scr\\u0069pts\":{\"test\":\"true\",\"postinstall\":\"evil\"}}",
    );
    project.write("app/package.json", "{\"scripts\": {\"start\": \"evil\"}}");
    project.write(
        "lib/package.json",
        "{\"scripts\":{\"test\":\"true\"}, \"version\": \"2\"}",
    );
    let (record, changes) = check(record, &["created app/package.json", "changed package.json"]);
    assert_eq!(put_back(&record, &changes), [None, None]);
    assert_eq!(
        project.text("package.json").unwrap(),
        "{\"dependencies\":{\"a\":\"1\"},\"scr\\u0069pts\":{ \"test\": \"true\" }}"
    );
    assert_eq!(project.text("app/package.json").unwrap(), "{\"scripts\": {}}");
}

#[test]
fn a_link_in_the_place_of_a_manifest_is_listed() {
    let before = "{\"scripts\": {\"test\": \"true\"}}";
    let project = Project::new(&[("package.json", before), ("lib/other.json", before)]);
    symlink("other.json", project.root.join("lib/package.json")).unwrap();
    let record = project.record();
    project.write("evil.json", "{\"scripts\": {\"postinstall\": \"evil\"}}");
    for (manifest, target) in [
        ("package.json", "evil.json"),
        ("lib/package.json", "../evil.json"),
    ] {
        fs::remove_file(project.root.join(manifest)).unwrap();
        symlink(target, project.root.join(manifest)).unwrap();
    }
    let (record, changes) = check(record, &["changed lib/package.json", "changed package.json"]);
    let linked = Some("the file is or was a link, and only the scripts in it are kept".to_owned());
    assert_eq!(put_back(&record, &changes), [linked.clone(), linked]);
}

#[test]
fn new_programs_are_listed() {
    let project = Project::new(&[
        (".venv/bin/pip", "x"),
        ("node_modules/.bin/old", "x"),
        ("app/a", ""),
    ]);
    let record = project.record();
    symlink("../evil/cli.js", project.root.join("node_modules/.bin/evil")).unwrap();
    project.write(".venv/bin/pip", "y");
    project.write("app/node_modules/.bin/tool", "x");
    project.write("node_modules/evil/cli.js", "x");
    let listed = [
        "changed .venv/bin/pip",
        "created app/node_modules/.bin/tool",
        "created node_modules/.bin/evil",
    ];
    let (record, changes) = check(record, &listed);
    assert_eq!(put_back(&record, &changes), [None, None, None]);
    assert_eq!(project.text(".venv/bin/pip").unwrap(), "x");
}

#[test]
fn a_new_repository_is_listed_by_what_git_obeys_in_it() {
    let project = Project::new(&[("lib/tools/clean", "was there"), ("lib/a", "")]);
    let record = project.record();
    project.write("lib/.git/config", "[filter \"x\"]\n\tclean = tools/clean %f\n");
    project.write("lib/.git/HEAD", "ref: refs/heads/main\n");
    project.write("lib/.git/hooks/pre-commit.sample", "");
    project.write("lib/.git/hooks/pre-commit", "");
    let listed = [
        "created lib/.git/config",
        "created lib/.git/hooks",
        "created lib/.git/hooks/pre-commit",
        "unknown lib/tools/clean",
    ];
    let (record, changes) = check(record, &listed);
    let more = || Some("there is more in the directory".to_owned()); // The sample.
    let unknown = Some("it is not known how it was".to_owned());
    assert_eq!(put_back(&record, &changes), [None, more(), None, unknown]);
    assert_eq!(project.text("lib/tools/clean").unwrap(), "was there");
}

#[test]
fn another_directory_in_the_place_of_the_project_is_left_alone() {
    let project = Project::new(&[]);
    let record = project.record();
    project.write(".envrc", "");
    let (record, changes) = check(record, &["created .envrc"]);
    fs::rename(&project.root, project.root.with_file_name("old")).unwrap();
    fs::create_dir(&project.root).unwrap();
    project.write(".envrc", "");
    assert!(
        put_back(&record, &changes)[0]
            .as_ref()
            .unwrap()
            .contains("another directory")
    );
    assert!(project.text(".envrc").is_some());
}

#[test]
fn decoys_below_a_new_name_are_said_to_be_more_than_is_looked_at() {
    let project = Project::new(&[]);
    let record = project.record();
    for number in 0..=crate::limits::REVIEW_ROOT_NAMES {
        project.write(&format!(".vscode/{number}"), "");
    }
    let record = record.end(Path::new(HOME), 2).unwrap();
    let (changes, is_cut) = record.changes(Path::new(HOME)).unwrap();
    assert_eq!(
        (changes.len(), is_cut),
        (crate::limits::REVIEW_ROOT_NAMES + 1, true)
    );
}
