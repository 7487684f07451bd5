//! Reading the log: queries, verification and export, beside a running daemon or without one. Writes no events.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use askbox_policy::SessionId;
use rusqlite::{Connection, OpenFlags, Params, ToSql};

use crate::chain::{self, Digest};
use crate::database::{COLUMNS, FORMAT, read_error, sealed, signed};
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
    connection: Connection,
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

/// What `askbox log verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Every event follows from the one before, and every checkpoint agrees.
    Intact {
        /// How many events there are.
        events: u64,
        /// The last checkpoint's event; later ones could be cut off without a trace.
        checkpoint: Option<u64>,
    },
    /// The first place where it does not.
    Broken {
        /// The event in question.
        seq: i64,
        /// What is wrong there.
        reason: &'static str,
    },
}

/// An event was changed after it was written, or put in between.
pub const CHANGED: &str = "it does not match its hash: it was changed or inserted, or one before it was";
/// A number is missing.
pub const MISSING: &str = "it is missing: events were deleted";
/// The end is missing.
pub const CUT: &str = "it is missing, and a checkpoint knows it: the end of the log was cut off";
/// The chain was computed anew.
pub const REWRITTEN: &str = "a checkpoint knows another event at this place: the log was rewritten";

impl Reader {
    /// Opens the log for reading.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::Missing {
                path: path.to_owned(),
            });
        }
        let error = |source| Error::Open {
            path: path.to_owned(),
            source: Arc::new(source),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = Connection::open_with_flags(path, flags).map_err(error)?;
        connection.busy_timeout(limits::BUSY).map_err(error)?;
        let found = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(error)?;
        if found > FORMAT {
            return Err(Error::Newer {
                path: path.to_owned(),
                found,
                known: FORMAT,
            });
        }
        Ok(Self { connection })
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
            conditions
                .push("verdict = 'deny' AND kind IN ('network', 'read', 'write', 'execute')".to_owned());
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

    /// Follows the chain from the first event to the last and compares the checkpoints. Reads the whole log.
    pub fn verify(&self) -> Result<Verification, Error> {
        // One transaction, so that events and checkpoints are of one moment.
        let _snapshot = self.connection.unchecked_transaction().map_err(read_error)?;
        let checkpoints = self.checkpoints()?;
        let mut previous = Digest::START;
        let mut expected: i64 = 1;
        let mut broken = None;
        let sql = format!("SELECT {COLUMNS} FROM events ORDER BY seq");
        let read = self.each(&sql, [], |sealed| {
            let seq = signed(sealed.event.seq);
            broken = if seq > expected {
                Some((expected, MISSING))
            } else if seq < expected || chain::hash(previous, &sealed.event) != sealed.hash {
                Some((seq, CHANGED))
            } else if checkpoints
                .get(&seq)
                .is_some_and(|hash| hash.as_slice() != sealed.hash.0)
            {
                Some((seq, REWRITTEN))
            } else {
                None
            };
            previous = sealed.hash;
            expected += 1;
            if broken.is_some() {
                Err(Error::Closed)
            } else {
                Ok(())
            }
        });
        match (broken, read) {
            (Some((seq, reason)), _) | (None, Err(Error::Unreadable { seq, reason })) => {
                return Ok(Verification::Broken { seq, reason });
            }
            (None, Err(error)) => return Err(error),
            (None, Ok(())) => {}
        }
        let last = checkpoints.keys().next_back().copied();
        if last.is_some_and(|seq| seq >= expected) {
            return Ok(Verification::Broken {
                seq: expected,
                reason: CUT,
            });
        }
        Ok(Verification::Intact {
            events: u64::try_from(expected - 1).unwrap_or(0),
            checkpoint: last.and_then(|seq| u64::try_from(seq).ok()),
        })
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

    /// Number and hash of each checkpoint, as stored: a hash of a wrong length agrees with nothing.
    fn checkpoints(&self) -> Result<BTreeMap<i64, Vec<u8>>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT seq, hash FROM checkpoints ORDER BY seq")
            .map_err(read_error)?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(read_error)?;
        rows.collect::<Result<_, _>>().map_err(read_error)
    }

    /// Hands each event of a query on, until the end or the first error.
    fn each(
        &self,
        sql: &str,
        values: impl Params,
        mut visit: impl FnMut(Sealed) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.connection.prepare(sql).map_err(read_error)?;
        let mut rows = statement.query(values).map_err(read_error)?;
        while let Some(row) = rows.next().map_err(read_error)? {
            visit(sealed(row)?)?;
        }
        Ok(())
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

#[cfg(test)]
mod tests;
