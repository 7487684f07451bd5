//! Sessions as front ends see them.

use askbox_policy::{Resource, ResourceLimits, SessionId, SharedPort, Switches};
use serde::{Deserialize, Serialize};

/// One sandboxed run: one object of `askbox sessions --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionView {
    /// Names it.
    pub id: SessionId,
    /// The name that it was given.
    pub name: Option<String>,
    /// The project's directory, for scripts.
    pub project: String,
    /// The command, for people. Harmless text.
    pub command: String,
    /// How far it is.
    pub state: SessionState,
    /// bwrap's process on the host, once it runs.
    pub pid: Option<u32>,
    /// When it was launched, RFC 3339.
    pub started: String,
    /// Whether it may ask.
    pub interactive: bool,
    /// The walls that are down in it.
    #[serde(default)]
    pub switches: Switches,
    /// Whether it asked so much that its new questions are denied without being shown, until it is resumed.
    #[serde(default)]
    pub quiet: bool,
    /// The ports that it shares with the host.
    #[serde(default)]
    pub ports: Vec<PortView>,
    /// Bytes that its connections carried into the sandbox so far.
    #[serde(default)]
    pub bytes_in: u64,
    /// Bytes that its connections carried out of the sandbox so far.
    #[serde(default)]
    pub bytes_out: u64,
    /// What it uses of the machine.
    #[serde(default)]
    pub usage: UsageView,
    /// What it may use.
    #[serde(default)]
    pub limits: ResourceLimits,
    /// Who holds it to that.
    #[serde(default)]
    pub enforcement: Enforcement,
    /// How its programs reach the network.
    #[serde(default)]
    pub network: Network,
}

/// What a session uses at this moment; `None` where nobody could say yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct UsageView {
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// Processors in use over the last second or so, in thousandths of one.
    pub cpus_thousandths: Option<u64>,
    /// Processes and threads.
    pub processes: Option<u64>,
    /// Bytes by which its project and its private homes grew.
    pub disk_bytes: Option<u64>,
}

/// Who holds a session to its limits of memory and processors. Those of processes, open files and /tmp are the kernel's
/// everywhere, those of disk and time the daemon's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// The daemon looks at its memory and ends it; it runs on as many processors as it may have, rounded up.
    #[default]
    Watched,
    /// The kernel, by a control group that systemd made for it.
    Scope,
}

/// How the programs of a session reach the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Whatever they do: every connection is turned around.
    #[default]
    Captured,
    /// By the session's own proxy, which they have to know. What goes anywhere else fails at once.
    Proxy,
}

/// Why a session is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// A person wanted it, or the daemon ends.
    Asked,
    /// It used more than it may.
    Limit(Resource),
}

/// A port that a session shares with the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PortView {
    /// Who serves there.
    pub served_by: ServedBy,
    /// The address on the host; `None` is its loopback.
    pub address: Option<String>,
    /// The port on the host.
    pub port: u16,
    /// The port inside, on the session's loopback.
    pub inside: u16,
}

/// Who serves at a shared port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ServedBy {
    /// A service of the host, which the session reaches (`--host-port`).
    Host,
    /// A server of the session, which the host reaches (`--publish`).
    Session,
}

impl From<SharedPort> for PortView {
    fn from(shared: SharedPort) -> Self {
        match shared {
            SharedPort::Host(port) => Self {
                served_by: ServedBy::Host,
                address: None,
                port: port.get(),
                inside: port.get(),
            },
            SharedPort::Published(publish) => Self {
                served_by: ServedBy::Session,
                address: publish.address.map(|address| address.to_string()),
                port: publish.port.get(),
                inside: publish.inside.get(),
            },
        }
    }
}

/// What a session is doing at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Inspection {
    /// Its processes, parents before children.
    pub processes: Vec<ProcessNode>,
    /// Whether there are more than are listed.
    pub is_cut: bool,
    /// Open connections.
    pub connections: usize,
    /// Its programs that ended; unknown where nobody hears of their starts.
    #[serde(default)]
    pub ended: Option<EndedPrograms>,
}

/// Programs of a session that ended. Those that a sandbox inside started, and those that began no program of their own, such as a
/// part of a shell, are not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EndedPrograms {
    /// The latest first, as many as were wanted.
    pub latest: Vec<EndedProgram>,
    /// How many ended before those.
    pub before: u64,
    /// How many were started while as many ran as are watched: when they end is not known.
    pub unwatched: u64,
}

/// A program that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EndedProgram {
    /// The id that its process had on the host.
    pub pid: u32,
    /// Its file, for people. Harmless text.
    pub display: String,
    /// When it was started, RFC 3339.
    pub started: String,
    /// When it ended, RFC 3339; of one that lived shorter than 20 ms, by when it had.
    pub ended: String,
    /// How.
    pub how: HowEnded,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HowEnded {
    /// By itself, with this status.
    Exited(u8),
    /// By this signal.
    Killed(u8),
    /// Its process started another program in its place.
    Replaced,
    /// The kernel did not say.
    Unknown,
}

/// One process of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProcessNode {
    /// Its id on the host.
    pub pid: u32,
    /// Its parent's, where that is one of the session too.
    pub parent: Option<u32>,
    /// Its command line, for people. Harmless text.
    pub display: String,
    /// When it started, RFC 3339; unknown where the kernel was slow to say.
    pub started: Option<String>,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Planned; its launch child builds the namespaces.
    Launching,
    /// Its listeners are served.
    Running,
    /// Nothing in it runs until a person says how it goes on: it grew on disk by more than it may.
    Frozen,
    /// It was told to end.
    Ending,
}

/// Which sessions to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// This one.
    Session(SessionId),
    /// Every one.
    All,
}
