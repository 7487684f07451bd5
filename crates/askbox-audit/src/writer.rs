//! The writer: chains events, writes them, sets checkpoints. Its thread drains the queue into transactions; while
//! nothing is queued a caller may write one event by itself, which saves it two switches between threads.
//! After any failure it throws the connection away and opens the file anew with the next batch: what the database
//! holds is then read from it, not remembered.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{broadcast, oneshot};

use crate::chain;
use crate::change::DaemonChange;
use crate::database::{Database, Identity, Place, Tail};
use crate::entry::Entry;
use crate::error::Error;
use crate::event::{Event, EventKind, Sealed};
use crate::limits;
use crate::signing::{self, Beside, Found, KeyOrigin, SigningKey};
use crate::store::{Command, Durability, Waiting};
use crate::text::path_text;

mod keeping;

use keeping::Signing;
pub(crate) use keeping::SigningProblem;

/// Owns the file while the log is open.
#[derive(Debug)]
pub(crate) struct Writer {
    place: Place,
    events: broadcast::Sender<Arc<Event>>,
    open: Option<Open>,
    /// The file that was opened last. Where the path names another one, events before are gone, and none is written.
    identity: Option<Identity>,
    /// When callers may write by themselves again, after that was slow.
    inline_from: Option<Instant>,
    /// The file was found damaged by a write and is to be kept aside before the next one.
    damage: Option<Error>,
    /// What the log has to say about itself, until it is written.
    notes: Vec<Event>,
    /// What the log was when it was opened.
    found: Found,
    /// Whether it was compared with its signed checkpoint since.
    is_compared: bool,
    /// Who signs checkpoints, once there is a key.
    signing: Option<Signing>,
    problem: SigningProblem,
}

/// An open file and what was learnt from it.
#[derive(Debug)]
struct Open {
    database: Database,
    tail: Tail,
    last_question: u64,
    checkpoint: u64,
    checkpoint_at: Instant,
    commits: u32,
}

impl Writer {
    /// Opens the file; says in it what was found.
    pub(crate) fn open(place: Place, events: broadcast::Sender<Arc<Event>>) -> Result<Self, Error> {
        let mut writer = Self {
            place,
            events,
            open: None,
            identity: None,
            damage: None,
            inline_from: None,
            notes: Vec::new(),
            found: Found::Old,
            is_compared: false,
            signing: None,
            problem: SigningProblem::default(),
        };
        if let Err(error) = writer.reopen(true) {
            if writer.damage.is_none() {
                return Err(error);
            }
            writer.reopen(false)?;
        }
        Ok(writer)
    }

    /// The highest number that a question had when the file was opened; 0 when there was none.
    pub(crate) fn last_question(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.last_question)
    }

    /// Whether a caller may write by itself now: the file is open and writing did not just turn out to be slow.
    pub(crate) fn takes_inline(&self) -> bool {
        self.open.is_some() && self.inline_from.is_none_or(|from| from <= Instant::now())
    }

    /// Writes one unsynced event on the caller's thread. Also returns whether the writer's thread has something to do
    /// afterwards.
    pub(crate) fn write_inline(&mut self, draft: Event) -> (Result<u64, Error>, bool) {
        let had_deadline = self.checkpoint_due().is_some();
        let start = Instant::now();
        let written = self.append(vec![draft], false);
        let end = Instant::now();
        self.inline_from = (limits::INLINE_SLOW < end - start).then(|| end + limits::INLINE_REST);
        let mut last = Ok(0);
        match written {
            Ok(written) => {
                for sealed in written {
                    last = Ok(sealed.event.seq);
                    self.publish(sealed.event);
                }
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "an event was not written"
                );
                last = Err(error);
            }
        }
        let fold = self
            .open
            .as_ref()
            .is_some_and(|open| open.commits == limits::COMMITS_PER_FOLD);
        (last, fold || (!had_deadline && self.checkpoint_due().is_some()))
    }

    /// How long until a checkpoint is due, or a signature below one; `None` while there is nothing new.
    fn checkpoint_due(&self) -> Option<Duration> {
        let checkpoint = self.open.as_ref().and_then(Open::checkpoint_due);
        [checkpoint, self.signature_due()].into_iter().flatten().min()
    }

    /// Writes a batch in order and answers every caller. What precedes the first synced entry does not wait for the
    /// disk.
    fn write(&mut self, batch: Vec<Waiting>) {
        let split = batch
            .iter()
            .position(|waiting| waiting.durability == Durability::Synced);
        let mut unsynced = batch;
        let synced = unsynced.split_off(split.unwrap_or(unsynced.len()));
        self.commit(unsynced, false);
        self.commit(synced, true);
    }

    fn commit(&mut self, batch: Vec<Waiting>, synced: bool) {
        if batch.is_empty() {
            return;
        }
        let (drafts, replies): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.draft, (waiting.reply, waiting.room)))
            .unzip();
        match self.append(drafts, synced) {
            Ok(written) => {
                for (sealed, (reply, room)) in written.into_iter().zip(replies) {
                    drop(room);
                    answer(reply, Ok(sealed.event.seq));
                    self.publish(sealed.event);
                }
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "events were not written"
                );
                for (reply, room) in replies {
                    drop(room);
                    answer(reply, Err(error.clone()));
                }
            }
        }
    }

    /// Chains and writes events; on an error none of them was written.
    fn append(&mut self, drafts: Vec<Event>, synced: bool) -> Result<Vec<Sealed>, Error> {
        if self.open.is_none() {
            self.reopen(false).map_err(Error::of_writing)?;
        }
        let Some(mut open) = self.open.take() else {
            return Err(Error::Closed);
        };
        match open.append(drafts, synced) {
            Ok(written) => {
                self.open = Some(open);
                Ok(written)
            }
            Err(error) => {
                self.note_damage(&error);
                Err(error)
            }
        }
    }

    /// Opens the file; keeps it aside and makes a new one when it is damaged. `first` is set when the log is opened,
    /// not when a connection is replaced.
    fn reopen(&mut self, first: bool) -> Result<(), Error> {
        if let Some(identity) = self.identity {
            self.place.is_still(identity)?;
        }
        let opened = match self.damage.take() {
            Some(damage) => Err(damage),
            None => Open::new(&self.place),
        };
        let (mut open, last) = match opened {
            Ok(opened) => opened,
            Err(damage) if damage.is_damage() => {
                self.replace(&damage)?;
                Open::new(&self.place)?
            }
            Err(error) => return Err(error),
        };
        if first && last.as_ref().is_some_and(|event| !is_stop(event)) {
            self.notes
                .push(Entry::of_daemon(DaemonChange::UncleanEnd, None).draft());
        }
        self.look_beside(&open, first)
            .inspect_err(|error| self.note_damage(error))?;
        if !self.notes.is_empty() {
            let written = open
                .append(self.notes.clone(), true)
                .inspect_err(|error| self.note_damage(error))?;
            self.notes.clear();
            for sealed in written {
                self.publish(sealed.event);
            }
        }
        self.identity = Some(open.database.identity());
        self.open = Some(open);
        Ok(())
    }

    /// Keeps the broken file aside; the first event of the new one will say so.
    fn replace(&mut self, damage: &Error) -> Result<(), Error> {
        let kept = self
            .place
            .keep_aside()
            .inspect_err(|_| self.damage = Some(damage.clone()))?;
        tracing::error!(
            error = damage as &dyn std::error::Error,
            ?kept,
            "the log was broken"
        );
        self.identity = None;
        self.found = Found::Doubted;
        if let Some(signing) = &mut self.signing {
            signing.begin_anew();
        }
        let name = path_text(kept.file_name().unwrap_or_default().as_ref());
        let detail = format!("{damage}; the log before this one is kept as {name}");
        self.notes.insert(
            0,
            Entry::of_daemon(DaemonChange::LogReplaced, Some(detail)).draft(),
        );
        Ok(())
    }

    fn note_damage(&mut self, error: &Error) {
        if error.is_damage() {
            self.damage = Some(error.clone());
        }
    }

    /// Sets a checkpoint at the last event; failing that, the next event tries again.
    fn checkpoint(&mut self) {
        if let Some(Err(error)) = self.open.as_mut().map(|open| open.checkpoint(false)) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "no checkpoint was written"
            );
            self.open = None;
        }
    }

    fn fold(&mut self) {
        if let Some(open) = self
            .open
            .as_mut()
            .filter(|open| open.commits >= limits::COMMITS_PER_FOLD)
        {
            open.commits = 0;
            if let Err(error) = open.database.fold() {
                // Nothing is lost: the write-ahead log only grows.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the log's file was not brought up to date"
                );
            }
        }
    }

    fn close(&mut self) -> Result<(), Error> {
        self.open.take().map_or(Ok(()), |mut open| open.checkpoint(true))
    }

    fn publish(&self, event: Event) {
        // An error says that nobody listens.
        let _ignored = self.events.send(Arc::new(event));
    }
}

/// The writer's thread: works until every handle is gone or one of them closes the log.
pub(crate) fn run(writer: &Mutex<Writer>, commands: &Receiver<Command>) {
    loop {
        let first = match next(writer, commands) {
            Next::Command(command) => command,
            Next::Checkpoint => {
                lock(writer).checkpoint();
                keeping::sign_where_due(writer);
                continue;
            }
            Next::Ended => {
                if let Err(error) = close(writer) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the log was not closed in order"
                    );
                }
                return;
            }
        };
        let mut batch = Vec::new();
        let mut signers = Vec::new();
        let mut closing = None;
        for command in std::iter::once(first).chain(commands.try_iter()) {
            match command {
                Command::Record(waiting) => batch.push(*waiting),
                Command::Wake => {}
                Command::Sign(key, origin, reply) => signers.push((key, origin, reply)),
                Command::Close(reply) => closing = Some(reply),
            }
            if batch.len() >= limits::BATCH || closing.is_some() {
                break;
            }
        }
        lock(writer).write(batch);
        for (key, origin, reply) in signers {
            answer(reply, keeping::change_signer(writer, key, origin));
        }
        if let Some(reply) = closing {
            answer(reply, close(writer));
            return;
        }
        keeping::sign_where_due(writer);
    }
}

/// Closes the file; the last event is then one that was signed, where there is a key.
fn close(writer: &Mutex<Writer>) -> Result<(), Error> {
    keeping::sign(writer);
    lock(writer).close()
}

/// Waits for a command, but no longer than the next checkpoint is due.
fn next(writer: &Mutex<Writer>, commands: &Receiver<Command>) -> Next {
    if let Ok(command) = commands.try_recv() {
        return Next::Command(command);
    }
    let due = {
        let mut writer = lock(writer);
        writer.fold();
        writer.checkpoint_due()
    };
    let Some(due) = due else {
        return commands.recv().map_or(Next::Ended, Next::Command);
    };
    match commands.recv_timeout(due) {
        Ok(command) => Next::Command(command),
        Err(RecvTimeoutError::Timeout) => Next::Checkpoint,
        Err(RecvTimeoutError::Disconnected) => Next::Ended,
    }
}

/// A writer that panicked has put its connection down before, and opens the file anew.
pub(crate) fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why the writer woke up.
#[derive(Debug)]
enum Next {
    Command(Command),
    Checkpoint,
    Ended,
}

impl Open {
    /// Opens the file; returns its last event too.
    fn new(place: &Place) -> Result<(Self, Option<Event>), Error> {
        let database = place.open()?;
        let last = database.last()?;
        let checkpoint = database.last_checkpoint()?;
        let last_question = database.last_question()?;
        let tail = last.as_ref().map_or(Tail::START, |sealed| Tail {
            seq: sealed.event.seq,
            hash: sealed.hash,
        });
        let open = Self {
            database,
            tail,
            last_question,
            checkpoint,
            checkpoint_at: Instant::now(),
            commits: 0,
        };
        Ok((open, last.map(|sealed| sealed.event)))
    }

    fn append(&mut self, drafts: Vec<Event>, synced: bool) -> Result<Vec<Sealed>, Error> {
        let mut tail = self.tail.clone();
        let mut sealed = Vec::with_capacity(drafts.len());
        let mut time_ms = 0;
        for mut event in drafts {
            time_ms = now_ms();
            event.seq = tail.seq + 1;
            event.time_ms = time_ms;
            tail = Tail {
                seq: event.seq,
                hash: chain::hash(tail.hash, &event),
            };
            sealed.push(Sealed {
                event,
                hash: tail.hash,
            });
        }
        let due = self.checkpoint_at.elapsed() >= limits::CHECKPOINT_INTERVAL;
        self.database
            .append(&sealed, due.then_some((&tail, time_ms)), synced)?;
        self.tail = tail;
        self.commits = self.commits.saturating_add(1);
        if due {
            self.note_checkpoint();
        }
        Ok(sealed)
    }

    /// Sets a checkpoint at the last event, where there is none yet.
    fn checkpoint(&mut self, synced: bool) -> Result<(), Error> {
        if self.checkpoint == self.tail.seq {
            return Ok(());
        }
        self.database.append(&[], Some((&self.tail, now_ms())), synced)?;
        self.note_checkpoint();
        Ok(())
    }

    fn note_checkpoint(&mut self) {
        self.checkpoint = self.tail.seq;
        self.checkpoint_at = Instant::now();
    }

    /// How long until a checkpoint is due; `None` when the last one is at the last event.
    fn checkpoint_due(&self) -> Option<Duration> {
        let left = limits::CHECKPOINT_INTERVAL.saturating_sub(self.checkpoint_at.elapsed());
        (self.checkpoint != self.tail.seq).then_some(left)
    }
}

fn is_stop(event: &Event) -> bool {
    event.kind == EventKind::Daemon && event.action.as_deref() == Some(DaemonChange::Stopped.name())
}

/// Milliseconds since 1970; 0 for a clock before that.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn answer<T>(reply: oneshot::Sender<Result<T, Error>>, result: Result<T, Error>) {
    // An error says that the caller is gone; what was written stays written.
    let _ignored = reply.send(result);
}
