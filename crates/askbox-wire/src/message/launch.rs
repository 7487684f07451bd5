//! What the daemon must know to plan a session, and the descriptors that come back from its launch.

use askbox_policy::{LimitChoices, NeighbourPattern, Pin, Port, Publish, Switches};
use serde::{Deserialize, Serialize};

use super::{CallerDesktop, Network};
use crate::OsText;

/// A command to run in a sandbox. Of the caller's environment the daemon learns the names only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchRequest {
    /// The command, at least one word.
    pub argv: Vec<OsText>,
    /// The file that the command names: the caller looks through its PATH. `None` where it finds none.
    pub program: Option<OsText>,
    /// The caller's working directory.
    pub cwd: OsText,
    /// What was asked for on the command line.
    pub options: RunOptions,
    /// The names of the caller's environment variables.
    pub env_names: Vec<OsText>,
    /// The directories of the caller's PATH, as they are written there: relative ones count by the working directory.
    #[serde(default)]
    pub search: Vec<OsText>,
    /// The caller's user; the daemon refuses any but its own.
    pub uid: u32,
    /// Which of the caller's standard streams are terminals.
    pub terminals: Terminals,
    /// The launch child: all that runs inside descends from it. `None` where there is none yet.
    pub child: Option<u32>,
    /// The socket of the caller's ssh agent; `None` where the caller has none.
    #[serde(default)]
    pub ssh_agent: Option<OsText>,
    /// What the caller has of a desktop.
    #[serde(default)]
    pub desktop: CallerDesktop,
}

/// `--profile none`: the command's own is not offered.
pub const NO_PROFILE: &str = "none";

/// The options of `askbox run`. Patterns are parsed by the daemon, which knows home directory and project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunOptions {
    /// A preset by name.
    pub preset: Option<String>,
    /// A profile by name, which is allowed then, or [`NO_PROFILE`]; `None` is that of the command, as rules and answers say.
    pub profile: Option<String>,
    /// Host patterns that are allowed in this session.
    pub allow_domain: Vec<String>,
    /// Host patterns that are denied in this session.
    pub block_domain: Vec<String>,
    /// Path patterns that may be read; relative ones start at `cwd`.
    pub allow_read: Vec<String>,
    /// Path patterns that may be changed.
    pub allow_write: Vec<String>,
    /// Path patterns of programs that may be started.
    pub allow_execute: Vec<String>,
    /// Path patterns that are denied, for reading, writing and starting.
    pub deny_path: Vec<String>,
    /// Neighbours that this session may use.
    pub with: Vec<NeighbourPattern>,
    /// Sockets of the host that this session may connect to; relative ones start at `cwd`.
    pub socket: Vec<OsText>,
    /// The walls that this run wants down.
    pub switches: Switches,
    /// Deny what would be a question.
    pub non_interactive: bool,
    /// Names pinned to addresses, as curl's `--resolve`.
    pub resolve: Vec<Pin>,
    /// Services on the host's loopback that the session reaches on its own.
    pub host_port: Vec<Port>,
    /// Servers of the session that the host reaches.
    pub publish: Vec<Publish>,
    /// Environment variables beyond the allow-list.
    pub env: Vec<EnvironmentOption>,
    /// The project, where it is not `cwd`; a relative one starts there.
    pub project: Option<OsText>,
    /// A name for the session.
    pub name: Option<String>,
    /// What the session may use of the machine.
    pub limits: LimitChoices,
    /// How its programs are to reach the network.
    pub network: NetworkChoice,
    /// No notices on the terminal.
    pub quiet: bool,
}

/// How the programs of a session are to reach the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkChoice {
    /// Captured where the machine can do that, and else by a proxy.
    #[default]
    Auto,
    /// Captured; where the machine cannot do that, no session starts.
    Capture,
    /// By a proxy.
    Proxy,
}

/// `--env NAME` or `--env NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentOption {
    /// The variable.
    pub name: String,
    /// Its value; `None` takes the caller's.
    pub value: Option<OsText>,
}

/// Which of the standard streams are terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// What a descriptor on a [`Serve`](super::Request::Serve) frame is. All listeners live inside the sandbox's network
/// namespace and listen already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Descriptor {
    /// Listener for captured IPv4 connections.
    Tcp4,
    /// Listener for captured IPv6 connections.
    Tcp6,
    /// The same for IPv4 connections to the session's proxy, where none are captured.
    Proxy4,
    /// And for IPv6.
    Proxy6,
    /// Datagram socket for DNS over IPv4.
    DnsUdp4,
    /// Datagram socket for DNS over IPv6.
    DnsUdp6,
    /// Listener for DNS over TCP and IPv4.
    DnsTcp4,
    /// Listener for DNS over TCP and IPv6.
    DnsTcp6,
    /// Netlink socket for diagnostics of the sandbox's sockets: who holds which.
    Diagnostics,
    /// Netlink socket on which the kernel tells of packets that the sandbox's rules reject. Where the kernel cannot, it
    /// tells of none.
    Rejected,
    /// Write end of the pipe whose end of file makes askbox-init end everything.
    Leash,
    /// Listener for what wants the user's ssh agent.
    SshAgent,
    /// The root that the launch builds, as a place: what a path inside leads to.
    Root,
    /// The device of the asking file system, mounted already. Only where the machine has FUSE.
    Files,
    /// Listener for starts of programs. Only where the kernel has such, and lets their paths be read.
    Starts,
}

impl Descriptor {
    /// What a launch sends. [`Self::Files`] and [`Self::Starts`] come along where they can be had.
    pub fn of(network: Network) -> &'static [Self] {
        match network {
            Network::Captured => &Self::CAPTURED,
            Network::Proxy => &Self::BY_PROXY,
        }
    }

    /// Those of a launch whose network is captured.
    pub const CAPTURED: [Self; 11] = [
        Self::Tcp4,
        Self::Tcp6,
        Self::DnsUdp4,
        Self::DnsUdp6,
        Self::DnsTcp4,
        Self::DnsTcp6,
        Self::Diagnostics,
        Self::Rejected,
        Self::Leash,
        Self::SshAgent,
        Self::Root,
    ];

    /// Those of a launch whose programs reach the network by a proxy.
    pub const BY_PROXY: [Self; 10] = [
        Self::Proxy4,
        Self::Proxy6,
        Self::DnsUdp4,
        Self::DnsUdp6,
        Self::DnsTcp4,
        Self::DnsTcp6,
        Self::Diagnostics,
        Self::Leash,
        Self::SshAgent,
        Self::Root,
    ];
}
