//! Every directory and file that Askbox itself uses: where it is, and in [`own_file`] how it is replaced as a whole. What
//! is in them is for others to know.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub mod own_file;

/// Where an administrator's policy lives; rules in here cannot be overridden.
pub const MANAGED_POLICY: &str = "/etc/askbox/policy.d";

/// The environment variable that moves configuration, data, state and runtime below one directory.
pub const ROOT_VARIABLE: &str = "ASKBOX_ROOT";

/// Why there are no directories.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither `$HOME` nor the user database names a home directory.
    #[error("no home directory is known; set HOME, or {ROOT_VARIABLE}")]
    NoHome,
    /// `$HOME` is relative: the same.
    #[error("HOME must be an absolute path, not {0:?}")]
    RelativeHome(PathBuf),
    /// `ASKBOX_ROOT` is relative, so that it would mean another directory after `cd`.
    #[error("{ROOT_VARIABLE} must be an absolute path, not {0:?}")]
    RelativeRoot(PathBuf),
}

/// The directories of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    home: PathBuf,
    root: Option<PathBuf>,
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
    runtime: PathBuf,
}

impl Paths {
    /// The user's directories by the XDG rules, or below `root` (the value of [`ROOT_VARIABLE`]) when it is given.
    pub fn new(root: Option<OsString>) -> Result<Self, Error> {
        let user = directories::BaseDirs::new().ok_or(Error::NoHome)?;
        let home = user.home_dir().to_owned();
        if home.is_relative() {
            return Err(Error::RelativeHome(home));
        }
        let Some(root) = root.filter(|root| !root.is_empty()).map(PathBuf::from) else {
            let project = directories::ProjectDirs::from("", "", "askbox").ok_or(Error::NoHome)?;
            let state = project
                .state_dir()
                .map_or_else(|| project.data_dir().join("state"), Path::to_owned);
            // Without a runtime directory (a bare login, a container) the state directory serves: it lasts too long,
            // but it is the user's own; /tmp is not.
            let runtime = project
                .runtime_dir()
                .map_or_else(|| state.join("run"), Path::to_owned);
            return Ok(Self {
                home,
                root: None,
                config: project.config_dir().to_owned(),
                data: project.data_dir().to_owned(),
                state,
                runtime,
            });
        };
        if root.is_relative() {
            return Err(Error::RelativeRoot(root));
        }
        Ok(Self {
            home,
            config: root.join("config"),
            data: root.join("data"),
            state: root.join("state"),
            runtime: root.join("run"),
            root: Some(root),
        })
    }

    /// The user's home directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// What everything lies below, where [`ROOT_VARIABLE`] names it. Whoever may write there may put another directory in the
    /// place of one of ours.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Directory of policy.toml.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Directory of private homes.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Directory of the log and the grants.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Directory of socket and lock; 0700.
    pub fn runtime(&self) -> &Path {
        &self.runtime
    }

    /// Every directory of Askbox itself: never writable and never readable from inside.
    pub fn own(&self) -> [&Path; 4] {
        [&self.config, &self.data, &self.state, &self.runtime]
    }

    /// Secrets that are in no keyring, and records of those that are; 0700.
    pub fn secrets(&self) -> PathBuf {
        self.state.join("secrets")
    }

    /// Name and password for a proxy, by the user's own hand.
    pub fn proxy_credentials(&self) -> PathBuf {
        self.config.join("proxy-credentials")
    }

    /// The user's rules.
    pub fn policy(&self) -> PathBuf {
        self.config.join("policy.toml")
    }

    /// What policy.toml said when it could be read last.
    pub fn last_good_policy(&self) -> PathBuf {
        self.state.join("policy.last-good.toml")
    }

    /// The hashes of trusted project files.
    pub fn trusted(&self) -> PathBuf {
        self.config.join("trusted.json")
    }

    /// The log.
    pub fn log(&self) -> PathBuf {
        self.state.join("log.sqlite")
    }

    /// Remembered answers.
    pub fn grants(&self) -> PathBuf {
        self.state.join("grants.json")
    }

    /// Whether everything is denied.
    pub fn lockdown(&self) -> PathBuf {
        self.state.join("lockdown")
    }

    /// How often rules and grants decided.
    pub fn usage(&self) -> PathBuf {
        self.state.join("usage.json")
    }

    /// The records of sessions that `askbox review` reads, one file for each.
    pub fn reviews(&self) -> PathBuf {
        self.state.join("reviews")
    }

    /// The one of a session.
    pub fn review(&self, session: &str) -> PathBuf {
        self.reviews().join(format!("{session}.json"))
    }

    /// What the daemon says while it has no terminal.
    pub fn daemon_output(&self) -> PathBuf {
        self.state.join("daemon.log")
    }

    /// Private per-project homes.
    pub fn homes(&self) -> PathBuf {
        self.data.join("homes")
    }

    /// The daemon's socket, 0600.
    pub fn socket(&self) -> PathBuf {
        self.runtime.join("askbox.sock")
    }

    /// Held by the running daemon; the kernel drops it with the process.
    pub fn lock(&self) -> PathBuf {
        self.runtime.join("askbox.lock")
    }

    /// Held by the running daemon as well, beside the log: where terminals differ in their runtime directory, so would [`Self::lock`].
    pub fn state_lock(&self) -> PathBuf {
        self.state.join("askbox.lock")
    }

    /// The desktop app's socket, 0600: it brings its windows up.
    pub fn tray_socket(&self) -> PathBuf {
        self.runtime.join("tray.sock")
    }

    /// Held by the running desktop app; the kernel drops it with the process.
    pub fn tray_lock(&self) -> PathBuf {
        self.runtime.join("tray.lock")
    }

    /// How the desktop asks.
    pub fn preferences(&self) -> PathBuf {
        self.config.join("desktop.json")
    }

    /// What starts with the desktop session, for all programs of the user
    /// (<https://specifications.freedesktop.org/autostart-spec/latest/>). It stays where it is under [`ROOT_VARIABLE`]: the
    /// desktop looks nowhere else.
    pub fn autostart() -> Result<PathBuf, Error> {
        let user = directories::BaseDirs::new().ok_or(Error::NoHome)?;
        Ok(user.config_dir().join("autostart"))
    }

    /// Where the user's programs put files that the user asked for: the home directory where nothing else is named.
    pub fn downloads(&self) -> PathBuf {
        let user = directories::UserDirs::new();
        user.and_then(|user| user.download_dir().map(Path::to_owned))
            .unwrap_or_else(|| self.home.clone())
    }

    /// Sockets that sessions are offered, a directory for each session, below which nothing lies but these.
    pub fn neighbours(&self) -> PathBuf {
        self.runtime.join("neighbours")
    }

    /// Where those queue who want to start a daemon; not the daemon's own lock, which says that one runs.
    pub fn start_lock(&self) -> PathBuf {
        self.runtime.join("start.lock")
    }

    /// An empty directory, on which each session mounts its own home directory in its own mount namespace.
    pub fn stage(&self) -> PathBuf {
        self.runtime.join("stage")
    }
}

#[cfg(test)]
mod tests;
