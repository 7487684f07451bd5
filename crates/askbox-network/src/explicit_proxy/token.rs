//! The password of one session's proxy. Whoever has it speaks for that session and for no other.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The name that goes with it.
const NAME: &str = "askbox";

/// A session's own password. It is shown to the session's programs alone.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyToken(String);

impl ProxyToken {
    /// Bytes at random: as hard to guess as a key.
    pub const BYTES: usize = 18;

    /// Made of bytes at random.
    pub fn new(random: [u8; Self::BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// Name and password as they stand in a URL.
    pub fn in_url(&self) -> String {
        format!("{NAME}:{}", self.0)
    }

    /// Whether somebody who logs in has it. In the time that this takes nothing is to be read: whoever reaches the proxy is in
    /// the session, and its programs have the token in their environment.
    pub(crate) fn is(&self, name: &[u8], password: &[u8]) -> bool {
        name == NAME.as_bytes() && password == self.0.as_bytes()
    }

    /// The same for the value of a `Proxy-Authorization` header.
    pub(crate) fn is_basic(&self, value: &[u8]) -> bool {
        let login = std::str::from_utf8(value)
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok());
        let Some(login) = login else { return false };
        let colon = login.iter().position(|byte| *byte == b':');
        let Some((name, password)) = colon.and_then(|colon| login.split_at_checked(colon)) else {
            return false;
        };
        self.is(name, password.get(1..).unwrap_or_default())
    }
}

impl fmt::Debug for ProxyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyToken(..)")
    }
}

#[cfg(test)]
mod tests;
