//! Whether the log is what Askbox wrote: the chain of events, the checkpoints, and the one that is signed. Decides what
//! `askbox log verify` says, and no words for it but those of what is broken. Changes nothing.

use std::collections::BTreeMap;

use crate::chain::{self, Digest};
use crate::change::DaemonChange;
use crate::database::{COLUMNS, signed};
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::limits;
use crate::reader::Reader;
use crate::signing::{Beside, KeyId, SignedCheckpoint, SigningKey};

/// What can be had of the key that signs checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// It is here.
    Have(SigningKey),
    /// None is kept.
    Nowhere,
    /// One is kept, or may be, and cannot be had for this reason.
    Unavailable(String),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Every event follows from the one before, and every checkpoint agrees.
    Intact {
        /// How many events there are.
        events: u64,
        /// The last checkpoint's event.
        checkpoint: Option<u64>,
        /// Who says so.
        signature: Signature,
        /// Events by which the log tells of an earlier log or an earlier key, the last ones of them.
        remarks: Vec<Event>,
    },
    /// The first place where it does not.
    Broken {
        /// The event in question.
        seq: i64,
        /// What is wrong there.
        reason: &'static str,
    },
}

/// What the signed checkpoint proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// None is signed: the chain alone says that nothing was changed.
    Nobody {
        /// Why the key cannot be had, where there may be one.
        why: Option<String>,
    },
    /// One is, and its key could not be had to check it.
    Unchecked {
        /// The event that it is at.
        seq: u64,
        /// Why.
        why: String,
    },
    /// One is signed by the key that is kept: what is there up to it is what was there then.
    Good {
        /// The key.
        key: KeyId,
        /// The first event that was written while the key signed; earlier ones are as they were when it began.
        since: u64,
        /// The event that it is at; later ones could be cut off without a trace.
        seq: u64,
        /// When it was signed, in milliseconds since 1970.
        time_ms: u64,
    },
}

/// An event was changed after it was written, or put in between.
pub const CHANGED: &str = "it does not match its hash: it was changed or inserted, or one before it was";
/// A number is missing.
pub const MISSING: &str = "it is missing: events were deleted";
/// The end is missing.
pub const CUT: &str = "it is missing, and a checkpoint knows it: the end of the log was cut off";
/// The chain was computed anew.
pub const REWRITTEN: &str = "a checkpoint knows another event at this place: the log was rewritten";
/// There are no checkpoints where there was one.
pub const NO_CHECKPOINT: &str =
    "the signed checkpoint is here, and the log has none: checkpoints were removed";
/// The table of checkpoints is gone.
pub const NO_TABLE: &str = "the log ends here without its table of checkpoints: that was removed";
/// The signature is gone.
pub const UNSIGNED: &str = "the log ends here without a signed checkpoint, and there is a key that signs them: the signature was removed, unless the log began a moment ago";
/// The file beside the log says nothing.
pub const GARBLED: &str = "the log ends here, and what was its signed checkpoint is none: it was overwritten";
/// The signature is not what it says.
pub const FORGED: &str =
    "the signature of the checkpoint here is false: it was forged by somebody who has not got the key";
/// The signature is another's.
pub const OTHER_KEY: &str =
    "the checkpoint here is signed by another key than yours: it was forged, or your key was replaced since";
/// What verify would have found was found by the daemon, and is covered by newer checkpoints.
pub const FOUND_BEFORE: &str =
    "Askbox found here that the log and its signed checkpoint did not fit; the event says how";

/// What following the chain gave.
struct Followed {
    events: i64,
    /// The hash of the event that the signed checkpoint is at.
    at_signed: Option<Digest>,
    remarks: Vec<Event>,
    /// The first event that says that the log was found broken.
    found_before: Option<i64>,
}

type Broken = (i64, &'static str);

impl Reader {
    /// Follows the chain from the first event to the last and compares the checkpoints, the signed one too. Reads the whole log.
    pub fn verify(&self, key: &Key) -> Result<Verification, Error> {
        // Before the events: what it knows is in the log by then.
        let beside = Beside::read(&self.path)?;
        // One transaction, so that events and checkpoints are of one moment.
        let _snapshot = self
            .connection
            .unchecked_transaction()
            .map_err(Error::of_reading)?;
        let checkpoints = self.checkpoints()?;
        let no_checkpoints = BTreeMap::new();
        let followed = self.follow(checkpoints.as_ref().unwrap_or(&no_checkpoints), &beside)?;
        let judged = followed.and_then(|followed| {
            let last = followed.events;
            let Some(checkpoints) = &checkpoints else {
                return Err((last, NO_TABLE));
            };
            let checkpoint = checkpoints.keys().next_back().copied();
            if checkpoint.is_some_and(|seq| last < seq) {
                return Err((last + 1, CUT));
            }
            let signature = signature(&beside, key, &followed)?;
            if let Beside::Signed(beside) = &beside
                && !checkpoints.contains_key(&signed(beside.seq))
            {
                return Err((signed(beside.seq), NO_CHECKPOINT));
            }
            match followed.found_before {
                Some(seq) => Err((seq, FOUND_BEFORE)),
                None => Ok((followed, checkpoint, signature)),
            }
        });
        Ok(match judged {
            Err((seq, reason)) => Verification::Broken { seq, reason },
            Ok((followed, checkpoint, signature)) => Verification::Intact {
                events: u64::try_from(followed.events).unwrap_or(0),
                checkpoint: checkpoint.and_then(|seq| u64::try_from(seq).ok()),
                signature,
                remarks: followed.remarks,
            },
        })
    }

    /// From the first event to the last, or to the first that is wrong.
    fn follow(
        &self,
        checkpoints: &BTreeMap<i64, Vec<u8>>,
        beside: &Beside,
    ) -> Result<Result<Followed, Broken>, Error> {
        let signed_at = match beside {
            Beside::Signed(beside) => Some(signed(beside.seq)),
            Beside::Nothing | Beside::Garbled => None,
        };
        let mut followed = Followed {
            events: 0,
            at_signed: None,
            remarks: Vec::new(),
            found_before: None,
        };
        let mut previous = Digest::START;
        let broken = self.find(
            &format!("SELECT {COLUMNS} FROM events ORDER BY seq"),
            [],
            |sealed| {
                let (seq, expected) = (signed(sealed.event.seq), followed.events + 1);
                let broken = if expected < seq {
                    Some((expected, MISSING))
                } else if seq < expected || chain::hash(previous, &sealed.event) != sealed.hash {
                    Some((seq, CHANGED))
                } else if checkpoints
                    .get(&seq)
                    .is_some_and(|hash| hash.as_slice() != sealed.hash.0)
                {
                    Some((seq, REWRITTEN))
                } else {
                    None
                };
                if broken.is_some() {
                    return Ok(broken);
                }
                previous = sealed.hash;
                followed.events = seq;
                if signed_at == Some(seq) {
                    followed.at_signed = Some(sealed.hash);
                }
                followed.note(sealed.event);
                Ok(None)
            },
        );
        match broken {
            Ok(None) => Ok(Ok(followed)),
            Ok(Some(broken)) => Ok(Err(broken)),
            Err(Error::Unreadable { seq, reason }) => Ok(Err((seq, reason))),
            Err(error) => Err(error),
        }
    }

    /// Number and hash of each checkpoint, as stored: a hash of a wrong length agrees with nothing. `None` without their table.
    fn checkpoints(&self) -> Result<Option<BTreeMap<i64, Vec<u8>>>, Error> {
        let table = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'checkpoints'";
        let tables: i64 = self
            .connection
            .query_row(table, [], |row| row.get(0))
            .map_err(Error::of_reading)?;
        if tables == 0 {
            return Ok(None);
        }
        let mut statement = self
            .connection
            .prepare("SELECT seq, hash FROM checkpoints ORDER BY seq")
            .map_err(Error::of_reading)?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(Error::of_reading)?;
        rows.collect::<Result<_, _>>()
            .map(Some)
            .map_err(Error::of_reading)
    }
}

impl Followed {
    fn note(&mut self, event: Event) {
        if event.kind != EventKind::Daemon {
            return;
        }
        let Some(change) = event.action.as_deref().and_then(DaemonChange::from_name) else {
            return;
        };
        match change {
            DaemonChange::CheckpointBroken => {
                self.found_before.get_or_insert(signed(event.seq));
            }
            DaemonChange::LogReplaced | DaemonChange::KeyReplaced => {
                if self.remarks.len() == limits::REMARKS {
                    self.remarks.remove(0);
                }
                self.remarks.push(event);
            }
            DaemonChange::Started
            | DaemonChange::Stopped
            | DaemonChange::UncleanEnd
            | DaemonChange::Paused
            | DaemonChange::PauseEnded
            | DaemonChange::Lockdown
            | DaemonChange::LockdownEnded => {}
        }
    }
}

/// What the file beside the log proves of a chain that is whole.
fn signature(beside: &Beside, key: &Key, followed: &Followed) -> Result<Signature, Broken> {
    let last = followed.events;
    match (beside, key) {
        (Beside::Nothing, Key::Have(_)) if last == 0 => Ok(Signature::Nobody {
            why: Some("it has no event yet".to_owned()),
        }),
        (Beside::Nothing, Key::Have(_)) => Err((last, UNSIGNED)),
        (Beside::Nothing, Key::Nowhere) => Ok(Signature::Nobody { why: None }),
        (Beside::Nothing, Key::Unavailable(why)) => Ok(Signature::Nobody {
            why: Some(why.clone()),
        }),
        (Beside::Garbled, _) => Err((last, GARBLED)),
        (Beside::Signed(beside), key) => {
            let seq = signed(beside.seq);
            if last < seq {
                return Err((last + 1, CUT));
            }
            if followed.at_signed != Some(beside.hash) {
                return Err((seq, REWRITTEN));
            }
            by_key(beside, key).map_err(|reason| (seq, reason))
        }
    }
}

fn by_key(beside: &SignedCheckpoint, key: &Key) -> Result<Signature, &'static str> {
    let seq = beside.seq;
    match key {
        Key::Have(key) if key.id() != beside.key => Err(OTHER_KEY),
        Key::Have(key) if !beside.is_by(key) => Err(FORGED),
        Key::Have(_) => Ok(Signature::Good {
            key: beside.key.clone(),
            since: beside.since,
            seq,
            time_ms: beside.time_ms,
        }),
        Key::Nowhere => Ok(Signature::Unchecked {
            seq,
            why: "its key is not kept any more".to_owned(),
        }),
        Key::Unavailable(why) => Ok(Signature::Unchecked {
            seq,
            why: why.clone(),
        }),
    }
}

#[cfg(test)]
mod tests;
