//! What can be done with settings.

use askbox_policy::Limit;
use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};

/// Of `askbox settings`.
#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SettingsCommand>,
    /// Print JSON: the settings in force
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// One of the things to do with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// List the settings in force
    List,
    /// Write a setting into policy.toml
    #[command(after_help = "Examples:
  askbox settings set preset moderate
  askbox settings set auto_approve read execute
  askbox settings set auto_approve             nothing is approved unasked
  askbox settings set question_timeout 90s
  askbox settings set default_expiry 8h
  askbox settings set block_lists ~/lists/ads.txt ~/lists/trackers.txt
  askbox settings set limits.memory 4G
  askbox settings set limits.memory            the preset's holds again")]
    Set {
        /// Which
        key: SettingsKey,
        /// Its value; kinds of request and files as many as there are, none empties the list. A limit without one is taken out
        #[arg(value_name = "VALUE")]
        values: Vec<std::ffi::OsString>,
    },
}

/// A setting by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingsKey {
    /// The preset of sessions that choose none.
    Preset,
    /// Kinds of request that need no question.
    AutoApprove,
    /// How long a question holds its requests.
    QuestionTimeout,
    /// How long an answer holds that names no time.
    DefaultExpiry,
    /// Files with names to deny.
    BlockLists,
    /// What a session may use.
    Limit(Limit),
}

impl SettingsKey {
    /// Its name and what it is, for help.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Preset => ("preset", "minimal, moderate or development"),
            Self::AutoApprove => (
                "auto_approve",
                "Kinds of request that need no question: network, read, write, execute",
            ),
            Self::QuestionTimeout => ("question_timeout", "How long a question holds its requests"),
            Self::DefaultExpiry => ("default_expiry", "How long an answer holds that names no time"),
            Self::BlockLists => ("block_lists", "Files with names to deny"),
            Self::Limit(Limit::Memory) => ("limits.memory", "2G, 75% of the machine's, or none"),
            Self::Limit(Limit::Cpus) => ("limits.cpus", "Processors, 0.5 for half of one, or none"),
            Self::Limit(Limit::Processes) => ("limits.processes", "Processes and threads, or none"),
            Self::Limit(Limit::OpenFiles) => ("limits.open_files", "Open files of one process, or none"),
            Self::Limit(Limit::RunTime) => ("limits.run_time", "30m, 2h, or none"),
            Self::Limit(Limit::Tmp) => ("limits.tmp", "What fits into /tmp: 500M, 2G"),
            Self::Limit(Limit::Disk) => ("limits.disk", "Growth on disk: 500M, 20G, or none"),
        }
    }
}

impl ValueEnum for SettingsKey {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Preset,
            Self::AutoApprove,
            Self::QuestionTimeout,
            Self::DefaultExpiry,
            Self::BlockLists,
            Self::Limit(Limit::Memory),
            Self::Limit(Limit::Cpus),
            Self::Limit(Limit::Processes),
            Self::Limit(Limit::OpenFiles),
            Self::Limit(Limit::RunTime),
            Self::Limit(Limit::Tmp),
            Self::Limit(Limit::Disk),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = self.words();
        Some(PossibleValue::new(name).help(help))
    }
}
