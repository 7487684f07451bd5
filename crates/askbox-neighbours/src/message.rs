//! Messages of the ssh agent protocol (draft-miller-ssh-agent), read and written. Pure: a message is a slice, nothing in it is
//! copied before its length was checked, and nothing is left over.

use crate::limits;

/// Numbers of messages (section 5.1 of the draft).
mod number {
    pub(super) const FAILURE: u8 = 5;
    pub(super) const SUCCESS: u8 = 6;
    pub(super) const REQUEST_IDENTITIES: u8 = 11;
    pub(super) const IDENTITIES_ANSWER: u8 = 12;
    pub(super) const SIGN_REQUEST: u8 = 13;
    pub(super) const SIGN_RESPONSE: u8 = 14;
    pub(super) const ADD_IDENTITY: u8 = 17;
    pub(super) const REMOVE_IDENTITY: u8 = 18;
    pub(super) const REMOVE_ALL_IDENTITIES: u8 = 19;
    pub(super) const ADD_SMARTCARD_KEY: u8 = 20;
    pub(super) const REMOVE_SMARTCARD_KEY: u8 = 21;
    pub(super) const LOCK: u8 = 22;
    pub(super) const UNLOCK: u8 = 23;
    pub(super) const ADD_ID_CONSTRAINED: u8 = 25;
    pub(super) const ADD_SMARTCARD_KEY_CONSTRAINED: u8 = 26;
    pub(super) const EXTENSION: u8 = 27;
}

/// The extension by which ssh says which host a connection is for (PROTOCOL.agent of OpenSSH).
const SESSION_BIND: &[u8] = b"session-bind@openssh.com";

/// Flags of a signature: none, or RSA with SHA-256 or SHA-512.
const FLAGS: [u32; 3] = [0, 2, 4];

/// What a program inside wants of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    /// The keys that it holds.
    List,
    /// A signature.
    Sign(Sign<'a>),
    /// To say which host the connection is for.
    Bind(Bind<'a>),
    /// Anything else, in words.
    Other(&'static str),
}

/// A signature that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sign<'a> {
    /// The public key.
    pub(crate) key: &'a [u8],
    /// What is to be signed.
    pub(crate) data: &'a [u8],
    /// Which algorithm of the key.
    pub(crate) flags: u32,
}

/// A session of ssh that a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bind<'a> {
    /// The host's public key.
    pub(crate) host_key: &'a [u8],
    /// The session.
    pub(crate) session_id: &'a [u8],
    /// Made by the host, of the session.
    pub(crate) signature: &'a [u8],
    /// Whether the agent is forwarded to that host.
    pub(crate) is_forwarding: bool,
}

/// A key of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    /// The public key.
    pub(crate) blob: &'a [u8],
    /// What its owner calls it.
    pub(crate) comment: &'a [u8],
}

/// Why a message is none, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it is cut off")]
    CutOff,
    #[error("something is left over in it")]
    LeftOver,
    #[error("it has unknown flags")]
    Flags,
    #[error("it is not the answer to what was asked")]
    OutOfTurn,
    #[error("it lists too many keys")]
    TooMany,
    #[error("the agent refused")]
    Refused,
}

/// Reads what a program inside sent, without the length in front.
pub(crate) fn request(message: &[u8]) -> Result<Request<'_>, Malformed> {
    let mut rest = message;
    let request = match byte(&mut rest)? {
        number::REQUEST_IDENTITIES => Request::List,
        number::SIGN_REQUEST => {
            let sign = Sign {
                key: string(&mut rest)?,
                data: string(&mut rest)?,
                flags: word(&mut rest)?,
            };
            if !FLAGS.contains(&sign.flags) {
                return Err(Malformed::Flags);
            }
            Request::Sign(sign)
        }
        number::EXTENSION if string(&mut rest)? == SESSION_BIND => Request::Bind(Bind {
            host_key: string(&mut rest)?,
            session_id: string(&mut rest)?,
            signature: string(&mut rest)?,
            is_forwarding: byte(&mut rest)? != 0,
        }),
        other => return Ok(Request::Other(words_of(other))),
    };
    finish(rest, request)
}

/// What the message of this number does.
fn words_of(message: u8) -> &'static str {
    match message {
        number::ADD_IDENTITY | number::ADD_ID_CONSTRAINED => "adding a key",
        number::REMOVE_IDENTITY | number::REMOVE_ALL_IDENTITIES => "removing keys",
        number::ADD_SMARTCARD_KEY | number::ADD_SMARTCARD_KEY_CONSTRAINED | number::REMOVE_SMARTCARD_KEY => {
            "changing smart cards"
        }
        number::LOCK | number::UNLOCK => "locking",
        number::EXTENSION => "an extension",
        _ => "an unknown message",
    }
}

/// The agent's answer to a request for the list of keys.
pub(crate) fn keys(message: &[u8]) -> Result<Vec<Key<'_>>, Malformed> {
    let mut rest = answer(message, number::IDENTITIES_ANSWER)?;
    let count = word(&mut rest)?;
    if limits::KEYS < count {
        return Err(Malformed::TooMany);
    }
    let mut keys = Vec::new();
    for _ in 0..count {
        keys.push(Key {
            blob: string(&mut rest)?,
            comment: string(&mut rest)?,
        });
    }
    finish(rest, keys)
}

/// The agent's answer to a request for a signature.
pub(crate) fn signature(message: &[u8]) -> Result<&[u8], Malformed> {
    let mut rest = answer(message, number::SIGN_RESPONSE)?;
    let signature = string(&mut rest)?;
    finish(rest, signature)
}

/// The agent's answer to a session-bind.
pub(crate) fn success(message: &[u8]) -> Result<(), Malformed> {
    finish(answer(message, number::SUCCESS)?, ())
}

/// What follows the number of an answer, if it is the one that is waited for.
fn answer(message: &[u8], wanted: u8) -> Result<&[u8], Malformed> {
    let mut rest = message;
    match byte(&mut rest)? {
        number if number == wanted => Ok(rest),
        number::FAILURE => Err(Malformed::Refused),
        _ => Err(Malformed::OutOfTurn),
    }
}

/// It is not done.
pub(crate) fn write_failure() -> Vec<u8> {
    vec![number::FAILURE]
}

/// It is done.
pub(crate) fn write_success() -> Vec<u8> {
    vec![number::SUCCESS]
}

/// Asks for the keys.
pub(crate) fn write_list() -> Vec<u8> {
    vec![number::REQUEST_IDENTITIES]
}

/// Tells of keys.
pub(crate) fn write_keys(keys: &[Key<'_>]) -> Vec<u8> {
    let mut message = vec![number::IDENTITIES_ANSWER];
    let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    message.extend(count.to_be_bytes());
    for key in keys {
        put(&mut message, key.blob);
        put(&mut message, key.comment);
    }
    message
}

/// Asks for a signature.
pub(crate) fn write_sign(sign: Sign<'_>) -> Vec<u8> {
    let mut message = vec![number::SIGN_REQUEST];
    put(&mut message, sign.key);
    put(&mut message, sign.data);
    message.extend(sign.flags.to_be_bytes());
    message
}

/// Hands a signature over.
pub(crate) fn write_signature(signature: &[u8]) -> Vec<u8> {
    let mut message = vec![number::SIGN_RESPONSE];
    put(&mut message, signature);
    message
}

/// Says which host a connection is for.
pub(crate) fn write_bind(bind: Bind<'_>) -> Vec<u8> {
    let mut message = vec![number::EXTENSION];
    for part in [SESSION_BIND, bind.host_key, bind.session_id, bind.signature] {
        put(&mut message, part);
    }
    message.push(u8::from(bind.is_forwarding));
    message
}

/// A string as RFC 4251, section 5, has it. What is written was read from a message, so its length fits.
fn put(message: &mut Vec<u8>, string: &[u8]) {
    let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
    message.extend(length.to_be_bytes());
    message.extend(string);
}

pub(crate) fn byte(rest: &mut &[u8]) -> Result<u8, Malformed> {
    let (first, more) = rest.split_first().ok_or(Malformed::CutOff)?;
    *rest = more;
    Ok(*first)
}

fn word(rest: &mut &[u8]) -> Result<u32, Malformed> {
    let (first, more) = rest.split_first_chunk().ok_or(Malformed::CutOff)?;
    *rest = more;
    Ok(u32::from_be_bytes(*first))
}

pub(crate) fn string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let length = usize::try_from(word(rest)?).map_err(|_too_long| Malformed::CutOff)?;
    let (string, more) = rest.split_at_checked(length).ok_or(Malformed::CutOff)?;
    *rest = more;
    Ok(string)
}

pub(crate) fn finish<T>(rest: &[u8], value: T) -> Result<T, Malformed> {
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(Malformed::LeftOver)
    }
}

#[cfg(test)]
mod tests;
