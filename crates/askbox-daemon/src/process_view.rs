//! Who is behind a connection: from the client's address inside a sandbox to the process that holds the socket, through
//! /proc. What it finds is for a person's eyes and for the log; it proves nothing, since a sandboxed program can make
//! any executable say anything.
//!
//! Everything here blocks, and a program can make it block for long: its command line is read from its own memory. So
//! it runs on threads of its own with a deadline ([`Pool`]); late means an unknown program. It looks at processes of
//! the one session only, and opens nothing through /proc/PID/root.

mod pool;
mod proc;
mod socket_table;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use askbox_policy::Process;

pub use pool::Pool;

/// How long finding a process may take. Design: a prompt that names nobody is better than one that comes late.
pub const DEADLINE: Duration = Duration::from_millis(200);

/// The most processes of one session that are looked at.
const PROCESSES: usize = 4096;

/// The most other holders of a socket that are named.
const OTHERS: usize = 16;

/// Which processes belong to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// This process of the host's numbering and every one below it. It must be in the session's network namespace.
    Below(u32),
    /// Those in the PID namespace with this inode number (that of /proc/PID/ns/pid). Slower: looks at every process of
    /// the machine.
    Namespace(u64),
}

/// Finds processes, on threads of its own. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct ProcessView {
    pool: Pool,
}

impl ProcessView {
    /// A view without threads yet; they start when they are needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// The process of the session that holds the socket whose own address inside the sandbox is `client`; an unknown
    /// one when there is none or finding it takes longer than [`DEADLINE`]. Needs a tokio runtime with time.
    pub async fn identify(&self, members: Members, client: SocketAddr) -> Process {
        let found = self
            .pool
            .run(DEADLINE, move |stop| holder(members, client, stop))
            .await;
        found.flatten().unwrap_or_default()
    }
}

/// The process of the session that holds the socket; `None` when there is none, or when `stop` has come. Blocks.
///
/// Where several hold it, the first is the one highest up, and the others are named by number and program.
pub fn holder(members: Members, client: SocketAddr, stop: Instant) -> Option<Process> {
    match members {
        Members::Below(root) => {
            let sockets = socket_table::inodes(root, client);
            if sockets.is_empty() {
                return None;
            }
            let family = proc::family(root, PROCESSES, stop);
            holder_among(&family, &sockets, stop).or_else(|| {
                // Children were handed on to another parent while we looked, a kernel without lists of children, or a
                // thread with descriptors of its own. Our own namespace would be the whole host.
                let mut namespaces: Vec<_> = family.iter().filter_map(|pid| proc::namespace(*pid)).collect();
                namespaces.sort_unstable();
                namespaces.dedup();
                namespaces.retain(|namespace| Some(*namespace) != proc::own_namespace());
                thorough_holder_among(&proc::inhabitants(&namespaces, PROCESSES, stop), &sockets, stop)
            })
        }
        Members::Namespace(namespace) => {
            let inhabitants = proc::inhabitants(&[namespace], PROCESSES, stop);
            let sockets = socket_table::inodes(*inhabitants.first()?, client);
            holder_among(&inhabitants, &sockets, stop)
                .or_else(|| thorough_holder_among(&inhabitants, &sockets, stop))
        }
    }
}

fn holder_among(pids: &[u32], sockets: &[u64], stop: Instant) -> Option<Process> {
    first_of(pids, stop, |pid| proc::holds(pid, sockets))
}

/// As [`holder_among`], but asks each thread for its own descriptors too.
fn thorough_holder_among(pids: &[u32], sockets: &[u64], stop: Instant) -> Option<Process> {
    first_of(pids, stop, |pid| proc::thread_holds(pid, sockets, stop))
}

fn first_of(pids: &[u32], stop: Instant, holds: impl Fn(u32) -> bool) -> Option<Process> {
    let mut first: Option<Process> = None;
    for pid in pids {
        if stop <= Instant::now() {
            return None;
        }
        // The number may pass on to another process while we look; the start time tells them apart.
        let Some(before) = proc::stat(*pid) else { continue };
        if !holds(*pid) {
            continue;
        }
        match &mut first {
            None => {
                let found = Process {
                    pid: *pid,
                    started: before.started,
                    exe: proc::exe(*pid),
                    command: proc::command(*pid),
                    others: Vec::new(),
                };
                first = (proc::started(*pid) == Some(before.started)).then_some(found);
            }
            Some(first) if first.others.len() < OTHERS => {
                let name = proc::exe_name(*pid).unwrap_or(before.name);
                first.others.push(format!("{pid} {name}"));
            }
            Some(_) => return first,
        }
    }
    first
}

#[cfg(test)]
mod tests;
