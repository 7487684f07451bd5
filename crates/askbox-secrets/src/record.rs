//! The file that says where a secret is: one line, `keyring STAMP`, or `here STAMP SECRET` with the secret itself in base64.

use std::fmt;

use crate::secret::Secret;

/// Which of the values that a secret had: another one each time it is kept anew, so that a copy of the value is known to be
/// old without asking for it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Stamp(pub(crate) String);

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stamp({})", self.0)
    }
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// In the keyring.
    Keyring(Stamp),
    /// In the record itself, since there was no keyring.
    Here(Stamp, Secret),
}

impl Record {
    /// Reads the content of a file.
    pub(crate) fn parse(content: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(content).ok()?.strip_suffix('\n')?;
        let stamp = |text: &str| {
            let is_stamp = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_stamp.then(|| Stamp(text.to_owned()))
        };
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["keyring", found] => Some(Self::Keyring(stamp(found)?)),
            ["here", found, secret] => Some(Self::Here(stamp(found)?, Secret::decode(secret)?)),
            _ => None,
        }
    }

    /// The content of its file.
    pub(crate) fn content(&self) -> String {
        match self {
            Self::Keyring(Stamp(stamp)) => format!("keyring {stamp}\n"),
            Self::Here(Stamp(stamp), secret) => format!("here {stamp} {}\n", secret.encoded()),
        }
    }
}
