//! Which programs of a session were started, and which of them ended: the latest, and how many there were before those.
//! Bookkeeping; when and how one ended is passed in.

use std::collections::{HashMap, VecDeque};

use askbox_policy::CanonicalPath;
use askbox_sandbox::exec_listener::{Caller, End};
use askbox_wire::HowEnded;

use crate::limits;

/// What is known of a session's programs. `H` holds a process, so that its end is heard of.
#[derive(Debug)]
pub(crate) struct Programs<H> {
    /// Processes that may be held at once.
    most: usize,
    processes: HashMap<Caller, Process<H>>,
    /// Those that ended, the latest last.
    ended: VecDeque<EndedProgram>,
    /// How many ended before those.
    before: u64,
    /// How many were started when no more processes could be held.
    unwatched: u64,
}

/// A process that was let start programs.
#[derive(Debug)]
struct Process<H> {
    /// `None` once somebody waits for its end.
    held: Option<H>,
    /// What it runs, and after that what it was let start and may not have come to; never empty.
    starts: VecDeque<Start>,
}

#[derive(Debug)]
struct Start {
    id: u64,
    program: Program,
}

/// A program that was let start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// The file, of a script its own.
    pub(crate) file: CanonicalPath,
    /// When, in milliseconds since 1970.
    pub(crate) started_ms: u64,
}

/// One that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndedProgram {
    /// The number of its process on the host.
    pub(crate) pid: u32,
    /// What it was.
    pub(crate) program: Program,
    /// When, in milliseconds since 1970.
    pub(crate) ended_ms: u64,
    /// How.
    pub(crate) how: HowEnded,
}

/// What is told of programs that ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Latest {
    /// The latest ones, the latest first.
    pub(crate) ended: Vec<EndedProgram>,
    /// How many ended before those.
    pub(crate) before: u64,
    /// How many programs there were whose end nobody waited for.
    pub(crate) unwatched: u64,
}

impl<H> Programs<H> {
    /// Nothing was started yet; as many processes may be held.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            processes: HashMap::new(),
            ended: VecDeque::new(),
            before: 0,
            unwatched: 0,
        }
    }

    /// A process was let start a program, by the start with this number.
    pub(super) fn begin(&mut self, caller: Caller, held: Option<H>, id: u64, program: Program) {
        let has_room = self.processes.len() < self.most;
        let start = Start { id, program };
        if let Some(process) = self.processes.get_mut(&caller) {
            process.starts.push_back(start);
            if limits::STARTS_UNSETTLED < process.starts.len() {
                self.replace_first(caller);
            }
        } else if let Some(held) = held.filter(|_| has_room) {
            let process = Process {
                held: Some(held),
                starts: VecDeque::from([start]),
            };
            self.processes.insert(caller, process);
        } else {
            self.unwatched = self.unwatched.saturating_add(1);
        }
    }

    /// The process runs what it was let start: what it ran before is over.
    pub(super) fn succeed(&mut self, caller: Caller, id: u64) {
        for _ in 0..self.position(caller, id).unwrap_or(0) {
            self.replace_first(caller);
        }
    }

    /// The process runs what it ran before: the kernel would not start that.
    pub(super) fn fail(&mut self, caller: Caller, id: u64) {
        let Some(at) = self.position(caller, id) else {
            return;
        };
        if let Some(process) = self.processes.get_mut(&caller) {
            process.starts.remove(at);
            if process.starts.is_empty() {
                self.processes.remove(&caller);
            }
        }
    }

    /// Hands out what holds a process, to be waited for; once for each.
    pub(super) fn take_held(&mut self, caller: Caller) -> Option<H> {
        self.processes.get_mut(&caller)?.held.take()
    }

    /// The process ended.
    pub(super) fn end(&mut self, caller: Caller, ended_ms: u64, end: End) {
        let Some(starts) = self.processes.get(&caller).map(|process| process.starts.len()) else {
            return;
        };
        for _ in 1..starts {
            self.replace_first(caller);
        }
        let last = self.processes.remove(&caller);
        if let Some(start) = last.and_then(|mut process| process.starts.pop_front()) {
            let how = match end {
                End::Exited(status) => HowEnded::Exited(status),
                End::Killed(signal) => HowEnded::Killed(signal),
                End::Unknown => HowEnded::Unknown,
            };
            self.push(caller, start.program, ended_ms, how);
        }
    }

    /// Nobody can wait for the end of the process.
    pub(super) fn give_up(&mut self, caller: Caller) {
        if self.processes.remove(&caller).is_some() {
            self.unwatched = self.unwatched.saturating_add(1);
        }
    }

    /// The latest ones that ended, as many as these at most.
    pub(super) fn latest(&self, count: usize) -> Latest {
        let ended: Vec<EndedProgram> = self.ended.iter().rev().take(count).cloned().collect();
        let left = u64::try_from(self.ended.len() - ended.len()).unwrap_or(u64::MAX);
        Latest {
            ended,
            before: self.before.saturating_add(left),
            unwatched: self.unwatched,
        }
    }

    /// Where a start stands among those of its process.
    fn position(&self, caller: Caller, id: u64) -> Option<usize> {
        let starts = &self.processes.get(&caller)?.starts;
        starts.iter().position(|start| start.id == id)
    }

    /// What a process was let start first was replaced by what it was let start next.
    fn replace_first(&mut self, caller: Caller) {
        let Some(process) = self.processes.get_mut(&caller) else {
            return;
        };
        let Some(next_ms) = process.starts.get(1).map(|next| next.program.started_ms) else {
            return;
        };
        if let Some(first) = process.starts.pop_front() {
            self.push(caller, first.program, next_ms, HowEnded::Replaced);
        }
    }

    fn push(&mut self, caller: Caller, program: Program, ended_ms: u64, how: HowEnded) {
        if limits::PROGRAMS_ENDED <= self.ended.len() {
            self.ended.pop_front();
            self.before = self.before.saturating_add(1);
        }
        self.ended.push_back(EndedProgram {
            pid: caller.number(),
            program,
            ended_ms,
            how,
        });
    }
}

#[cfg(test)]
mod tests;
