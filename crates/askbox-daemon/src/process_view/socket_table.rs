//! /proc/PID/net/tcp and tcp6: which socket has this address. The tables are those of the process's network namespace.
//! Text comes from the kernel, so what does not parse is skipped, not reported.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Larger than a line of either table.
const BUFFER: usize = 4096;

/// The state of a socket that nobody holds any more (`TCP_TIME_WAIT`).
const TIME_WAIT: &[u8] = b"06";

/// The inode numbers of the sockets whose own address is `client`. Mostly one; more when one port leads to several
/// destinations.
pub(super) fn inodes(pid: u32, client: SocketAddr) -> Vec<u64> {
    let port = client.port();
    let mut found = Vec::new();
    match client.ip().to_canonical() {
        IpAddr::V4(address) => {
            find(pid, "tcp", &words(&address.octets(), port), &mut found);
            if found.is_empty() {
                // A program may use an IPv6 socket for IPv4 (Java does).
                find(
                    pid,
                    "tcp6",
                    &words(&address.to_ipv6_mapped().octets(), port),
                    &mut found,
                );
            }
        }
        IpAddr::V6(address) => find(pid, "tcp6", &ipv6(address, port), &mut found),
    }
    found
}

fn ipv6(address: Ipv6Addr, port: u16) -> String {
    words(&address.octets(), port)
}

/// An address as the tables write it: each 32 bits of it as a number of this machine, in hexadecimal.
fn words(octets: &[u8], port: u16) -> String {
    let mut text = String::with_capacity(40);
    let (words, _none) = octets.as_chunks::<4>();
    for word in words {
        // Writing to a String cannot fail.
        let _ignored = write!(text, "{:08X}", u32::from_ne_bytes(*word));
    }
    let _ignored = write!(text, ":{port:04X}");
    text
}

fn find(pid: u32, table: &str, address: &str, found: &mut Vec<u64>) {
    if let Ok(file) = File::open(format!("/proc/{pid}/net/{table}")) {
        find_in(BufReader::with_capacity(BUFFER, file), address.as_bytes(), found);
    }
}

fn find_in(mut table: impl BufRead, address: &[u8], found: &mut Vec<u64>) {
    let mut line = Vec::with_capacity(256);
    // An error of reading ends the table as its end does.
    while table.read_until(b'\n', &mut line).is_ok_and(|length| length != 0) {
        found.extend(inode(&line, address));
        line.clear();
    }
}

/// The inode of the line's socket, if its own address is the wanted one and a process may hold it.
fn inode(line: &[u8], address: &[u8]) -> Option<u64> {
    // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
    let mut fields = line
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty());
    if fields.nth(1)? != address || fields.nth(1)? == TIME_WAIT {
        return None;
    }
    let inode: u64 = str::from_utf8(fields.nth(5)?).ok()?.parse().ok()?;
    (inode != 0).then_some(inode)
}

#[cfg(test)]
mod tests;
