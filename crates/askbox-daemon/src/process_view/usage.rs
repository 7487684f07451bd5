//! What the processes of a session use of the machine, by the kernel's own figures: nothing inside can delay them or make
//! them smaller.

use std::time::Instant;

use askbox_sandbox::host_facts;

use super::{DEADLINE, ProcessView, proc};

/// The most processes that are looked at: beyond what any default allows.
pub(super) const PROCESSES: usize = 65_536;

/// What a session uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in memory. Pages that processes share count for each of them.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Time on processors so far, in clock ticks.
    pub ticks: u64,
    /// Whether there is more than was looked at.
    pub is_cut: bool,
}

impl ProcessView {
    /// What all below the root of a session use, bwrap and askbox-init left out. `None` where finding out takes longer than
    /// [`DEADLINE`]. Needs a tokio runtime with time.
    pub async fn usage(&self, root: u32) -> Option<Usage> {
        self.pool.run(DEADLINE, move |stop| usage(root, stop)).await
    }

    /// Bytes that they have in memory, where pages that are shared count once. Slower: looks at every page. As far as it comes
    /// until the deadline, and so never too much. Needs a tokio runtime with time.
    pub async fn memory(&self, root: u32) -> Option<u64> {
        let look = move |stop: Instant| {
            let family = proc::family(root, PROCESSES, stop);
            let looked_at = family.into_iter().take_while(|_| Instant::now() < stop);
            looked_at.filter_map(proc::proportional_memory).sum()
        };
        self.pool.run(2 * DEADLINE, look).await
    }
}

/// Blocks.
fn usage(root: u32, stop: Instant) -> Usage {
    let mut usage = Usage::default();
    let mut pages: u64 = 0;
    let family = proc::family(root, PROCESSES, stop);
    for pid in family.into_iter().take_while(|_| Instant::now() < stop) {
        let Some(stat) = proc::stat(pid).filter(|stat| pid != root && stat.parent != root) else {
            continue;
        };
        pages = pages.saturating_add(stat.pages);
        usage.processes += stat.threads.max(1);
        usage.ticks = usage.ticks.saturating_add(stat.ticks);
    }
    usage.memory_bytes = pages.saturating_mul(host_facts::page_bytes());
    usage.is_cut = stop <= Instant::now();
    usage
}

#[cfg(test)]
mod tests;
