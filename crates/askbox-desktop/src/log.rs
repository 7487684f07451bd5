//! What windows ask about the log, as calls of its reader. Opens no log, and knows nothing of reviews but what it is told.

use askbox_audit::{Error, Event, Filter, Reader, reader};
use askbox_policy::SessionId;
use askbox_wire::{ErrorCode, WireError, rfc3339};

use crate::limits;
use crate::window::{HostTraffic, LogQuery, PastSession, ReviewOutlook, TrafficPoint, TrafficQuery};

/// The events that a window asks for, oldest first.
pub fn events(reader: &Reader, query: LogQuery) -> Result<Vec<Event>, WireError> {
    reader.query(&filter(query)).map_err(|error| refused(&error))
}

/// Sessions that ended, the latest first. `review` says what the record of a session holds.
pub fn past_sessions(
    reader: &Reader,
    review: impl Fn(&SessionId) -> Option<ReviewOutlook>,
) -> Result<Vec<PastSession>, WireError> {
    let past = reader.past_sessions().map_err(|error| refused(&error))?;
    Ok(past
        .into_iter()
        .map(|session| past_session(session, &review))
        .collect())
}

/// Bytes per host from a moment until now, the host with the most bytes first.
pub fn traffic(reader: &Reader, query: TrafficQuery, now_ms: u64) -> Result<Vec<HostTraffic>, WireError> {
    // What was written in this very millisecond counts.
    let span = query.since_ms..now_ms.saturating_add(1);
    let traffic = reader.traffic(span, query.parts);
    let hosts = traffic.map_err(|error| refused(&error))?;
    Ok(hosts.into_iter().map(host_traffic).collect())
}

fn filter(query: LogQuery) -> Filter {
    let LogQuery {
        session,
        kind,
        denied_only,
        since_ms,
        before_seq,
        text,
        limit,
    } = query;
    Filter {
        session,
        denied_only,
        since_ms,
        kind,
        after_seq: None,
        before_seq,
        text: text.filter(|text| !text.is_empty()).map(|mut text| {
            text.truncate(text.floor_char_boundary(limits::LOG_TEXT_BYTES));
            text
        }),
        limit: Some(limit.unwrap_or(limits::LOG_EVENTS).min(limits::LOG_EVENTS)),
    }
}

fn past_session(
    session: reader::PastSession,
    review: impl Fn(&SessionId) -> Option<ReviewOutlook>,
) -> PastSession {
    PastSession {
        review: review(&session.id),
        id: session.id,
        project: session.project,
        command: session.command,
        started: Some(rfc3339(session.started_ms)),
        ended: session.ended_ms.map(rfc3339),
        detail: session.detail,
        first_seq: session.first_seq,
    }
}

fn host_traffic(host: reader::TargetTraffic) -> HostTraffic {
    let points = host.parts.into_iter().map(|part| TrafficPoint {
        part: part.part,
        bytes_in: part.bytes_in,
        bytes_out: part.bytes_out,
    });
    HostTraffic {
        target: host.target,
        points: points.collect(),
    }
}

/// Why the log was not read, for a window. The cause is part of the message: a window shows one line.
fn refused(error: &Error) -> WireError {
    let cause = std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
    WireError::new(ErrorCode::Log, format!("{error}{cause}")).with_hint("askbox doctor")
}

#[cfg(test)]
mod tests;
