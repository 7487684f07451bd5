//! What can be said about denying without asking: for a while, or until it is ended.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::parse;

/// Of `askbox pause`.
#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    /// How long (30s, 10m, 2h, from a second to a day), or off
    #[arg(value_name = "TIME|off", default_value = "15m", value_parser = parse::pause)]
    pub(crate) time: PauseTime,
    /// Print JSON: an object with `paused_until_ms`, milliseconds since 1970 or null
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long nobody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PauseTime {
    /// From now on.
    For(Duration),
    /// Not any longer.
    Off,
}

/// Of `askbox lockdown`.
#[derive(Debug, Args)]
pub(crate) struct LockdownArgs {
    /// Whether it holds from now on
    pub(crate) state: LockdownState,
    /// Print JSON: an object with `lockdown`, true or false
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whether everything is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LockdownState {
    /// Deny everything
    On,
    /// Let rules and answers decide again
    Off,
}
