//! The text forms of patterns. Refuses what could be meant in two ways, and says what to write instead.

use std::net::IpAddr;

use crate::host::{Host, HostError, HostName, Port};

use super::{HostPattern, NAMES, NetworkPattern, Ports, Protocol, UDP};

/// Why a text is no pattern, and what to write instead. Quotes the text escaped: a project may have written it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostPatternError {
    /// The host is none.
    #[error("{text:?} is not a host: {why}")]
    Host {
        /// What stands where a host should.
        text: String,
        /// What is wrong with it: part of this one message, and not an error behind it.
        why: HostError,
    },
    /// A name where an address should be.
    #[error("{0:?} is a name: `at` is followed by an address, as in `example.com at 192.0.2.1`")]
    AtName(String),
    /// A star elsewhere than in front.
    #[error(
        "in {0:?}, `*` can only stand in front, for whole labels: write `*.example.com` (everything below), \
         `**.example.com` (the domain itself, too) or `*` (everything)"
    )]
    Star(String),
    /// A URL.
    #[error("{0:?} is a URL: write the host alone, such as `example.com` or `example.com:443`")]
    Url(String),
    /// A port that is none.
    #[error("{0:?} is not a port: write a number from 1 to 65535, or a range such as `8000-8099`")]
    Port(String),
    /// A range of ports that is upside down.
    #[error("the ports {low}-{high} are in the wrong order: write `{high}-{low}`")]
    PortOrder {
        /// What was written first.
        low: Port,
        /// What was written last.
        high: Port,
    },
    /// A range of something that is no address.
    #[error("{0:?} is not a range of addresses: write an address before the `/`, such as `192.0.2.0/24`")]
    Range(String),
    /// A prefix length that is none.
    #[error("{text:?} is not a prefix length: write a number from 0 to {max}")]
    Prefix {
        /// What was written.
        text: String,
        /// The bits of such an address.
        max: u8,
    },
    /// A range that starts within itself.
    #[error(
        "{address}/{prefix} does not start its range: write `{network}/{prefix}`, or `{address}` for this address alone"
    )]
    HostBits {
        /// What was written.
        address: IpAddr,
        /// Bits that count.
        prefix: u8,
        /// Where the range starts.
        network: IpAddr,
    },
    /// Datagrams without a port, or with a private address.
    #[error("{0:?} is no pattern of UDP: write host and ports, such as `example.com:27015/udp`")]
    Udp(String),
    /// Datagrams to where names are asked for.
    #[error("{0:?} can open nothing: at port 53 Askbox answers by UDP itself, whatever rules say")]
    Names(String),
    /// Brackets around something else than IPv6, or only one of them.
    #[error("{0:?} has misplaced brackets: they stand around an IPv6 address, such as `[2001:db8::1]:443`")]
    Brackets(String),
}

impl HostPattern {
    /// Parses a name, a name with stars in front, `*`, an address or a range of addresses.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        if text.contains("://") {
            return Err(HostPatternError::Url(text.to_owned()));
        }
        if text == "*" {
            return Ok(HostPattern::Any);
        }
        if let Some(name) = text.strip_prefix("**.") {
            return parse_suffix(text, name).map(HostPattern::Family);
        }
        if let Some(name) = text.strip_prefix("*.") {
            return parse_suffix(text, name).map(HostPattern::Below);
        }
        if text.contains('*') {
            return Err(HostPatternError::Star(text.to_owned()));
        }
        if let Some((address, prefix)) = text.split_once('/') {
            return parse_range(text, address, prefix);
        }
        match Host::parse(text) {
            Ok(Host::Name(name)) => Ok(HostPattern::Exact(name)),
            Ok(Host::Address(address)) => Ok(HostPattern::Address(address)),
            Err(why) => Err(HostPatternError::Host {
                text: text.to_owned(),
                why,
            }),
        }
    }
}

impl Ports {
    /// Parses `443` or `8000-8099`.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        let Some((low, high)) = text.split_once('-') else {
            return parse_port(text, text).map(Ports::only);
        };
        let (low, high) = (parse_port(text, low)?, parse_port(text, high)?);
        if high < low {
            return Err(HostPatternError::PortOrder { low, high });
        }
        Ok(Ports::Range(low, high))
    }
}

impl NetworkPattern {
    /// Parses a host pattern, optionally with `:port` or `:low-high`, optionally with `/udp` behind those or with ` at ADDRESS`.
    /// An IPv6 address or range with ports stands in brackets.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        if text.contains("://") {
            return Err(HostPatternError::Url(text.to_owned()));
        }
        let (place, address) = match text.split_once(" at ") {
            Some((place, address)) => (place, Some(parse_address(address)?)),
            None => (text, None),
        };
        let (place, protocol) = match place.strip_suffix(UDP) {
            Some(place) => (place, Protocol::Udp),
            None => (place, Protocol::Tcp),
        };
        let (host, ports) = split_ports(place)?;
        let pattern = NetworkPattern {
            host: HostPattern::parse(host)?,
            ports: ports.map_or(Ok(Ports::Any), Ports::parse)?,
            protocol,
            address,
        };
        match (pattern.protocol, pattern.ports, pattern.address) {
            (Protocol::Udp, Ports::Range(low, high), None) if low == high && low.get() == NAMES => {
                Err(HostPatternError::Names(text.to_owned()))
            }
            (Protocol::Tcp, _, _) | (Protocol::Udp, Ports::Range(..), None) => Ok(pattern),
            (Protocol::Udp, Ports::Any, _) | (Protocol::Udp, _, Some(_)) => {
                Err(HostPatternError::Udp(text.to_owned()))
            }
        }
    }
}

/// Takes a pattern apart into host and ports. Colons alone do not tell: `2001:db8::1:443` is an address.
fn split_ports(text: &str) -> Result<(&str, Option<&str>), HostPatternError> {
    if let Some(rest) = text.strip_prefix('[') {
        let misplaced = || HostPatternError::Brackets(text.to_owned());
        let (host, rest) = rest.split_once(']').ok_or_else(misplaced)?;
        if !host.contains(':') {
            return Err(misplaced());
        }
        return match rest.strip_prefix(':') {
            Some(ports) => Ok((host, Some(ports))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(misplaced()),
        };
    }
    let after_address = text.find('/').unwrap_or(0);
    let colons = text
        .char_indices()
        .filter(|(at, c)| *c == ':' && after_address <= *at);
    match colons.map(|(at, _)| at).collect::<Vec<_>>().as_slice() {
        [at] => Ok(text
            .split_at_checked(*at)
            .map_or((text, None), |(host, rest)| (host, rest.strip_prefix(':')))),
        _ => Ok((text, None)),
    }
}

fn parse_suffix(text: &str, name: &str) -> Result<HostName, HostPatternError> {
    if name.contains('*') {
        return Err(HostPatternError::Star(text.to_owned()));
    }
    HostName::parse(name).map_err(|why| HostPatternError::Host {
        text: name.to_owned(),
        why,
    })
}

fn parse_address(text: &str) -> Result<IpAddr, HostPatternError> {
    match Host::parse(text) {
        Ok(Host::Address(address)) => Ok(address),
        Ok(Host::Name(_)) => Err(HostPatternError::AtName(text.to_owned())),
        Err(why) => Err(HostPatternError::Host {
            text: text.to_owned(),
            why,
        }),
    }
}

fn parse_range(text: &str, address: &str, prefix: &str) -> Result<HostPattern, HostPatternError> {
    let address: IpAddr = address
        .parse()
        .map_err(|std::net::AddrParseError { .. }| HostPatternError::Range(text.to_owned()))?;
    let max: u8 = if address.is_ipv4() { 32 } else { 128 };
    let length = parse_number(prefix)
        .and_then(|number| u8::try_from(number).ok())
        .filter(|length| *length <= max);
    let length = length.ok_or_else(|| HostPatternError::Prefix {
        text: prefix.to_owned(),
        max,
    })?;
    let network = first_of_range(address, length);
    if network != address {
        return Err(HostPatternError::HostBits {
            address,
            prefix: length,
            network,
        });
    }
    match (network, network.to_canonical()) {
        // IPv4-mapped: held as IPv4, as all addresses are. A shorter prefix reaches beyond the mapped addresses, which no
        // canonical address does, so that it stays what it is.
        (IpAddr::V6(_), canonical @ IpAddr::V4(_)) if 96 <= length => Ok(HostPattern::Range {
            network: canonical,
            prefix: length - 96,
        }),
        _ => Ok(HostPattern::Range {
            network,
            prefix: length,
        }),
    }
}

/// The address with everything beyond the prefix set to zero.
pub(super) fn first_of_range(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

fn parse_port(text: &str, number: &str) -> Result<Port, HostPatternError> {
    parse_number(number)
        .and_then(Port::new)
        .ok_or_else(|| HostPatternError::Port(text.to_owned()))
}

/// A decimal number in its one spelling: no sign, no leading zero.
fn parse_number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    text.parse().ok().filter(|_| digits)
}
