//! Which addresses a name may lead to. Pure; what the host's own addresses and routes are is passed in.
//!
//! Whoever dials judges the address that it dials, once, here. What is not known to be on the public Internet is not
//! treated as public: an IPv6 address outside the global unicast range is forbidden unless this file says otherwise.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the judgement needs to know about the host's network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostNetwork {
    /// Addresses of the host's own interfaces.
    pub own: Vec<IpAddr>,
    /// NAT64 prefixes that this network uses besides the well-known one, with their lengths (RFC 7050 finds them).
    pub nat64: Vec<(Ipv6Addr, u8)>,
    /// The host has a route for 198.18.0.0/15 other than the default one: a VPN client that hands out fake addresses.
    pub routes_benchmark_range: bool,
}

/// Where an address is, as far as it matters to whether a name may lead there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressClass {
    /// On the Internet.
    Public,
    /// On the local network; needs an answer of its own.
    Private,
    /// No name may lead there; only a rule for the address itself. Says what it is, for people.
    Forbidden(&'static str),
}

use AddressClass::{Forbidden, Private, Public};

const UNSPECIFIED: AddressClass = Forbidden("unspecified");
const LOOPBACK: AddressClass = Forbidden("loopback");
const LINK_LOCAL: AddressClass = Forbidden("link-local");
const METADATA: AddressClass = Forbidden("cloud metadata service");
const OWN: AddressClass = Forbidden("this computer's own address");
const MULTICAST: AddressClass = Forbidden("multicast");
const BENCHMARK: AddressClass = Forbidden("benchmarking range");

/// IPv4 ranges that are not public; the first that contains the address decides. The documentation ranges (RFC 5737) are
/// public: nothing answers there, and examples stay examples.
const V4: &[(Ipv4Addr, u8, AddressClass)] = &[
    (Ipv4Addr::new(169, 254, 169, 254), 32, METADATA), // AWS, Azure, Google Cloud and most others.
    (Ipv4Addr::new(100, 100, 100, 200), 32, METADATA), // Alibaba Cloud.
    (Ipv4Addr::new(192, 0, 0, 192), 32, METADATA),     // Oracle Cloud.
    (Ipv4Addr::new(168, 63, 129, 16), 32, METADATA),   // Azure's host agent, in the middle of public space.
    (Ipv4Addr::UNSPECIFIED, 8, UNSPECIFIED), // "This network": RFC 1122, section 3.2.1.3. Linux dials itself.
    (Ipv4Addr::new(127, 0, 0, 0), 8, LOOPBACK), // RFC 1122, section 3.2.1.3.
    (Ipv4Addr::new(169, 254, 0, 0), 16, LINK_LOCAL), // RFC 3927.
    (Ipv4Addr::new(224, 0, 0, 0), 4, MULTICAST), // RFC 5771.
    (Ipv4Addr::BROADCAST, 32, Forbidden("broadcast")), // RFC 919.
    (Ipv4Addr::new(240, 0, 0, 0), 4, Forbidden("reserved range")), // RFC 1112, section 4.
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private), // RFC 1918.
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private), // RFC 1918.
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private), // RFC 1918.
    (Ipv4Addr::new(100, 64, 0, 0), 10, Private), // Carrier-grade NAT and VPN meshes: RFC 6598.
    (Ipv4Addr::new(192, 0, 0, 0), 24, Private), // Protocol assignments such as DS-Lite: RFC 6890.
];

/// The same for IPv6. Ranges that carry an IPv4 address are judged by [`embedded`] after the forbidden ones of these.
const V6: &[(Ipv6Addr, u8, AddressClass)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, UNSPECIFIED), // RFC 4291, section 2.5.2.
    (Ipv6Addr::LOCALHOST, 128, LOOPBACK),      // RFC 4291, section 2.5.3.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, METADATA), // AWS.
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, METADATA), // Google Cloud.
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LINK_LOCAL), // RFC 4291, section 2.5.6.
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, MULTICAST), // RFC 4291, section 2.7.
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        32,
        Forbidden("Teredo tunnel"),
    ), // RFC 4380.
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, BENCHMARK), // RFC 5180.
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Private), // Unique local: RFC 4193.
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Private), // Site-local, deprecated: RFC 3879.
];

/// Everything that is public in IPv6 lies in here (RFC 4291, section 2.4; the rest is unassigned).
const GLOBAL_UNICAST: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Prefixes of 96 bits; the rest is an IPv4 address.
const IN_LAST_OCTETS: [Ipv6Addr; 3] = [
    Ipv6Addr::UNSPECIFIED, // IPv4-compatible, deprecated: RFC 4291, section 2.5.5.1.
    Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), // IPv4-translated (SIIT): RFC 2765, section 2.1.
    Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), // NAT64, the well-known prefix: RFC 6052, section 2.1.
];

/// 6to4 (RFC 3056, section 2): the IPv4 address follows the prefix.
const SIX_TO_FOUR: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);

/// The range for the NAT64 prefixes of networks (RFC 8215).
const LOCAL_NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48);

/// Benchmarking of IPv4 networks (RFC 2544); in real life the fake addresses of VPN clients.
const BENCHMARK_V4: (Ipv4Addr, u8) = (Ipv4Addr::new(198, 18, 0, 0), 15);

/// Says where an address is. Judge the address that is dialled, and dial the address that was judged.
pub fn classify(address: IpAddr, network: &HostNetwork) -> AddressClass {
    let address = address.to_canonical();
    if network.own.iter().any(|own| own.to_canonical() == address) {
        return OWN;
    }
    match address {
        IpAddr::V4(address) => classify_v4(address, network),
        IpAddr::V6(address) => classify_v6(address, network),
    }
}

/// Whether `address` lies in the range of `prefix` bits that starts at `network`. Families never mix; a prefix that is too
/// long for its family means the one address.
pub(crate) fn contains(network: IpAddr, prefix: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => contains_v4(network, prefix, address),
        (IpAddr::V6(network), IpAddr::V6(address)) => contains_v6(network, prefix, address),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn contains_v4(network: Ipv4Addr, prefix: u8, address: Ipv4Addr) -> bool {
    let host_bits = 32u32.saturating_sub(prefix.into());
    (network.to_bits() ^ address.to_bits())
        .checked_shr(host_bits)
        .unwrap_or(0)
        == 0
}

fn contains_v6(network: Ipv6Addr, prefix: u8, address: Ipv6Addr) -> bool {
    let host_bits = 128u32.saturating_sub(prefix.into());
    (network.to_bits() ^ address.to_bits())
        .checked_shr(host_bits)
        .unwrap_or(0)
        == 0
}

fn classify_v4(address: Ipv4Addr, network: &HostNetwork) -> AddressClass {
    let (benchmark, prefix) = BENCHMARK_V4;
    if contains_v4(benchmark, prefix, address) {
        return if network.routes_benchmark_range {
            Public
        } else {
            BENCHMARK
        };
    }
    let found = V4
        .iter()
        .find(|(range, prefix, _)| contains_v4(*range, *prefix, address));
    found.map_or(Public, |(_, _, class)| *class)
}

fn classify_v6(address: Ipv6Addr, network: &HostNetwork) -> AddressClass {
    let found = V6
        .iter()
        .find(|(range, prefix, _)| contains_v6(*range, *prefix, address));
    if let Some((_, _, class @ Forbidden(_))) = found {
        return *class;
    }
    let carried = embedded(address, network);
    if let Some(worst) = carried.into_iter().map(|v4| classify(v4.into(), network)).max() {
        return worst;
    }
    if let Some((_, _, class)) = found {
        return *class;
    }
    let (global, prefix) = GLOBAL_UNICAST;
    if contains_v6(global, prefix, address) {
        Public
    } else {
        Forbidden("reserved range")
    }
}

/// The IPv4 addresses that an IPv6 address may stand for, where something on the way translates or unpacks it. Empty when it
/// stands for itself; several where it is not known how the network reads it.
fn embedded(address: Ipv6Addr, network: &HostNetwork) -> Vec<Ipv4Addr> {
    // The longest prefix of the network's own decides; it knows best how its addresses are read.
    let own = network
        .nat64
        .iter()
        .filter(|(prefix, length)| contains_v6(*prefix, *length, address));
    if let Some(v4) = own
        .max_by_key(|(_, length)| *length)
        .and_then(|(_, length)| translated(address, *length))
    {
        return vec![v4];
    }
    if IN_LAST_OCTETS
        .iter()
        .any(|prefix| contains_v6(*prefix, 96, address))
    {
        return translated(address, 96).into_iter().collect();
    }
    let (six_to_four, prefix) = SIX_TO_FOUR;
    if contains_v6(six_to_four, prefix, address) {
        let [_, _, o2, o3, o4, o5, ..] = address.octets();
        return vec![Ipv4Addr::new(o2, o3, o4, o5)];
    }
    let (local, prefix) = LOCAL_NAT64;
    if contains_v6(local, prefix, address) {
        guesses(address)
    } else {
        Vec::new()
    }
}

/// How an address of the local NAT64 range may be read when the network's prefix is not known: in every way that leaves
/// nothing over. Reading it the wrong way finds zeros where the address should start; those readings are left out unless they
/// are all there is.
fn guesses(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let readings: Vec<Ipv4Addr> = [48, 56, 64, 96]
        .into_iter()
        .filter(|length| *length == 96 || suffix_is_zero(address, *length))
        .filter_map(|length| translated(address, length))
        .filter(|v4| v4.octets().first() != Some(&0))
        .collect();
    if readings.is_empty() {
        vec![Ipv4Addr::UNSPECIFIED]
    } else {
        readings
    }
}

/// The IPv4 address within an address with a NAT64 prefix of this length; octet 8 is skipped (RFC 6052, section 2.2).
/// `None` for lengths that the standard does not have.
fn translated(address: Ipv6Addr, length: u8) -> Option<Ipv4Addr> {
    let [_, _, _, _, o4, o5, o6, o7, _, o9, o10, o11, o12, o13, o14, o15] = address.octets();
    let octets = match length {
        32 => [o4, o5, o6, o7],
        40 => [o5, o6, o7, o9],
        48 => [o6, o7, o9, o10],
        56 => [o7, o9, o10, o11],
        64 => [o9, o10, o11, o12],
        96 => [o12, o13, o14, o15],
        _ => return None,
    };
    Some(octets.into())
}

/// The name that has IPv6 addresses only where the network translates them (RFC 7050, section 3).
pub const NAT64_NAME: &str = "ipv4only.arpa";

/// The IPv4 addresses of [`NAT64_NAME`].
const NAT64_ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];

/// The prefixes that a network puts before IPv4 addresses, as the IPv6 addresses of [`NAT64_NAME`] show them. Only ones that
/// would be public count: what lies in a private range is asked about as it is, whatever a network says of it.
pub fn nat64_prefixes(answers: &[IpAddr]) -> Vec<(Ipv6Addr, u8)> {
    let (global, global_length) = GLOBAL_UNICAST;
    let mut found = Vec::new();
    for answer in answers {
        let IpAddr::V6(answer) = answer else { continue };
        if !contains_v6(global, global_length, *answer) {
            continue;
        }
        let lengths = [32, 40, 48, 56, 64, 96]
            .into_iter()
            .filter(|length| translated(*answer, *length).is_some_and(|v4| NAT64_ADDRESSES.contains(&v4)));
        for length in lengths {
            let prefix = (
                Ipv6Addr::from(answer.to_bits() & (u128::MAX << (128 - length))),
                length,
            );
            if !found.contains(&prefix) {
                found.push(prefix);
            }
        }
    }
    found
}

/// Whether everything behind the IPv4 address is zero, as the standard wants it.
fn suffix_is_zero(address: Ipv6Addr, length: u8) -> bool {
    let octets_before = usize::from(length) / 8 + 5;
    address
        .octets()
        .iter()
        .skip(octets_before)
        .all(|octet| *octet == 0)
}
