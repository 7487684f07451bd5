//! What can be done with settings.

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
  askbox settings set block_lists ~/lists/ads.txt ~/lists/trackers.txt")]
    Set {
        /// Which
        key: SettingsKey,
        /// Its value; kinds of request and files as many as there are, none empties the list
        #[arg(value_name = "VALUE")]
        values: Vec<std::ffi::OsString>,
    },
}

/// A setting by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum SettingsKey {
    /// minimal, moderate or development
    Preset,
    /// Kinds of request that need no question: network, read, write, execute
    AutoApprove,
    /// How long a question holds its requests
    QuestionTimeout,
    /// How long an answer holds that names no time
    DefaultExpiry,
    /// Files with names to deny
    BlockLists,
}
