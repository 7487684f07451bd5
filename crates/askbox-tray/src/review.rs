//! What a session changed that runs outside later: as `askbox review` tells it, which compares and puts back.

use std::process::{Command, Stdio};

use askbox_desktop::{ReviewChange, ReviewView};
use askbox_policy::SessionId;
use askbox_policy::display;
use askbox_wire::{ErrorCode, WireError};
use serde::Deserialize;

use crate::daemon_process;

/// Lines of a difference that are shown.
const LINES: usize = 400;

/// Characters of one.
const LINE_CHARACTERS: usize = 400;

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

/// A path that cannot be taken for an option.
fn plain(path: &str) -> String {
    if path.starts_with('-') {
        format!("./{path}")
    } else {
        path.to_owned()
    }
}

fn view(review: Review) -> ReviewView {
    ReviewView {
        session: SessionId(review.session),
        project: display::text(&review.project, display::MAX_PATH),
        complete: review.complete,
        changes: review.changes.into_iter().map(change).collect(),
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
