//! What a run can be told: the options of `run` and `shell`.

use std::ffi::OsString;
use std::path::PathBuf;

use askbox_policy::resource_limits::{self, Bound, Memory};
use askbox_policy::{LimitChoices, NeighbourPattern, Pin, Switches};
use askbox_wire::{EnvironmentOption, NetworkChoice, OsText, RunOptions};
use clap::Args;

use super::{PortArgs, parse};

/// Of `askbox run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) options: SessionArgs,
    /// The command and its arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Of `askbox shell`.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    #[command(flatten)]
    pub(crate) options: SessionArgs,
}

/// The options of one session. Patterns stay text: the daemon knows home directory and project.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SessionArgs {
    /// How much is allowed without asking
    #[arg(long, value_name = "NAME", value_parser = ["minimal", "moderate", "development"])]
    pub(crate) preset: Option<String>,
    /// Let the command use the login, state and domains of this profile (askbox profiles), or `none`; without it the
    /// command's own profile is one question
    #[arg(long, value_name = "NAME", value_parser = parse::profile_parser())]
    pub(crate) profile: Option<String>,
    /// Allow a host in this session: example.com, *.example.com, **.example.com:443, 192.0.2.0/24, or example.com:27015/udp for
    /// UDP
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_domain: Vec<String>,
    /// Deny a host in this session
    #[arg(long, value_name = "HOST")]
    pub(crate) block_domain: Vec<String>,
    /// Let a file or a directory be read
    #[arg(long, value_name = "PATH")]
    pub(crate) allow_read: Vec<String>,
    /// Let a file or a directory be changed
    #[arg(long, value_name = "PATH")]
    pub(crate) allow_write: Vec<String>,
    /// Let a program be started; those of the system, of toolchains and of the project need no question
    #[arg(long, value_name = "PATH")]
    pub(crate) allow_execute: Vec<String>,
    /// Deny a file or a directory, of the project one that is there when the session starts
    #[arg(long, value_name = "PATH")]
    pub(crate) deny_path: Vec<String>,
    /// Let the session use a neighbour: ssh-agent (it sees the keys; each signature is a question), ssh-sign KEY HOST (it
    /// signs; KEY and HOST may be *), socket PATH (as --socket), dbus NAME (one
    /// service of your session bus, such as org.example.Service), wayland or x11 (windows
    /// of its own on your display) or x11-trusted (all of your display: every window, every key)
    #[arg(long, value_name = "NEIGHBOUR", value_parser = str::parse::<NeighbourPattern>)]
    pub(crate) with: Vec<NeighbourPattern>,
    /// Let the session connect to a socket of this machine by its path (a stream socket; descriptors are not passed on)
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Vec<OsString>,
    #[command(flatten)]
    pub(crate) switches: SwitchArgs,
    /// Never ask: deny whatever would be a question
    #[arg(long)]
    pub(crate) non_interactive: bool,
    /// Send connections for HOST and PORT to ADDRESS, as in curl; this permits the address
    #[arg(long, value_name = "HOST:PORT:ADDRESS", value_parser = parse::pin)]
    pub(crate) resolve: Vec<Pin>,
    #[command(flatten)]
    pub(crate) ports: PortArgs,
    /// Pass an environment variable on, or set it
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = parse::environment_parser())]
    pub(crate) env: Vec<EnvironmentOption>,
    /// The project, where it is not the working directory
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
    /// Most memory of all programs together: 512M, 8G, 50% of the machine's, or `none`; more ends the session
    #[arg(long, value_name = "SIZE", value_parser = resource_limits::memory)]
    pub(crate) memory: Option<Bound<Memory>>,
    /// Most processors: 2, 0.5, or `none`
    #[arg(long, value_name = "N", value_parser = resource_limits::cpus)]
    pub(crate) cpus: Option<Bound<u64>>,
    /// Most processes and threads, or `none`; starting more fails
    #[arg(long, value_name = "N", value_parser = resource_limits::processes)]
    pub(crate) pids: Option<Bound<u64>>,
    /// End the session after this time (30s, 2h), with exit status 124 as timeout(1), or `none`
    #[arg(long, value_name = "TIME", value_parser = resource_limits::run_time)]
    pub(crate) timeout: Option<Bound<u64>>,
    /// Most growth of the project and the session's private homes on disk: 500M, 20G, or `none`; at that the session is
    /// frozen, and you are asked whether it may grow more
    #[arg(long, value_name = "SIZE", value_parser = resource_limits::size)]
    pub(crate) disk: Option<Bound<u64>>,
    /// How programs reach the network: `capture` takes every connection, whatever a program does; `proxy` sets `http_proxy`
    /// and the like and lets nothing else through; `auto` captures where the machine can do that
    #[arg(long, value_name = "HOW", value_parser = parse::network_parser(), default_value = "auto", hide_short_help = true)]
    pub(crate) network: NetworkChoice,
    /// A name for the session, shown in its questions
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Print no notices
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// Walls that can be taken down.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SwitchArgs {
    /// Let programs inside make sandboxes of their own, as bwrap, Chromium and agents do (docs/security.md says what that
    /// opens)
    #[arg(long)]
    pub(crate) nested_sandbox: bool,
    /// Let programs inside stop, read and change each other: gdb, strace
    #[arg(long)]
    pub(crate) debugger: bool,
}

impl From<SessionArgs> for RunOptions {
    fn from(arguments: SessionArgs) -> Self {
        Self {
            preset: arguments.preset,
            profile: arguments.profile,
            allow_domain: arguments.allow_domain,
            block_domain: arguments.block_domain,
            allow_read: arguments.allow_read,
            allow_write: arguments.allow_write,
            allow_execute: arguments.allow_execute,
            deny_path: arguments.deny_path,
            with: arguments.with,
            socket: arguments.socket.into_iter().map(OsText::from).collect(),
            switches: Switches {
                nested_sandbox: arguments.switches.nested_sandbox,
                debugger: arguments.switches.debugger,
            },
            non_interactive: arguments.non_interactive,
            resolve: arguments.resolve,
            host_port: arguments.ports.host_port,
            publish: arguments.ports.publish,
            env: arguments.env,
            project: arguments.project.map(OsText::from),
            name: arguments.name,
            limits: LimitChoices {
                memory: arguments.memory,
                cpus: arguments.cpus,
                processes: arguments.pids,
                run_time_ms: arguments.timeout,
                disk: arguments.disk,
                ..LimitChoices::default()
            },
            network: arguments.network,
            quiet: arguments.quiet,
        }
    }
}
