//! The log's handle: callers hand in entries and get numbers back. One writer behind it writes, in order.
//! A number means that the event outlives this process (and, synced, the machine); an error means that it may not
//! exist, and the caller denies.

use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, oneshot};

use crate::database::Place;
use crate::entry::Entry;
use crate::error::Error;
use crate::event::Event;
use crate::limits;
use crate::signing::{KeyOrigin, SigningKey};
use crate::writer::{self, SigningProblem, Writer};

/// When a recorded event has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk: survives a loss of power. For what outlives one: rules, grants for a time, that a session was there.
    Synced,
    /// With the kernel: survives `kill -9` of the daemon. For verdicts, traffic, and answers that end with their session.
    Unsynced,
}

/// The log, open for writing. Clones share one writer; when the last one is dropped, it ends by itself.
#[derive(Clone, Debug)]
pub struct Log {
    commands: mpsc::Sender<Command>,
    room: Arc<Semaphore>,
    events: broadcast::Sender<Arc<Event>>,
    writer: Arc<Mutex<Writer>>,
    last_question: u64,
    signing_problem: SigningProblem,
}

/// What the writer is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// Write an event.
    Record(Box<Waiting>),
    /// See what there is to do besides.
    Wake,
    /// Sign checkpoints with this key from now on.
    Sign(SigningKey, KeyOrigin, oneshot::Sender<Result<(), Error>>),
    /// Write a last checkpoint and end; the reply is its result.
    Close(oneshot::Sender<Result<(), Error>>),
}

/// An event on its way into the log.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) draft: Event,
    pub(crate) durability: Durability,
    pub(crate) reply: oneshot::Sender<Result<u64, Error>>,
    /// Room in the queue, given back when this is dropped.
    pub(crate) room: OwnedSemaphorePermit,
}

impl Log {
    /// Opens the log or makes a new one (0600); its directory must exist. If the run before did not end in order, or
    /// the file was broken and is kept aside now, the first event says so. Blocks: reads and writes a few pages.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_at(Place::new(path))
    }

    pub(crate) fn open_at(place: Place) -> Result<Self, Error> {
        let (events, _) = broadcast::channel(limits::SUBSCRIBER);
        let (commands, received) = mpsc::channel();
        let writer = Writer::open(place, events.clone())?;
        let last_question = writer.last_question();
        let signing_problem = writer.signing_problem();
        let writer = Arc::new(Mutex::new(writer));
        let shared = Arc::clone(&writer);
        std::thread::Builder::new()
            .name("askbox-log".to_owned())
            .spawn(move || writer::run(&shared, &received))
            .map_err(|source| Error::Thread {
                source: Arc::new(source),
            })?;
        Ok(Self {
            commands,
            room: Arc::new(Semaphore::new(limits::QUEUE)),
            events,
            writer,
            last_question,
            signing_problem,
        })
    }

    /// The highest number that a question had when the log was opened; 0 when there was none.
    pub fn last_question(&self) -> u64 {
        self.last_question
    }

    /// Records an entry and returns its number once it has arrived as `durability` says. Entries get their numbers in
    /// the order in which they were queued. Dropping the future after it was queued does not take the entry back.
    pub async fn record(&self, entry: Entry, durability: Durability) -> Result<u64, Error> {
        let draft = entry.draft();
        if durability == Durability::Unsynced && self.room.available_permits() == limits::QUEUE {
            // Nothing is queued and nobody writes, and an unsynced event goes no further than the page cache: this waits for
            // the disk only while the kernel holds back writers because too much is dirty.
            if let Ok(mut writer) = self.writer.try_lock()
                && writer.takes_inline()
            {
                let (result, wake) = writer.write_inline(draft);
                drop(writer);
                if wake {
                    // The thread is there as long as the file is open; if it is not, it has nothing left to do.
                    let _ignored = self.commands.send(Command::Wake);
                }
                return result;
            }
        }
        let room = Arc::clone(&self.room)
            .acquire_owned()
            .await
            .map_err(|_closed| Error::Closed)?;
        let (reply, answer) = oneshot::channel();
        let waiting = Box::new(Waiting {
            draft,
            durability,
            reply,
            room,
        });
        self.commands
            .send(Command::Record(waiting))
            .map_err(|_ended| Error::Closed)?;
        answer.await.map_err(|_ended| Error::Closed)?
    }

    /// Events from now on, in order, each after it was written. A receiver that lags reads what it missed from the
    /// file.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// Signs a checkpoint at the last event, and from now on the newest one, at most a minute after its event. Where the checkpoint
    /// that was signed before is another's, was removed or is none, an event says so first. Returns once the first one was
    /// tried: for a key that was just made an error where that failed, for another [`Self::signing_problem`] says so. Until then and
    /// beside it everything is recorded as ever.
    pub async fn sign_with(&self, key: SigningKey, origin: KeyOrigin) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Sign(key, origin, reply))
            .map_err(|_ended| Error::Closed)?;
        answer.await.map_err(|_ended| Error::Closed)?
    }

    /// Why the newest checkpoint could not be signed, though there is a key. Waits for no write.
    pub fn signing_problem(&self) -> Option<String> {
        self.signing_problem.get()
    }

    /// Writes what is queued and a last checkpoint, syncs, and closes the file; every later call is an error. Record
    /// `DaemonChange::Stopped` before it, or the next start reports an unclean end.
    pub async fn close(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Close(reply))
            .map_err(|_ended| Error::Closed)?;
        answer.await.map_err(|_ended| Error::Closed)?
    }
}

#[cfg(test)]
mod tests;
