//! Who is behind a connection: from the client's address inside a sandbox to the process that holds the socket, through
//! /proc. What it finds is for a person's eyes and for the log; it proves nothing, since a sandboxed program can make
//! any executable say anything.
//!
//! Everything here blocks, and a program can make it block for long: its command line is read from its own memory. So
//! it runs on threads of its own with a deadline ([`Pool`]); late means an unknown program. It looks at processes of
//! the one session only, and opens nothing through /proc/PID/root.

mod ancestors;
mod diagnostics;
mod pool;
mod proc;
#[cfg(test)]
mod shells;
mod socket_table;
mod tree;
pub(crate) mod unlinked;
mod usage;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use askbox_network::TCP;
use askbox_policy::Process;

pub use diagnostics::Diagnostics;
pub use pool::Pool;
pub use tree::{Node, Tree};
pub use usage::Usage;

/// How long finding a process may take: a prompt that names nobody is better than one that comes late.
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

/// A connection, or where a packet went, as the program inside sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The number of the protocol in the header of an IP packet.
    pub protocol: u8,
    /// Its own side.
    pub client: SocketAddr,
    /// What it connected to: the original destination, before the redirection.
    pub server: Option<SocketAddr>,
}

/// Where the processes and sockets of one session are to be found.
#[derive(Clone, Debug)]
pub struct Whereabouts {
    /// Its processes.
    pub members: Members,
    /// Its network's sockets. Without it (or without [`Connection::server`]) the table of /proc is read, which takes
    /// milliseconds.
    pub diagnostics: Option<Diagnostics>,
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

    /// The process of the session that holds the client's side of the connection; an unknown one when there is none or
    /// finding it takes longer than [`DEADLINE`]. Needs a tokio runtime with time.
    pub async fn identify(&self, session: Whereabouts, connection: Connection) -> Process {
        let root = match session.members {
            Members::Below(root) => root,
            Members::Namespace(_) => 0,
        };
        self.look(root, move |stop| holder(&session, connection, stop))
            .await
    }

    /// The process that a thread of the session below `root` belongs to; an unknown one when it is gone or finding it takes
    /// longer than [`DEADLINE`]. Needs a tokio runtime with time.
    pub async fn of_thread(&self, thread: u32, root: u32) -> Process {
        self.look(root, move |_stop| of_thread(thread)).await
    }

    /// What `find` finds, with the programs that started it as far as there is time for them.
    async fn look(
        &self,
        root: u32,
        find: impl FnOnce(Instant) -> Option<Process> + Send + 'static,
    ) -> Process {
        self.look_with(find, move |pid, stop, named| {
            ancestors::name(pid, root, stop, named);
        })
        .await
    }

    /// The same, by another way to those programs.
    async fn look_with(
        &self,
        find: impl FnOnce(Instant) -> Option<Process> + Send + 'static,
        name_ancestors: impl FnOnce(u32, Instant, &mut dyn FnMut(String)) + Send + 'static,
    ) -> Process {
        let found = Found::default();
        let finding = found.clone();
        let job = move |stop| {
            let Some(process) = find(stop) else { return };
            let pid = process.pid;
            finding.change(|found| *found = Some(process));
            name_ancestors(pid, stop, &mut |ancestor| {
                finding.change(|found| {
                    if let Some(process) = found {
                        process.ancestors.push(ancestor);
                    }
                });
            });
        };
        // Late or not: what was found by now is there.
        let _in_time = self.pool.run(DEADLINE, job).await;
        found.change(Option::take).unwrap_or_default()
    }
}

/// A process as far as a job has found out about it; taken away at the deadline.
#[derive(Clone, Default)]
struct Found(Arc<Mutex<Option<Process>>>);

impl Found {
    fn change<T>(&self, change: impl FnOnce(&mut Option<Process>) -> T) -> T {
        // Nothing in here leaves it half changed.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The process that a thread belongs to; `None` when it is gone. Blocks.
pub fn of_thread(thread: u32) -> Option<Process> {
    describe(proc::process_of(thread)?, |_pid| true)
}

/// The process of the session that holds the client's side of the connection; `None` when there is none, or when `stop`
/// has come. Blocks.
///
/// Where several hold it, the first is the one highest up, and the others are named by number and program.
pub fn holder(session: &Whereabouts, connection: Connection, stop: Instant) -> Option<Process> {
    match session.members {
        Members::Below(root) => {
            let sockets = sockets_of(session, root, connection);
            if sockets.is_empty() {
                return None;
            }
            let family = proc::family(root, PROCESSES, stop);
            if let Some(holder) = holder_among(&family, &sockets, stop) {
                return Some(holder);
            }
            // Most often it was closed meanwhile. Looking for nothing at every process of the machine would take the time of
            // many connections.
            if sockets_of(session, root, connection).is_empty() {
                return None;
            }
            // Children were handed on to another parent while we looked, a kernel without lists of children, or a
            // thread with descriptors of its own. Our own namespace would be the whole host.
            let mut namespaces: Vec<_> = family.iter().filter_map(|pid| proc::namespace(*pid)).collect();
            namespaces.sort_unstable();
            namespaces.dedup();
            namespaces.retain(|namespace| Some(*namespace) != proc::own_namespace());
            thorough_holder_among(&proc::inhabitants(&namespaces, PROCESSES, stop), &sockets, stop)
        }
        Members::Namespace(namespace) => {
            let inhabitants = proc::inhabitants(&[namespace], PROCESSES, stop);
            let sockets = sockets_of(session, *inhabitants.first()?, connection);
            if sockets.is_empty() {
                return None;
            }
            holder_among(&inhabitants, &sockets, stop)
                .or_else(|| thorough_holder_among(&inhabitants, &sockets, stop))
        }
    }
}

/// The inode numbers of the sockets in question; `pid` is any process in their network namespace.
fn sockets_of(session: &Whereabouts, pid: u32, connection: Connection) -> Vec<u64> {
    if let (Some(diagnostics), Some(server)) = (&session.diagnostics, connection.server) {
        match diagnostics.inode(connection.protocol, connection.client, server) {
            Ok(inode) => return inode.into_iter().collect(),
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "no socket diagnostics"),
        }
    }
    if connection.protocol != TCP {
        return Vec::new(); // The table that is read is TCP's.
    }
    socket_table::inodes(pid, connection.client)
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
    for pid in pids.iter().copied() {
        if stop <= Instant::now() {
            return None;
        }
        if !holds(pid) {
            continue;
        }
        match &mut first {
            None => first = describe(pid, &holds),
            Some(first) if first.others.len() < OTHERS => {
                let Some(name) = proc::exe_name(pid).or_else(|| Some(proc::stat(pid)?.name)) else {
                    continue;
                };
                first.others.push(format!("{pid} {name}"));
            }
            Some(_) => return first,
        }
    }
    first
}

/// The process of this number, which holds the socket. The number may pass on to another one at any moment: what was
/// read between two equal start times belongs to one process, and that one still holds the socket.
fn describe(pid: u32, holds: impl Fn(u32) -> bool) -> Option<Process> {
    let before = proc::stat(pid)?;
    let found = Process {
        pid,
        started: before.started,
        exe: proc::exe(pid),
        command: proc::command(pid),
        others: Vec::new(),
        ancestors: Vec::new(),
        interpreter: None,
    };
    (holds(pid) && proc::stat(pid)?.started == before.started).then_some(found)
}

/// Whether a process has ended, or never was.
pub(crate) fn has_ended(pid: u32) -> bool {
    proc::stat(pid).is_none_or(|stat| stat.has_ended)
}

#[cfg(test)]
mod tests;
