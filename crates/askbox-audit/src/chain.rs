//! The chain: each event's hash covers the event and the hash of the one before. Pure.
//! Without a key it proves that nothing in the middle was changed by hand, not who wrote the end.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::event::{Event, EventProcess};

/// A SHA-256 hash; as text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// What the first event follows.
    pub const START: Digest = Digest([0; 32]);
}

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits")]
pub struct NotADigest;

/// The hash of an event that follows the one with hash `previous`.
pub fn hash(previous: Digest, event: &Event) -> Digest {
    let mut sha = Sha256::new();
    sha.update(previous.0);
    sha.update(canonical(event));
    Digest(sha.finalize().into())
}

/// The bytes of an event that are hashed: for each field that is set its number, the length of its value (64 bits,
/// little-endian) and the value. No two events have the same bytes, whatever a program put into a path; and a field
/// added later leaves the bytes of older events as they are. Numbers are never reused.
pub fn canonical(event: &Event) -> Vec<u8> {
    // All fields are named, so that a new one cannot be left out of the chain by oversight.
    let Event {
        seq,
        time_ms,
        session,
        project,
        kind,
        target,
        verdict,
        by,
        process,
        bytes_in,
        bytes_out,
        action,
        detail,
        question,
        grant,
    } = event;
    let mut bytes = Vec::with_capacity(512);
    put(&mut bytes, 1, &seq.to_le_bytes());
    put(&mut bytes, 2, &time_ms.to_le_bytes());
    put_text(&mut bytes, 3, session.as_ref().map(|session| session.0.as_str()));
    put_text(&mut bytes, 4, project.as_deref());
    put_text(&mut bytes, 5, Some(kind.name()));
    put_text(&mut bytes, 6, target.as_deref());
    put_text(&mut bytes, 7, verdict.map(super::event::Outcome::name));
    put_text(&mut bytes, 8, by.as_deref());
    if let Some(process) = process {
        put_process(&mut bytes, process);
    }
    put_number(&mut bytes, 12, *bytes_in);
    put_number(&mut bytes, 13, *bytes_out);
    put_text(&mut bytes, 14, action.as_deref());
    put_text(&mut bytes, 15, detail.as_deref());
    put_text(&mut bytes, 16, question.as_deref());
    put_text(&mut bytes, 17, grant.as_deref());
    bytes
}

fn put_process(bytes: &mut Vec<u8>, process: &EventProcess) {
    let EventProcess { pid, exe, command } = process;
    put(bytes, 9, &pid.to_le_bytes());
    put_text(bytes, 10, exe.as_deref());
    for word in command {
        put(bytes, 11, word.as_bytes());
    }
}

fn put_text(bytes: &mut Vec<u8>, field: u8, value: Option<&str>) {
    if let Some(value) = value {
        put(bytes, field, value.as_bytes());
    }
}

fn put_number(bytes: &mut Vec<u8>, field: u8, value: Option<u64>) {
    if let Some(value) = value {
        put(bytes, field, &value.to_le_bytes());
    }
}

fn put(bytes: &mut Vec<u8>, field: u8, value: &[u8]) {
    bytes.push(field);
    bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
    bytes.extend_from_slice(value);
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotADigest);
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = str::from_utf8(pair).map_err(|_not_ascii| NotADigest)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_not_hexadecimal| NotADigest)?;
        }
        Ok(Self(digest))
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests;
