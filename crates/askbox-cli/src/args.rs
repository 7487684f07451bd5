//! The command line: what can be typed, what it means, and the help that teaches it. Parses, and does nothing else.

use askbox_policy::resource_limits::{self, Bound};
use clap::{Args, Parser, Subcommand, ValueEnum};

mod answer;
mod denying;
mod log;
mod parse;
mod ports;
mod proxy_login;
mod rules;
mod session;
mod settings;

pub(crate) use answer::{AnswerArgs, EVERY_SESSION, Lasting, QuestionsArgs};
pub(crate) use denying::{LockdownArgs, LockdownState, PauseArgs, PauseTime};
pub(crate) use log::{ExportFormat, LogArgs, LogCommand, Since};
pub(crate) use ports::{ChangePortsArgs, PortArgs, PortsArgs, PortsCommand};
pub(crate) use proxy_login::ProxyLoginArgs;
pub(crate) use rules::{AddRuleArgs, RulesArgs, RulesCommand};
pub(crate) use session::{RunArgs, SessionArgs, ShellArgs};
pub(crate) use settings::{SettingsArgs, SettingsCommand, SettingsKey};

/// Run a program in a sandbox that asks
///
/// The program sees its project and little else. Whatever it wants beyond that waits, until you allow or deny it.
#[derive(Debug, Parser)]
#[command(
    name = "askbox",
    version,
    max_term_width = 80,
    after_help = "Start here:
  askbox run -- npm install       run a command; its connections ask
  askbox questions                see what waits (in another terminal)
  askbox allow 7                  let it through
  askbox log                      see what happened

Everything has help: askbox help run"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One of the things to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a command in a sandbox
    ///
    /// The exit code is the command's own: 128 + n when signal n ended it, 126 when it cannot be started, 127 when
    /// there is no such program. 125 means that Askbox itself failed.
    #[command(
        visible_alias = "exec",
        after_help = "Examples:
  askbox run -- npm install
  askbox run --allow-domain '**.example.com' -- npm install
  askbox run --allow-read ~/.config/app --deny-path ./keys -- ./build
  askbox run --resolve api.test:443:127.0.0.1 -- curl https://api.test
  askbox run --host-port 5432 --publish 3000 -- npm run dev
  askbox run --non-interactive --preset moderate -- make test
  askbox run --profile none -- claude"
    )]
    Run(RunArgs),

    /// Open an interactive shell in a sandbox
    ///
    /// It is $SHELL where the system brings that, and /bin/sh otherwise. Everything else is as in `askbox run`.
    #[command(after_help = "Example:
  askbox shell --project ~/src/app --name review")]
    Shell(ShellArgs),

    /// List what waits for your answer, and below it what nobody answered
    ///
    /// A question stays answerable when the program that asked has given up: its next try goes through.
    #[command(after_help = "Examples:
  askbox questions
  askbox questions --follow
  askbox questions --json | jq -r '.[].targets[]'
  askbox questions --resume       let a session ask again that asked too much

--json prints an array of objects with id, revision, kind, targets,
process, project, session, expires and more. With --follow it is one
object a line with one field: question_opened, question_changed,
question_closed, missed, session_quiet, paused, lockdown, or lagged when
events were lost.")]
    Questions(QuestionsArgs),

    /// Let a request through
    ///
    /// Covers exactly what the question lists, for this project, for the time that policy.toml gives as
    /// `default_expiry` (one hour where it says nothing). Growth on disk is allowed by as much again, or with --session
    /// without limit.
    #[command(after_help = "Examples:
  askbox allow 7                  for an hour, in this project
  askbox allow 7 --once           what waits now, and this process's retries
  askbox allow 7 --for 1d --everywhere
  askbox allow 7 --always --widen the whole domain or directory, as a rule")]
    Allow(AnswerArgs),

    /// Refuse a request
    ///
    /// The same choices as `askbox allow`: a denial ends by itself too, unless it is for always.
    #[command(after_help = "Examples:
  askbox deny 7
  askbox deny 7 --always --widen")]
    Deny(AnswerArgs),

    /// Ask nobody for a while, and deny what would be asked
    ///
    /// What rules and remembered answers decide goes on as ever, and questions that are open stay open. What is denied is
    /// listed by `askbox questions` and can be answered there. A pause ends by itself, and with the daemon.
    #[command(after_help = "Examples:
  askbox pause                    for 15 minutes
  askbox pause 2h
  askbox pause off")]
    Pause(PauseArgs),

    /// Deny everything at once, until you end it
    ///
    /// Every request of every session is denied, whatever rules, answers, flags and presets say; connections and files that
    /// are open are cut, questions are closed as missed, and no session starts. It lasts through restarts. What a session
    /// has natively stays: its project, the toolchains, its own homes. `askbox stop --all` ends the sessions.
    #[command(after_help = "Examples:
  askbox lockdown on
  askbox lockdown off")]
    Lockdown(LockdownArgs),

    /// Show and change the rules of policy.toml
    ///
    /// Without a subcommand it lists rules and remembered answers. policy.toml can be edited by hand as well; changes
    /// count within seconds, and comments survive.
    #[command(after_help = "Examples:
  askbox rules
  askbox rules add allow network '*.example.com:443'
  askbox rules add deny read ~/secrets --note 'never'
  askbox rules remove 0f3a9c2b1d
  askbox rules export > policy.toml")]
    Rules(RulesArgs),

    /// Show and change the settings of policy.toml
    ///
    /// Without a subcommand it lists them. Comments in policy.toml survive; a value that makes no sense is refused.
    #[command(after_help = "Examples:
  askbox settings
  askbox settings set preset moderate
  askbox settings set question_timeout 90s

--json prints an object with preset, auto_approve, question_timeout_ms,
default_expiry_ms, questions_per_minute, block_lists (path, problem),
limits (of sessions that say nothing of them), upstream_proxy,
managed (what your administrator set) and file.")]
    Settings(SettingsArgs),

    /// Keep name and password for the proxy of policy.toml
    ///
    /// Asks for both, or reads one line NAME:PASSWORD from standard input. They are kept in your keyring (Secret Service), and
    /// in a file that only you may read where there is none. New connections use them at once.
    #[command(after_help = "Examples:
  askbox proxy-login
  pass show office-proxy | askbox proxy-login     one line, NAME:PASSWORD
  askbox proxy-login --remove

The proxy itself is `upstream_proxy` in [network] of policy.toml.")]
    ProxyLogin(ProxyLoginArgs),

    /// Ask the keyring for the daemon: one order from standard input
    #[command(name = askbox_daemon::ASK_KEYRING, hide = true)]
    AskKeyring,

    /// List the profiles: what known programs need, and what each opens
    ///
    /// `askbox run PROGRAM` asks one question about the profile of its program. It is allowed for a session, a time or
    /// always like everything else; what it opens is open to everything in that session.
    #[command(after_help = "Examples:
  askbox profiles
  askbox run --profile claude -- ./wrapper
  askbox rules add deny profile git

--json prints an array of objects with name, title, programs, login,
settings, state and domains.")]
    Profiles(JsonArgs),

    /// Take back an answer that is still remembered
    ///
    /// What lives on it ends at once: open connections are cut.
    #[command(after_help = "Examples:
  askbox revoke k7m2x9qa4d
  askbox revoke --all")]
    Revoke(RevokeArgs),

    /// Trust the .askbox.toml of a project as it is now
    ///
    /// Without trust such a file may only forbid and ask. Any change of the file ends the trust.
    #[command(after_help = "Example:
  askbox trust ~/src/app

Such a file holds what policy.toml does, for one project: [[rule]] tables,
preset, [sandbox] and [limits], of which limits only tighten.
  preset = \"moderate\"
  [[rule]]
  effect = \"allow\"
  network = \"example.com\"

--json prints an object: path, digest, rules (as `askbox rules list --json`)
and settings, an array of name, value (null where ignored) and outcome
(loosens, tightens or ignored).")]
    Trust(TrustArgs),

    /// List the sessions that run
    #[command(after_help = "Example:
  askbox sessions --json | jq -r '.[].id'")]
    Sessions(JsonArgs),

    /// Show the programs of a session as a tree, with their beginnings, and those that ended
    #[command(after_help = "Examples:
  askbox processes 7d3k9xq2
  askbox processes 7d3k9xq2 --ended --json | jq '.ended.latest[].how'

--json prints an object with processes (pid, parent, display, started),
is_cut, connections and ended: null where nobody hears of starts, else
latest (pid, display, started, ended, how: {\"exited\": STATUS},
{\"killed\": SIGNAL}, \"replaced\" by another program, or \"unknown\"),
before (how many ended before those) and unwatched (how many there were
whose end nobody waited for).")]
    Processes(ProcessesArgs),

    /// Show and change the ports that sessions share with this machine
    ///
    /// `--host-port` lets a session reach a service on this machine's loopback, `--publish` lets this machine reach a server of
    /// the session. Both can be said to `askbox run` too. Every connection is logged.
    #[command(after_help = "Examples:
  askbox ports
  askbox ports add 7d3k9xq2 --host-port 5432
  askbox ports add 7d3k9xq2 --publish 8080:3000
  askbox ports remove 7d3k9xq2 --host-port 5432")]
    Ports(PortsArgs),

    /// End a session and everything in it
    ///
    /// Its programs are asked to end, and killed after 5 seconds.
    #[command(after_help = "Examples:
  askbox stop 7d3k9xq2
  askbox stop 7d3k9xq2 --now
  askbox stop --all")]
    Stop(StopArgs),

    /// Let a session go on that is frozen, since it grew on disk by more than it may
    ///
    /// Answers the question about that, as `askbox allow` does, with an amount.
    #[command(after_help = "Examples:
  askbox thaw 7d3k9xq2
  askbox thaw 7d3k9xq2 --disk 20G")]
    Thaw(ThawArgs),

    /// Show the window of the desktop app
    ///
    /// Starts the app where it does not run.
    #[command(after_help = "Examples:
  askbox open
  askbox open activity")]
    Open(OpenArgs),

    /// Show what a session changed that runs outside, and put it back
    ///
    /// That is names that git, editors, agents and shells obey on the host, the scripts of package.json, and programs in
    /// `node_modules/.bin` and virtual environments. Without a session it is the last one of this project, or the last one.
    /// Nothing is executed. Exit code 1 when something could not be put back.
    #[command(after_help = "Examples:
  askbox review
  askbox review 7d3k9xq2
  askbox review --revert                  put everything back
  askbox review --revert .vscode .envrc   only these

Only what is still as the session left it is put back; a session that
still runs has to end first. A PATH may be given as it is shown, or as in
--json, in quotes where it has a backslash.

--json prints an object: session, project, started, ended (null while it
runs), complete (false when there may be more), and changes, an array of
path, part (guarded, named, scripts or program), change (created, changed,
removed or unknown), node (file, directory, link, other or null for
nothing), diff (harmless text, or null), revert (possible, done or
refused) and reason (why it is refused, or null).")]
    Review(ReviewArgs),

    /// Show what was allowed and denied
    ///
    /// Works with or without a running daemon. Times are UTC.
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:
  askbox log --denied --since 1h
  askbox log --follow
  askbox log --json --session 7d3k9xq2
  askbox log verify
  askbox log export --format ocsf --since 1d > log.jsonl

--json prints one event a line: seq, time, session, project, kind, target,
verdict, by, process {pid, exe, command}, bytes_in, bytes_out; where they
apply also action, detail, question and grant.

`askbox log verify --json` prints an object: intact, and either events,
checkpoint, signature (good, unchecked or nobody), signed_since, signed
(numbers of events), key_file (where no keyring has the key) and
unsigned_reason, or broken_at and reason. Exit code 1 when the log is not
what Askbox wrote."
    )]
    Log(LogArgs),

    /// Say how the daemon is
    ///
    /// Exit code 1 when none runs.
    #[command(after_help = "Example:
  askbox status --json | jq .policy.preset")]
    Status(JsonArgs),

    /// Run the daemon in the foreground, end it, or start it anew
    ///
    /// Rarely needed: `askbox run` starts one when none runs. When the daemon ends, every session ends with it.
    #[command(after_help = "Examples:
  askbox daemon --restart         after an update
  ASKBOX_LOG=debug askbox daemon  to watch it")]
    Daemon(DaemonArgs),

    /// Check that this machine can run sandboxes
    ///
    /// Names the cause and one fix for everything that is broken. Exit code 1 when something needed is.
    #[command(after_help = "Example:
  askbox doctor --json | jq '.[] | select(.state == \"problem\")'")]
    Doctor(JsonArgs),

    /// Print the completions of a shell
    #[command(after_help = "Examples:
  askbox completions bash > ~/.local/share/bash-completion/completions/askbox
  askbox completions fish > ~/.config/fish/completions/askbox.fish")]
    Completions(CompletionsArgs),

    /// Print the manual page
    #[command(after_help = "Examples:
  askbox man | man -l -
  askbox man run | man -l -")]
    Man(ManArgs),
}

/// Of a command that has nothing but a choice of output.
#[derive(Debug, Args)]
pub(crate) struct JsonArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of `askbox revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The remembered answer, as `askbox rules` names it
    #[arg(required_unless_present = "all")]
    pub(crate) id: Option<String>,
    /// Take back every remembered answer
    #[arg(long, conflicts_with = "id")]
    pub(crate) all: bool,
    /// Print JSON: an object with `revoked`, the number of them
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of `askbox trust`.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// The project
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) directory: std::path::PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of `askbox stop`.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    /// The session, as `askbox sessions` names it
    #[arg(required_unless_present = "all")]
    pub(crate) id: Option<String>,
    /// End every session
    #[arg(long, conflicts_with = "id")]
    pub(crate) all: bool,
    /// Kill at once, and ask nothing first
    #[arg(long)]
    pub(crate) now: bool,
    /// Print JSON: an object with `stopped`, the number of them
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of `askbox review`.
#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    /// The session
    pub(crate) session: Option<String>,
    /// Put back what changed, all of it or what is named and below
    #[arg(long, value_name = "PATH", num_args = 0..)]
    pub(crate) revert: Option<Vec<std::path::PathBuf>>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of `askbox open`.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// The view
    #[arg(value_enum, default_value = "questions")]
    pub(crate) view: OpenView,
}

/// A view of the window.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OpenView {
    /// Open and missed questions
    Questions,
    /// Rules and remembered answers
    Rules,
    /// Running and past sessions
    Sessions,
    /// The log
    Activity,
    /// Settings
    Settings,
}

/// Of `askbox processes`.
#[derive(Debug, Args)]
pub(crate) struct ProcessesArgs {
    /// The session, as `askbox sessions` names it
    pub(crate) id: String,
    /// List programs that ended as well, the latest 512, with their end and how they ended
    #[arg(long)]
    pub(crate) ended: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of `askbox thaw`.
#[derive(Debug, Args)]
pub(crate) struct ThawArgs {
    /// The session, as `askbox sessions` names it
    pub(crate) id: String,
    /// By how much more it may grow; without it, by as much as before
    #[arg(long, value_name = "SIZE", value_parser = resource_limits::size)]
    pub(crate) disk: Option<Bound<u64>>,
}

/// Of `askbox daemon`.
#[derive(Debug, Args)]
#[group(multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own")]
pub(crate) struct DaemonArgs {
    /// End the running daemon, if any, and start one in the background
    #[arg(long)]
    pub(crate) restart: bool,
    /// End the running daemon and every session
    #[arg(long)]
    pub(crate) stop: bool,
    /// Start one in the background unless one runs
    #[arg(long)]
    pub(crate) start: bool,
    /// Leave the terminal, and say on standard output when the socket accepts
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
}

/// Of `askbox completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Of `askbox man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page of one command; without it the page of askbox itself
    pub(crate) command: Option<String>,
}

#[cfg(test)]
mod tests;
