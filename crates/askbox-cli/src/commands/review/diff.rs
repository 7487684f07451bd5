//! The difference between two states of a file as lines for people. Whatever comes from a file is made harmless, and no
//! part of a line is left out: what somebody wants to hide would be there. Pure.

use std::time::Duration;

use askbox_policy::display;
use askbox_sandbox::review::{FileState, State};
use similar::{ChangeTag, TextDiff};

/// Lines around a change.
const CONTEXT: usize = 3;

/// How long a short difference is looked for; then a longer one does. Both texts are 64 KiB at most.
const PATIENCE: Duration = Duration::from_millis(500);

/// A unified difference without its head; `None` where one of the sides is not text, or was not kept.
pub(super) fn between(before: Option<&State>, now: &State) -> Option<String> {
    let (before, now) = (text(before.unwrap_or(&State::Absent))?, text(now)?);
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&before, &now);
    let mut shown = String::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        shown.push_str(&hunk.header().to_string());
        shown.push('\n');
        for change in hunk.iter_changes() {
            shown.push(match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            });
            let line = change.value();
            let line = line.strip_suffix('\n').unwrap_or(line);
            shown.push_str(&display::text(line, usize::MAX));
            shown.push('\n');
        }
    }
    (!shown.is_empty()).then_some(shown)
}

/// What a difference does not show: permissions to execute, and where a link leads.
pub(super) fn note(before: &State, now: &State) -> Option<String> {
    let is_executable = |state: &State| match state {
        State::File(file) => file.mode & 0o111 != 0,
        State::Absent | State::Directory | State::Link(_) | State::Other => false,
    };
    let notes = [
        link(before).map(|target| format!("was a link to {target}")),
        link(now).map(|target| format!("is a link to {target}")),
        (is_executable(now) && !is_executable(before)).then(|| "is executable now".to_owned()),
        (is_long(before) || is_long(now)).then(|| "is too large to show, or no text".to_owned()),
    ];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join(", "))
}

fn link(state: &State) -> Option<String> {
    match state {
        State::Link(target) => Some(display::path(target.as_path(), usize::MAX)),
        State::Absent | State::Directory | State::File(_) | State::Other => None,
    }
}

fn is_long(state: &State) -> bool {
    matches!(state, State::File(FileState { text: None, .. }))
}

/// The text of a side: what is no file has none, and differs by that.
fn text(state: &State) -> Option<String> {
    match state {
        State::File(file) => file.text.clone(),
        State::Absent | State::Directory | State::Link(_) | State::Other => Some(String::new()),
    }
}

#[cfg(test)]
mod tests;
