//! The secret itself.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Something to be kept. Never shown, not by `{:?}` either.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for whom they are meant.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// As it is kept: `KWallet` takes UTF-8 only.
    pub(crate) fn encoded(&self) -> String {
        STANDARD.encode(&self.0)
    }

    /// What [`Self::encoded`] made.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().map(Self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
