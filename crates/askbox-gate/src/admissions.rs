//! The files that one session was let through to and that are events already: the first time is an event of its own before
//! it takes effect, later ones for the same file, kind and reason are counted, and the count is an event now and then.
//! What was used least lately is forgotten, and is an event again. Pure bookkeeping: the caller holds the lock and writes
//! the log.

use std::collections::HashMap;
use std::sync::Arc;

use askbox_audit::Entry;
use askbox_policy::{Project, SessionId, Target};
use tokio::time::Instant;

use crate::denials::Logged;
use crate::limits::{ADMITTED_COUNT_EVERY, ADMITTED_FILES};
use crate::permits::AdmittedBy;
use crate::record;

/// What admissions have to share to be equal: the file, what was asked for, and what admitted it.
pub(crate) type Kind = (Target, AdmittedBy);

/// The files of a session.
#[derive(Debug, Default)]
pub(crate) struct Admissions {
    /// Used since the last turn.
    recent: HashMap<Kind, Known>,
    /// Used in the turn before, and not since.
    older: HashMap<Kind, Known>,
    /// When the counts are due; set while there is one.
    due: Option<Instant>,
}

/// One file.
#[derive(Debug, Default)]
struct Known {
    logged: Logged,
    more: u64,
}

/// What is to be logged for an admission, unless `logged` says that it was.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) logged: Logged,
    /// The first that is counted, so that somebody has to look when that is due.
    pub(crate) wakes: bool,
}

impl Admissions {
    /// Counts an admission. Counts that have to go to make room are added to `entries`.
    pub(crate) fn count(
        &mut self,
        kind: Kind,
        (session, project): (&SessionId, &Project),
        entries: &mut Vec<Entry>,
    ) -> Counted {
        if let Some(known) = self.recent.get_mut(&kind) {
            known.more += 1;
            let logged = Arc::clone(&known.logged);
            let wakes = self.is_due_anew();
            return Counted { logged, wakes };
        }
        if ADMITTED_FILES / 2 <= self.recent.len() {
            let gone = std::mem::replace(&mut self.older, std::mem::take(&mut self.recent));
            entries.extend(
                gone.iter()
                    .filter_map(|(kind, known)| known.entry(session, project, kind)),
            );
        }
        let older = self.older.remove(&kind);
        let is_known = older.is_some();
        let mut known = older.unwrap_or_default();
        known.more += u64::from(is_known);
        let logged = Arc::clone(&known.logged);
        self.recent.insert(kind, known);
        let wakes = is_known && self.is_due_anew();
        Counted { logged, wakes }
    }

    /// Forgets one that could not be logged: it did not take effect.
    pub(crate) fn forget(&mut self, kind: &Kind) {
        self.recent.remove(kind);
        self.older.remove(kind);
    }

    /// The counts, as events, if they are due.
    pub(crate) fn due(&mut self, session: &SessionId, project: &Project) -> Vec<Entry> {
        if self.due.is_some_and(|due| due <= Instant::now()) {
            self.finish(session, project)
        } else {
            Vec::new()
        }
    }

    /// Every count, as events, due or not.
    pub(crate) fn finish(&mut self, session: &SessionId, project: &Project) -> Vec<Entry> {
        self.due = None;
        let mut entries = Vec::new();
        for (kind, known) in self.recent.iter_mut().chain(&mut self.older) {
            entries.extend(known.entry(session, project, kind));
            known.more = 0;
        }
        entries
    }

    /// When the counts are due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.due
    }

    /// Sets when the counts are due, unless that is set.
    fn is_due_anew(&mut self) -> bool {
        let is_anew = self.due.is_none();
        self.due
            .get_or_insert_with(|| Instant::now() + ADMITTED_COUNT_EVERY);
        is_anew
    }
}

impl Known {
    fn entry(&self, session: &SessionId, project: &Project, kind: &Kind) -> Option<Entry> {
        (self.more != 0).then(|| record::admissions(session, project, kind, self.more))
    }
}

#[cfg(test)]
mod tests;
