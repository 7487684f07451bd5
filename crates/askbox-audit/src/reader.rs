//! Reading the log: queries and export, beside a running daemon or without one. Writes no events.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_policy::SessionId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags, Params, ToSql};

use crate::database::{COLUMNS, FORMAT, in_its_directory, sealed, signed, with_suffix};
use crate::error::Error;
use crate::event::{Event, EventKind, Sealed};
use crate::export::Format;
use crate::limits;

mod sessions;
mod traffic;

pub use sessions::PastSession;
pub use traffic::{TargetTraffic, TrafficPart};

/// A read-only view of the log.
#[derive(Debug)]
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this session. Sessions have no index, which would double the cost of recording; `after_seq` of the
    /// session's first event keeps the search short.
    pub session: Option<SessionId>,
    /// Requests that were denied; not answers, grants or rules that deny.
    pub denied_only: bool,
    /// Written at or after this time, in milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// With a larger number: where an earlier query ended.
    pub after_seq: Option<u64>,
    /// With a smaller number: where an earlier query began.
    pub before_seq: Option<u64>,
    /// Whose target contains this, in any case as far as ASCII goes. It is looked for as it is: no character in it means
    /// another.
    pub text: Option<String>,
    /// At most so many: with `after_seq` the first ones, else the last ones. [`limits::QUERY_EVENTS`] where unset.
    pub limit: Option<u32>,
}

impl Reader {
    /// Opens the log for reading.
    pub fn open(path: &Path) -> Result<Self, Error> {
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::Missing {
                    path: path.to_owned(),
                });
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(Error::Forbidden {
                    path: path.to_owned(),
                    source: Arc::new(error),
                });
            }
            // SQLite says what else is wrong.
            Ok(_) | Err(_) => {}
        }
        let real = in_its_directory(path);
        let (connection, found) = match connect(real.as_os_str(), OpenFlags::empty()) {
            // Beside a write-ahead log SQLite makes a file that programs share (<https://sqlite.org/wal.html>, "Read-Only Databases").
            Err(refused) if needs_to_write(&refused) => {
                can_be_read(path)?;
                if fs::metadata(with_suffix(path, "-wal")).is_ok_and(|ahead| 0 < ahead.len()) {
                    return Err(Error::Unwritable {
                        path: path.to_owned(),
                    });
                }
                connect(&as_it_lies(&real), OpenFlags::SQLITE_OPEN_URI)
            }
            opened => opened,
        }
        .map_err(|source| Error::of_opening(path, source))?;
        if found > FORMAT {
            return Err(Error::Newer {
                path: path.to_owned(),
                found,
                known: FORMAT,
            });
        }
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// The events that the filter names, oldest first.
    pub fn query(&self, filter: &Filter) -> Result<Vec<Event>, Error> {
        let mut conditions = vec!["seq > ?1".to_owned()];
        let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(signed(filter.after_seq.unwrap_or(0)))];
        let mut add = |condition: &str, value: Box<dyn ToSql>| {
            values.push(value);
            conditions.push(format!("{condition} ?{}", values.len()));
        };
        if let Some(session) = &filter.session {
            add("session =", Box::new(session.0.clone()));
        }
        if let Some(since) = filter.since_ms {
            add("time_ms >=", Box::new(signed(since)));
        }
        if let Some(kind) = filter.kind {
            add("kind =", Box::new(kind.name()));
        }
        if let Some(before) = filter.before_seq {
            add("seq <", Box::new(signed(before)));
        }
        if let Some(text) = &filter.text {
            add("target LIKE", Box::new(containing(text)));
            if let Some(last) = conditions.last_mut() {
                last.push_str(" ESCAPE '!'");
            }
        }
        if filter.denied_only {
            let requests = EventKind::ALL.into_iter().filter(|kind| kind.is_request());
            let names: Vec<String> = requests.map(|kind| format!("'{}'", kind.name())).collect();
            conditions.push(format!("verdict = 'deny' AND kind IN ({})", names.join(", ")));
        }
        let forward = filter.after_seq.is_some();
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE {} ORDER BY seq {} LIMIT {}",
            conditions.join(" AND "),
            if forward { "ASC" } else { "DESC" },
            filter.limit.unwrap_or(limits::QUERY_EVENTS),
        );
        let mut events = Vec::new();
        self.each(&sql, rusqlite::params_from_iter(values), |sealed| {
            events.push(sealed.event);
            Ok(())
        })?;
        if !forward {
            events.reverse();
        }
        Ok(events)
    }

    /// Writes every event since then, in milliseconds since 1970, as one line each, oldest first.
    pub fn export(&self, format: &Format, since_ms: u64, output: &mut dyn Write) -> Result<(), Error> {
        let error = |source: std::io::Error| Error::Export {
            source: Arc::new(source),
        };
        self.each(
            &format!("SELECT {COLUMNS} FROM events WHERE time_ms >= ?1 ORDER BY seq"),
            [signed(since_ms)],
            |sealed| {
                let mut line = format.line(&sealed).map_err(|source| error(source.into()))?;
                line.push(b'\n');
                output.write_all(&line).map_err(error)
            },
        )?;
        output.flush().map_err(error)
    }

    /// Hands each event of a query on, until the end or the first error.
    fn each(
        &self,
        sql: &str,
        values: impl Params,
        mut visit: impl FnMut(Sealed) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.find(sql, values, |sealed| visit(sealed).map(|()| None::<()>))
            .map(drop)
    }

    /// Hands each event of a query on, until something is found, the end, or the first error.
    pub(crate) fn find<T>(
        &self,
        sql: &str,
        values: impl Params,
        mut visit: impl FnMut(Sealed) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.connection.prepare(sql).map_err(Error::of_reading)?;
        let mut rows = statement.query(values).map_err(Error::of_reading)?;
        while let Some(row) = rows.next().map_err(Error::of_reading)? {
            let found = visit(sealed(row)?)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The pattern of LIKE for whatever contains this text; `!` escapes.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Opens it, and finds its format.
fn connect(name: &OsStr, further: OpenFlags) -> rusqlite::Result<(Connection, i64)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE
        | further;
    let connection = Connection::open_with_flags(name, flags)?;
    connection.busy_timeout(limits::BUSY)?;
    let format = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok((connection, format))
}

/// Refuses a log that this user may not read, itself or what is ahead of it: no writing would help.
fn can_be_read(path: &Path) -> Result<(), Error> {
    for path in [path.to_owned(), with_suffix(path, "-wal")] {
        match fs::File::open(&path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(Error::Forbidden {
                    path,
                    source: Arc::new(error),
                });
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Whether a log could not be read because nothing can be written beside it, as on a read-only copy.
fn needs_to_write(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

/// What an address has no other meaning for.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// The address of a log that nobody changes while it is read (<https://sqlite.org/uri.html>, `immutable`).
fn as_it_lies(path: &Path) -> OsString {
    let path = percent_encode(path.as_os_str().as_bytes(), PLAIN);
    format!("file:{path}?immutable=1").into()
}

#[cfg(test)]
mod tests;
