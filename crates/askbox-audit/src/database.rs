//! The file: where events lie in `SQLite`, and what happens when it is broken. Knows rows, not queues or callers.
//! A broken file is never deleted and never repaired; it is kept under another name.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use askbox_policy::SessionId;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};

use crate::chain::Digest;
use crate::error::Error;
use crate::event::{Event, EventKind, EventProcess, Outcome, Sealed};
use crate::limits;
use crate::signing;

/// The format of the file, in `user_version`; 0 is a new file.
pub(crate) const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE events (
    seq       INTEGER PRIMARY KEY,
    time_ms   INTEGER NOT NULL,
    session   TEXT,
    project   TEXT,
    kind      TEXT NOT NULL,
    target    TEXT,
    verdict   TEXT,
    by        TEXT,
    pid       INTEGER,
    exe       TEXT,
    command   TEXT,
    bytes_in  INTEGER,
    bytes_out INTEGER,
    action    TEXT,
    detail    TEXT,
    question  TEXT,
    grant_id  TEXT,
    hash      BLOB NOT NULL
) STRICT;
CREATE INDEX events_denied ON events (kind) WHERE verdict = 'deny';
CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, time_ms INTEGER NOT NULL) STRICT;
PRAGMA user_version = 1;
";

/// Finds the last question at once. Not part of the format: a file that has none gets it when it is opened.
const QUESTIONS: &str = "CREATE INDEX IF NOT EXISTS events_asked ON events (CAST(question AS INTEGER)) WHERE question IS NOT NULL";

/// Finds starts and ends of sessions and of the daemon at once, among 100,000 events in 1 ms instead of 20. It grows with those
/// alone, so recording a verdict only learns that it is none. Not part of the format either.
const RUNS: &str =
    "CREATE INDEX IF NOT EXISTS events_runs ON events (seq) WHERE kind IN ('session', 'daemon')";

/// The columns of an event, in the order in which [`sealed`] reads them.
pub(crate) const COLUMNS: &str = "seq, time_ms, session, project, kind, target, verdict, by, pid, exe, command, \
     bytes_in, bytes_out, action, detail, question, grant_id, hash";

const INSERT: &str = "INSERT INTO events (seq, time_ms, session, project, kind, target, verdict, by, pid, exe, command, \
     bytes_in, bytes_out, action, detail, question, grant_id, hash) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/// How the writer opens the file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file.
    pub(crate) path: PathBuf,
    /// Pages that the database may have; 0 is no limit. A full disk for tests.
    pub(crate) page_limit: Arc<AtomicU32>,
}

/// Which file it is: its device and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity(u64, u64);

impl Identity {
    fn of(metadata: &fs::Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }
}

/// The last event and its hash, which the next one follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) seq: u64,
    pub(crate) hash: Digest,
}

impl Tail {
    /// Before the first event.
    pub(crate) const START: Tail = Tail {
        seq: 0,
        hash: Digest::START,
    };
}

/// A writing connection with its statements.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
    path: PathBuf,
    identity: Identity,
    full: bool,
}

impl Place {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            page_limit: Arc::default(),
        }
    }

    /// Opens the file or makes a new one.
    pub(crate) fn open(&self) -> Result<Database, Error> {
        create(&self.path)?;
        // Before it is opened: what takes its place from now on is another.
        let identity = identity(&self.path).ok_or_else(|| gone(&self.path))?;
        let error = |source| Error::Open {
            path: self.path.clone(),
            source: Arc::new(source),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = Connection::open_with_flags(in_its_directory(&self.path), flags).map_err(error)?;
        let found = self.prepare(&connection).map_err(error)?;
        if found > FORMAT {
            return Err(Error::Newer {
                path: self.path.clone(),
                found,
                known: FORMAT,
            });
        }
        Ok(Database {
            connection,
            path: self.path.clone(),
            identity,
            full: false,
        })
    }

    /// An error unless the path still names this file.
    pub(crate) fn is_still(&self, known: Identity) -> Result<(), Error> {
        is_still(&self.path, known)
    }

    /// Sets the connection up; makes the tables of a new file. Returns the format that it found.
    fn prepare(&self, connection: &Connection) -> rusqlite::Result<i64> {
        connection.busy_timeout(limits::BUSY)?;
        let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > FORMAT {
            return Ok(found);
        }
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        // Negative numbers are KiB, others are pages.
        connection.pragma_update(None, "cache_size", -limits::CACHE_KIB)?;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", limits::WAL_PAGES, |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_size_limit", limits::WAL_BYTES, |_| Ok(()))?;
        if found == 0 {
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;"))?;
        }
        for index in [QUESTIONS, RUNS] {
            if let Err(error) = connection.execute_batch(index) {
                tracing::debug!(%error, index, "the log lacks an index");
            }
        }
        let pages = self.page_limit.load(Ordering::Relaxed);
        if pages != 0 {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        }
        Ok(found)
    }

    /// Moves a broken database and its write-ahead log to a free name; returns that name.
    pub(crate) fn keep_aside(&self) -> Result<PathBuf, Error> {
        let error = |source| Error::KeepAside {
            path: self.path.clone(),
            source: Arc::new(source),
        };
        for number in 1..=limits::BROKEN_KEPT {
            let aside = with_suffix(&self.path, &format!(".broken-{number}"));
            if fs::symlink_metadata(&aside).is_ok() {
                continue;
            }
            // The write-ahead log first: alone it is nothing, and a new database must not find an old one.
            rename_if_there(&with_suffix(&self.path, "-wal"), &with_suffix(&aside, "-wal")).map_err(error)?;
            rename_if_there(&with_suffix(&self.path, "-shm"), &with_suffix(&aside, "-shm")).map_err(error)?;
            rename_if_there(&signing::place(&self.path), &signing::place(&aside)).map_err(error)?;
            fs::rename(&self.path, &aside).map_err(error)?;
            return Ok(aside);
        }
        Err(error(std::io::ErrorKind::AlreadyExists.into()))
    }
}

impl Database {
    /// The file that it writes to.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// The last event, whole.
    pub(crate) fn last(&self) -> Result<Option<Sealed>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM events ORDER BY seq DESC LIMIT 1");
        let last = self
            .connection
            .query_row(&sql, [], |row| Ok(sealed(row)))
            .optional();
        last.map_err(Error::of_reading)?.transpose()
    }

    /// The highest number that a question has; 0 when there was none.
    pub(crate) fn last_question(&self) -> Result<u64, Error> {
        let sql = "SELECT max(CAST(question AS INTEGER)) FROM events WHERE question IS NOT NULL";
        let last = self.connection.query_row(sql, [], |row| row.get(0));
        let last: Option<i64> = last.map_err(Error::of_reading)?;
        Ok(last.map_or(0, |number| u64::try_from(number).unwrap_or(0)))
    }

    /// The hash of this event, where there is one.
    pub(crate) fn hash_of(&self, seq: u64) -> Result<Option<Digest>, Error> {
        let sql = "SELECT hash FROM events WHERE seq = ?1";
        let hash = self
            .connection
            .query_row(sql, [signed(seq)], |row| row.get::<_, Vec<u8>>(0))
            .optional()
            .map_err(Error::of_reading)?;
        Ok(hash.and_then(|hash| Some(Digest(hash.try_into().ok()?))))
    }

    /// The number of the last checkpoint; 0 when there is none.
    pub(crate) fn last_checkpoint(&self) -> Result<u64, Error> {
        let last = self
            .connection
            .query_row("SELECT max(seq) FROM checkpoints", [], |row| row.get(0));
        let last: Option<i64> = last.map_err(Error::of_reading)?;
        Ok(last.map_or(0, |seq| u64::try_from(seq).unwrap_or(0)))
    }

    /// Writes events, and a checkpoint after the last of them when `checkpoint_ms` gives its time. All or nothing;
    /// with `synced` it is on the disk afterwards, without it is in the write-ahead log, where it outlives this process.
    pub(crate) fn append(
        &mut self,
        events: &[Sealed],
        checkpoint: Option<(&Tail, u64)>,
        synced: bool,
    ) -> Result<(), Error> {
        // Events of a file without a name are lost when it is closed.
        is_still(&self.path, self.identity)?;
        let result = self.try_append(events, checkpoint, synced);
        if result.is_err() && !self.connection.is_autocommit() {
            // What failed is what the caller hears of; the connection is thrown away after an error in any case.
            let _ignored = self.connection.execute_batch("ROLLBACK");
        }
        result.map_err(|source| Error::Write {
            source: Arc::new(source),
        })
    }

    fn try_append(
        &mut self,
        events: &[Sealed],
        checkpoint: Option<(&Tail, u64)>,
        synced: bool,
    ) -> rusqlite::Result<()> {
        if synced != self.full {
            self.connection
                .pragma_update(None, "synchronous", if synced { "FULL" } else { "NORMAL" })?;
            self.full = synced;
        }
        // A single statement is a transaction of its own; saying so costs two more.
        let alone = events.len() == 1 && checkpoint.is_none();
        if !alone {
            self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        }
        for sealed in events {
            self.insert(sealed)?;
        }
        if let Some((tail, time_ms)) = checkpoint {
            self.connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO checkpoints (seq, hash, time_ms) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![signed(tail.seq), tail.hash.0, signed(time_ms)])?;
        }
        if !alone {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }

    fn insert(&self, sealed: &Sealed) -> rusqlite::Result<()> {
        let event = &sealed.event;
        let process = event.process.as_ref();
        let command = process.map(|process| serde_json::Value::from(process.command.as_slice()).to_string());
        self.connection.prepare_cached(INSERT)?.execute(params![
            signed(event.seq),
            signed(event.time_ms),
            event.session.as_ref().map(|session| session.0.as_str()),
            event.project,
            event.kind.name(),
            event.target,
            event.verdict.map(Outcome::name),
            event.by,
            process.map(|process| process.pid),
            process.and_then(|process| process.exe.as_deref()),
            command,
            event.bytes_in.map(signed),
            event.bytes_out.map(signed),
            event.action,
            event.detail,
            event.question,
            event.grant,
            sealed.hash.0,
        ])?;
        Ok(())
    }

    /// Moves the write-ahead log into the database, as far as readers let it.
    pub(crate) fn fold(&self) -> Result<(), Error> {
        let result = self
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        result.map_err(|source| Error::Write {
            source: Arc::new(source),
        })
    }
}

/// Which file the path names; `None` where none can be seen there.
fn identity(path: &Path) -> Option<Identity> {
    Some(Identity::of(&fs::symlink_metadata(path).ok()?))
}

/// Also an error where somebody has emptied the file: its first page is there as long as it is open.
fn is_still(path: &Path, known: Identity) -> Result<(), Error> {
    let metadata = fs::symlink_metadata(path).ok();
    let file = metadata.filter(|metadata| 0 < metadata.len());
    if file.map(|metadata| Identity::of(&metadata)) == Some(known) {
        Ok(())
    } else {
        Err(gone(path))
    }
}

fn gone(path: &Path) -> Error {
    Error::Gone {
        path: path.to_owned(),
    }
}

/// Makes the file with its mode from the start, since `SQLite` would make it by the umask; the files that `SQLite`
/// makes beside it take over its mode.
fn create(path: &Path) -> Result<(), Error> {
    let error = |source| Error::Create {
        path: path.to_owned(),
        source: Arc::new(source),
    };
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if !directory.is_dir() {
        return Err(Error::NoDirectory {
            path: path.to_owned(),
        });
    }
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        // The name must survive a loss of power as the synced events do.
        Ok(_created) => File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(error),
        Err(found) if found.kind() == std::io::ErrorKind::AlreadyExists => {
            let metadata = fs::symlink_metadata(path).map_err(error)?;
            if !metadata.is_file() {
                return Err(Error::NotAFile {
                    path: path.to_owned(),
                });
            }
            if metadata.permissions().mode() & 0o777 != 0o600 {
                fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(error)?;
            }
            Ok(())
        }
        Err(other) => Err(error(other)),
    }
}

/// Reads one event; the row must have [`COLUMNS`].
pub(crate) fn sealed(row: &Row<'_>) -> Result<Sealed, Error> {
    let seq: i64 = row.get(0).map_err(Error::of_reading)?;
    let unreadable = |reason| Error::Unreadable { seq, reason };
    let unsigned = |number: i64| u64::try_from(number).map_err(|_negative| unreadable("a negative number"));
    let text = |column: usize| row.get::<_, Option<String>>(column).map_err(Error::of_reading);
    let number = |column: usize| {
        row.get::<_, Option<i64>>(column)
            .map_err(Error::of_reading)?
            .map(unsigned)
            .transpose()
    };
    let kind = text(4)?
        .as_deref()
        .and_then(EventKind::from_name)
        .ok_or(unreadable("an unknown kind"))?;
    let verdict = match text(6)? {
        Some(name) => Some(Outcome::from_name(&name).ok_or(unreadable("an unknown verdict"))?),
        None => None,
    };
    let process = match number(8)? {
        Some(pid) => Some(EventProcess {
            pid: u32::try_from(pid).map_err(|_large| unreadable("an impossible process id"))?,
            exe: text(9)?,
            command: serde_json::from_str(&text(10)?.unwrap_or_default())
                .map_err(|_malformed| unreadable("a malformed command line"))?,
        }),
        None => None,
    };
    let hash: Vec<u8> = row.get(17).map_err(Error::of_reading)?;
    Ok(Sealed {
        event: Event {
            seq: unsigned(seq)?,
            time_ms: number(1)?.ok_or(unreadable("no time"))?,
            session: text(2)?.map(SessionId),
            project: text(3)?,
            kind,
            target: text(5)?,
            verdict,
            by: text(7)?,
            process,
            bytes_in: number(11)?,
            bytes_out: number(12)?,
            action: text(13)?,
            detail: text(14)?,
            question: text(15)?,
            grant: text(16)?,
        },
        hash: Digest(
            hash.try_into()
                .map_err(|_length| unreadable("a hash of another length"))?,
        ),
    })
}

/// The number as `SQLite` holds it. None in here is above the limit: counts are cut to it, times and numbers grow
/// from 0.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The file by the directory in which it lies, whatever links lead there: `SQLITE_OPEN_NOFOLLOW` refuses links on the way as well
/// as one that has the file's own name, and a home directory is often behind one.
pub(crate) fn in_its_directory(path: &Path) -> PathBuf {
    let directory = path.parent().and_then(|parent| fs::canonicalize(parent).ok());
    match (directory, path.file_name()) {
        (Some(directory), Some(name)) => directory.join(name),
        // A relative name without a directory, or what opening it says more about.
        _ => path.to_owned(),
    }
}

/// A name beside the log's.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn rename_if_there(from: &Path, to: &Path) -> std::io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
