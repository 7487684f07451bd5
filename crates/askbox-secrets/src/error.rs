//! Why a secret cannot be had or kept.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why the keyring cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// No session bus, or nobody on it who keeps secrets.
    #[error("there is no Secret Service here ({0})")]
    NoService(String),
    /// It is there and says nothing: it hangs, or waits for a person to unlock it.
    #[error("the Secret Service has not answered within {seconds} seconds")]
    Silent {
        /// How long it was waited.
        seconds: u64,
    },
    /// It is there and refuses: locked, and nobody unlocked it; or without a keyring.
    #[error("the Secret Service refuses ({0})")]
    Refused(String),
    /// It could not be asked at all.
    #[error("the Secret Service could not be asked ({0})")]
    NotAsked(String),
}

impl Unavailable {
    /// The one thing to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoService(_) => {
                "install a Secret Service (sudo apt install gnome-keyring) and log in to your desktop anew"
            }
            Self::Silent { .. } => {
                "unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows \
                 the program that should answer"
            }
            Self::Refused(_) => {
                "unlock your keyring, or make a default one, with the passwords program of your desktop"
            }
            Self::NotAsked(_) => "try again when the machine has less to do",
        }
    }
}

/// Why a secret cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of Askbox's own cannot be read or written.
    #[error("cannot {step} {}", path.display())]
    File {
        /// What was tried.
        step: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A file with a secret is not for its user alone.
    #[error("others may read {}", .0.display())]
    Exposed(PathBuf),
    /// A record that says nothing we know.
    #[error("{} cannot be understood", .0.display())]
    Garbled(PathBuf),
    /// The keyring is needed and cannot be used.
    #[error("the keyring cannot be used")]
    Keyring(#[from] Unavailable),
    /// A record says that the keyring has it, and it has not.
    #[error("the keyring has lost it")]
    Lost,
    /// The system gives no random numbers.
    #[error("no random numbers")]
    Random,
}
