//! The key that checkpoints of the log are signed with: from the user's keyring, or from a file where there is none; made at first
//! use. Whoever records waits for none of this: until the key is here, and where it cannot be had, checkpoints are not signed,
//! and the daemon says why.

use std::time::Duration;

use askbox_audit::{Key, KeyOrigin, Log, SigningKey};
use askbox_secrets::{Error, Fallback, Name, Place, Record, Secret, Secrets, Unavailable};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::limits::{SIGNING_LOG_REST, SIGNING_REST, SIGNING_WAIT};

/// What the secret is called, for `askbox log verify` and `askbox doctor` too.
pub const LOG_KEY: Name = Name("log-key");

/// A key, and how it came to be here.
type Obtained = (SigningKey, KeyOrigin);

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    /// The key is asked for.
    Asking,
    /// Checkpoints are signed by a key that is about to be kept.
    Keeping,
    /// Checkpoints are signed.
    Done,
    /// They are not, for this reason.
    Failed(String),
}

/// Why checkpoints are not signed, and how long nobody tries again.
#[derive(Debug)]
struct Problem {
    why: String,
    rest: Duration,
}

impl Problem {
    /// The key is here, and the log or its signature cannot be read or written at this moment.
    fn of_log(error: &askbox_audit::Error) -> Self {
        Self {
            why: error.to_string(),
            rest: SIGNING_LOG_REST,
        }
    }
}

impl From<String> for Problem {
    /// The key cannot be had.
    fn from(why: String) -> Self {
        Self {
            why,
            rest: SIGNING_REST,
        }
    }
}

/// Whether checkpoints are signed.
#[derive(Debug)]
pub(crate) struct Signing {
    progress: watch::Sender<Progress>,
}

impl Signing {
    pub(crate) fn new() -> Self {
        Self {
            progress: watch::Sender::new(Progress::Asking),
        }
    }

    /// Gets the key and gives it to the log; tries again after a while where that fails.
    pub(crate) async fn begin(&self, log: &Log, secrets: &Secrets) {
        let mut made = None;
        while let Err(Problem { why, rest }) = self.try_to_begin(log, secrets, &mut made).await {
            tracing::warn!(problem = why, "checkpoints of the log are not signed");
            self.progress.send_replace(Progress::Failed(why));
            tokio::time::sleep(rest).await;
        }
        self.progress.send_replace(Progress::Done);
    }

    /// `made` is a key that signs and is not known to be kept: the keyring may have it although it did not say so.
    async fn try_to_begin(
        &self,
        log: &Log,
        secrets: &Secrets,
        made: &mut Option<Secret>,
    ) -> Result<(), Problem> {
        let to_keep = if let Some(made) = made {
            made.clone()
        } else {
            let (key, origin) = blocking(secrets, |secrets| obtain(&secrets)).await?;
            let secret = Secret::new(key.expose());
            if origin == KeyOrigin::Made {
                self.progress.send_replace(Progress::Keeping);
            }
            // Signed first, kept then: nobody finds a key for a log that it has not signed yet.
            log.sign_with(key, origin)
                .await
                .map_err(|error| Problem::of_log(&error))?;
            if origin == KeyOrigin::Found {
                return Ok(());
            }
            made.insert(secret).clone()
        };
        blocking(secrets, |secrets| {
            let kept = secrets.keep(LOG_KEY, to_keep, Fallback::WithoutService);
            kept.map(drop).map_err(|error| reason(&error))
        })
        .await?;
        Ok(())
    }

    /// Before the end is recorded: waits a little for a key that is asked for or about to be kept, so that short lives are signed
    /// too. Whoever keeps it may do so after that, so its signature stays.
    pub(crate) async fn end(&self) {
        let mut progress = self.progress.subscribe();
        let settled = progress.wait_for(|progress| matches!(progress, Progress::Done | Progress::Failed(_)));
        // The next daemon finds the key, or makes one and says that this one is gone.
        drop(timeout(SIGNING_WAIT, settled).await);
    }

    /// Why checkpoints are not signed, if that is so.
    pub(crate) fn why_not(&self, log: &Log) -> Option<String> {
        match &*self.progress.borrow() {
            Progress::Failed(problem) => Some(problem.clone()),
            Progress::Done => log.signing_problem(),
            Progress::Asking | Progress::Keeping => None,
        }
    }
}

/// The key that a log is to be checked with, and where it is. Asks the keyring whatever the record says, since whoever can write a
/// record has not got the key in the keyring for it. Blocks, with a keyring that waits for a person for a minute.
pub fn key_to_verify(secrets: &Secrets) -> (Key, Option<Place>) {
    let parsed = |secret: &Secret| {
        SigningKey::new(secret.expose()).map_or_else(
            || Key::Unavailable("what is kept as its key is none".to_owned()),
            Key::Have,
        )
    };
    match (secrets.from_keyring(LOG_KEY), secrets.record(LOG_KEY)) {
        (Ok(secret), _) => (parsed(&secret), Some(Place::Keyring)),
        (Err(Error::Lost | Error::Keyring(Unavailable::NoService(_))), Ok(Some(Record::Here(_, secret)))) => {
            let file = Place::File(secrets.path(LOG_KEY));
            (parsed(&secret), Some(file))
        }
        (Err(Error::Lost | Error::Keyring(Unavailable::NoService(_))), Ok(None))
        | (Err(Error::Lost), Ok(Some(Record::Keyring(_)))) => (Key::Nowhere, None),
        // One that is locked or hangs may have another than the record.
        (Err(error), Ok(_)) | (Err(_), Err(error)) => (Key::Unavailable(reason(&error)), None),
    }
}

/// Carries something out where it may block. It ends by itself: every wait for a keyring has an end.
async fn blocking<T: Send + 'static>(
    secrets: &Secrets,
    work: impl FnOnce(Secrets) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let secrets = secrets.clone();
    spawn_blocking(move || work(secrets))
        .await
        .unwrap_or_else(|ended| Err(ended.to_string()))
}

/// The key by its record, or a new one where there is none or it is lost. A keyring that cannot be used is no reason for a new
/// one. Blocks.
fn obtain(secrets: &Secrets) -> Result<Obtained, String> {
    let found = match secrets.record(LOG_KEY) {
        Ok(Some(Record::Here(_, secret))) => Some(secret),
        Ok(Some(Record::Keyring(_))) => match secrets.from_keyring(LOG_KEY) {
            Err(Error::Lost) => None,
            found => Some(found.map_err(|error| reason(&error))?),
        },
        // The record may have been removed, or be from where others could read it.
        Ok(None) | Err(Error::Garbled(_) | Error::Exposed(_)) => match secrets.from_keyring(LOG_KEY) {
            Err(Error::Lost | Error::Keyring(Unavailable::NoService(_))) => None,
            found => Some(adopt(secrets, found.map_err(|error| reason(&error))?)?),
        },
        Err(error) => return Err(reason(&error)),
    };
    match found.and_then(|secret| SigningKey::new(secret.expose())) {
        Some(key) => Ok((key, KeyOrigin::Found)),
        None => Ok((make()?, KeyOrigin::Made)),
    }
}

/// Notes that the keyring has it.
fn adopt(secrets: &Secrets, secret: Secret) -> Result<Secret, String> {
    let kept = secrets.keep(LOG_KEY, secret.clone(), Fallback::WithoutService);
    kept.map(|_kept| secret).map_err(|error| reason(&error))
}

fn make() -> Result<SigningKey, String> {
    let mut bytes = [0; SigningKey::LENGTH];
    getrandom::fill(&mut bytes).map_err(|_unavailable| "there are no random numbers".to_owned())?;
    SigningKey::new(&bytes).ok_or_else(|| "a key has another length".to_owned())
}

fn reason(error: &Error) -> String {
    match error {
        Error::Keyring(unavailable) => format!(
            "the keyring that has or is to have their key cannot be used: {unavailable}; {}",
            unavailable.hint()
        ),
        Error::Lost => "the keyring has lost their key".to_owned(),
        error => format!("their key: {error}"),
    }
}

#[cfg(test)]
mod tests;
