//! Hosts in canonical form. Whatever cannot be made canonical is refused, never passed on as a name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

/// A TCP port; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port(NonZeroU16);

impl Port {
    /// The port with this number, or `None` for 0.
    pub fn new(number: u16) -> Option<Self> {
        NonZeroU16::new(number).map(Self)
    }

    /// Its number.
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing there.
    #[error("the host is empty")]
    Empty,
    /// A character that no host name has: white space, NUL, `@`, `#`, `/` and the like.
    #[error("a host cannot contain {0:?}")]
    Character(char),
    /// Longer than 253 octets, or a label longer than 63 (RFC 1035, section 2.3.4).
    #[error("the host name or one of its labels is too long")]
    TooLong,
    /// Not valid under IDNA (UTS 46).
    #[error("not a valid international host name")]
    Idna,
    /// Looks like an address in a spelling that programs read differently (`127.1`, `0x7f.1`, `2130706433`).
    #[error("an address in an unusual spelling; write it as four decimal numbers or as an IPv6 address")]
    OddAddress,
}

/// A host as a program named it: a name, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Host {
    /// A DNS name in canonical form.
    Name(HostName),
    /// An IP address; an IPv4-mapped one is held as IPv4.
    Address(IpAddr),
}

impl Host {
    /// Parses a host in any spelling: lower case, no trailing dot, IDNA to ASCII; an address with or without brackets.
    /// Errors on everything that does not have exactly one meaning.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::address(address));
        }
        HostName::parse(text).map(Self::Name)
    }

    /// The host of an address; IPv4-mapped IPv6 addresses become IPv4.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => name.fmt(f),
            Host::Address(address) => address.fmt(f),
        }
    }
}

impl TryFrom<String> for Host {
    type Error = HostError;
    fn try_from(text: String) -> Result<Self, HostError> {
        Self::parse(&text)
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.to_string()
    }
}

impl From<Ipv4Addr> for Host {
    fn from(address: Ipv4Addr) -> Self {
        Self::address(address.into())
    }
}

impl From<Ipv6Addr> for Host {
    fn from(address: Ipv6Addr) -> Self {
        Self::address(address.into())
    }
}

/// A DNS name: lower case ASCII, no trailing dot, at least one label that is not a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(Box<str>);

impl HostName {
    /// Makes a name canonical, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain that somebody registered, by the public suffix list: `example.co.uk` for `a.b.example.co.uk`.
    /// `None` for a public suffix itself.
    pub fn registrable_domain(&self) -> Option<&str> {
        psl::domain_str(&self.0)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for HostName {
    type Error = HostError;
    fn try_from(text: String) -> Result<Self, HostError> {
        Self::parse(&text)
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.0.into()
    }
}
