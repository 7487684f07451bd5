//! A review as people and scripts read it. Pure.

use std::fmt::Write as _;

use askbox_sandbox::review::{Change, Part, State};
use serde::Serialize;

use crate::output::{self, Style};

/// The object of `askbox review --json`.
#[derive(Debug, Serialize)]
pub(super) struct Review<'a> {
    pub(super) session: &'a str,
    pub(super) project: String,
    pub(super) started: String,
    pub(super) ended: Option<String>,
    pub(super) complete: bool,
    pub(super) changes: Vec<Row>,
}

/// One of its changes.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    pub(super) path: String,
    pub(super) part: Part,
    pub(super) change: Kind,
    pub(super) node: Option<Node>,
    pub(super) diff: Option<String>,
    /// Harmless text.
    #[serde(skip)]
    pub(super) note: Option<String>,
    pub(super) revert: Outcome,
    pub(super) reason: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Created,
    Changed,
    Removed,
    Unknown,
}

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Node {
    File,
    Directory,
    Link,
    Other,
}

/// Whether it is put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Possible,
    /// By this command.
    Done,
    /// It was as before the session already.
    #[serde(rename = "done")]
    Back,
    Refused,
}

impl Outcome {
    /// Whether it is as it was before the session.
    pub(super) fn is_back(self) -> bool {
        match self {
            Self::Done | Self::Back => true,
            Self::Possible | Self::Refused => false,
        }
    }
}

impl Kind {
    pub(super) fn of(change: &Change) -> Self {
        match (&change.before, &change.now) {
            (None, _) => Self::Unknown,
            (Some(State::Absent), _) => Self::Created,
            (Some(_), State::Absent) => Self::Removed,
            (Some(_), _) => Self::Changed,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Unknown => "unknown",
        }
    }
}

impl Node {
    pub(super) fn of(state: &State) -> Option<Self> {
        match state {
            State::Absent => None,
            State::File(_) => Some(Self::File),
            State::Directory => Some(Self::Directory),
            State::Link(_) => Some(Self::Link),
            State::Other => Some(Self::Other),
        }
    }
}

/// For people.
pub(super) fn text(review: &Review<'_>, style: Style) -> String {
    let end = match &review.ended {
        Some(ended) => format!("ended {ended}"),
        None => "has not ended".to_owned(),
    };
    let mut text = format!(
        "session {}  in {}\n   began {}, {end}\n",
        style.bold(review.session),
        output::safe(&review.project),
        review.started
    );
    if review.changes.is_empty() {
        text.push_str(if review.complete {
            "nothing that runs outside was changed\n"
        } else {
            "no change of what runs outside was found\n"
        });
    }
    for row in &review.changes {
        text.push_str(&render_row(row, style));
    }
    if !review.complete {
        text.push_str("there was more than is looked at, or something that is closed to you: there may be other changes\n");
    }
    let is_possible = |row: &Row| row.revert == Outcome::Possible;
    if review.changes.iter().any(is_possible) {
        text.push_str("`askbox review --revert [PATH…]` puts it back\n");
    }
    text
}

fn render_row(row: &Row, style: Style) -> String {
    let change = row.change.text();
    let change = match row.change {
        Kind::Created | Kind::Changed | Kind::Unknown => style.open(change),
        Kind::Removed => style.good(change),
    };
    let mut text = format!("{change}  {}{}\n", output::safe(&row.path), suffix(row));
    if let Some(note) = &row.note {
        let _infallible = writeln!(text, "    {note}");
    }
    for line in row.diff.iter().flat_map(|diff| diff.lines()) {
        let _infallible = writeln!(text, "    {line}");
    }
    match (row.revert, &row.reason) {
        (Outcome::Done, _) => {
            let _infallible = writeln!(text, "    {}", style.good("put back"));
        }
        (Outcome::Back, _) => {
            let _infallible = writeln!(text, "    {}", style.good("put back already"));
        }
        (Outcome::Refused, Some(reason)) => {
            let _infallible = writeln!(text, "    cannot be put back: {}", output::safe_sentence(reason));
        }
        (Outcome::Possible, _) | (Outcome::Refused, None) => {}
    }
    text
}

fn suffix(row: &Row) -> &'static str {
    match (row.part, row.node) {
        (Part::Scripts, _) => " (scripts)",
        (Part::Named, _) => " (named by git's configuration)",
        (Part::Guarded | Part::Program, Some(Node::Directory)) => "/",
        (Part::Guarded | Part::Program, _) => "",
    }
}
