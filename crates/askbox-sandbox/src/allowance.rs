//! What the launch child may use, and with it everything that descends from it: limits that the kernel inherits. They hold
//! without any control group; one of systemd's comes on top.

use std::fs;
use std::io;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Pid, getpid};

use crate::limits::{OUT_OF_MEMORY_SCORE, OWN_PROCESSES};
use crate::plan::ProcessLimits;

/// Makes the kernel end the session before other programs when the machine has no memory left. Before the host's /proc is
/// out of reach.
pub(crate) fn end_first_without_memory() -> io::Result<()> {
    const SCORE: &str = "/proc/self/oom_score_adj";
    let own: i32 = fs::read_to_string(SCORE)?
        .trim()
        .parse()
        .map_err(io::Error::other)?;
    if own < OUT_OF_MEMORY_SCORE {
        fs::write(SCORE, OUT_OF_MEMORY_SCORE.to_string())?;
    }
    Ok(())
}

/// Applies the limits to this process. In the session's user namespace, where the kernel counts the session's own processes
/// and not all of the user's, and before bwrap makes a further one, which is held to the limits of the one that made it.
pub(crate) fn apply(limits: ProcessLimits) -> io::Result<()> {
    if let Some(processes) = limits.processes {
        lower(Resource::RLIMIT_NPROC, processes.saturating_add(OWN_PROCESSES))?;
    }
    if let Some(files) = limits.open_files {
        lower(Resource::RLIMIT_NOFILE, files)?;
    }
    if let Some(processors) = limits.processors {
        run_on(usize::try_from(processors).unwrap_or(usize::MAX))?;
    }
    Ok(())
}

/// Both limits, the one that counts and the one up to which a program may raise it; never up.
fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let (soft, hard) = getrlimit(resource)?;
    Ok(setrlimit(resource, soft.min(to), hard.min(to))?)
}

/// Runs on this many of the processors that it may run on; others for each process, so that sessions do not share one.
fn run_on(count: usize) -> io::Result<()> {
    let this = Pid::from_raw(0);
    let own = sched_getaffinity(this)?;
    let allowed: Vec<usize> = (0..CpuSet::count())
        .filter(|processor| own.is_set(*processor).unwrap_or(false))
        .collect();
    if allowed.len() <= count {
        return Ok(());
    }
    let first = usize::try_from(getpid().as_raw()).unwrap_or_default() % allowed.len();
    let mut chosen = CpuSet::new();
    for processor in allowed.iter().cycle().skip(first).take(count) {
        chosen.set(*processor)?;
    }
    Ok(sched_setaffinity(this, &chosen)?)
}
