//! What can be said about questions.

use std::time::Duration;

use clap::Args;

use super::parse;

/// What `--resume` stands for without a session; no session has this name.
pub(crate) const EVERY_SESSION: &str = "all";

/// Of `askbox questions`.
#[derive(Debug, Args)]
pub(crate) struct QuestionsArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Stay, and print what changes
    #[arg(long)]
    pub(crate) follow: bool,
    /// List only what nobody answered in time
    #[arg(long, conflicts_with = "follow")]
    pub(crate) missed: bool,
    /// Let sessions ask again that were silenced because they asked too much: one, or all
    #[arg(
        long,
        value_name = "SESSION",
        num_args = 0..=1,
        default_missing_value = EVERY_SESSION,
        conflicts_with_all = ["follow", "missed"]
    )]
    pub(crate) resume: Option<String>,
}

/// Of `askbox allow` and `askbox deny`.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// The question, as `askbox questions` names it
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) lasting: Lasting,
    /// Cover the whole domain, or the whole directory
    #[arg(long)]
    pub(crate) widen: bool,
    /// For every project, not this one alone
    #[arg(long)]
    pub(crate) everywhere: bool,
    /// The revision that `askbox questions` showed, where it showed one; what was added since stays a question
    #[arg(long, value_name = "N")]
    pub(crate) revision: Option<u32>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long an answer holds; none of them is the default of the policy.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Lasting {
    /// What waits now, and for ten minutes retries of the same process; where nothing waits, the next try
    #[arg(long)]
    pub(crate) once: bool,
    /// Until the session ends
    #[arg(long)]
    pub(crate) session: bool,
    /// For a time of at least a second: 30s, 10m, 1h, 2d
    #[arg(long = "for", value_name = "TIME", value_parser = parse::duration)]
    pub(crate) time: Option<Duration>,
    /// For good, as a rule in policy.toml
    #[arg(long)]
    pub(crate) always: bool,
}
