//! What a signature is good for, as far as what is signed says so. Pure.

use askbox_policy::{Destination, Namespace, Purpose};

use crate::message::{self, Malformed, Sign};

/// The number of the message that logs in (RFC 4252, section 5).
const USERAUTH_REQUEST: u8 = 50;

/// What a signed message begins with (PROTOCOL.sshsig of OpenSSH).
const SSHSIG: &[u8] = b"SSHSIG";

/// Which host a connection is for: its key signed this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) host_key: Vec<u8>,
    pub(crate) session_id: Vec<u8>,
    pub(crate) is_forwarding: bool,
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signed<'a> {
    Login {
        session_id: &'a [u8],
        /// Where what is signed names the host itself, which then takes it for no other.
        host_key: Option<&'a [u8]>,
    },
    Message {
        namespace: &'a [u8],
    },
}

/// What a signature is good for. `find` knows the host of a key.
pub(crate) fn of(
    sign: &Sign<'_>,
    bound: &[Bound],
    find: impl FnOnce(&[u8]) -> Option<Destination>,
) -> Purpose {
    let login = login(sign).ok();
    match login.or_else(|| signed_message(sign.data).ok()) {
        Some(Signed::Login { session_id, host_key }) => {
            let bound = bound
                .iter()
                .find(|bound| bound.session_id == session_id && !bound.is_forwarding);
            let named = match (host_key, bound) {
                (Some(own), Some(bound)) if own != bound.host_key => None,
                (own, bound) => own.or(bound.map(|bound| bound.host_key.as_slice())),
            };
            named.and_then(find).map_or(Purpose::UnknownHost, Purpose::Host)
        }
        Some(Signed::Message { namespace }) => std::str::from_utf8(namespace)
            .ok()
            .and_then(Namespace::new)
            .map_or(Purpose::Unknown, Purpose::Message),
        None => Purpose::Unknown,
    }
}

/// Reads what ssh signs to log in (RFC 4252, section 7), by the same key, with the host's key or without.
fn login<'a>(sign: &Sign<'a>) -> Result<Signed<'a>, Malformed> {
    let mut rest = sign.data;
    let session_id = message::string(&mut rest)?;
    let number = message::byte(&mut rest)?;
    let _user = message::string(&mut rest)?;
    let service = message::string(&mut rest)?;
    let method = message::string(&mut rest)?;
    let has_signature = message::byte(&mut rest)?;
    let _algorithm = message::string(&mut rest)?;
    let key = message::string(&mut rest)?;
    let host_key = match method {
        b"publickey" => None,
        b"publickey-hostbound-v00@openssh.com" => Some(message::string(&mut rest)?),
        _ => return Err(Malformed::OutOfTurn),
    };
    if number != USERAUTH_REQUEST || service != b"ssh-connection" || has_signature != 1 || key != sign.key {
        return Err(Malformed::OutOfTurn);
    }
    message::finish(rest, Signed::Login { session_id, host_key })
}

/// Reads what `ssh-keygen -Y sign` signs.
fn signed_message(data: &[u8]) -> Result<Signed<'_>, Malformed> {
    let mut rest = data.strip_prefix(SSHSIG).ok_or(Malformed::OutOfTurn)?;
    let namespace = message::string(&mut rest)?;
    let _reserved = message::string(&mut rest)?;
    let _hash = message::string(&mut rest)?;
    let _digest = message::string(&mut rest)?;
    message::finish(rest, Signed::Message { namespace })
}

#[cfg(test)]
mod tests;
