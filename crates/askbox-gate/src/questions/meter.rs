//! Counts the distinct questions of one session and makes it quiet when there are too many in a minute. Existing
//! questions are not its business.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::limits;

/// The recent questions of one session.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    recent: VecDeque<Instant>,
    quiet: bool,
}

/// What the meter says about one more question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    /// It may be raised.
    Fine,
    /// It may not, and the session was not quiet until now.
    TurnsQuiet,
    /// It may not.
    Quiet,
}

impl Meter {
    /// Counts one more distinct question, of which `limit` a minute are fine.
    pub(crate) fn count(&mut self, now: Instant, limit: usize) -> Measured {
        if self.quiet {
            return Measured::Quiet;
        }
        while self
            .recent
            .front()
            .is_some_and(|&first| limits::QUIET_WINDOW <= now.duration_since(first))
        {
            self.recent.pop_front();
        }
        if self.recent.len() < limit {
            self.recent.push_back(now);
            return Measured::Fine;
        }
        self.quiet = true;
        Measured::TurnsQuiet
    }

    /// Whether further questions are denied.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Ends the quiet mode and forgets what led to it; false when the session was not quiet.
    pub(crate) fn resume(&mut self) -> bool {
        self.recent.clear();
        std::mem::take(&mut self.quiet)
    }
}
