//! What a sandboxed program asks for: who, on behalf of which project, what.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::growth::Growth;
use crate::host::{Host, Port};
use crate::neighbour::Neighbour;
use crate::path_pattern::CanonicalPath;
use crate::profile::ProfileName;

/// One thing a sandboxed program wants, as it reaches the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The run that it belongs to.
    pub session: SessionId,
    /// The directory that the run is for.
    pub project: Project,
    /// Who asks.
    pub process: Process,
    /// What is asked for.
    pub target: Target,
}

/// An address that a person gave a destination by hand (`--resolve`), which permits it. It is not looked up, and may be any
/// address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The host as programs name it.
    pub host: Host,
    /// The port for which it holds.
    pub port: Port,
    /// Where connections to it go.
    pub address: IpAddr,
}

/// The name of one sandboxed run, unique on this machine; chosen by the daemon, never by the program inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionId(pub String);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The canonical working directory of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Project(pub PathBuf);

impl Project {
    /// The last component, for titles; the whole path where there is none.
    pub fn name(&self) -> String {
        self.0
            .file_name()
            .unwrap_or(self.0.as_os_str())
            .to_string_lossy()
            .into_owned()
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// The program behind a request, as far as it could be found out in time; nothing in here is proof of anything,
/// since a sandboxed program can make any executable say anything (`LD_PRELOAD`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process id on the host; 0 when unknown.
    pub pid: u32,
    /// Start time in clock ticks since boot (proc(5), field 22 of /proc/PID/stat); 0 when unknown. With the pid it
    /// names a process for good.
    pub started: u64,
    /// The executable as the program sees it.
    pub exe: Option<PathBuf>,
    /// The whole command line. Kept in memory and shown in prompts; the log gets a shortened form.
    pub command: Vec<String>,
    /// Further processes that hold the same socket, as `pid name`.
    pub others: Vec<String>,
    /// The programs that started it, nearest first, up to the session's own: shortened command lines, made harmless.
    #[serde(default)]
    pub ancestors: Vec<String>,
    /// Where it starts a script: the program that reads it, by the script's first line.
    #[serde(default)]
    pub interpreter: Option<PathBuf>,
}

impl Process {
    /// A request whose program could not be found out (it was gone, or reading it took too long).
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Whether it is known which process it is: by its pid and its start time.
    pub fn is_known(&self) -> bool {
        self.pid != 0 && self.started != 0
    }

    /// Whether both name the same process, and it is known which.
    pub fn is_same(&self, other: &Process) -> bool {
        self.is_known() && self.pid == other.pid && self.started == other.started
    }
}

/// The kinds of request that programs make, granted separately, and what the daemon asks by itself: about everything that a
/// profile names, and about growth on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A connection by TCP, to a published port too, or datagrams by UDP.
    Network,
    /// Reading a file or listing a directory.
    Read,
    /// Creating, changing, renaming or removing.
    Write,
    /// Starting a program.
    Execute,
    /// What a profile names, for the session of its program.
    Profile,
    /// Something of the user's desktop that a socket leads to, such as the ssh agent.
    Neighbour,
    /// More growth on disk than the session's limit says.
    Growth,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 7] = [
        Kind::Network,
        Kind::Read,
        Kind::Write,
        Kind::Execute,
        Kind::Profile,
        Kind::Neighbour,
        Kind::Growth,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Network => "network",
            Kind::Read => "read",
            Kind::Write => "write",
            Kind::Execute => "execute",
            Kind::Profile => "profile",
            Kind::Neighbour => "neighbour",
            Kind::Growth => "growth",
        })
    }
}

/// The text names no kind of request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kind of request is `network`, `read`, `write`, `execute`, `profile`, `neighbour` or `growth`")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or(UnknownKind)
    }
}

/// A host and a port, as the program named them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Destination {
    /// A name, or an address where the program used one.
    pub host: Host,
    /// The port.
    pub port: Port,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            host @ (Host::Name(_) | Host::Address(IpAddr::V4(_))) => write!(f, "{host}:{}", self.port),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A connection to a host.
    Network(Destination),
    /// Datagrams to a host, by UDP. Nobody is asked about it: a rule allows it, or nothing does.
    Datagrams(Destination),
    /// The second question: an allowed name that turned out to live on the local network.
    LocalNetwork {
        /// What the program asked for; already allowed.
        destination: Destination,
        /// The private address that it resolved to.
        address: IpAddr,
    },
    /// The other way round: a connection from the host to a server of the session, at this port inside. Nothing but
    /// [`crate::SharedPort::Published`] opens it, and nobody is asked about it.
    Published(Port),
    /// Reading a file or listing a directory.
    Read(CanonicalPath),
    /// Changing a file or directory.
    Write(CanonicalPath),
    /// Starting a program.
    Execute(CanonicalPath),
    /// Everything that a profile names, for the session whose command is its program. Asked by the daemon at the start,
    /// never by a program inside.
    Profile(ProfileName),
    /// One use of a neighbour.
    Neighbour(Neighbour),
    /// Growing on disk beyond a limit that the session has met. Asked by the daemon, which has frozen the session, and never
    /// by a program inside.
    Growth(Growth),
}

impl Target {
    /// Which of the permissions this needs.
    pub fn kind(&self) -> Kind {
        match self {
            Target::Network(_)
            | Target::Datagrams(_)
            | Target::LocalNetwork { .. }
            | Target::Published(_) => Kind::Network,
            Target::Read(_) => Kind::Read,
            Target::Write(_) => Kind::Write,
            Target::Execute(_) => Kind::Execute,
            Target::Profile(_) => Kind::Profile,
            Target::Neighbour(_) => Kind::Neighbour,
            Target::Growth(_) => Kind::Growth,
        }
    }
}

impl Target {
    /// The path that is asked for, where it is one.
    pub fn path(&self) -> Option<&CanonicalPath> {
        match self {
            Target::Network(_)
            | Target::Datagrams(_)
            | Target::LocalNetwork { .. }
            | Target::Published(_)
            | Target::Profile(_)
            | Target::Neighbour(_)
            | Target::Growth(_) => None,
            Target::Read(path) | Target::Write(path) | Target::Execute(path) => Some(path),
        }
    }
}

impl fmt::Display for Target {
    /// Plain text for the log. For people, pass it through [`crate::display`] first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Network(destination) => write!(f, "{destination}"),
            Target::Datagrams(destination) => write!(f, "{destination}/udp"),
            Target::LocalNetwork { destination, address } => {
                write!(f, "{destination} on your local network ({address})")
            }
            Target::Published(port) => write!(f, "published port {port}"),
            Target::Read(path) | Target::Write(path) | Target::Execute(path) => write!(f, "{path}"),
            Target::Profile(name) => write!(f, "{name}"),
            Target::Neighbour(neighbour) => neighbour.fmt(f),
            Target::Growth(growth) => growth.fmt(f),
        }
    }
}
