//! Which processes belong to a world: found by what they carry and by pid namespace, never by name.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::World;

/// One process of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its process id on the host.
    pub pid: i32,
    /// Its pid namespace, as the kernel names it.
    pub namespace: OsString,
    /// Its command line; empty for what has ended.
    pub command: Vec<String>,
}

impl Process {
    /// Whether it is the daemon, which outlives sessions.
    pub fn is_daemon(&self) -> bool {
        self.command.get(1).is_some_and(|word| word == "daemon")
    }
}

impl World {
    /// Every process that was started with this world's directories in its environment, and every other one in a pid
    /// namespace of theirs.
    pub fn processes(&self) -> Vec<Process> {
        let own = fs::read_link("/proc/self/ns/pid").unwrap();
        let living = pids().filter(|pid| !has_ended(*pid));
        let all: Vec<(Process, bool)> = living.filter_map(|pid| self.look(pid)).collect();
        let namespaces: BTreeSet<&OsString> = all
            .iter()
            .filter(|(process, ours)| *ours && process.namespace != own.as_os_str())
            .map(|(process, _)| &process.namespace)
            .collect();
        all.iter()
            .filter(|(process, ours)| *ours || namespaces.contains(&process.namespace))
            .map(|(process, _)| process.clone())
            .collect()
    }

    /// The processes inside sandboxes of this world: those in another pid namespace than the test.
    pub fn sandboxed(&self) -> Vec<Process> {
        let own = fs::read_link("/proc/self/ns/pid").unwrap();
        let mut processes = self.processes();
        processes.retain(|process| process.namespace != own.as_os_str());
        processes
    }

    fn look(&self, pid: i32) -> Option<(Process, bool)> {
        let proc = Path::new("/proc").join(pid.to_string());
        let namespace = fs::read_link(proc.join("ns/pid")).ok()?.into_os_string();
        let base = self.home();
        let base = base.parent()?.as_os_str().as_bytes();
        let environment = fs::read(proc.join("environ")).unwrap_or_default();
        let ours = environment.windows(base.len() + 1).any(|window| {
            window
                .strip_prefix(base)
                .is_some_and(|after| !after[0].is_ascii_digit())
        });
        let command = fs::read(proc.join("cmdline")).unwrap_or_default();
        let command = command
            .strip_suffix(b"\0")
            .unwrap_or_default()
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned());
        let process = Process {
            pid,
            namespace,
            command: command.collect(),
        };
        Some((process, ours))
    }
}

/// Whether any process lives in one of these pid namespaces.
pub fn is_inhabited(namespaces: &BTreeSet<OsString>) -> bool {
    pids().any(|pid| {
        let namespace = fs::read_link(format!("/proc/{pid}/ns/pid"));
        namespace.is_ok_and(|namespace| namespaces.contains(namespace.as_os_str())) && !has_ended(pid)
    })
}

/// Whether nothing is left of a process but its entry, which its parent (often PID 1, in its own time) will collect.
fn has_ended(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}
