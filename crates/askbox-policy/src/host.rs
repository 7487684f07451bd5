//! Hosts in canonical form. Whatever cannot be made canonical is refused, never passed on as a name: a text that one
//! program reads as a name and another as an address could be allowed as the one and dialled as the other.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU16;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

/// The longest name in octets, without the trailing dot (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 253;

/// The longest label in octets (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// The longest text that is looked at: four bytes for each character of the longest name. Keeps the work of IDNA small.
const MAX_TEXT: usize = 4 * MAX_NAME;

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
    /// Two dots in a row, or one in front.
    #[error("a host name cannot have an empty label; dots only stand between labels")]
    EmptyLabel,
    /// Starts with a hyphen, which programs could take for an option; the C library refuses such names too.
    #[error("a host name cannot start with a hyphen")]
    Hyphen,
    /// Not valid under IDNA (UTS 46).
    #[error("not a valid international host name")]
    Idna,
    /// Looks like an address in a spelling that programs read differently (`127.1`, `0x7f.1`, `2130706433`).
    #[error("an address in an unusual spelling; write it as four decimal numbers or as an IPv6 address")]
    OddAddress,
    /// An IPv6 address with a zone (`fe80::1%eth0`), which means another computer on every network.
    #[error("an IPv6 address cannot have a zone; leave out the part from `%` on")]
    Zone,
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
        if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']').ok_or(HostError::Character('['))?;
            return parse_v6(inner).map(Self::from);
        }
        if text.contains(':') {
            return parse_v6(text).map(Self::from);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::from(address));
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
        if text.len() > MAX_TEXT {
            return Err(HostError::TooLong);
        }
        if let Some(character) = text.chars().find(|&c| !may_occur(c)) {
            return Err(HostError::Character(character));
        }
        // Lengths, dots and hyphens are checked below, where each can say what is wrong. Hyphens in the third and fourth
        // place and at the end of a label are common in real names (content delivery networks).
        let ascii = Uts46::new()
            .to_ascii(
                text.as_bytes(),
                AsciiDenyList::EMPTY,
                Hyphens::Allow,
                DnsLength::Ignore,
            )
            .map_err(|idna::Errors { .. }| HostError::Idna)?;
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        check_name(name)?;
        Ok(Self(name.into()))
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

/// Whether a character may stand in the text of a name before IDNA. What IDNA makes of it is checked again afterwards.
fn may_occur(character: char) -> bool {
    if character.is_ascii() {
        is_canonical(character) || character.is_ascii_uppercase()
    } else {
        !is_invisible(character)
    }
}

/// Characters that IDNA would drop or turn into a space, so that two different texts look like the same name. The joiners
/// (U+200C, U+200D) are not among them: some scripts need them, and IDNA checks where they stand.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The characters of a canonical name. Underscores are in no host name by the standard (RFC 952), but in many real ones.
fn is_canonical(character: char) -> bool {
    matches!(character, 'a'..='z' | '0'..='9' | '-' | '_' | '.')
}

/// What a name must be once it is in ASCII.
fn check_name(name: &str) -> Result<(), HostError> {
    if name.is_empty() {
        return Err(HostError::Empty);
    }
    if let Some(character) = name.chars().find(|&c| !is_canonical(c)) {
        return Err(HostError::Character(character));
    }
    if name.len() > MAX_NAME || name.split('.').any(|label| label.len() > MAX_LABEL) {
        return Err(HostError::TooLong);
    }
    if name.split('.').any(str::is_empty) {
        return Err(HostError::EmptyLabel);
    }
    if name.starts_with('-') {
        return Err(HostError::Hyphen);
    }
    if ends_in_number(name) {
        return Err(HostError::OddAddress);
    }
    Ok(())
}

/// The rule of the WHATWG URL standard ("ends in a number"): such a text is an IPv4 address to browsers and to the
/// `inet_aton` family, whatever stands before.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => last.bytes().all(|b| b.is_ascii_digit()),
    }
}

/// An IPv6 address in any of its standard spellings, without a zone.
fn parse_v6(text: &str) -> Result<Ipv6Addr, HostError> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    match text.split_once('%') {
        Some((address, _)) if address.parse::<Ipv6Addr>().is_ok() => Err(HostError::Zone),
        _ if text.is_empty() => Err(HostError::Empty),
        _ if text.contains(':') => Err(HostError::Character(':')),
        _ => Err(HostError::Character('[')),
    }
}
