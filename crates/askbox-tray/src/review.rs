//! What a session changed that runs outside later: as `askbox review` tells it, which compares and puts back.

use std::path::Path;
use std::process::{Command, Stdio};

use askbox_desktop::{ReviewChange, ReviewOutlook, ReviewView};
use askbox_paths::own_file;
use askbox_policy::SessionId;
use askbox_policy::display;
use askbox_sandbox::review::Record;
use askbox_wire::{ErrorCode, WireError};
use serde::Deserialize;

use crate::daemon_process;

/// Lines of a difference that are shown.
const LINES: usize = 400;

/// Characters of one.
const LINE_CHARACTERS: usize = 400;

/// The longest record that can hold nothing: a handful of directories. All sessions of a list are looked at.
const MOST_EMPTY_BYTES: u64 = 64 * 1024;

/// What a review would tell of this record, without comparing anything. One that cannot be read tells why.
pub(crate) fn outlook(record: &Path) -> Option<ReviewOutlook> {
    let holds_nothing = match own_file::read(record, MOST_EMPTY_BYTES) {
        Ok(None) => return None,
        Ok(Some(json)) => Record::from_json(&json).is_ok_and(|record| !record.may_hold_changes()),
        Err(_too_long_or_unreadable) => false,
    };
    Some(if holds_nothing {
        ReviewOutlook::Nothing
    } else {
        ReviewOutlook::Something
    })
}

/// The object of `askbox review --json`.
#[derive(Debug, Deserialize)]
struct Review {
    session: String,
    project: String,
    complete: bool,
    changes: Vec<Row>,
}

/// One of its changes.
#[derive(Debug, Deserialize)]
struct Row {
    path: String,
    change: String,
    diff: Option<String>,
    revert: Revert,
    reason: Option<String>,
}

/// Whether it is put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Revert {
    Possible,
    Done,
    Refused,
}

/// The review of a session, after putting back these paths; `None` puts back nothing, an empty list all.
pub(crate) async fn review(session: SessionId, revert: Option<Vec<String>>) -> Result<ReviewView, WireError> {
    let run = tokio::task::spawn_blocking(move || run(&session, revert)).await;
    run.unwrap_or_else(|error| Err(failed(error.to_string())))
}

fn run(session: &SessionId, revert: Option<Vec<String>>) -> Result<ReviewView, WireError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "it is our own program, which executes nothing, and begins in /"
    )]
    let mut command = Command::new(daemon_process::cli());
    command.args(["review", "--json"]);
    if let Some(paths) = revert {
        command.arg("--revert").args(paths.iter().map(|path| plain(path)));
    }
    command.arg("--").arg(&session.0);
    let output = command
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    match serde_json::from_slice::<Review>(&output.stdout) {
        Ok(review) => Ok(view(review)),
        Err(_no_review) => Err(failed(display::text(
            String::from_utf8_lossy(&output.stderr).trim(),
            LINE_CHARACTERS,
        ))),
    }
}

/// A path that can be taken neither for an option nor for another path.
fn plain(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("./{path}")
    }
}

/// What is left to review.
fn view(review: Review) -> ReviewView {
    let left = review
        .changes
        .into_iter()
        .filter(|row| row.revert != Revert::Done);
    ReviewView {
        session: SessionId(review.session),
        project: display::text(&review.project, display::MAX_PATH),
        complete: review.complete,
        changes: left.map(change).collect(),
    }
}

fn change(row: Row) -> ReviewChange {
    let harmless = |diff: &str| {
        let lines = diff
            .lines()
            .take(LINES)
            .map(|line| display::text(line, LINE_CHARACTERS));
        lines.collect::<Vec<String>>().join("\n")
    };
    ReviewChange {
        path: row.path,
        change: row.change,
        diff: row.diff.as_deref().map(harmless),
        kept: (row.revert == Revert::Refused)
            .then(|| display::text(&row.reason.unwrap_or_default(), display::MAX_PATH)),
    }
}

fn failed(why: String) -> WireError {
    WireError::new(ErrorCode::Internal, why)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn check(content: &str, expected: ReviewOutlook) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("s.json");
        assert_eq!(outlook(&file), None);
        fs::write(&file, content).unwrap();
        assert_eq!(outlook(&file), Some(expected), "{content:.200}");
    }

    fn record(is_cut: bool, body: &str) -> String {
        format!(
            r#"{{"version": 1, "session": "s", "project": "/p", "started_ms": 1, "ended_ms": 2, "bases": [],
            "is_cut": {is_cut}, "body": {body}}}"#
        )
    }

    #[test]
    fn a_record_without_changes_holds_nothing_to_review() {
        let unchanged = r#"{"ended": {"changes": []}}"#;
        check(&record(false, unchanged), ReviewOutlook::Nothing);
        check(&record(true, unchanged), ReviewOutlook::Something);
    }

    #[test]
    fn what_is_not_known_to_be_empty_holds_something() {
        let running = r#"{"running": {"roots": [], "items": [], "cut": []}}"#;
        check(&record(false, running), ReviewOutlook::Something);
        check("{", ReviewOutlook::Something);
        let long = r#"{"ended": {"changes": []}}"#.to_owned() + &" ".repeat(64 * 1024);
        check(&record(false, &long), ReviewOutlook::Something);
    }

    #[test]
    fn what_was_put_back_is_not_left_to_review() {
        let row = |path: &str, revert: &str| {
            serde_json::json!({
                "path": path, "change": "created", "diff": null, "revert": revert, "reason": null,
            })
        };
        let review = serde_json::json!({
            "session": "s1", "project": "/home/me/shop", "complete": true,
            "changes": [row("a", "done"), row("b", "possible"), row("c", "refused")],
        });
        let view = view(serde_json::from_value(review).unwrap());
        let left: Vec<&str> = view.changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(left, ["b", "c"]);
    }
}
