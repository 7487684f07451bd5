//! Why the log could not do something. A caller that could not record does not let anything through.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_ERROR, SQLITE_IOERR_SHORT_READ};

/// Why the log could not do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The directory of the log is missing; whoever owns the directories creates it.
    #[error("the directory of the log {path:?} does not exist")]
    NoDirectory {
        /// The log.
        path: PathBuf,
    },
    /// There is no log yet.
    #[error("there is no log at {path:?}")]
    Missing {
        /// The log.
        path: PathBuf,
    },
    /// The file cannot be made or its mode cannot be set.
    #[error("cannot create the log {path:?}")]
    Create {
        /// The log.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The thread that writes does not start.
    #[error("cannot start the thread that writes the log")]
    Thread {
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Something else has the log's name: a directory, a symbolic link.
    #[error("the log {path:?} is not a file")]
    NotAFile {
        /// The log.
        path: PathBuf,
    },
    /// The file that is written is not the one that the path names any more.
    #[error(
        "the log {path:?} was removed, replaced or emptied while it was open, so nothing is allowed before it is opened anew; where that does \
         not happen by itself: `askbox daemon --restart`"
    )]
    Gone {
        /// The log.
        path: PathBuf,
    },
    /// The database cannot be opened.
    #[error("cannot open the log {path:?}")]
    Open {
        /// The log.
        path: PathBuf,
        /// What `SQLite` said.
        source: Arc<rusqlite::Error>,
    },
    /// It, or its write-ahead log, is closed to this user.
    #[error("cannot read the log {path:?}")]
    Forbidden {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// It lies where nothing can be written, and its newest events are in its write-ahead log.
    #[error(
        "the log {path:?} lies where nothing can be written, and a part of it in the file of that name with -wal: copy both into a \
         directory of your own"
    )]
    Unwritable {
        /// The log.
        path: PathBuf,
    },
    /// A newer Askbox wrote it. It is left as it is.
    #[error("the log {path:?} has format {found}, which is newer than this Askbox understands ({known})")]
    Newer {
        /// The log.
        path: PathBuf,
        /// The format of the file.
        found: i64,
        /// The newest format that this version reads.
        known: i64,
    },
    /// A broken database cannot be moved out of the way.
    #[error("cannot keep the broken log {path:?} aside")]
    KeepAside {
        /// The log.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Events were not written.
    #[error("cannot write to the log")]
    Write {
        /// What `SQLite` said.
        source: Arc<rusqlite::Error>,
    },
    /// Events cannot be read.
    #[error("cannot read the log")]
    Read {
        /// What `SQLite` said.
        source: Arc<rusqlite::Error>,
    },
    /// The file of its newest events is not the one that the daemon writes.
    #[error(
        "cannot read the log: the file of its newest events, of the same name with -wal, was removed or cut while the daemon had it open; \
         `askbox daemon --restart` puts them into the log itself"
    )]
    Torn {
        /// What `SQLite` said.
        source: Arc<rusqlite::Error>,
    },
    /// A checkpoint was not signed.
    #[error("cannot write the signed checkpoint of the log {path:?}")]
    Sign {
        /// The log.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// What lies beside the log cannot be read at this moment.
    #[error("cannot read the signed checkpoint of the log {path:?}")]
    ReadSigned {
        /// The log.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// An event is not one that this program wrote.
    #[error("event {seq} of the log is not readable: {reason}; `askbox log verify` says more")]
    Unreadable {
        /// Its number.
        seq: i64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Events cannot be passed on (a closed pipe, a full disk).
    #[error("cannot export the log")]
    Export {
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

impl Error {
    /// Why reading failed.
    pub(crate) fn of_reading(source: rusqlite::Error) -> Self {
        let is_torn = is_torn(&source);
        let source = Arc::new(source);
        if is_torn {
            Error::Torn { source }
        } else {
            Error::Read { source }
        }
    }

    /// Why the log could not be opened for reading.
    pub(crate) fn of_opening(path: &Path, source: rusqlite::Error) -> Self {
        if is_torn(&source) {
            return Error::of_reading(source);
        }
        Error::Open {
            path: path.to_owned(),
            source: Arc::new(source),
        }
    }

    /// The same for whoever wanted to write: a file that was given up after a failure is opened anew for that.
    pub(crate) fn of_writing(self) -> Self {
        if let Error::Open { source, .. } = self {
            Error::Write { source }
        } else {
            self
        }
    }

    /// Whether the file itself is damaged, so that writing to it again cannot help. A full disk, a missing permission
    /// or too many open files are not damage: the log must not be put aside for those.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Error::NotAFile { .. } | Error::Unreadable { .. } => true,
            // While the file is opened, a plain SQLITE_ERROR says that tables are missing or foreign, and an error
            // without a code that a column holds something else.
            Error::Open { source, .. } | Error::Read { source } => {
                is_corrupt(source)
                    || source
                        .sqlite_error()
                        .is_none_or(|error| error.extended_code == SQLITE_ERROR)
            }
            Error::Write { source } => is_corrupt(source),
            Error::NoDirectory { .. }
            | Error::Missing { .. }
            | Error::Create { .. }
            | Error::Gone { .. }
            | Error::Torn { .. }
            | Error::Thread { .. }
            | Error::Newer { .. }
            | Error::KeepAside { .. }
            | Error::Sign { .. }
            | Error::ReadSigned { .. }
            | Error::Export { .. }
            | Error::Unwritable { .. }
            | Error::Forbidden { .. }
            | Error::Closed => false,
        }
    }
}

/// What is known to be in the write-ahead log and is not there reads short.
fn is_torn(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == SQLITE_IOERR_SHORT_READ)
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}
