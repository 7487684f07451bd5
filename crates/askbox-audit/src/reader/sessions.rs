//! Sessions that ended, read out of the events of their start and end. Decides nothing about running ones: those have no
//! end, and no later start of the daemon.

use std::collections::HashMap;

use askbox_policy::SessionId;
use rusqlite::Row;

use super::Reader;
use crate::change::{DaemonChange, SessionChange};
use crate::error::Error;
use crate::event::EventKind;
use crate::limits;

/// A session that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastSession {
    /// Names it.
    pub id: SessionId,
    /// The directory that it was for.
    pub project: Option<String>,
    /// Its command, as the log has it.
    pub command: Option<String>,
    /// When it started, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended; `None` where the daemon ended first and could not say so.
    pub ended_ms: Option<u64>,
    /// How it ended.
    pub detail: Option<String>,
    /// Number of its first event, from which a query for its events may search.
    pub first_seq: u64,
}

/// Starts and ends, the last first. `kind` is asked for in the words of the index `events_runs`, so that it is used.
const RUNS: &str = "SELECT seq, time_ms, session, project, kind, action, detail FROM events \
     WHERE kind IN ('session', 'daemon') AND action IN ('started', 'ended') ORDER BY seq DESC";

/// How a session ended: when, and what the log says of it.
type End = (u64, Option<String>);

impl Reader {
    /// Sessions that ended, the latest start first; at most [`limits::PAST_SESSIONS`].
    pub fn past_sessions(&self) -> Result<Vec<PastSession>, Error> {
        let mut statement = self.connection.prepare(RUNS).map_err(Error::of_reading)?;
        let mut rows = statement.query([]).map_err(Error::of_reading)?;
        let mut ends: HashMap<String, End> = HashMap::new();
        // Whether the daemon started anew after the events that are being read.
        let mut is_earlier_daemon = false;
        let mut past = Vec::new();
        while let Some(row) = rows.next().map_err(Error::of_reading)? {
            let kind: String = row.get(4).map_err(Error::of_reading)?;
            let action: String = row.get(5).map_err(Error::of_reading)?;
            if kind == EventKind::Daemon.name() {
                is_earlier_daemon |= action == DaemonChange::Started.name();
                continue;
            }
            let Some(id) = row.get::<_, Option<String>>(2).map_err(Error::of_reading)? else {
                continue;
            };
            if action == SessionChange::Ended.name() {
                ends.insert(id, end(row).map_err(Error::of_reading)?);
                continue;
            }
            let end = ends.remove(&id);
            if end.is_none() && !is_earlier_daemon {
                continue;
            }
            past.push(started(row, id, end).map_err(Error::of_reading)?);
            if limits::PAST_SESSIONS <= past.len() {
                break;
            }
        }
        Ok(past)
    }
}

fn end(row: &Row<'_>) -> rusqlite::Result<End> {
    Ok((unsigned(row, 1)?, row.get(6)?))
}

fn started(row: &Row<'_>, id: String, end: Option<End>) -> rusqlite::Result<PastSession> {
    let (ended_ms, detail) = end.map_or((None, None), |(at, detail)| (Some(at), detail));
    Ok(PastSession {
        id: SessionId(id),
        project: row.get(3)?,
        command: row.get(6)?,
        started_ms: unsigned(row, 1)?,
        ended_ms,
        detail,
        first_seq: unsigned(row, 0)?,
    })
}

/// A number that this program wrote; one that somebody else made negative counts as 0.
fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column)
        .map(|number| u64::try_from(number).unwrap_or(0))
}

#[cfg(test)]
mod tests;
