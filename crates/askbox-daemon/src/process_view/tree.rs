//! All processes of a session, for somebody who wants to know what it is doing. What the kernel knows by itself comes first;
//! command lines are read afterwards, as far as the deadline allows, since a program can make that take as long as it likes.

use std::collections::HashSet;
use std::sync::mpsc;
use std::time::Instant;

use super::{DEADLINE, PROCESSES, ProcessView, proc};

/// The most processes that are listed.
const LISTED: usize = 256;

/// The processes of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Parents before children.
    pub processes: Vec<Node>,
    /// Whether there are more.
    pub is_cut: bool,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its number on the host.
    pub pid: u32,
    /// Its parent's, where that is listed too.
    pub parent: Option<u32>,
    /// The name that it gave itself.
    pub name: String,
    /// Its command line; empty where reading it took too long.
    pub command: Vec<String>,
    /// When it started, in clock ticks since boot.
    pub started: u64,
}

impl ProcessView {
    /// The processes below the root of a session, bwrap. Neither that nor what it started, askbox-init, is listed. Takes no
    /// longer than twice [`DEADLINE`]. Needs a tokio runtime with time.
    pub async fn tree(&self, root: u32) -> Tree {
        let found = self.pool.run(DEADLINE, move |stop| session(root, stop)).await;
        let mut tree = found.unwrap_or_else(|| Tree {
            processes: Vec::new(),
            is_cut: true,
        });
        let (sender, commands) = mpsc::channel();
        let pids: Vec<u32> = tree.processes.iter().map(|node| node.pid).collect();
        let read = move |stop| {
            for pid in pids {
                if stop <= Instant::now() || sender.send((pid, proc::command(pid))).is_err() {
                    return;
                }
            }
        };
        // Late or not: what came until now is there.
        let _in_time = self.pool.run(DEADLINE, read).await;
        for (pid, command) in commands.try_iter() {
            if let Some(node) = tree.processes.iter_mut().find(|node| node.pid == pid) {
                node.command = command;
            }
        }
        tree
    }
}

/// The processes of a session without their command lines. Blocks.
fn session(root: u32, stop: Instant) -> Tree {
    if root == 0 {
        return Tree::default();
    }
    let mut tree = Tree::default();
    let mut listed = HashSet::new();
    // The root and its children, of which init is the one, are Askbox's own.
    for pid in proc::family(root, PROCESSES, stop) {
        let Some(stat) = proc::stat(pid).filter(|stat| pid != root && stat.parent != root) else {
            continue;
        };
        if LISTED <= tree.processes.len() {
            tree.is_cut = true;
            break;
        }
        listed.insert(pid);
        tree.processes.push(Node {
            pid,
            parent: Some(stat.parent).filter(|parent| listed.contains(parent)),
            name: stat.name,
            command: Vec::new(),
            started: stat.started,
        });
    }
    tree.is_cut |= stop <= Instant::now();
    tree
}

#[cfg(test)]
mod tests;
