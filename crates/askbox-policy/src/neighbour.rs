//! Neighbours: what of the user's desktop lies beside a session and is reached by a socket, each by its name. None is
//! reachable without a word of the user's; what a name opens is carried out elsewhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::display;
use crate::host::{Host, HostError, Port};
use crate::limits;
use crate::request::Destination;

mod refused_services;
mod refused_sockets;
mod service;
mod socket;

pub use service::ServiceName;
pub use socket::SocketPath;

/// The port that an ssh destination has when none is named (RFC 4253, section 4.1).
const SSH_PORT: u16 = 22;

/// What ssh calls the digest of a key: this, and 43 characters of Base64 without padding.
const FINGERPRINT: &str = "SHA256:";
const FINGERPRINT_CHARACTERS: usize = 43;

/// What a pattern about a socket begins with.
const SOCKET: &str = "socket";

/// What a pattern about a service of the session bus begins with.
const BUS: &str = "dbus";

/// Stands for every key, or for every use.
const ANY: &str = "*";

/// One use of a neighbour, as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbour {
    /// Learning which keys the user's ssh agent holds.
    SshKeys,
    /// One signature by one of those keys. Targets are many, and few are signatures.
    SshSign(Box<SshSignature>),
    /// A connection to a socket of the host.
    Socket(SocketPath),
    /// A connection to the user's X11 display as a program that is not trusted there.
    X11,
    /// One as any other program of the user's: it sees every window and presses every key.
    X11Trusted,
    /// A connection to the user's Wayland display that shows windows and is used in them.
    Wayland,
    /// A connection to the user's session bus that reaches this service.
    Service(ServiceName),
}

/// Why a neighbour is never offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourRefusal {
    /// What whoever reaches it can do.
    pub reason: &'static str,
    /// What to do in its place.
    pub instead: Option<&'static str>,
}

/// A signature by a key of the user's ssh agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SshSignature {
    /// The key.
    pub key: KeyName,
    /// What its owner called it, made harmless; for people alone.
    pub comment: String,
    /// What is signed.
    pub purpose: Purpose,
}

/// The fingerprint of a public key, as ssh writes it: `SHA256:` and 43 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

/// What a signature is good for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Logging in at a host whose key the user knows.
    Host(Destination),
    /// Logging in at a host that could not be found out.
    UnknownHost,
    /// A message of this namespace, such as a commit (`git`).
    Message(Namespace),
    /// Something that is neither.
    Unknown,
}

/// What a signed message belongs to (PROTOCOL.sshsig of OpenSSH).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);

/// What a rule about neighbours covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourPattern {
    /// [`Neighbour::SshKeys`].
    SshKeys,
    /// [`Neighbour::SshSign`]; `None` is any.
    SshSign {
        /// By this key.
        key: Option<KeyName>,
        /// For this.
        purpose: Option<Purpose>,
    },
    /// [`Neighbour::Socket`], this one.
    Socket(SocketPath),
    /// [`Neighbour::X11`].
    X11,
    /// [`Neighbour::X11Trusted`].
    X11Trusted,
    /// [`Neighbour::Wayland`].
    Wayland,
    /// [`Neighbour::Service`], this one.
    Service(ServiceName),
}

/// Why a text names no neighbour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NeighbourError {
    /// Not a name that is known.
    #[error(
        "there is no such neighbour; there are `ssh-agent`, `ssh-sign KEY HOST`, `socket PATH`, `dbus NAME`, `wayland`, `x11` and `x11-trusted`"
    )]
    Unknown,
    /// Not the path of a socket.
    #[error(
        "a socket is named by its whole path, of at most 107 bytes, without `..`, links and control characters"
    )]
    Socket,
    /// Not the name of a service.
    #[error(
        "a service of the session bus is named by its whole name, such as org.example.Service, without `*`"
    )]
    Service,
    /// Not a fingerprint.
    #[error("a key is its fingerprint (ssh-keygen -l shows it), `SHA256:` and 43 characters, or `*`")]
    Key,
    /// Not a host, and nothing else that is signed.
    #[error("a signature is for a host, HOST:PORT, `@unknown-host`, `@message/NAMESPACE`, `@unknown` or `*`")]
    Purpose,
    /// The host is none.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl KeyName {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Namespace {
    /// The namespace of this name; `None` for one that people could misread: it is short, and of letters, digits and
    /// `._-@` alone.
    pub fn new(name: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
        let is_right =
            !name.is_empty() && name.len() <= limits::NAMESPACE_BYTES && name.bytes().all(is_plain);
        is_right.then(|| Self(name.to_owned()))
    }
}

impl NeighbourPattern {
    /// The pattern that covers this use and no other.
    pub fn exact(neighbour: &Neighbour) -> Self {
        match neighbour {
            Neighbour::SshKeys => Self::SshKeys,
            Neighbour::SshSign(signature) => Self::SshSign {
                key: Some(signature.key.clone()),
                purpose: Some(signature.purpose.clone()),
            },
            Neighbour::Socket(path) => Self::Socket(path.clone()),
            Neighbour::X11 => Self::X11,
            Neighbour::X11Trusted => Self::X11Trusted,
            Neighbour::Wayland => Self::Wayland,
            Neighbour::Service(name) => Self::Service(name.clone()),
        }
    }

    /// Whether it speaks about this use.
    pub fn matches(&self, neighbour: &Neighbour) -> bool {
        self.covers(&Self::exact(neighbour))
    }

    /// Whether everything that `other` matches is matched by this as well.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::SshKeys, Self::SshKeys)
            | (Self::X11, Self::X11)
            | (Self::X11Trusted, Self::X11Trusted)
            | (Self::Wayland, Self::Wayland) => true,
            (
                Self::SshSign { key, purpose },
                Self::SshSign {
                    key: inner_key,
                    purpose: inner_purpose,
                },
            ) => (key.is_none() || key == inner_key) && (purpose.is_none() || purpose == inner_purpose),
            (Self::Socket(path), Self::Socket(inner)) => path == inner,
            (Self::Service(name), Self::Service(inner)) => name == inner,
            (
                Self::SshKeys
                | Self::SshSign { .. }
                | Self::Socket(_)
                | Self::X11
                | Self::X11Trusted
                | Self::Wayland
                | Self::Service(_),
                _,
            ) => false,
        }
    }

    /// How closely it says what it is about: the more of it is named, the closer.
    pub(crate) fn specificity(&self) -> u8 {
        match self {
            Self::SshKeys
            | Self::Socket(_)
            | Self::X11
            | Self::X11Trusted
            | Self::Wayland
            | Self::Service(_) => 0,
            Self::SshSign { key, purpose } => u8::from(key.is_some()) + 2 * u8::from(purpose.is_some()),
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = NeighbourError;
    fn from_str(text: &str) -> Result<Self, NeighbourError> {
        let digest = text.strip_prefix(FINGERPRINT).ok_or(NeighbourError::Key)?;
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
        if digest.len() == FINGERPRINT_CHARACTERS && digest.bytes().all(is_base64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NeighbourError::Key)
        }
    }
}

impl TryFrom<String> for KeyName {
    type Error = NeighbourError;
    fn try_from(text: String) -> Result<Self, NeighbourError> {
        text.parse()
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.0
    }
}

impl TryFrom<String> for Namespace {
    type Error = NeighbourError;
    fn try_from(text: String) -> Result<Self, NeighbourError> {
        Self::new(&text).ok_or(NeighbourError::Purpose)
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0
    }
}

impl fmt::Display for Purpose {
    /// As it stands in policy.toml.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Purpose::Host(destination) if destination.port.get() == SSH_PORT => destination.host.fmt(f),
            Purpose::Host(destination) => destination.fmt(f),
            Purpose::UnknownHost => f.write_str("@unknown-host"),
            Purpose::Message(namespace) => write!(f, "@message/{}", namespace.0),
            Purpose::Unknown => f.write_str("@unknown"),
        }
    }
}

impl FromStr for Purpose {
    type Err = NeighbourError;
    fn from_str(text: &str) -> Result<Self, NeighbourError> {
        if let Some(namespace) = text.strip_prefix("@message/") {
            let namespace = Namespace::new(namespace).ok_or(NeighbourError::Purpose)?;
            return Ok(Self::Message(namespace));
        }
        match text {
            "@unknown-host" => return Ok(Self::UnknownHost),
            "@unknown" => return Ok(Self::Unknown),
            _ => {}
        }
        let standard = Port::new(SSH_PORT).ok_or(NeighbourError::Purpose)?;
        // A bare IPv6 address is full of colons, one with a port has brackets.
        let parted = text.rsplit_once(':');
        let parted = parted.filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
        let (host, port) = match parted {
            Some((host, port)) => {
                let port = port.parse().ok().and_then(Port::new);
                (host, port.ok_or(NeighbourError::Purpose)?)
            }
            None => (text, standard),
        };
        let host = Host::parse(host)?;
        Ok(Self::Host(Destination { host, port }))
    }
}

impl fmt::Display for NeighbourPattern {
    /// As it stands in policy.toml.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SshKeys => f.write_str("ssh-agent"),
            Self::SshSign { key, purpose } => {
                let key = key.as_ref().map_or(ANY, KeyName::as_str);
                match purpose {
                    Some(purpose) => write!(f, "ssh-sign {key} {purpose}"),
                    None => write!(f, "ssh-sign {key} {ANY}"),
                }
            }
            Self::Socket(path) => write!(f, "{SOCKET} {path}"),
            Self::X11 => f.write_str("x11"),
            Self::X11Trusted => f.write_str("x11-trusted"),
            Self::Wayland => f.write_str("wayland"),
            Self::Service(name) => write!(f, "{BUS} {name}"),
        }
    }
}

impl FromStr for NeighbourPattern {
    type Err = NeighbourError;
    fn from_str(text: &str) -> Result<Self, NeighbourError> {
        // A path may hold spaces.
        if let Some((SOCKET, path)) = text.trim().split_once(' ') {
            return Ok(Self::Socket(path.trim_start().parse()?));
        }
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["ssh-agent"] => Ok(Self::SshKeys),
            ["x11"] => Ok(Self::X11),
            ["x11-trusted"] => Ok(Self::X11Trusted),
            ["wayland"] => Ok(Self::Wayland),
            [BUS, name] => Ok(Self::Service(name.parse()?)),
            ["ssh-sign", key, purpose] => Ok(Self::SshSign {
                key: (*key != ANY).then(|| key.parse()).transpose()?,
                purpose: (*purpose != ANY).then(|| purpose.parse()).transpose()?,
            }),
            _ => Err(NeighbourError::Unknown),
        }
    }
}

impl fmt::Display for Neighbour {
    /// Plain text for the log: the pattern that covers it alone, and how people call it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = NeighbourPattern::exact(self);
        match self {
            Neighbour::SshKeys
            | Neighbour::Socket(_)
            | Neighbour::X11
            | Neighbour::X11Trusted
            | Neighbour::Wayland
            | Neighbour::Service(_) => pattern.fmt(f),
            Neighbour::SshSign(signature) if signature.comment.is_empty() => pattern.fmt(f),
            Neighbour::SshSign(signature) => write!(f, "{pattern} (key {})", signature.comment),
        }
    }
}

impl Neighbour {
    /// What a program wants to do, for a title.
    pub fn verb(&self) -> &'static str {
        match self {
            Neighbour::SshKeys => "wants to see",
            Neighbour::SshSign(_)
            | Neighbour::Socket(_)
            | Neighbour::X11
            | Neighbour::X11Trusted
            | Neighbour::Wayland
            | Neighbour::Service(_) => "wants to use",
        }
    }

    /// What it is about, for people.
    pub fn shown(&self) -> String {
        match self {
            Neighbour::SshKeys => "which keys your ssh agent holds".to_owned(),
            Neighbour::SshSign(signature) => {
                let key = if signature.comment.is_empty() {
                    display::text(signature.key.as_str(), display::MAX_NAME)
                } else {
                    display::name(&signature.comment, display::MAX_NAME)
                };
                format!("your ssh key {key} {}", signature.purpose.shown())
            }
            Neighbour::Socket(path) => {
                let path = display::phrase(display::path(path.as_path(), display::MAX_PATH));
                format!("the socket {path} of your machine")
            }
            Neighbour::X11 => "your display to show windows of its own".to_owned(),
            Neighbour::X11Trusted => {
                "all of your display: it can see every window, and press and read every key".to_owned()
            }
            Neighbour::Wayland => "your Wayland display to show windows of its own".to_owned(),
            Neighbour::Service(name) => {
                let name = display::text(name.as_str(), display::MAX_PATH);
                format!("the service {name} of your session bus")
            }
        }
    }
}

impl Purpose {
    fn shown(&self) -> String {
        match self {
            Purpose::Host(Destination { host, port }) if port.get() == SSH_PORT => {
                format!("to log in at {}", display::host(host))
            }
            Purpose::Host(destination) => format!("to log in at {}", display::destination(destination)),
            Purpose::UnknownHost => "to log in at a host that is not among those you know".to_owned(),
            Purpose::Message(namespace) => format!("to sign a message ({})", namespace.0),
            Purpose::Unknown => "to sign something that is neither a login nor a message".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
