//! The programs that started a process, for people: a question of `node` says more where it is known that `npm` started it.
//! Proves nothing, like all that is found out about processes.

use std::time::Instant;

use askbox_policy::display;

use super::{PROCESSES, proc};

/// The most that are named.
const NAMED: usize = 8;

/// Hands over the programs that started a process, nearest first, up to the session's own: neither its root, bwrap, nor what
/// that started, askbox-init. Nothing where the process is not below the root. Blocks, and each command line for as long as
/// its program likes; what was handed over by then stands.
pub(super) fn name(pid: u32, root: u32, stop: Instant, mut named: impl FnMut(String)) {
    for ancestor in chain(pid, root, stop).unwrap_or_default().into_iter().take(NAMED) {
        if stop <= Instant::now() {
            return;
        }
        let words = display::words_shortened(&proc::command(ancestor));
        if words.is_empty() {
            let Some(stat) = proc::stat(ancestor) else { return };
            named(display::text(&format!("({})", stat.name), display::MAX_NAME));
        } else {
            named(words.join(" "));
        }
    }
}

/// The numbers of the parents between a process and the child of the root; `None` when they do not lead to the root. The
/// kernel answers by itself here.
fn chain(pid: u32, root: u32, stop: Instant) -> Option<Vec<u32>> {
    let mut chain = Vec::new();
    let mut last = pid;
    while chain.len() < PROCESSES && Instant::now() < stop {
        let parent = proc::stat(last)?.parent;
        if parent == 0 || root == 0 {
            return None;
        }
        if parent == root {
            // The last one is init.
            chain.pop();
            return Some(chain);
        }
        chain.push(parent);
        last = parent;
    }
    None
}

#[cfg(test)]
mod tests;
