//! How the daemon divides the descriptors that it may open: so many for front ends, so many for its own work, and the rest
//! for what sandboxed programs connect to. Pure; the limit is read by whoever starts the daemon.

use crate::error::Error;
use crate::limits::{
    CONNECTIONS, FEWEST_DESCRIPTORS, FRONT_END_PART, OWN_DESCRIPTORS, PROGRAMS_WATCHED, PROGRAMS_WATCHED_PART,
};

/// The parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Division {
    /// Front ends that may be connected at once.
    pub(crate) front_ends: usize,
    /// Descriptors of all sessions' networks.
    pub(crate) sessions: usize,
    /// Descriptors by which each session's programs are watched. Few sessions have many, so they are in no part.
    pub(crate) programs: usize,
}

/// Divides `limit` descriptors. With too few there is no daemon: one that cannot read its policy helps nobody.
pub(crate) fn divide(limit: u64) -> Result<Division, Error> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if limit < FEWEST_DESCRIPTORS {
        return Err(Error::Descriptors {
            limit,
            needed: FEWEST_DESCRIPTORS,
        });
    }
    let front_ends = (limit / FRONT_END_PART).min(CONNECTIONS);
    Ok(Division {
        front_ends,
        sessions: limit - OWN_DESCRIPTORS - front_ends,
        programs: (limit / PROGRAMS_WATCHED_PART).min(PROGRAMS_WATCHED),
    })
}

#[cfg(test)]
mod tests;
