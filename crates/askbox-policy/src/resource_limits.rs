//! What a session may use of the machine: each limit as people write it, and what holds where several sources say something.
//! Numbers only; who measures and who enforces is not known here.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::preset::Preset;

pub use limit::Limit;

mod limit;

/// One limit as a source says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound<T> {
    /// `none`: there shall be no limit.
    Off,
    /// This much.
    At(T),
}

/// Memory: a size, or a part of what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Memory {
    /// Bytes.
    Bytes(u64),
    /// Hundredths of the machine's memory.
    Percent(u8),
}

/// What one source says; `None` where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitChoices {
    /// `memory`.
    pub memory: Option<Bound<Memory>>,
    /// `cpus`, in thousandths of a processor.
    pub cpus: Option<Bound<u64>>,
    /// `processes`: processes and threads.
    pub processes: Option<Bound<u64>>,
    /// `open_files`, of one process.
    pub open_files: Option<Bound<u64>>,
    /// `run_time`, in milliseconds.
    pub run_time_ms: Option<Bound<u64>>,
    /// `tmp`: bytes of /tmp, of /var/tmp and of /dev/shm.
    pub tmp: Option<Bound<u64>>,
    /// `disk`: bytes by which the project and its private homes may grow.
    pub disk: Option<Bound<u64>>,
}

/// What holds for one session; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct ResourceLimits {
    /// Bytes of memory, of all its programs together.
    pub memory_bytes: Option<u64>,
    /// Processors, in thousandths of one.
    pub cpus_thousandths: Option<u64>,
    /// Processes and threads, all together.
    pub processes: Option<u64>,
    /// Open files of one process.
    pub open_files: Option<u64>,
    /// How long it may run, in milliseconds.
    pub run_time_ms: Option<u64>,
    /// Bytes of /tmp, of /var/tmp and of /dev/shm.
    pub tmp_bytes: u64,
    /// Bytes by which its project and its private homes may grow.
    pub disk_bytes: Option<u64>,
}

/// Something that a session can use too much of while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Memory.
    Memory,
    /// Processes and threads.
    Processes,
    /// Time.
    RunTime,
    /// Growth on disk.
    Disk,
}

/// A text is no limit of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, or `none`")]
pub struct LimitError {
    expected: &'static str,
}

impl<T> Bound<T> {
    fn value(self) -> Option<T> {
        match self {
            Bound::Off => None,
            Bound::At(value) => Some(value),
        }
    }
}

impl LimitChoices {
    /// What is said here, and what `other` says where nothing is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            memory: self.memory.or(other.memory),
            cpus: self.cpus.or(other.cpus),
            processes: self.processes.or(other.processes),
            open_files: self.open_files.or(other.open_files),
            run_time_ms: self.run_time_ms.or(other.run_time_ms),
            tmp: self.tmp.or(other.tmp),
            disk: self.disk.or(other.disk),
        }
    }

    /// What this means on a machine with that much memory. Where nothing is said about /tmp it is what it always was.
    pub fn on_machine(self, memory_bytes: u64) -> ResourceLimits {
        let value = |bound: Option<Bound<u64>>| bound.and_then(Bound::value);
        let memory = self.memory.and_then(Bound::value).map(|memory| match memory {
            Memory::Bytes(bytes) => bytes,
            Memory::Percent(percent) => memory_bytes / 100 * u64::from(percent),
        });
        ResourceLimits {
            memory_bytes: memory,
            cpus_thousandths: value(self.cpus),
            processes: value(self.processes),
            open_files: value(self.open_files),
            run_time_ms: value(self.run_time_ms),
            tmp_bytes: value(self.tmp).unwrap_or(limits::TMP_BYTES),
            disk_bytes: value(self.disk),
        }
    }
}

impl ResourceLimits {
    /// The closer one of each two.
    #[must_use]
    pub fn closest(self, other: Self) -> Self {
        let closer = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            memory_bytes: closer(self.memory_bytes, other.memory_bytes),
            cpus_thousandths: closer(self.cpus_thousandths, other.cpus_thousandths),
            processes: closer(self.processes, other.processes),
            open_files: closer(self.open_files, other.open_files),
            run_time_ms: closer(self.run_time_ms, other.run_time_ms),
            tmp_bytes: self.tmp_bytes.min(other.tmp_bytes),
            disk_bytes: closer(self.disk_bytes, other.disk_bytes),
        }
    }
}

/// Who says something about a session's limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitSources {
    /// This run's flags.
    pub flags: LimitChoices,
    /// The user's file.
    pub user: LimitChoices,
    /// The administrator's files.
    pub managed: LimitChoices,
    /// The project's file.
    pub project: LimitChoices,
}

/// What holds for a session: a flag before the user's file before the preset; the files of the administrator and of the
/// project only ever tighten that, since neither a run nor a program inside may undo the one, nor loosen anything by the
/// other.
pub fn in_force(sources: LimitSources, preset: Preset, memory_bytes: u64) -> ResourceLimits {
    let LimitSources {
        flags,
        user,
        managed,
        project,
    } = sources;
    let chosen = flags.or(user).or(preset.limits());
    let open = LimitChoices {
        tmp: Some(Bound::At(u64::MAX)),
        ..LimitChoices::default()
    };
    let tightened = |by: LimitChoices| {
        // `none` tightens nothing, and must not become what holds where nothing is said.
        let tmp = by.tmp.filter(|tmp| *tmp != Bound::Off);
        LimitChoices { tmp, ..by }.or(open).on_machine(memory_bytes)
    };
    chosen
        .on_machine(memory_bytes)
        .closest(tightened(managed))
        .closest(tightened(project))
}

/// `512M`, `2G`, `1.5GiB`, `75%`, `none`.
pub fn memory(text: &str) -> Result<Bound<Memory>, LimitError> {
    const EXPECTED: &str =
        "a size of at least 16M such as 512M or 2G, or a part of the machine's memory such as 50%";
    bound(text, EXPECTED, |text| match text.strip_suffix('%') {
        Some(percent) => percent
            .parse()
            .ok()
            .filter(|percent| (1..=100).contains(percent))
            .map(Memory::Percent),
        None => bytes(text)
            .filter(|bytes| limits::LEAST_MEMORY_BYTES <= *bytes)
            .map(Memory::Bytes),
    })
}

/// `2`, `0.5`, `none`: thousandths of a processor.
pub fn cpus(text: &str) -> Result<Bound<u64>, LimitError> {
    const EXPECTED: &str = "a number of processors such as 2 or 0.5";
    bound(text, EXPECTED, |text| {
        thousandths(text).filter(|thousandths| limits::CPUS_RANGE_THOUSANDTHS.contains(thousandths))
    })
}

/// `4096`, `none`.
pub fn processes(text: &str) -> Result<Bound<u64>, LimitError> {
    const EXPECTED: &str = "a number of processes and threads from 1 to 4194304";
    bound(text, EXPECTED, |text| {
        text.parse()
            .ok()
            .filter(|count| limits::PROCESSES_RANGE.contains(count))
    })
}

/// `1024`, `none`.
pub fn open_files(text: &str) -> Result<Bound<u64>, LimitError> {
    const EXPECTED: &str = "a number of files from 64 to 1048576";
    bound(text, EXPECTED, |text| {
        text.parse()
            .ok()
            .filter(|count| limits::OPEN_FILES_RANGE.contains(count))
    })
}

/// `30s`, `2h 30m`, `none`: milliseconds.
pub fn run_time(text: &str) -> Result<Bound<u64>, LimitError> {
    const EXPECTED: &str = "a time of at least a second such as 30s, 10m or 2h";
    bound(text, EXPECTED, |text| {
        let time = humantime::parse_duration(text).ok()?;
        let milliseconds = u64::try_from(time.as_millis()).ok()?;
        Some(milliseconds).filter(|time| limits::RUN_TIME_RANGE_MS.contains(time))
    })
}

/// `500M`, `20G`, `none`: bytes.
pub fn size(text: &str) -> Result<Bound<u64>, LimitError> {
    const EXPECTED: &str = "a size of at least 1M such as 500M or 20G";
    bound(text, EXPECTED, |text| {
        bytes(text).filter(|bytes| limits::LEAST_SIZE_BYTES <= *bytes)
    })
}

fn bound<T>(
    text: &str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Bound<T>, LimitError> {
    if text == "none" {
        return Ok(Bound::Off);
    }
    read(text).map(Bound::At).ok_or(LimitError { expected })
}

/// A number with up to three decimals and a unit: each of K, M, G and T is 1024 times the one before, as in systemd(1).
fn bytes(text: &str) -> Option<u64> {
    let end = text
        .find(|character: char| character.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.strip_suffix("iB").or(unit.strip_suffix('B')).unwrap_or(unit) {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return None,
    };
    let scaled = u128::from(thousandths(number)?) << shift;
    u64::try_from(scaled / 1000)
        .ok()
        .filter(|bytes| i64::try_from(*bytes).is_ok())
}

fn thousandths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) || 3 < part.len() {
        return None;
    }
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(part)
}

/// A number of bytes as people read it: `1.5 GiB`.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tenths = u128::from(self.0) * 10;
        let mut shown = "bytes";
        for unit in ["KiB", "MiB", "GiB", "TiB"] {
            if tenths < 10_240 {
                break;
            }
            tenths = (tenths + 512) / 1024;
            shown = unit;
        }
        write!(f, "{}", tenths / 10)?;
        if tenths % 10 != 0 {
            write!(f, ".{}", tenths % 10)?;
        }
        write!(f, " {shown}")
    }
}

impl Resource {
    /// What a session used too much of, and how to let it use more.
    pub fn told(self, limits: &ResourceLimits) -> String {
        let size = |bytes: Option<u64>| Size(bytes.unwrap_or_default()).to_string();
        match self {
            Resource::Memory => format!(
                "it used more than its {} of memory; allow more with --memory SIZE, or `memory` in [limits] of policy.toml",
                size(limits.memory_bytes)
            ),
            Resource::Processes => format!(
                "it has all the {} processes and threads that it may have, and starting more fails; allow more with \
                 --pids N, or `processes` in [limits] of policy.toml",
                limits.processes.unwrap_or_default()
            ),
            Resource::RunTime => format!(
                "its time of {} is over; allow more with --timeout TIME, or `run_time` in [limits] of policy.toml",
                humantime::format_duration(Duration::from_millis(limits.run_time_ms.unwrap_or_default()))
            ),
            Resource::Disk => format!(
                "its project and private homes grew by more than {}; allow more with --disk SIZE, or `disk` in [limits] \
                 of policy.toml",
                size(limits.disk_bytes)
            ),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resource::Memory => "memory",
            Resource::Processes => "processes",
            Resource::RunTime => "run time",
            Resource::Disk => "disk",
        })
    }
}

#[cfg(test)]
mod tests;
