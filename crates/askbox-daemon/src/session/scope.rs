//! A control group that the user's systemd makes for a session, where there is one: the kernel then holds all of the session
//! to its memory, processors and processes together. busctl(1) speaks with systemd for us: a library for the bus would cost
//! the daemon memory all day long for one call in each session.
//!
//! What systemd was asked for may not have come about, since the user's systemd need not have the controllers: only what the
//! group itself says counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use askbox_policy::{ResourceLimits, SessionId};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::limits;

/// The program that does so.
pub const BUSCTL: &str = "/usr/bin/busctl";

/// Where control groups are, version 2.
const GROUPS: &str = "/sys/fs/cgroup";

/// How often it is looked whether a process has got into its group.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// A group that holds a session to its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    name: String,
    /// Its directory.
    group: PathBuf,
}

/// Begins to make a group for a session with this process in it, whose later children are in it too.
pub(super) fn begin(id: &SessionId, process: u32, limits: ResourceLimits) -> JoinHandle<Option<Scope>> {
    let name = name(id);
    spawn_blocking(move || {
        let words = start(&name, process, &limits);
        if !call("StartTransientUnit", &words) {
            return None;
        }
        let group = wait_for_group(process, &name)?;
        let scope = Scope { name, group };
        scope.holds(&limits).then_some(scope)
    })
}

/// The group of a session once it is made, with the first of its processes in it.
pub(super) async fn of_session(
    making: &mut Option<JoinHandle<Option<Scope>>>,
    process: u32,
) -> Option<Scope> {
    let made = making.take()?.await.ok().flatten()?;
    made.adopt(process).await
}

impl Scope {
    /// Makes sure that this process is in the group too: it may have been made before the group was.
    async fn adopt(self, process: u32) -> Option<Self> {
        let adopting = spawn_blocking(move || {
            let is_in = || group_of(process).is_some_and(|group| group == self.group);
            if is_in() {
                return Some(self);
            }
            let words = [&*self.name, "", "1", &process.to_string()].map(str::to_owned);
            let adopted = call_with("AttachProcessesToUnit", "ssau", &words) && is_in();
            adopted.then_some(self)
        });
        adopting.await.ok().flatten()
    }

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
fn start(name: &str, process: u32, limits: &ResourceLimits) -> Vec<String> {
    let mut properties: Vec<[String; 3]> = Vec::new();
    let mut number = |name: &str, value: u64| {
        properties.push([name.to_owned(), "t".to_owned(), value.to_string()]);
    };
    if let Some(memory) = limits.memory_bytes {
        number("MemoryMax", memory);
        // A session that is held by swapping takes the machine's disk in the place of its memory.
        number("MemorySwapMax", 0);
    }
    if let Some(processes) = limits.processes {
        number("TasksMax", processes.saturating_add(limits::OWN_TASKS));
    }
    if let Some(thousandths) = limits.cpus_thousandths {
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

fn call(method: &str, words: &[String]) -> bool {
    call_with(method, "ssa(sv)a(sa(sv))", words)
}

/// Calls the user's service manager. Blocks, for [`limits::SCOPE_WAIT`] at most.
#[expect(
    clippy::disallowed_methods,
    reason = "a program of the system, which begins in / and gets no argument from a project"
)]
fn call_with(method: &str, signature: &str, words: &[String]) -> bool {
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
        .status();
    called.is_ok_and(|status| status.success())
}

/// systemd answers before it has moved the process.
fn wait_for_group(process: u32, name: &str) -> Option<PathBuf> {
    let end = Instant::now() + limits::SCOPE_WAIT;
    while Instant::now() < end {
        let group = group_of(process)?;
        if group.ends_with(name) {
            return Some(group);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    None
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
