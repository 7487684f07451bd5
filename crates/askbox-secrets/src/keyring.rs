//! What a keyring is asked, and by whom: the words between [`crate::Secrets`] and whatever reaches the Secret Service.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Unavailable;

/// One thing to do.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Say whether there is somebody to ask. Unlocks nothing.
    Greet,
    /// Give the value of an account.
    Read {
        /// What the value is found by.
        account: String,
    },
    /// Keep a value, in the place of an older one.
    Write {
        /// What the value is found by.
        account: String,
        /// The value, which is text.
        value: String,
    },
    /// Forget an account. That there is none is no error.
    Remove {
        /// What the value is found by.
        account: String,
    },
}

impl fmt::Debug for Order {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Greet => f.write_str("Greet"),
            Self::Read { account } => write!(f, "Read({account})"),
            Self::Write { account, .. } => write!(f, "Write({account})"),
            Self::Remove { account } => write!(f, "Remove({account})"),
        }
    }
}

/// The value that was read, where there is one.
pub type Answer = Result<Option<String>, Unavailable>;

/// A way to the Secret Service.
pub trait Keyring: fmt::Debug + Send + Sync {
    /// Does it. Blocks, for a bounded time.
    fn carry_out(&self, order: &Order) -> Answer;
}
