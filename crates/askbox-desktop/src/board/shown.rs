//! One notification that is shown, and when it may be shown anew. What a program that asks changes by itself stays as it is for a
//! while; all else is the board's.

use super::Serial;
use crate::notice::Notice;

/// What programs change of a question is shown anew at most so often: each showing arms it anew, and a program that asks for more
/// and more, or asks and gives up, could be answered by nobody.
const ANEW_EVERY_MS: u64 = 3_000;

/// What a slot shows.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) notice: Notice,
    pub(super) serial: Serial,
    /// Since when the server shows it; `None` until it says so.
    pub(super) since_ms: Option<u64>,
    /// The questions that it stands for.
    pub(super) questions: Vec<String>,
    /// When it took the place of what was shown of the same questions.
    pub(super) anew_ms: Option<u64>,
    /// When what has changed since is shown, where that waits.
    pub(super) due_ms: Option<u64>,
}

impl Shown {
    /// When something else is to be shown in its place; `None` where it is the same. At once where a question of it is gone, which
    /// somebody answered.
    pub(super) fn gives_way_ms(&self, wanted: &Notice, questions: &[String]) -> Option<u64> {
        if self.notice == *wanted {
            return None;
        }
        let is_programs =
            !self.questions.is_empty() && self.questions.iter().all(|one| questions.contains(one));
        let anew_ms = self.anew_ms.filter(|_| is_programs);
        Some(anew_ms.map_or(0, |anew_ms| anew_ms.saturating_add(ANEW_EVERY_MS)))
    }
}

#[cfg(test)]
mod tests;
