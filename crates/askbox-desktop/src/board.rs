//! Which notifications there are: one for each question, one summary for many, and notices of what else a person should
//! know. Decides what to show and to close; closing, expiring and sweeping decide nothing about a question.

mod shown;

use std::collections::{BTreeMap, BTreeSet};

use askbox_policy::{SessionId, WhyMissed};
use askbox_wire::{MissedView, QuestionView};

use crate::choice::Choice;
use crate::desk::Desk;
use crate::notice::{self, Notice, Trouble, Words};
use crate::reach::Reach;
use shown::Shown;

/// Questions that have a notification each; more have one summary.
pub const MOST_SINGLE: usize = 3;

/// A click so soon after something was shown was meant for what was there before.
pub const ARMING_MS: u64 = 500;

/// The first pause after a server refused to show something; it doubles with each refusal. Plasma refuses what it showed
/// within the last second.
const FIRST_PAUSE_MS: u64 = 2_000;

/// The longest.
const LONGEST_PAUSE_MS: u64 = 60_000;

/// How long after its session a notice of changed files stays, for whoever was not looking when the session ended.
const FLAGGED_STAYS_MS: u64 = 60_000;

/// Names of changed files that a notice remembers of a session.
const MOST_FLAGGED: usize = 64;

/// Sessions that met a limit and are told of at once.
const MOST_LIMITED: usize = 8;

/// A place for a notification: what is in it is updated, not repeated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// A question, by its id.
    Question(String),
    /// All questions that have no notification of their own.
    Summary,
    /// What nobody answered.
    Missed,
    /// A session that asked too much.
    Quiet(SessionId),
    /// A session that changed what runs outside; it may be gone.
    Flagged(SessionId),
    /// A session that met a limit; it may be gone.
    Limited(SessionId),
    /// Something that the person chose and that did not happen.
    Trouble,
    /// A try.
    Test,
}

/// What to do at the notification server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Show it, in the place of what the slot showed before, under this number: what the server hands back later has to say
    /// what it was about, since the next may be on its way already.
    Show(Slot, Serial, Notice),
    /// Close it.
    Close(Slot),
}

/// The number of one showing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Serial(pub u64);

/// How a notification went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The person closed it.
    Dismissed,
    /// Its time was over, or the server does not say.
    Expired,
}

/// What is shown, and what was put aside.
#[derive(Debug, Default)]
pub struct Board {
    shown: BTreeMap<Slot, Shown>,
    /// Questions whose notification the person closed: later.
    aside: BTreeSet<String>,
    /// Questions whose answer is on its way, or came, and the revision that it was for: a later one is another matter.
    answering: BTreeMap<String, u32>,
    /// Why an answer did not count, by its question.
    refused: BTreeMap<String, String>,
    missed: Vec<MissedView>,
    flagged: BTreeMap<SessionId, Flagged>,
    /// What became of sessions that met a limit.
    limited: BTreeMap<SessionId, String>,
    /// Sessions whose quietness the person has seen.
    known_quiet: BTreeSet<SessionId>,
    /// What the server refused to show.
    failed: BTreeMap<Slot, Failed>,
    /// What the person chose and did not happen.
    trouble: Option<Trouble>,
    /// Whether the person wants to see how questions look.
    trial: bool,
    serial: Serial,
    reach: Reach,
}

/// A notification that could not be shown.
#[derive(Debug)]
struct Failed {
    /// Not tried again before this moment.
    until_ms: u64,
    /// The pause that ends then.
    pause_ms: u64,
}

/// What a session changed that runs outside later, until a person has seen it.
#[derive(Debug, Default)]
struct Flagged {
    names: BTreeSet<String>,
    /// What the session runs. It is not known of one that was gone when its changes were told.
    command: Option<String>,
    /// Since when the session is over.
    over_since_ms: Option<u64>,
}

impl Flagged {
    /// When its time is over, once its session is.
    fn until_ms(&self) -> Option<u64> {
        self.over_since_ms
            .map(|since| since.saturating_add(FLAGGED_STAYS_MS))
    }
}

impl Board {
    /// The steps from what is shown to what should be, at this moment of a clock that never goes back. None without a server.
    pub fn update(&mut self, desk: &Desk, words: Words<'_>, now_ms: u64) -> Vec<Step> {
        self.forget_what_is_over(desk, now_ms);
        if !self.reach.has_server() {
            return Vec::new();
        }
        let wanted = self.wanted(desk, words);
        self.failed.retain(|slot, _| wanted.contains_key(slot));
        let stale: Vec<Slot> = self
            .shown
            .keys()
            .filter(|slot| !wanted.contains_key(*slot))
            .cloned()
            .collect();
        let mut steps: Vec<Step> = Vec::new();
        for slot in stale {
            self.shown.remove(&slot);
            steps.push(Step::Close(slot));
        }
        for (slot, notice) in wanted {
            let questions = self.stands_for(&slot, desk);
            let mut anew_ms = None;
            if let Some(shown) = self.shown.get_mut(&slot) {
                let gives_way_ms = shown.gives_way_ms(&notice, &questions);
                shown.due_ms = gives_way_ms.filter(|due_ms| now_ms < *due_ms);
                if gives_way_ms.is_none() || shown.due_ms.is_some() {
                    continue;
                }
                anew_ms = Some(now_ms);
            }
            let failed = self.failed.get(&slot);
            if failed.is_some_and(|failed| now_ms < failed.until_ms) {
                continue;
            }
            self.serial.0 += 1;
            let shown = Shown {
                notice: notice.clone(),
                serial: self.serial,
                since_ms: None,
                questions,
                anew_ms,
                due_ms: None,
            };
            for id in &shown.questions {
                self.reach.offered(id, now_ms);
            }
            self.shown.insert(slot.clone(), shown);
            steps.push(Step::Show(slot, self.serial, notice));
        }
        steps
    }

    fn wanted(&self, desk: &Desk, words: Words<'_>) -> BTreeMap<Slot, Notice> {
        let mut wanted = BTreeMap::new();
        let pending = self.pending(desk);
        if pending.len() <= MOST_SINGLE {
            for question in pending {
                let slot = Slot::Question(question.id.clone());
                let refused = self.refused.get(&question.id).map(String::as_str);
                wanted.insert(slot, notice::question(question, refused, words));
            }
        } else {
            wanted.insert(Slot::Summary, notice::summary(&pending, words));
        }
        if let Some(trouble) = &self.trouble {
            wanted.insert(Slot::Trouble, notice::trouble(trouble, words.strings));
        }
        if self.trial {
            wanted.insert(Slot::Test, notice::test(words));
        }
        if !self.missed.is_empty() {
            wanted.insert(Slot::Missed, notice::missed(&self.missed, words.strings));
        }
        for (session, text) in &self.limited {
            let notice = notice::limited(text, words.strings);
            wanted.insert(Slot::Limited(session.clone()), notice);
        }
        for (session, flagged) in &self.flagged {
            let names: Vec<&str> = flagged.names.iter().map(String::as_str).collect();
            let notice = notice::flagged(session, flagged.command.as_deref(), &names, words.strings);
            wanted.insert(Slot::Flagged(session.clone()), notice);
        }
        let Ok(known) = desk.known() else { return wanted };
        for session in &known.sessions {
            if known.quiet.contains(&session.id) && !self.known_quiet.contains(&session.id) {
                wanted.insert(
                    Slot::Quiet(session.id.clone()),
                    notice::quiet(session, words.strings),
                );
            }
        }
        wanted
    }

    /// Open questions that a notification should stand for.
    fn pending<'a>(&self, desk: &'a Desk) -> Vec<&'a QuestionView> {
        let is_pending =
            |question: &&QuestionView| !self.aside.contains(&question.id) && !self.is_answered(question);
        desk.questions().iter().filter(is_pending).collect()
    }

    /// Whether an answer covers the question as it is now.
    fn is_answered(&self, question: &QuestionView) -> bool {
        let answered = self.answering.get(&question.id);
        answered.is_some_and(|revision| question.revision <= *revision)
    }

    fn forget_what_is_over(&mut self, desk: &Desk, now_ms: u64) {
        let is_open = |id: &String| desk.question(id).is_some();
        self.aside.retain(is_open);
        self.answering.retain(|id, _| is_open(id));
        self.refused.retain(|id, _| is_open(id));
        self.reach.retain(|id| desk.question(id).is_some());
        self.flagged
            .retain(|_, flagged| flagged.until_ms().is_none_or(|until_ms| now_ms < until_ms));
        // Without a connection to the daemon nothing is known of what it has.
        let Ok(known) = desk.known() else { return };
        for (session, flagged) in &mut self.flagged {
            if let Some(running) = desk.sessions().iter().find(|one| one.id == *session) {
                flagged.command = Some(running.command.clone());
                flagged.over_since_ms = None;
            } else {
                flagged.over_since_ms.get_or_insert(now_ms);
            }
        }
        let listed: BTreeSet<&str> = known.missed.iter().map(|one| one.question.id.as_str()).collect();
        self.missed
            .retain(|missed| listed.contains(missed.question.id.as_str()));
        self.known_quiet.retain(|session| known.quiet.contains(session));
    }

    /// Nobody answered a question in time.
    pub fn missed(&mut self, missed: &MissedView) {
        // What is denied quietly is not worth a notification; what a session took with it is no news.
        match missed.why {
            WhyMissed::TimedOut | WhyMissed::Suspended | WhyMissed::TooMany | WhyMissed::LogFailed => {}
            WhyMissed::Quiet | WhyMissed::Paused | WhyMissed::Lockdown | WhyMissed::SessionEnded => return,
        }
        self.missed.retain(|one| one.question.id != missed.question.id);
        self.missed.push(missed.clone());
    }

    /// A session changed what runs outside later.
    pub fn flagged(&mut self, session: &SessionId, names: &[String]) {
        let known = &mut self.flagged.entry(session.clone()).or_default().names;
        // The rest is in the review.
        known.extend(
            names
                .iter()
                .take(MOST_FLAGGED.saturating_sub(known.len()))
                .cloned(),
        );
    }

    /// A session met a limit. The person hears of it also when it ended of that.
    pub fn limited(&mut self, session: &SessionId, text: &str) {
        if MOST_LIMITED <= self.limited.len() {
            self.limited.pop_first();
        }
        self.limited.insert(session.clone(), text.to_owned());
    }

    /// Something that the person chose did not happen.
    pub fn trouble(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
    }

    /// A notification shall be shown for a try, anew where one is. False where no server is there to show it.
    pub fn try_out(&mut self) -> bool {
        self.shown.remove(&Slot::Test);
        self.trial = self.reach.has_server();
        self.trial
    }

    /// The server shows it from now on. False where it is not what the slot shows last.
    pub fn confirmed(&mut self, slot: &Slot, serial: Serial, now_ms: u64) -> bool {
        let Some(shown) = self.shown.get_mut(slot).filter(|shown| shown.serial == serial) else {
            return false;
        };
        shown.since_ms = Some(now_ms);
        self.failed.remove(slot);
        for id in &shown.questions {
            self.reach.confirmed(id);
        }
        true
    }

    /// What a click on a showing means, at this moment: on the button with this key, or beside the buttons. `None` where it came
    /// too soon to be meant for what it hit: nothing is decided, and the notification is shown again soon. It is gone in any case,
    /// since servers close what was clicked.
    pub fn clicked(&mut self, slot: &Slot, serial: Serial, key: Option<&str>, now_ms: u64) -> Option<Choice> {
        self.reach.proven();
        let shown = self.take(slot, serial)?;
        if now_ms.saturating_sub(shown.since_ms?) < ARMING_MS {
            // Not at once: a server that clicks by itself would be told for ever.
            let until_ms = now_ms.saturating_add(ARMING_MS);
            let pause_ms = 0;
            self.failed.insert(slot.clone(), Failed { until_ms, pause_ms });
            return None;
        }
        let choice = match key {
            None => shown.notice.otherwise.0.clone(),
            Some(key) => {
                let mut offered = shown.notice.buttons.iter().map(|(choice, _)| choice);
                offered.find(|choice| choice.to_string() == key)?.clone()
            }
        };
        // An answer takes a question off the list, or brings it back; all else is "later".
        self.put_aside(slot, shown);
        Some(choice)
    }

    /// A notification went away without a click: later, for what it stood for.
    pub fn gone(&mut self, slot: &Slot, serial: Serial, how: Gone) {
        let Some(shown) = self.take(slot, serial) else {
            return;
        };
        if how == Gone::Expired {
            for id in &shown.questions {
                self.reach.expired(id);
            }
        }
        self.put_aside(slot, shown);
    }

    /// A showing, if it is the last of its slot: what comes back of an earlier one says nothing of this.
    fn take(&mut self, slot: &Slot, serial: Serial) -> Option<Shown> {
        self.shown.get(slot).filter(|shown| shown.serial == serial)?;
        self.shown.remove(slot)
    }

    fn put_aside(&mut self, slot: &Slot, shown: Shown) {
        match slot {
            Slot::Question(_) | Slot::Summary => self.aside.extend(shown.questions),
            Slot::Missed => self.missed.clear(),
            Slot::Quiet(session) => {
                self.known_quiet.insert(session.clone());
            }
            Slot::Flagged(session) => {
                self.flagged.remove(session);
            }
            Slot::Limited(session) => {
                self.limited.remove(session);
            }
            Slot::Trouble => self.trouble = None,
            Slot::Test => self.trial = false,
        }
    }

    /// The questions that a slot stands for now.
    fn stands_for(&self, slot: &Slot, desk: &Desk) -> Vec<String> {
        match slot {
            Slot::Question(id) => vec![id.clone()],
            Slot::Summary => {
                let pending = self.pending(desk).into_iter();
                pending.map(|question| question.id.clone()).collect()
            }
            Slot::Missed
            | Slot::Quiet(_)
            | Slot::Flagged(_)
            | Slot::Limited(_)
            | Slot::Trouble
            | Slot::Test => Vec::new(),
        }
    }

    /// An answer to this revision is on its way: the question needs no notification.
    pub fn answering(&mut self, question: &str, revision: u32) {
        self.answering.insert(question.to_owned(), revision);
    }

    /// It counts. What the question asks for beyond it is shown as a new one.
    pub fn answered(&mut self, question: &str) {
        self.aside.remove(question);
    }

    /// It was refused: the question is shown again, as it is now, with the reason.
    pub fn not_answered(&mut self, question: &str, reason: &str) {
        self.refused.insert(question.to_owned(), reason.to_owned());
        self.answering.remove(question);
        self.aside.remove(question);
        self.shown.remove(&Slot::Question(question.to_owned()));
    }

    /// A notification could not be shown. It is tried again after a while, or when another server is there; a try is not. False
    /// where it is not what the slot shows last.
    pub fn failed(&mut self, slot: &Slot, serial: Serial, now_ms: u64) -> bool {
        if self.take(slot, serial).is_none() {
            return false;
        }
        if *slot == Slot::Test {
            self.trial = false;
            return true;
        }
        let before = self.failed.get(slot).map_or(0, |failed| failed.pause_ms);
        let pause_ms = (before * 2).clamp(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
        let until_ms = now_ms.saturating_add(pause_ms);
        self.failed.insert(slot.clone(), Failed { until_ms, pause_ms });
        true
    }

    /// The next moment at which the board is another by itself: something that failed is tried again, or a notice's time is over.
    /// What is being tried waits for the server.
    pub fn next_change(&self) -> Option<u64> {
        let waiting = self
            .failed
            .iter()
            .filter(|(slot, _)| !self.shown.contains_key(*slot));
        let tries = waiting.map(|(_, failed)| failed.until_ms);
        let ends = self.flagged.values().filter_map(Flagged::until_ms);
        let grown = self.shown.values().filter_map(|shown| shown.due_ms);
        tries.chain(ends).chain(grown).min()
    }

    /// There is a server, a new one, or none any more: nothing of ours is shown.
    pub fn server(&mut self, server: Option<Server>) {
        self.shown.clear();
        self.failed.clear();
        self.trial = false;
        self.reach.server(server);
    }

    /// The question that the prompt window should show because notifications do not reach the person: each once, and when
    /// to look again.
    pub fn prompt_due(&mut self, desk: &Desk, now_ms: u64) -> Due {
        let open = desk.questions().iter();
        let unanswered: Vec<&QuestionView> = open.filter(|question| !self.is_answered(question)).collect();
        let ids = unanswered.into_iter().map(|question| question.id.as_str());
        self.reach.due(ids, now_ms)
    }
}

/// What a notification server says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// Whether it hands back clicks. It may still show no buttons.
    pub actions: bool,
}

/// Whether the prompt window is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now, for this question.
    Now(String),
    /// Look again at this moment.
    At(u64),
    /// Not as long as nothing changes.
    Never,
}

#[cfg(test)]
mod tests;
