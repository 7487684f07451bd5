//! One limit by its name in `[limits]`: read from a text as people write it, and written as one that reads the same.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits;

use super::{
    Bound, LimitChoices, LimitError, Memory, ResourceLimits, Size, cpus, memory, open_files, processes,
    run_time, size,
};

/// A limit by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// `memory`.
    Memory,
    /// `cpus`.
    Cpus,
    /// `processes`.
    Processes,
    /// `open_files`.
    OpenFiles,
    /// `run_time`.
    RunTime,
    /// `tmp`.
    Tmp,
    /// `disk`.
    Disk,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Memory,
        Self::Cpus,
        Self::Processes,
        Self::OpenFiles,
        Self::RunTime,
        Self::Tmp,
        Self::Disk,
    ];

    /// Its key in `[limits]`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpus => "cpus",
            Self::Processes => "processes",
            Self::OpenFiles => "open_files",
            Self::RunTime => "run_time",
            Self::Tmp => "tmp",
            Self::Disk => "disk",
        }
    }

    /// Has `choices` say what a text says; nothing of this limit without one.
    pub fn choose(self, text: Option<&str>, choices: &mut LimitChoices) -> Result<(), LimitError> {
        match self {
            Self::Memory => choices.memory = text.map(memory).transpose()?,
            Self::Cpus => choices.cpus = text.map(cpus).transpose()?,
            Self::Processes => choices.processes = text.map(processes).transpose()?,
            Self::OpenFiles => choices.open_files = text.map(open_files).transpose()?,
            Self::RunTime => choices.run_time_ms = text.map(run_time).transpose()?,
            Self::Tmp => choices.tmp = text.map(size).transpose()?,
            Self::Disk => choices.disk = text.map(size).transpose()?,
        }
        Ok(())
    }

    /// What `choices` say of it; `None` where they say nothing.
    pub fn text(self, choices: &LimitChoices) -> Option<String> {
        match self {
            Self::Memory => written(choices.memory, |memory| match memory {
                Memory::Bytes(count) => bytes(count),
                Memory::Percent(percent) => format!("{percent}%"),
            }),
            Self::Cpus => written(choices.cpus, thousandths),
            Self::Processes => written(choices.processes, |count| count.to_string()),
            Self::OpenFiles => written(choices.open_files, |count| count.to_string()),
            Self::RunTime => written(choices.run_time_ms, time),
            Self::Tmp => written(choices.tmp, bytes),
            Self::Disk => written(choices.disk, bytes),
        }
    }

    /// What holds of it, for people: `2 GiB`, `none`.
    pub fn in_force(self, limits: &ResourceLimits) -> String {
        let size = |bytes: u64| Size(bytes).to_string();
        let shown = match self {
            Self::Memory => limits.memory_bytes.map(size),
            Self::Cpus => limits.cpus_thousandths.map(thousandths),
            Self::Processes => limits.processes.map(|count| count.to_string()),
            Self::OpenFiles => limits.open_files.map(|count| count.to_string()),
            Self::RunTime => limits.run_time_ms.map(time),
            Self::Tmp => Some(size(limits.tmp_bytes)),
            Self::Disk => limits.disk_bytes.map(size),
        };
        shown.unwrap_or_else(|| "none".to_owned())
    }

    /// What holds where neither a file nor the preset says anything.
    pub fn built_in(self) -> String {
        match self {
            Self::Tmp => bytes(limits::TMP_BYTES),
            Self::Memory | Self::Cpus | Self::Processes | Self::OpenFiles | Self::RunTime | Self::Disk => {
                "none".to_owned()
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

fn written<T>(bound: Option<Bound<T>>, write: impl FnOnce(T) -> String) -> Option<String> {
    bound.map(|bound| match bound {
        Bound::Off => "none".to_owned(),
        Bound::At(value) => write(value),
    })
}

/// In the largest unit of which it is a whole number.
fn bytes(count: u64) -> String {
    let units = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
    let unit = units
        .into_iter()
        .find(|(shift, _)| count != 0 && count.trailing_zeros() >= *shift);
    match unit {
        Some((shift, unit)) => format!("{}{unit}", count >> shift),
        None => count.to_string(),
    }
}

fn time(milliseconds: u64) -> String {
    humantime::format_duration(Duration::from_millis(milliseconds)).to_string()
}

fn thousandths(count: u64) -> String {
    let text = format!("{}.{:03}", count / 1000, count % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_written_as_it_is_read() {
        for (limit, text, expected) in [
            (Limit::Memory, "1.5GiB", "1536M"),
            (Limit::Memory, "75%", "75%"),
            (Limit::Memory, "none", "none"),
            (Limit::Cpus, "0.50", "0.5"),
            (Limit::Cpus, "20", "20"),
            (Limit::Processes, "4096", "4096"),
            (Limit::OpenFiles, "1024", "1024"),
            (Limit::RunTime, "90m", "1h 30m"),
            (Limit::Tmp, "2097153", "2097153"),
            (Limit::Disk, "1024G", "1T"),
        ] {
            let mut choices = LimitChoices::default();
            limit.choose(Some(text), &mut choices).unwrap();
            let written = limit.text(&choices).unwrap();
            assert_eq!(written, expected);
            let mut again = LimitChoices::default();
            limit.choose(Some(&written), &mut again).unwrap();
            assert_eq!(again, choices);
            limit.choose(None, &mut choices).unwrap();
            assert_eq!((limit.text(&choices), choices), (None, LimitChoices::default()));
        }
    }

    #[test]
    fn what_is_no_limit_changes_nothing() {
        for limit in Limit::ALL {
            assert_eq!(
                limit.in_force(&ResourceLimits::default()) == "none",
                limit != Limit::Tmp
            );
            let mut choices = LimitChoices::default();
            let error = limit.choose(Some("a lot"), &mut choices).unwrap_err();
            assert!(error.to_string().ends_with("or `none`"), "{error}");
            assert_eq!(choices, LimitChoices::default());
        }
    }
}
