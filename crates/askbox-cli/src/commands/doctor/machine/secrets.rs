//! Where secrets would be kept, and where one is.

use askbox_daemon::{LOG_KEY, PROXY_LOGIN};
use askbox_paths::Paths;
use askbox_secrets::{Place, Secrets, Service, Unavailable};

/// Where name and password for a proxy are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Login {
    /// There are none.
    Nowhere,
    /// Where `askbox proxy-login` put them.
    Kept(Place),
    /// In the file beside policy.toml that somebody wrote by hand.
    ByHand,
    /// It cannot be said, for this reason.
    Unknown(String),
}

fn secrets(paths: &Paths) -> Secrets {
    Secrets::new(paths.secrets(), Service)
}

pub(super) fn keyring(paths: &Paths) -> Result<(), Unavailable> {
    secrets(paths).greet()
}

pub(super) fn login(paths: &Paths) -> Login {
    match secrets(paths).place(PROXY_LOGIN) {
        Ok(Some(place)) => Login::Kept(place),
        Ok(None) if paths.proxy_credentials().exists() => Login::ByHand,
        Ok(None) => Login::Nowhere,
        Err(error) => Login::Unknown(crate::error::chain(&error)),
    }
}

/// Where the key is that signs checkpoints of the log, by its record.
pub(super) fn log_key(paths: &Paths) -> Result<Option<Place>, String> {
    secrets(paths)
        .place(LOG_KEY)
        .map_err(|error| crate::error::chain(&error))
}
