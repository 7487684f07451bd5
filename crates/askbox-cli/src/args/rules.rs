//! What can be done with rules.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use askbox_policy::{Effect, Kind};
use clap::{Args, Subcommand};

use super::parse;

/// Of `askbox rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RulesCommand>,
    /// Print JSON: an object with `rules` and `grants`, the rule that was added, or one with `removed`, `policy` (export), or `added` and `known` (import)
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// One of the things to do with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules in force, and the answers that are remembered
    List,
    /// Write a rule into policy.toml
    #[command(after_help = "Examples:
  askbox rules add allow network '**.example.com:443'
  askbox rules add allow network printer.test
  askbox rules add allow network printer.test --address 192.168.1.5
  askbox rules add allow write '~/notes' --project ~/src/app
  askbox rules add deny read ~/secrets --expires 8h
  askbox rules add allow profile claude --project ~/src/app

A rule counts at once, in sessions that run too. What a session has natively
(the system, toolchains, its project) needs no question: of rules about files
only `deny read` counts there, for plain paths that exist when a session starts.")]
    Add(AddRuleArgs),
    /// Take a rule out of policy.toml
    #[command(after_help = "Example:
  askbox rules remove 0f3a9c2b1d")]
    Remove {
        /// The rule, as `askbox rules` names it
        id: String,
    },
    /// Print policy.toml as it is
    #[command(after_help = "Example:
  askbox rules export > policy.toml")]
    Export,
    /// Write the rules of another policy.toml into this one
    ///
    /// All of them or none; those that are there already stay once. Settings are not taken over.
    #[command(after_help = "Examples:
  askbox rules import policy.toml
  ssh other askbox rules export | askbox rules import -")]
    Import {
        /// The other policy.toml; - is standard input
        file: PathBuf,
    },
}

/// Of `askbox rules add`.
#[derive(Debug, Args)]
pub(crate) struct AddRuleArgs {
    /// What it does
    #[arg(value_parser = parse::effect_parser())]
    pub(crate) effect: Effect,
    /// What it is about
    #[arg(value_parser = parse::kind_parser())]
    pub(crate) kind: Kind,
    /// A host pattern (*.example.com:443, or example.com:27015/udp for UDP), a path pattern (~/notes, /opt/**/*.so; a relative one
    /// begins in the working directory), a profile (claude) or a neighbour (ssh-agent, ssh-sign KEY HOST, socket PATH, dbus NAME,
    /// wayland, x11, x11-trusted)
    pub(crate) pattern: String,
    /// Only about the host's being at this address, which is not public: a second question, after the one about the host itself.
    /// So it opens nothing alone; a rule for the host, or an answer, goes with it
    #[arg(long)]
    pub(crate) address: Option<IpAddr>,
    /// Only for this project
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
    /// Only for programs below this path (bin/tool begins in the working directory); not with allow, because programs can be made
    /// to lie
    #[arg(long, value_name = "PATH")]
    pub(crate) program: Option<String>,
    /// End by itself after this time, at least a second: 8h, 30d
    #[arg(long, value_name = "TIME", value_parser = parse::duration)]
    pub(crate) expires: Option<Duration>,
    /// Why, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}
