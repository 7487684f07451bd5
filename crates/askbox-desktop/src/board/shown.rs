//! One notification that is shown, and when it may be shown anew. Of a question that grows it stays as it is for a while; all
//! else is the board's.

use super::{Serial, Slot};
use crate::desk::Desk;
use crate::notice::Notice;

/// A question that goes on growing is shown anew at most so often: each showing arms it anew, and a program that adds and adds
/// could be answered by nobody.
const GROWN_EVERY_MS: u64 = 3_000;

/// What a slot shows.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) notice: Notice,
    pub(super) serial: Serial,
    /// Since when the server shows it; `None` until it says so.
    pub(super) since_ms: Option<u64>,
    /// The questions that it stands for.
    pub(super) questions: Vec<String>,
    /// How far its one question had grown.
    pub(super) size: Option<Size>,
    /// When it was shown anew because that had grown.
    pub(super) grown_ms: Option<u64>,
    /// When it is shown anew, because that has grown since.
    pub(super) due_ms: Option<u64>,
}

/// What changes where a question grows: its revision, and how much it does not list.
pub(super) type Size = (u32, u32);

impl Shown {
    /// Whether it is still what should be shown at this moment, or is for a while because it was shown anew just now.
    pub(super) fn stays(&mut self, wanted: &Notice, has_grown: bool, now_ms: u64) -> bool {
        self.due_ms = None;
        if self.notice == *wanted {
            return true;
        }
        let due_ms = self.grown_ms.map(|grown| grown.saturating_add(GROWN_EVERY_MS));
        self.due_ms = due_ms.filter(|due_ms| has_grown && now_ms < *due_ms);
        self.due_ms.is_some()
    }
}

/// How far the question of a slot has grown.
pub(super) fn size_of(slot: &Slot, desk: &Desk) -> Option<Size> {
    let Slot::Question(id) = slot else { return None };
    desk.question(id)
        .map(|question| (question.revision, question.unlisted))
}

#[cfg(test)]
mod tests;
