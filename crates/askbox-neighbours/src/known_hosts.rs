//! The name of a host by its key, from lists of known hosts (sshd(8)). Pure.

use askbox_policy::{Destination, Host, Port};
use ring::hmac;
use ssh_key::known_hosts::{HostPatterns, KnownHosts, Marker};

/// ssh's port, whose hosts are listed without one.
const SSH_PORT: u16 = 22;

/// The host that has this key: one of these destinations, which the session is connected to, or else the first that is listed
/// by its name. Names are mostly kept as digests, which only a destination can be compared with. A key that is revoked, or
/// vouched for by another, is nobody's.
pub(crate) fn find(lists: &[String], host_key: &[u8], connected: &[Destination]) -> Option<Destination> {
    let mut named = Vec::new();
    for entry in lists.iter().flat_map(|list| KnownHosts::new(list)).flatten() {
        if entry.public_key().to_bytes().ok().as_deref() != Some(host_key) {
            continue;
        }
        match entry.marker() {
            Some(Marker::Revoked) => return None,
            Some(Marker::CertAuthority) => {}
            None => named.push(entry.host_patterns().clone()),
        }
    }
    let is_named = |destination: &&Destination| {
        let name = as_listed(destination);
        named.iter().any(|patterns| names(patterns, &name))
    };
    let found = connected.iter().find(is_named).cloned();
    found.or_else(|| named.iter().find_map(plain))
}

/// How a destination is listed: `host`, or `[host]:port`.
fn as_listed(destination: &Destination) -> String {
    let Destination { host, port } = destination;
    if port.get() == SSH_PORT {
        host.to_string()
    } else {
        format!("[{host}]:{port}")
    }
}

/// Whether a line is about this name. Wildcards are not followed: they name no host.
fn names(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::Patterns(patterns) => patterns.iter().any(|pattern| pattern.eq_ignore_ascii_case(name)),
        HostPatterns::HashedName { salt, hash } => {
            // Not for secrecy: it is what ssh has made of the name.
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
            hmac::verify(&key, name.as_bytes(), hash).is_ok()
        }
    }
}

/// The first name of a line that is one.
fn plain(patterns: &HostPatterns) -> Option<Destination> {
    match patterns {
        HostPatterns::Patterns(patterns) => patterns.iter().find_map(|pattern| destination(pattern)),
        HostPatterns::HashedName { .. } => None,
    }
}

fn destination(pattern: &str) -> Option<Destination> {
    let (host, port) = match pattern.strip_prefix('[').and_then(|rest| rest.rsplit_once("]:")) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (pattern, SSH_PORT),
    };
    Some(Destination {
        host: Host::parse(host).ok()?,
        port: Port::new(port)?,
    })
}

#[cfg(test)]
mod tests;
