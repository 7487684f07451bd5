//! The `nf_tables` ruleset (`linux/netfilter/nf_tables.h)`:
//!
//! ```text
//! nat    output -100: {tcp,udp} dport 53 redirect :10053; 127/8 accept; ::1 accept; tcp redirect :10080
//! filter output    0: policy drop; ct state established,related accept; 127/8, ::1 accept;
//!                     not tcp, of a program, at most 100 a second: log group 1; reject
//! ```
//!
//! The kernel's own packets (neighbour discovery) belong to no program and are not told of: `meta skuid` has no value for
//! them, and an expression without a value ends its rule.
//!
//! Without the `ct` line the answers of our own listeners are dropped. A rejected UDP send fails at once, so that QUIC
//! falls back to TCP fast.

use std::net::Ipv6Addr;

use askbox_policy::Port;

use super::batch::{ACK, APPEND, Batch, CREATE};
use super::{DNS_PORT, TCP_PORT, UDP_PORT};

const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const SUBSYSTEM: u16 = 10 << 8;
const NEW_TABLE: u16 = SUBSYSTEM;
const NEW_CHAIN: u16 = SUBSYSTEM | 3;
const NEW_RULE: u16 = SUBSYSTEM | 6;
/// struct nfgenmsg: family inet, version 0, resource 0.
const INET: [u8; 4] = [1, 0, 0, 0];
/// struct nfgenmsg of a batch: the resource is the subsystem, in network byte order.
const BATCH: [u8; 4] = [0, 0, 0, 10];
const TABLE: &str = "askbox";
const REDIRECT: &str = "redirect";
const WALL: &str = "wall";

/// Packets a second that are told of, and at once: enough for every program that looks for a way out, little enough that
/// the daemon does not notice one that sends as fast as it can.
const TOLD_PER_SECOND: u64 = 100;
const TOLD_AT_ONCE: u32 = 200;
/// Bytes of a packet that are told: the longest IPv4 header, or the IPv6 one, and the ports.
const TOLD_BYTES: u32 = 64;

const TCP: u8 = 6;
const UDP: u8 = 17;
const FAMILY_V4: u8 = 2;
const FAMILY_V6: u8 = 10;

/// Every expression uses the first data register.
const REGISTER: u32 = 1;
const EQUAL: u32 = 0;
const NOT_EQUAL: u32 = 1;
const AT_MOST: u32 = 3;
const AT_LEAST: u32 = 5;

/// Whether somebody is told of rejected packets.
#[derive(Clone, Copy)]
pub(super) enum Telling {
    /// Whoever listens to this group of `nfnetlink_log`.
    Of(u16),
    /// Nobody: not every kernel has it.
    Nothing,
}

#[derive(Clone, Copy)]
enum Policy {
    Drop = 0,
    Accept = 1,
}

pub(super) fn batch(telling: Telling) -> Batch {
    let mut batch = Batch::default();
    batch.message(BATCH_BEGIN, 0, &BATCH, |_| {});
    batch.message(NEW_TABLE, ACK | CREATE, &INET, |batch| {
        batch.text(1, TABLE);
        batch.number(2, 0); // No flags.
    });
    chain(&mut batch, REDIRECT, "nat", -100, Policy::Accept);
    chain(&mut batch, WALL, "filter", 0, Policy::Drop);
    for protocol in [TCP, UDP] {
        rule(&mut batch, REDIRECT, |batch| {
            protocol_is(batch, protocol);
            payload(batch, 2, 2, 2); // Transport header: destination port.
            compare(batch, EQUAL, &53u16.to_be_bytes());
            redirect(batch, DNS_PORT);
        });
    }
    rule(&mut batch, REDIRECT, accept_loopback_v4);
    rule(&mut batch, REDIRECT, accept_loopback_v6);
    rule(&mut batch, REDIRECT, |batch| {
        protocol_is(batch, TCP);
        redirect(batch, TCP_PORT);
    });
    rule(&mut batch, WALL, |batch| {
        expression(batch, "ct", |batch| {
            batch.number(2, 0); // Key: state.
            batch.number(1, REGISTER);
        });
        mask(batch, &6u32.to_ne_bytes()); // Established or related.
        compare(batch, NOT_EQUAL, &0u32.to_ne_bytes());
        accept(batch);
    });
    rule(&mut batch, WALL, accept_loopback_v4);
    rule(&mut batch, WALL, accept_loopback_v6);
    match telling {
        Telling::Of(group) => rule(&mut batch, WALL, |batch| tell(batch, group)),
        Telling::Nothing => {}
    }
    rule(&mut batch, WALL, |batch| {
        expression(batch, "reject", |batch| {
            batch.number(1, 2); // NFT_REJECT_ICMPX_UNREACH
            batch.attribute(2, &[1]); // NFT_REJECT_ICMPX_PORT_UNREACH
        });
    });
    batch.message(BATCH_END, 0, &BATCH, |_| {});
    batch
}

/// What a session with rules for UDP has beside: `udp dport LOW-HIGH redirect :10081` for each range, behind all that the chain has,
/// so that names are asked for of Askbox whatever the range says.
pub(super) fn datagrams(ports: &[(Port, Port)]) -> Batch {
    let mut batch = Batch::default();
    batch.message(BATCH_BEGIN, 0, &BATCH, |_| {});
    for (low, high) in ports {
        rule(&mut batch, REDIRECT, |batch| {
            protocol_is(batch, UDP);
            payload(batch, 2, 2, 2); // Transport header: destination port.
            compare(batch, AT_LEAST, &low.get().to_be_bytes());
            compare(batch, AT_MOST, &high.get().to_be_bytes());
            redirect(batch, UDP_PORT);
        });
    }
    batch.message(BATCH_END, 0, &BATCH, |_| {});
    batch
}

fn chain(batch: &mut Batch, name: &str, kind: &str, priority: i32, policy: Policy) {
    const HOOK_OUTPUT: u32 = 3;
    batch.message(NEW_CHAIN, ACK | CREATE, &INET, |batch| {
        batch.text(1, TABLE);
        batch.text(3, name);
        batch.nest(4, |batch| {
            batch.number(1, HOOK_OUTPUT);
            batch.number(2, priority.cast_unsigned());
        });
        batch.number(5, policy as u32);
        batch.text(7, kind);
    });
}

fn rule(batch: &mut Batch, chain: &str, expressions: impl FnOnce(&mut Batch)) {
    batch.message(NEW_RULE, ACK | CREATE | APPEND, &INET, |batch| {
        batch.text(1, TABLE);
        batch.text(2, chain);
        batch.nest(4, expressions);
    });
}

fn expression(batch: &mut Batch, name: &str, data: impl FnOnce(&mut Batch)) {
    batch.nest(1, |batch| {
        batch.text(1, name);
        batch.nest(2, data);
    });
}

/// Loads a fact about the packet: 15 is the network protocol's family, 16 the transport protocol.
fn meta(batch: &mut Batch, key: u32) {
    expression(batch, "meta", |batch| {
        batch.number(1, REGISTER);
        batch.number(2, key);
    });
}

fn compare(batch: &mut Batch, operator: u32, value: &[u8]) {
    expression(batch, "cmp", |batch| {
        batch.number(1, REGISTER);
        batch.number(2, operator);
        batch.nest(3, |batch| batch.attribute(1, value));
    });
}

/// Loads bytes of the packet: base 1 is the network header, 2 the transport header.
fn payload(batch: &mut Batch, base: u32, offset: u32, length: u32) {
    expression(batch, "payload", |batch| {
        batch.number(1, REGISTER);
        batch.number(2, base);
        batch.number(3, offset);
        batch.number(4, length);
    });
}

fn mask(batch: &mut Batch, value: &[u8]) {
    let zero = vec![0; value.len()];
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    expression(batch, "bitwise", |batch| {
        batch.number(1, REGISTER);
        batch.number(2, REGISTER);
        batch.number(3, length);
        batch.nest(4, |batch| batch.attribute(1, value));
        batch.nest(5, |batch| batch.attribute(1, &zero));
    });
}

fn redirect(batch: &mut Batch, port: u16) {
    expression(batch, "immediate", |batch| {
        batch.number(1, REGISTER);
        batch.nest(2, |batch| batch.attribute(1, &port.to_be_bytes()));
    });
    expression(batch, "redir", |batch| {
        batch.number(1, REGISTER);
        batch.number(3, 2); // NF_NAT_RANGE_PROTO_SPECIFIED
    });
}

fn accept(batch: &mut Batch) {
    expression(batch, "immediate", |batch| {
        batch.number(1, 0); // The verdict register.
        batch.nest(2, |batch| batch.nest(2, |batch| batch.number(1, 1))); // NF_ACCEPT
    });
}

fn tell(batch: &mut Batch, group: u16) {
    meta(batch, 16);
    compare(batch, NOT_EQUAL, &[TCP]);
    meta(batch, 10); // The user of the socket.
    expression(batch, "limit", |batch| {
        batch.attribute(1, &TOLD_PER_SECOND.to_be_bytes());
        batch.attribute(2, &1u64.to_be_bytes()); // Of one second.
        batch.number(3, TOLD_AT_ONCE);
        batch.number(4, 0); // Packets, not bytes.
        batch.number(5, 0); // What is within the limit matches.
    });
    expression(batch, "log", |batch| {
        batch.attribute(1, &group.to_be_bytes());
        batch.number(3, TOLD_BYTES);
        batch.attribute(4, &1u16.to_be_bytes()); // Each at once.
    });
}

fn protocol_is(batch: &mut Batch, protocol: u8) {
    meta(batch, 16);
    compare(batch, EQUAL, &[protocol]);
}

fn accept_loopback_v4(batch: &mut Batch) {
    meta(batch, 15);
    compare(batch, EQUAL, &[FAMILY_V4]);
    payload(batch, 1, 16, 4); // Destination address.
    mask(batch, &[255, 0, 0, 0]);
    compare(batch, EQUAL, &[127, 0, 0, 0]);
    accept(batch);
}

fn accept_loopback_v6(batch: &mut Batch) {
    meta(batch, 15);
    compare(batch, EQUAL, &[FAMILY_V6]);
    payload(batch, 1, 24, 16); // Destination address.
    compare(batch, EQUAL, &Ipv6Addr::LOCALHOST.octets());
    accept(batch);
}
