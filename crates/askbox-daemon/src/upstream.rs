//! Name and password for the proxy of policy.toml: from where `askbox proxy-login` put them, or else from a file of their own,
//! so that nobody shows or shares them with the rules.
//!
//! A connection costs one small file that is read: the keyring is asked once for each value, known by its record's stamp.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use askbox_network::{Proxies, ProxyEnvironment};
use askbox_paths::{Paths, own_file};
use askbox_secrets::{Error, Name, Record, Secret, Secrets, Stamp};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use crate::limits::{CREDENTIALS_BYTES, KEYRING_REST, KEYRING_WAIT};

/// What the secret is called, for `askbox proxy-login` and `askbox doctor` too.
pub const PROXY_LOGIN: Name = Name("proxy-login");

/// The argument that makes this program one that asks the keyring for the daemon.
pub const ASK_KEYRING: &str = "ask-keyring";

/// The proxies of this environment, and of policy.toml with the credentials of this user.
pub(crate) fn proxies(paths: &Paths, secrets: Secrets, environment: ProxyEnvironment) -> Proxies {
    let source = Arc::new(Source {
        file: paths.proxy_credentials(),
        secrets,
        wait: KEYRING_WAIT,
        rest: KEYRING_REST,
        looked: Mutex::default(),
    });
    Proxies {
        environment,
        credentials: Arc::new(move || {
            let source = Arc::clone(&source);
            Box::pin(async move { source.find().await })
        }),
    }
}

/// Where name and password are looked for.
#[derive(Debug)]
struct Source {
    file: PathBuf,
    secrets: Secrets,
    /// How long a connection waits for the keyring.
    wait: Duration,
    /// How long it is not asked again after it could not be used.
    rest: Duration,
    /// The newest look into the keyring.
    looked: Mutex<Option<Look>>,
}

/// A look into the keyring, which goes on though nobody waits for it any more.
#[derive(Clone, Debug)]
struct Look {
    stamp: Stamp,
    outcome: watch::Receiver<Option<Outcome>>,
}

/// What the keyring has.
#[derive(Clone)]
struct Outcome {
    found: Result<String, String>,
    at: Instant,
}

/// What the files say.
enum Files {
    Have(Option<String>),
    Name(Stamp),
}

impl Source {
    /// `NAME:PASSWORD`, where there is one. The files are read anew each time: who changes them need not start anything anew.
    async fn find(self: Arc<Self>) -> Result<Option<String>, String> {
        let source = Arc::clone(&self);
        let files = spawn_blocking(move || source.files()).await;
        match files.unwrap_or_else(|ended| Err(ended.to_string()))? {
            Files::Have(found) => Ok(found),
            Files::Name(stamp) => self.from_keyring(stamp).await.map(Some),
        }
    }

    /// Blocks.
    fn files(&self) -> Result<Files, String> {
        match self.secrets.record(PROXY_LOGIN) {
            Ok(None) => read(&self.file).map(Files::Have),
            Ok(Some(Record::Keyring(stamp))) => Ok(Files::Name(stamp)),
            Ok(Some(Record::Here(_, secret))) => {
                let line = one_line(secret.expose()).map_err(|what| format!("its login {what}"));
                Ok(Files::Have(Some(line?)))
            }
            Err(Error::Exposed(_)) => Err(format!("others may read its login: {ANEW}")),
            Err(error) => Err(format!("its login: {error}: {ANEW}")),
        }
    }

    async fn from_keyring(self: Arc<Self>, stamp: Stamp) -> Result<String, String> {
        let mut outcome = self.look(stamp);
        let found = timeout(self.wait, outcome.wait_for(Option::is_some)).await;
        let silent = || {
            let seconds = self.wait.as_secs();
            format!(
                "the keyring that has its login has not answered within {seconds} seconds: unlock it, and try again"
            )
        };
        match found {
            Ok(Ok(outcome)) => outcome
                .clone()
                .map_or_else(|| Err(silent()), |outcome| outcome.found),
            Ok(Err(_ended)) => Err(silent()),
            Err(_elapsed) => Err(silent()),
        }
    }

    /// The look that is under way or counts still, or a new one.
    fn look(self: &Arc<Self>, stamp: Stamp) -> watch::Receiver<Option<Outcome>> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = looked.as_ref().filter(|look| look.counts_for(&stamp, self.rest)) {
            return look.outcome.clone();
        }
        let (tell, outcome) = watch::channel(None);
        let source = Arc::clone(self);
        // Bounded: the helper ends by itself, and is killed otherwise.
        spawn_blocking(move || {
            let found = source
                .secrets
                .from_keyring(PROXY_LOGIN)
                .map_err(|error| reason(&error));
            let found = found.and_then(|secret: Secret| {
                one_line(secret.expose()).map_err(|what| format!("its login in the keyring {what}"))
            });
            let at = Instant::now();
            tell.send_replace(Some(Outcome { found, at }));
        });
        *looked = Some(Look {
            stamp,
            outcome: outcome.clone(),
        });
        outcome
    }
}

impl Look {
    /// A value counts for as long as its record does; a failure for a while.
    fn counts_for(&self, stamp: &Stamp, rest: Duration) -> bool {
        if self.stamp != *stamp {
            return false;
        }
        match &*self.outcome.borrow() {
            None => self.outcome.has_changed().is_ok(),
            Some(Outcome { found: Ok(_), .. }) => true,
            Some(Outcome { found: Err(_), at }) => at.elapsed() < rest,
        }
    }
}

impl std::fmt::Debug for Outcome {
    /// Without what is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outcome")
            .field("found", &self.found.as_ref().map(|_secret| ".."))
            .field("at", &self.at)
            .finish()
    }
}

/// What to do about a login that cannot be used.
const ANEW: &str = "askbox proxy-login";

fn reason(error: &Error) -> String {
    match error {
        Error::Keyring(unavailable) => {
            format!(
                "its login is in the keyring: {unavailable}; {}",
                unavailable.hint()
            )
        }
        Error::Lost => format!("the keyring has no login for it any more: {ANEW}"),
        error => format!("its login: {error}"),
    }
}

/// `NAME:PASSWORD`, where there is such a file.
fn read(file: &Path) -> Result<Option<String>, String> {
    let name = || file.file_name().unwrap_or_default().to_string_lossy();
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", name());
    let Some(content) = own_file::read(file, CREDENTIALS_BYTES).map_err(failed)? else {
        return Ok(None);
    };
    let mode = fs::metadata(file).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("others may read {}: chmod 600", name()));
    }
    one_line(&content)
        .map(Some)
        .map_err(|what| format!("{} {what}", name()))
}

/// What it is, or what is wrong with it.
fn one_line(content: &[u8]) -> Result<String, &'static str> {
    let text = std::str::from_utf8(content).map_err(|_bytes| "is not text")?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.contains(['\r', '\n']) || !text.contains(':') {
        return Err("must be one line, NAME:PASSWORD");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
