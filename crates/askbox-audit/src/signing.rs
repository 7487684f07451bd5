//! Signed checkpoints: what the log's last event was, said by whoever has the key. What is signed, and how; which signature fits a
//! log is judged here too. Pure, but for the one file beside the log.
//!
//! Only the newest signature is kept, in a file that is replaced as a whole: an older one would vouch for a log that was cut
//! back to it. It covers every event before, since their hashes are chained. It must not know where the key is kept.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_paths::own_file;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chain::Digest;
use crate::change::DaemonChange;
use crate::database::with_suffix;
use crate::entry::Entry;
use crate::error::Error;
use crate::limits;

/// What the key signs begins with this, so that no other use of it can be taken for a checkpoint.
const PURPOSE: &[u8] = b"askbox log checkpoint 1\0";

/// What a key's name is made of.
const NAMING: &[u8] = b"askbox log key\0";

/// SHA-256 works on blocks of this size; a shorter key of HMAC is filled up with zeros (RFC 2104).
const BLOCK: usize = 64;

/// The key that checkpoints are signed with. Never shown, not by `{:?}` either.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey([u8; SigningKey::LENGTH]);

/// Tells keys apart, and says nothing of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub String);

/// How a key came to be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// It was made just now: there was none, or it is lost.
    Made,
    /// It was kept.
    Found,
}

/// The last event, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedCheckpoint {
    /// Whose signature it is.
    pub(crate) key: KeyId,
    /// The first event that was written while this key signed.
    pub(crate) since: u64,
    /// The last event.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) hash: Digest,
    /// When it was signed, in milliseconds since 1970.
    pub(crate) time_ms: u64,
    /// HMAC-SHA-256 of the rest.
    code: Digest,
}

/// What lies beside a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing: no checkpoint was signed, or somebody removed it.
    Nothing,
    /// Something that is no signed checkpoint.
    Garbled,
    /// This one.
    Signed(SignedCheckpoint),
}

/// What the log was when it was opened, as far as signing cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It had no event.
    New,
    /// It had no event, and was opened again since: what is in it was read and not remembered.
    NewReopened,
    /// It had events, and fitted its signed checkpoint if it had one.
    Old,
    /// It did not fit its signed checkpoint, or is there in the place of a broken one; an event says so.
    Doubted,
}

impl SigningKey {
    /// Bytes of a key.
    pub const LENGTH: usize = 32;

    /// Of these bytes, which must be [`Self::LENGTH`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes, for whoever keeps them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        let digest = Digest(
            Sha256::new()
                .chain_update(NAMING)
                .chain_update(self.0)
                .finalize()
                .into(),
        );
        KeyId(digest.to_string().chars().take(16).collect())
    }

    fn mac(&self) -> Hmac<Sha256> {
        let mut block = [0; BLOCK];
        for (to, from) in block.iter_mut().zip(self.0) {
            *to = from;
        }
        Hmac::new(&block.into())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id().0)
    }
}

impl SignedCheckpoint {
    /// Signs.
    pub(crate) fn new(key: &SigningKey, since: u64, seq: u64, hash: Digest, time_ms: u64) -> Self {
        let mut signed = Self {
            key: key.id(),
            since,
            seq,
            hash,
            time_ms,
            code: Digest::START,
        };
        signed.code = Digest(
            key.mac()
                .chain_update(signed.content())
                .finalize()
                .into_bytes()
                .into(),
        );
        signed
    }

    /// Whether this key has signed it.
    pub(crate) fn is_by(&self, key: &SigningKey) -> bool {
        key.mac()
            .chain_update(self.content())
            .verify_slice(&self.code.0)
            .is_ok()
    }

    /// What is signed: each part has one length. The key's name is in it by the key itself.
    fn content(&self) -> Vec<u8> {
        let mut bytes = PURPOSE.to_vec();
        bytes.extend_from_slice(&self.since.to_le_bytes());
        bytes.extend_from_slice(&self.seq.to_le_bytes());
        bytes.extend_from_slice(&self.hash.0);
        bytes.extend_from_slice(&self.time_ms.to_le_bytes());
        bytes
    }

    /// Puts it in the place of the one before; blocks until it is on the disk.
    pub(crate) fn write(&self, place: &Path) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        own_file::replace(place, &line)
    }
}

impl Beside {
    /// What lies beside this log. An error is one of reading, which may pass, and says nothing of what is there.
    pub(crate) fn read(log: &Path) -> Result<Self, Error> {
        match own_file::read(&place(log), limits::SIGNED_BYTES) {
            Ok(None) => Ok(Self::Nothing),
            Ok(Some(line)) => Ok(serde_json::from_slice(&line).map_or(Self::Garbled, Self::Signed)),
            // It is too long, or no file.
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Self::Garbled),
            Err(error) => Err(Error::ReadSigned {
                path: log.to_owned(),
                source: Arc::new(error),
            }),
        }
    }
}

/// Where the signed checkpoint of a log is.
pub(crate) fn place(log: &Path) -> PathBuf {
    with_suffix(log, "-signed")
}

/// Since which event a key that is there now signs, after a log with `last` events was opened; and what is to be said before.
pub(crate) fn begin(
    beside: &Beside,
    key: &SigningKey,
    origin: KeyOrigin,
    found: Found,
    last: u64,
) -> (u64, Option<Entry>) {
    let broken = |detail: String| Some(Entry::of_daemon(DaemonChange::CheckpointBroken, Some(detail)));
    let note = match (beside, origin) {
        (Beside::Signed(before), _) if before.key == key.id() && before.is_by(key) => {
            let since = if found == Found::Doubted {
                last + 1
            } else {
                before.since
            };
            return (since, None);
        }
        (Beside::Signed(before), _) if before.key == key.id() => broken(format!(
            "the checkpoint at event {} was not signed by the key that it names: somebody without the key wrote it",
            before.seq
        )),
        (Beside::Signed(before), KeyOrigin::Found) => broken(format!(
            "the checkpoint at event {} is signed by another key than the one that is kept",
            before.seq
        )),
        (Beside::Signed(before), KeyOrigin::Made) => {
            let detail = format!(
                "the key that has signed up to event {} is not there any more; another one signs from here on",
                before.seq
            );
            Some(Entry::of_daemon(DaemonChange::KeyReplaced, Some(detail)))
        }
        (Beside::Garbled, _) => broken("what was the signed checkpoint is none".to_owned()),
        (Beside::Nothing, KeyOrigin::Found) if matches!(found, Found::New | Found::NewReopened) => {
            let detail = "there was a key to sign it already: the log before this one was removed".to_owned();
            Some(Entry::of_daemon(DaemonChange::LogReplaced, Some(detail)))
        }
        (Beside::Nothing, KeyOrigin::Found) if found == Found::Old => {
            broken("there is a key, and no checkpoint that it has signed: that was removed".to_owned())
        }
        (Beside::Nothing, KeyOrigin::Found | KeyOrigin::Made) => None,
    };
    // What is in a new log is what the writer remembers: nobody can have changed it before this key.
    let since = if found == Found::New && *beside == Beside::Nothing {
        1
    } else {
        last + 1
    };
    (since, note)
}

#[cfg(test)]
mod tests;
