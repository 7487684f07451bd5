//! What a command needs to know of its surroundings. The command line reads its
//! environment and the time of day here, once, and nowhere else; where programs lie is looked up where they are needed.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use askbox_paths::{Paths, ROOT_VARIABLE};

use crate::error::CliError;

/// The surroundings of this process.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Where everything is.
    pub(crate) paths: Paths,
    /// The environment as it was at the start.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Whether a person reads standard output.
    pub(crate) stdout_is_terminal: bool,
    /// When the command began.
    pub(crate) now: SystemTime,
}

impl Context {
    /// Looks around.
    pub(crate) fn from_process() -> Result<Self, askbox_paths::Error> {
        let environment: Vec<_> = std::env::vars_os().collect();
        let root = environment.iter().find(|(name, _)| name == ROOT_VARIABLE);
        Ok(Self {
            paths: Paths::new(root.map(|(_, value)| value.clone()))?,
            environment,
            stdout_is_terminal: io::stdout().is_terminal(),
            now: SystemTime::now(),
        })
    }

    /// The value of an environment variable; an empty one counts as unset.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let found = self.environment.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_os_str())
            .filter(|value| !value.is_empty())
    }

    /// The directories of PATH as they are written: an empty one is the working directory.
    pub(crate) fn search_path(&self) -> impl Iterator<Item = PathBuf> {
        std::env::split_paths(self.variable("PATH").unwrap_or_default())
    }

    /// Whether output may be coloured (<https://no-color.org>).
    pub(crate) fn may_colour(&self) -> bool {
        self.stdout_is_terminal
            && self.variable("NO_COLOR").is_none()
            && self.variable("TERM").is_some_and(|terminal| terminal != "dumb")
    }
}

/// Where we are.
pub(crate) fn working_directory() -> Result<PathBuf, CliError> {
    std::env::current_dir().map_err(CliError::NoDirectory)
}

/// What somebody named a directory for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    /// The project of a rule.
    Project,
    /// The one thing that the command is about.
    Subject,
}

/// A directory that somebody named, as it really is.
pub(crate) fn real_directory(path: &Path, named: Named) -> Result<PathBuf, CliError> {
    if path.is_relative() {
        working_directory()?;
    }
    let shown = path.display();
    let step = match named {
        Named::Project => format!("find the project {shown}"),
        Named::Subject => format!("find {shown}"),
    };
    path.canonicalize().map_err(CliError::system(step))
}
