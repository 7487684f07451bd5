//! What can be asked of the log.

use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand, ValueEnum};

use super::parse;

/// Of `askbox log`.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    pub(crate) command: Option<LogCommand>,
    /// Print JSON, one event a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Stay, and print what comes
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only what was denied
    #[arg(long)]
    pub(crate) denied: bool,
    /// Only this session
    #[arg(long, value_name = "SESSION")]
    pub(crate) session: Option<String>,
    /// Only what is newer: 1h, 2d, or a time such as 2026-05-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::since)]
    pub(crate) since: Option<Since>,
    /// Only the last N events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
}

/// One of the other things to do with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Check that nothing in the log was changed, inserted or deleted
    ///
    /// Exit code 1 when something was.
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the log to standard output, one event a line, each with its hash
    #[command(after_help = "Examples:
  askbox log export > log.jsonl
  askbox log export --format ocsf --since 1d")]
    Export {
        /// The format
        #[arg(long, default_value = "jsonl")]
        format: ExportFormat,
        /// Only what is newer: 1h, 2d, or a time such as 2026-05-01T12:00:00Z
        #[arg(long, value_name = "TIME", value_parser = parse::since)]
        since: Option<Since>,
    },
}

/// A format of `askbox log export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// The log's own JSON; each hash follows from the one before
    Jsonl,
    /// Events of the Open Cybersecurity Schema Framework, version 1.8.0
    Ocsf,
}

/// Where a look into the log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Ago(Duration),
    /// At this time.
    At(SystemTime),
}

impl Since {
    /// The same in milliseconds since 1970.
    pub(crate) fn milliseconds(self, now: SystemTime) -> u64 {
        let time = match self {
            Since::Ago(duration) => now.checked_sub(duration),
            Since::At(time) => Some(time),
        };
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
