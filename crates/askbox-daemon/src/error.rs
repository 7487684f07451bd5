//! Why the daemon does not start, or ended before it was told to.

use std::io;
use std::path::PathBuf;

use askbox_wire::{ListenError, LockError};

/// Why the daemon does not start, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one runs, or nobody can tell.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// One runs that was started with another runtime directory: the two would write one log, and a lockdown of one would not be the
    /// other's.
    #[error(
        "another daemon of yours writes {}, and was started with another XDG_RUNTIME_DIR, or its runtime directory was removed: use \
         Askbox with that, or end the daemon with its sessions by `askbox daemon --stop`",
        state.display()
    )]
    Elsewhere {
        /// The state directory.
        state: PathBuf,
    },
    /// One of Askbox's own directories cannot be made, or made private.
    #[error("cannot make {} a directory of this user alone", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What all of them lie in can be written by others, and that cannot be changed.
    #[error(
        "others can write in {}, where all that Askbox has lies, and that cannot be changed: `chmod go-w`, or another directory",
        path.display()
    )]
    Root {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The home directory cannot be found as it really is.
    #[error("cannot resolve the home directory {}", path.display())]
    Home {
        /// The home directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no log, so nothing could be allowed.
    #[error("cannot open the log")]
    Log(#[from] askbox_audit::Error),
    /// The remembered answers cannot be read.
    #[error("cannot read the remembered answers")]
    Grants(#[from] askbox_gate::StoreError),
    /// The clocks of the machine cannot be read.
    #[error("cannot read the clocks")]
    Clock(#[from] askbox_gate::ClockError),
    /// The control socket cannot be made.
    #[error("cannot make the control socket")]
    Listen(#[from] ListenError),
    /// The list of trusted project files can neither be read nor kept aside.
    #[error("cannot read {}", path.display())]
    Trusted {
        /// The list of trusted files.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The limit of open files is too low.
    #[error("{limit} files may be open at once, and the daemon needs {needed}")]
    Descriptors {
        /// The limit.
        limit: usize,
        /// The lowest that will do.
        needed: usize,
    },
    /// Threads, signals or the network of the host are not to be had.
    #[error("cannot {step}")]
    System {
        /// What failed.
        step: &'static str,
        /// Why.
        source: io::Error,
    },
}
