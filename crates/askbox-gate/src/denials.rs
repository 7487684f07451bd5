//! The denials of one session that are events already. The first of its kind is an event of its own before it takes
//! effect; equal ones that follow are counted, and the count is an event every few seconds. Pure bookkeeping: the caller
//! holds the lock and writes the log.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use askbox_audit::{Entry, EventProcess};
use askbox_policy::{Project, Request, SessionId, Target};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::limits::{DENIED_PER_WINDOW, DENIED_WINDOW, REPEATS_EVERY};
use crate::questions::QuestionId;
use crate::record;

/// What denials have to share to be equal: what was asked for, why not, and the question that it belongs to.
pub(crate) type Kind = (Target, String, Option<QuestionId>);

/// The recent denials of a session.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    known: HashMap<Kind, Repeated>,
    /// Those that are one too many to be listed.
    others: Option<Repeated>,
    /// When the window began, and how many kinds were new in it.
    window: Option<(Instant, usize)>,
}

/// One kind of denial.
#[derive(Debug)]
struct Repeated {
    logged: Logged,
    process: EventProcess,
    since: Instant,
    more: u64,
}

/// Set once the first of its kind is in the log.
pub(crate) type Logged = Arc<OnceCell<()>>;

/// What is to be logged for a denial, unless `logged` says that it was.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) logged: Logged,
    pub(crate) is_listed: bool,
    /// It is the second of its kind, so that somebody has to look when its count is due.
    pub(crate) wakes: bool,
}

impl Denials {
    /// Counts a denial.
    pub(crate) fn count(&mut self, request: &Request, by: &str, question: Option<QuestionId>) -> Counted {
        let now = Instant::now();
        let kind = (request.target.clone(), by.to_owned(), question);
        if let Some(known) = self.known.get_mut(&kind)
            && let Some(counted) = known.again(now, REPEATS_EVERY, true)
        {
            return counted;
        }
        let fresh = || Repeated {
            logged: Logged::default(),
            process: record::event_process(&request.process),
            since: now,
            more: 0,
        };
        let is_listed = self.has_room(now);
        let known = if is_listed {
            self.known.entry(kind).insert_entry(fresh()).into_mut()
        } else {
            if let Some(others) = &mut self.others
                && let Some(counted) = others.again(now, DENIED_WINDOW, false)
            {
                return counted;
            }
            self.others.insert(fresh())
        };
        Counted {
            logged: Arc::clone(&known.logged),
            is_listed,
            wakes: false,
        }
    }

    /// Whether such a denial is one more of a kind that is an event, so that nobody has to find out who asks.
    pub(crate) fn is_known(&self, target: &Target, by: &str, question: Option<QuestionId>) -> bool {
        let kind = (target.clone(), by.to_owned(), question);
        let known = self.known.get(&kind);
        known.is_some_and(|known| !known.is_over(Instant::now(), REPEATS_EVERY))
    }

    /// Whether one more kind may be listed: neither too many new ones in this window, nor too many that go on repeating,
    /// since each of those takes memory and an event now and then.
    fn has_room(&mut self, now: Instant) -> bool {
        let (began, new) = self
            .window
            .filter(|(began, _)| now.duration_since(*began) < DENIED_WINDOW)
            .unwrap_or((now, 0));
        if new < DENIED_PER_WINDOW && DENIED_PER_WINDOW <= self.known.len() {
            self.known.retain(|_, known| !known.is_over(now, REPEATS_EVERY));
        }
        let is_room = new < DENIED_PER_WINDOW && self.known.len() < DENIED_PER_WINDOW;
        self.window = Some((began, new + usize::from(is_room)));
        is_room
    }

    /// The counts that are due, as events; forgets what did not repeat.
    pub(crate) fn due(&mut self, session: &SessionId, project: &Project) -> Vec<Entry> {
        let now = Instant::now();
        let mut entries = Vec::new();
        self.known.retain(|kind, known| {
            if now < known.since + REPEATS_EVERY {
                return true;
            }
            entries.extend(known.entry(session, project, kind));
            known.begin_anew(now)
        });
        if let Some(others) = self
            .others
            .as_mut()
            .filter(|others| others.since + DENIED_WINDOW <= now)
        {
            entries.extend(others.others_entry(session, project));
            if !others.begin_anew(now) {
                self.others = None;
            }
        }
        entries
    }

    /// Every count, as events, due or not: the session has ended.
    pub(crate) fn finish(&mut self, session: &SessionId, project: &Project) -> Vec<Entry> {
        let known = std::mem::take(&mut self.known);
        let listed = known
            .iter()
            .filter_map(|(kind, known)| known.entry(session, project, kind));
        let others = self.others.take();
        let others = others.and_then(|others| others.others_entry(session, project));
        listed.chain(others).collect()
    }

    /// When the next count is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let listed = self.known.values().map(|known| (known, REPEATS_EVERY));
        let others = self.others.iter().map(|others| (others, DENIED_WINDOW));
        listed
            .chain(others)
            .filter(|(known, _)| 0 < known.more)
            .map(|(known, every)| known.since + every)
            .min()
    }
}

impl Repeated {
    /// Whether it was not repeated for so long that the next one is a first again.
    fn is_over(&self, now: Instant, every: Duration) -> bool {
        self.more == 0 && self.since + every <= now
    }

    /// Counts one more; `None` when the last one is so long ago that this is a first again.
    fn again(&mut self, now: Instant, every: Duration, is_listed: bool) -> Option<Counted> {
        if self.is_over(now, every) {
            return None;
        }
        self.more += 1;
        Some(Counted {
            logged: Arc::clone(&self.logged),
            is_listed,
            wakes: self.more == 1,
        })
    }

    /// Begins to count again; false when there was nothing to count.
    fn begin_anew(&mut self, now: Instant) -> bool {
        self.since = now;
        std::mem::take(&mut self.more) != 0
    }

    fn entry(&self, session: &SessionId, project: &Project, kind: &Kind) -> Option<Entry> {
        (self.more != 0).then(|| record::denials(session, project, kind, &self.process, self.more))
    }

    fn others_entry(&self, session: &SessionId, project: &Project) -> Option<Entry> {
        (self.more != 0).then(|| record::flood(session, project, self.more))
    }
}

#[cfg(test)]
mod tests;
