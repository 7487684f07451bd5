//! When the writer signs: its own checkpoint, once that is on the disk, at most a minute after an event. The signature is written
//! without the writer's lock, so that callers who record by themselves do not wait for the disk.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Beside, Found, KeyOrigin, Open, SigningKey, Writer, lock, now_ms, signing};
use crate::change::DaemonChange;
use crate::entry::Entry;
use crate::error::Error;
use crate::limits;
use crate::signing::SignedCheckpoint;

/// Who signs checkpoints, and how far it got.
#[derive(Debug)]
pub(super) struct Signing {
    key: SigningKey,
    /// The first event that was written while the key signed.
    since: u64,
    /// The last event that was signed.
    signed: u64,
    /// When that was, or was tried; `None` is due at once.
    at: Option<Instant>,
}

/// Why the newest checkpoint could not be signed, though there is a key; whoever asks does not wait for the writer. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SigningProblem(Arc<Mutex<Option<String>>>);

impl SigningProblem {
    /// As it is at this moment.
    pub(crate) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, problem: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

/// A checkpoint on its way to the disk.
#[derive(Debug)]
struct Due {
    checkpoint: SignedCheckpoint,
    log: PathBuf,
}

impl Signing {
    /// The log is another one.
    pub(super) fn begin_anew(&mut self) {
        (self.since, self.signed, self.at) = (1, 0, None);
    }
}

impl Writer {
    /// Where it says what could not be signed.
    pub(crate) fn signing_problem(&self) -> SigningProblem {
        self.problem.clone()
    }

    /// As if a write had failed: the file is opened anew with the next one.
    #[cfg(test)]
    pub(crate) fn put_down(&mut self) {
        self.open = None;
    }

    /// As if the last checkpoint and its signature were older by this.
    #[cfg(test)]
    pub(crate) fn age(&mut self, by: Duration) {
        if let (Some(open), Some(signing)) = (&mut self.open, &mut self.signing) {
            signing.at = signing.at.and_then(|at| at.checked_sub(by));
            open.checkpoint_at = open.checkpoint_at.checked_sub(by).unwrap_or(open.checkpoint_at);
        }
    }

    /// How long until a signature is due; `None` while there is no key or nothing new.
    pub(super) fn signature_due(&self) -> Option<Duration> {
        let (signing, open) = (self.signing.as_ref()?, self.open.as_ref()?);
        let elapsed = signing.at.map_or(limits::CHECKPOINT_INTERVAL, |at| at.elapsed());
        let left = limits::CHECKPOINT_INTERVAL.saturating_sub(elapsed);
        (signing.signed != open.tail.seq).then_some(left)
    }

    /// Compares a file that was opened with its signed checkpoint, which needs no key. What does not fit is said once. One that
    /// cannot be read at this moment is compared before anything else is signed.
    pub(super) fn look_beside(&mut self, open: &Open, first: bool) -> Result<(), Error> {
        match (first, self.found) {
            (true, Found::Old) if open.tail.seq == 0 => self.found = Found::New,
            (false, Found::New) => self.found = Found::NewReopened,
            (true | false, Found::New | Found::NewReopened | Found::Old | Found::Doubted) => {}
        }
        match Beside::read(&self.place.path) {
            Ok(beside) => self.compare(open, &beside)?,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the log is compared with its signed checkpoint later"
                );
                self.is_compared = false;
                return Ok(());
            }
        }
        self.is_compared = true;
        Ok(())
    }

    /// Reads what lies beside the log. Where that could not be read when the log was opened, the two are compared now.
    fn beside(&mut self) -> Result<Beside, Error> {
        let beside = Beside::read(&self.place.path)?;
        if self.is_compared {
            return Ok(beside);
        }
        if let Some(open) = self.open.take() {
            self.compare(&open, &beside)
                .inspect_err(|error| self.note_damage(error))?;
            self.open = Some(open);
            self.is_compared = true;
            self.write_notes()?;
        }
        Ok(beside)
    }

    fn write_notes(&mut self) -> Result<(), Error> {
        if self.notes.is_empty() {
            return Ok(());
        }
        let written = self.append(self.notes.clone(), true)?;
        self.notes.clear();
        for sealed in written {
            self.publish(sealed.event);
        }
        Ok(())
    }

    fn compare(&mut self, open: &Open, beside: &Beside) -> Result<(), Error> {
        let Beside::Signed(signed) = beside else {
            return Ok(());
        };
        if self.found == Found::Doubted || open.database.hash_of(signed.seq)? == Some(signed.hash) {
            return Ok(());
        }
        self.found = Found::Doubted;
        let detail = if open.tail.seq < signed.seq {
            format!(
                "the log ends with event {}, and its signed checkpoint knows event {}: its end was cut off, or it is another log",
                open.tail.seq, signed.seq
            )
        } else {
            format!(
                "the signed checkpoint knows another event {}: the log was rewritten",
                signed.seq
            )
        };
        self.notes
            .push(Entry::of_daemon(DaemonChange::CheckpointBroken, Some(detail)).draft());
        Ok(())
    }

    /// Begins to sign with this key, after an event about what was there before where that is worth one.
    fn begin_signing(&mut self, key: SigningKey, origin: KeyOrigin) -> Result<(), Error> {
        if self.open.is_none() {
            self.reopen(false)?;
        }
        let beside = self.beside()?;
        let last = self.open.as_ref().map_or(0, |open| open.tail.seq);
        let (since, note) = signing::begin(&beside, &key, origin, self.found, last);
        if let Some(note) = note {
            for sealed in self.append(vec![note.draft()], true)? {
                self.publish(sealed.event);
            }
        }
        self.signing = Some(Signing {
            key,
            since,
            signed: 0,
            at: None,
        });
        self.problem.set(None);
        Ok(())
    }

    fn stop_signing(&mut self) {
        self.signing = None;
        self.problem.set(None);
    }

    /// A checkpoint at the last event, on the disk, to be signed.
    fn due(&mut self) -> Result<Option<Due>, Error> {
        if self.signing.is_some() && !self.is_compared {
            self.beside()?;
        }
        let (Some(signing), Some(open)) = (&mut self.signing, &mut self.open) else {
            return Ok(None);
        };
        if signing.signed == open.tail.seq {
            return Ok(None);
        }
        let time_ms = now_ms();
        if let Err(error) = open.database.append(&[], Some((&open.tail, time_ms)), true) {
            self.open = None;
            return Err(error);
        }
        open.note_checkpoint();
        let (seq, hash) = (open.tail.seq, open.tail.hash);
        Ok(Some(Due {
            checkpoint: SignedCheckpoint::new(&signing.key, signing.since, seq, hash, time_ms),
            log: self.place.path.clone(),
        }))
    }

    /// Notes what became of it; `None` where there was nothing to sign.
    fn note_signature(&mut self, result: Result<Option<u64>, &Error>) {
        let Some(signing) = &mut self.signing else {
            return;
        };
        match result {
            Ok(None) => return,
            Ok(Some(seq)) => {
                signing.signed = seq;
                self.problem.set(None);
            }
            Err(error) => self.problem.set(Some(error.to_string())),
        }
        signing.at = Some(Instant::now());
    }
}

/// Another signer. One that was just made and has signed nothing is none, and that is an error: whoever kept its key would find a
/// log without a signature of it.
pub(super) fn change_signer(writer: &Mutex<Writer>, key: SigningKey, origin: KeyOrigin) -> Result<(), Error> {
    lock(writer).begin_signing(key, origin)?;
    match origin {
        KeyOrigin::Found => sign(writer),
        KeyOrigin::Made => {
            try_to_sign(writer).inspect_err(|_| lock(writer).stop_signing())?;
        }
    }
    Ok(())
}

/// Signs where that is due by now.
pub(super) fn sign_where_due(writer: &Mutex<Writer>) {
    let due = lock(writer).signature_due();
    if due.is_some_and(|due| due.is_zero()) {
        sign(writer);
    }
}

/// Signs what is new.
pub(super) fn sign(writer: &Mutex<Writer>) {
    if let Err(error) = try_to_sign(writer) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the checkpoint is not signed"
        );
    }
}

fn try_to_sign(writer: &Mutex<Writer>) -> Result<(), Error> {
    let due = lock(writer).due();
    // Nobody holds the lock: whoever records meanwhile writes events behind the checkpoint.
    let signed = due.and_then(|due| {
        due.map(
            |Due { checkpoint, log }| match checkpoint.write(&signing::place(&log)) {
                Ok(()) => Ok(checkpoint.seq),
                Err(error) => Err(cannot_sign(log, error)),
            },
        )
        .transpose()
    });
    lock(writer).note_signature(signed.as_ref().copied());
    signed.map(drop)
}

fn cannot_sign(path: PathBuf, source: std::io::Error) -> Error {
    Error::Sign {
        path,
        source: source.into(),
    }
}
