//! What the host's own network looks like: its addresses, and whether it routes the range that we use for fake ones.
//! Reads facts; `askbox_policy::address` judges by them.

use std::net::{IpAddr, Ipv4Addr};

use askbox_policy::address::HostNetwork;
use nix::ifaddrs::getifaddrs;

use crate::names::is_fake;

/// The routing table of this network namespace.
const ROUTES: &str = "/proc/net/route";

/// Looks at the host's network. Facts that cannot be read are left out of `routes_benchmark_range`, which only ever
/// allows; that own addresses cannot be read is an error, because they are what is refused.
pub(crate) fn look() -> nix::Result<HostNetwork> {
    let own: Vec<IpAddr> = getifaddrs()?
        .filter_map(|interface| {
            let address = interface.address?;
            let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
        })
        .collect();
    let routes = std::fs::read_to_string(ROUTES).unwrap_or_default();
    // Fake-IP VPN clients give their interface an address of the range, and some keep the route in a table of its own.
    let routes_benchmark_range = routes_range(&routes)
        || own
            .iter()
            .any(|address| matches!(address, IpAddr::V4(address) if is_fake(*address)));
    Ok(HostNetwork {
        own,
        nat64: Vec::new(),
        routes_benchmark_range,
    })
}

/// Whether a table in the form of /proc/net/route has a route of its own for addresses in 198.18.0.0/15. The default
/// route does not count: it leads everywhere.
fn routes_range(table: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let destination = fields.next().and_then(address);
        let mask = fields.nth(5).and_then(address);
        let (Some(destination), Some(mask)) = (destination, mask) else {
            return false;
        };
        if mask.to_bits().count_ones() < 8 {
            return false;
        }
        let covers = mask.to_bits() & Ipv4Addr::new(198, 18, 0, 0).to_bits() == destination.to_bits();
        is_fake(destination) || covers
    })
}

/// An address as /proc/net/route prints it: eight hexadecimal digits in the machine's own byte order.
fn address(field: &str) -> Option<Ipv4Addr> {
    u32::from_str_radix(field, 16)
        .ok()
        .map(|bits| Ipv4Addr::from(bits.to_ne_bytes()))
}

#[cfg(test)]
mod tests;
