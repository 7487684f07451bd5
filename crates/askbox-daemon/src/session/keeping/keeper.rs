//! What follows from what a session uses. Pure: the figures and the moment are passed in.

use std::time::{Duration, Instant};

use askbox_policy::ResourceLimits;
use askbox_wire::{Enforcement, UsageView};

use crate::limits;
use crate::process_view::Usage;

/// What is remembered from one look to the next.
#[derive(Debug)]
pub(super) struct Keeper {
    limits: ResourceLimits,
    enforcement: Enforcement,
    /// When it was looked, and for how long it had had processors.
    last: Option<(Instant, u64)>,
    /// It was told that it has all the processes that it may have.
    has_all_processes: bool,
}

/// One look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    /// When.
    pub(super) at: Instant,
    /// What was seen; `None` where that took too long.
    pub(super) usage: Option<Usage>,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// For people.
    pub(super) view: UsageView,
    /// Whether it has to be looked at more closely what memory it uses.
    pub(super) may_exceed_memory: bool,
    /// Whether it has just reached the number of processes that it may have.
    pub(super) met_processes: bool,
    /// Until the next look.
    pub(super) rest: Duration,
}

impl Keeper {
    pub(super) fn new(limits: ResourceLimits, enforcement: Enforcement) -> Self {
        Self {
            limits,
            enforcement,
            last: None,
            has_all_processes: false,
        }
    }

    /// Takes a look into account.
    pub(super) fn see(&mut self, looked: Looked) -> Seen {
        let memory = looked.usage.map(|usage| usage.memory_bytes);
        let processes = looked.usage.map(|usage| usage.processes);
        Seen {
            view: UsageView {
                memory_bytes: memory,
                cpus_thousandths: self.cpus(looked),
                processes,
                disk_bytes: None,
            },
            may_exceed_memory: self.may_exceed_memory(memory),
            met_processes: self.meets_processes(processes),
            rest: self.rest(memory),
        }
    }

    /// A look that took too long says nothing, and may be one at very many processes.
    fn may_exceed_memory(&self, memory: Option<u64>) -> bool {
        match (self.enforcement, self.limits.memory_bytes) {
            (Enforcement::Watched, Some(limit)) => memory.is_none_or(|memory| limit < memory),
            (Enforcement::Watched, None) | (Enforcement::Scope, _) => false,
        }
    }

    /// Once, until it has a quarter less.
    fn meets_processes(&mut self, processes: Option<u64>) -> bool {
        let (Some(limit), Some(processes)) = (self.limits.processes, processes) else {
            return false;
        };
        if self.has_all_processes {
            self.has_all_processes = limit - limit / 4 <= processes;
            return false;
        }
        self.has_all_processes = limit <= processes;
        self.has_all_processes
    }

    fn cpus(&mut self, looked: Looked) -> Option<u64> {
        let ticks = looked.usage?.ticks;
        let (before, ticks_before) = self.last.replace((looked.at, ticks))?;
        let passed = u64::try_from(looked.at.duration_since(before).as_millis()).ok()?;
        // What ended without being waited for takes its time along.
        let busy = ticks.saturating_sub(ticks_before).saturating_mul(limits::TICK_MS);
        busy.saturating_mul(1000).checked_div(passed)
    }

    fn rest(&self, memory: Option<u64>) -> Duration {
        let is_close = self.limits.memory_bytes.is_some_and(|limit| {
            limit < limits::LITTLE_MEMORY || memory.is_none_or(|memory| limit / 2 < memory)
        });
        if is_close && self.enforcement == Enforcement::Watched {
            limits::USAGE_CLOSE_REST
        } else {
            limits::USAGE_REST
        }
    }
}

#[cfg(test)]
mod tests;
