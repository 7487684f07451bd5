//! A control group that the user's systemd makes for a session, where there is one: the kernel then holds all of the session
//! to its memory, processors and processes together. busctl(1) speaks with systemd for us: a library for the bus would cost
//! the daemon memory all day long for one call in each session.
//!
//! What systemd was asked for may not have come about, since the user's systemd need not have the controllers: only what the
//! group itself says counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use askbox_policy::{ResourceLimits, SessionId};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::limits;

/// The program that does so.
pub const BUSCTL: &str = "/usr/bin/busctl";

/// Where control groups are, version 2.
const GROUPS: &str = "/sys/fs/cgroup";

/// How often it is looked whether a process has got into its group, or a call has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// A group that holds a session to its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Its directory.
    group: PathBuf,
}

/// A group in the making.
#[derive(Debug)]
pub(crate) struct Making {
    name: String,
    limits: ResourceLimits,
    /// Whether systemd took the order.
    ordered: JoinHandle<bool>,
}

/// Begins to make a group for a session with its launch child in it, whose later children are in it too.
pub(super) fn begin(id: &SessionId, child: u32, limits: ResourceLimits) -> Making {
    let name = name(id);
    let words = start(&name, child, &limits);
    Making {
        name,
        limits,
        ordered: spawn_blocking(move || call(START, &words)),
    }
}

/// The group of a session with the first of its processes in it, if it holds the session to its limits.
pub(super) async fn of_session(making: &mut Option<Making>, process: u32) -> Option<Scope> {
    let Making {
        name,
        limits,
        ordered,
    } = making.take()?;
    let was_ordered = ordered.await.unwrap_or(false);
    let entering = spawn_blocking(move || enter(&name, process, &limits, was_ordered));
    entering.await.ok().flatten()
}

/// The process may have been made before its parent was moved; and a group that its parent alone was in is gone with that.
fn enter(name: &str, process: u32, may_use: &ResourceLimits, was_ordered: bool) -> Option<Scope> {
    let is_in = || group_of(process).filter(|group| group.ends_with(name));
    let attach = [name, "", "1", &process.to_string()].map(str::to_owned);
    let is_there = is_in().is_some()
        || (was_ordered && call(ATTACH, &attach))
        || call(START, &start(name, process, may_use));
    let end = Instant::now() + limits::SCOPE_WAIT;
    // systemd answers before it has moved the process.
    while is_there && Instant::now() < end {
        if let Some(group) = is_in() {
            let scope = Scope { group };
            return scope.holds(may_use).then_some(scope);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    None
}

impl Scope {
    /// How often the kernel ended a program of the group because it used too much memory (cgroup-v2.rst, memory.events).
    pub(super) fn programs_ended(&self) -> u64 {
        let events = fs::read_to_string(self.group.join("memory.events")).unwrap_or_default();
        let ended = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        ended.and_then(|count| count.parse().ok()).unwrap_or_default()
    }

    /// Whether the kernel has the limits of memory and processors that there should be.
    fn holds(&self, limits: &ResourceLimits) -> bool {
        let read = |file: &str| fs::read_to_string(self.group.join(file)).unwrap_or_default();
        let memory = limits.memory_bytes.is_none_or(|limit| {
            let held: Option<u64> = read("memory.max").trim().parse().ok();
            held.is_some_and(|held| held <= limit)
        });
        let processors = limits
            .cpus_thousandths
            .is_none_or(|_| read("cpu.max").starts_with(|first: char| first.is_ascii_digit()));
        memory && processors
    }
}

fn name(id: &SessionId) -> String {
    format!("app-askbox-{}.scope", id.0)
}

/// The arguments of `StartTransientUnit` (org.freedesktop.systemd1(5)), as busctl takes them.
fn start(name: &str, process: u32, may_use: &ResourceLimits) -> Vec<String> {
    let mut properties: Vec<[String; 3]> = Vec::new();
    let mut number = |name: &str, value: u64| {
        properties.push([name.to_owned(), "t".to_owned(), value.to_string()]);
    };
    if let Some(memory) = may_use.memory_bytes {
        number("MemoryMax", memory);
        // A session that is held by swapping takes the machine's disk in the place of its memory.
        number("MemorySwapMax", 0);
    }
    if let Some(processes) = may_use.processes {
        number("TasksMax", processes.saturating_add(limits::OWN_TASKS));
    }
    if let Some(thousandths) = may_use.cpus_thousandths {
        // Microseconds of processor time in a second.
        number("CPUQuotaPerSecUSec", thousandths.saturating_mul(1000));
    }
    let count = properties.len() + 2;
    let mut words = [name, "fail", &count.to_string()].map(str::to_owned).to_vec();
    words.extend(["PIDs", "au", "1", &process.to_string()].map(str::to_owned));
    words.extend(["CollectMode", "s", "inactive-or-failed"].map(str::to_owned));
    words.extend(properties.into_iter().flatten());
    // No further units.
    words.push("0".to_owned());
    words
}

/// Methods of the service manager, with the signatures of their arguments.
const START: [&str; 2] = ["StartTransientUnit", "ssa(sv)a(sa(sv))"];
const ATTACH: [&str; 2] = ["AttachProcessesToUnit", "ssau"];

/// Calls the user's service manager. Blocks, for [`limits::SCOPE_WAIT`] at most.
#[expect(
    clippy::disallowed_methods,
    reason = "a program of the system, which begins in / and gets no argument from a project"
)]
fn call([method, signature]: [&str; 2], words: &[String]) -> bool {
    let timeout = format!("--timeout={}", limits::SCOPE_WAIT.as_secs());
    let called = Command::new(BUSCTL)
        .args(["--user", "--quiet", &timeout, "call"])
        .args([
            "org.freedesktop.systemd1",
            "/org/freedesktop/systemd1",
            "org.freedesktop.systemd1.Manager",
            method,
            signature,
        ])
        .args(words)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    called.is_ok_and(|call| succeeds(call, limits::SCOPE_WAIT))
}

/// Whether a program ends well within this time; one that does not is killed. busctl bounds the call alone by its own
/// `--timeout`: a bus that says nothing to who connects holds it for a minute and a half.
fn succeeds(mut program: Child, within: Duration) -> bool {
    let end = Instant::now() + within;
    loop {
        match program.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < end => std::thread::sleep(LOOK_AGAIN),
            Ok(None) | Err(_) => break,
        }
    }
    if let Err(error) = program.kill().and_then(|()| program.wait()) {
        tracing::warn!(%error, "a call of the user's service manager does not end");
    }
    false
}

/// The directory of the group that a process is in; `None` when it is gone.
fn group_of(process: u32) -> Option<PathBuf> {
    let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    group_in(&groups)
}

/// From /proc/PID/cgroup (cgroups(7)): the line of version 2 has neither a number nor controllers.
fn group_in(groups: &str) -> Option<PathBuf> {
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new(GROUPS).join(path))
}

#[cfg(test)]
mod tests;
