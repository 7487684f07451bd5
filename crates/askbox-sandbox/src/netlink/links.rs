//! lo up; a veth pair eth0 – gateway, since Node refuses to resolve names without a non-loopback interface; addresses;
//! default routes (rtnetlink(7), `linux/if_link.h`).

use std::net::{Ipv4Addr, Ipv6Addr};

use askbox_wire::Network;

use super::batch::{ACK, Batch, CREATE, EXCLUSIVE};
use crate::identity;

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;

const IFLA_NAME: u16 = 3;
const IFLA_INFO: u16 = 18;
const IFLA_SEND_QUEUES: u16 = 31;
const IFLA_RECEIVE_QUEUES: u16 = 32;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const VETH_PEER: u16 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const RTA_INTERFACE: u16 = 4;
const RTA_SOURCE: u16 = 7;

/// `AF_INET` and `AF_INET6`.
const V4: u8 = 2;
const V6: u8 = 10;
/// `RT_SCOPE_LINK`: the destination is on the interface itself, so no gateway is needed.
const SCOPE_LINK: u8 = 253;

/// Interface numbers of our own choice, so that none has to be looked up.
const LOOPBACK: u32 = 1;
const ETH0: u32 = 100;
const GATEWAY: u32 = 101;

/// What programs have for their own address.
const OWN_V4: Ipv4Addr = Ipv4Addr::new(10, 64, 0, 2);
const OWN_V6: Ipv6Addr = Ipv6Addr::new(0xfd64, 0, 0, 0, 0, 0, 0, 2);

pub(super) fn batch() -> Batch {
    let mut batch = Batch::default();
    batch.message(NEW_LINK, ACK | CREATE | EXCLUSIVE, &link(ETH0, 0), |batch| {
        batch.text(IFLA_NAME, "eth0");
        one_queue(batch);
        batch.nest(IFLA_INFO, |batch| {
            batch.text(INFO_KIND, "veth");
            batch.nest(INFO_DATA, |batch| {
                batch.nest(VETH_PEER, |batch| {
                    batch.raw(&link(GATEWAY, 0));
                    batch.text(IFLA_NAME, "gateway");
                    one_queue(batch);
                });
            });
        });
    });
    for index in [LOOPBACK, ETH0, GATEWAY] {
        // Not at creation: veth answers ENOTCONN to IFF_UP before both ends exist.
        batch.message(NEW_LINK, ACK, &link(index, 1), |_| {});
    }
    address(&mut batch, ETH0, V4, 32, &OWN_V4.octets());
    address(&mut batch, ETH0, V6, 128, &OWN_V6.octets());
    batch
}

/// The default routes: to the interface, where rules turn around what is sent there; or to nowhere, so that sending fails
/// with "permission denied" at once. Then the resolver's address is our own.
pub(super) fn routes(network: Network) -> Batch {
    let mut batch = Batch::default();
    match network {
        Network::Captured => {
            default_route(&mut batch, V4, SCOPE_LINK, &OWN_V4.octets());
            default_route(&mut batch, V6, 0, &OWN_V6.octets());
        }
        Network::Proxy => {
            address(&mut batch, LOOPBACK, V4, 32, &identity::NAME_SERVER.octets());
            prohibit(&mut batch, V4);
            prohibit(&mut batch, V6);
        }
    }
    batch
}

/// Otherwise veth gets one for each processor and then gives all but one back, for which the kernel waits for every processor
/// (`veth_init_queues`): 0.2 to 1 ms for each end.
fn one_queue(batch: &mut Batch) {
    for queues in [IFLA_SEND_QUEUES, IFLA_RECEIVE_QUEUES] {
        batch.attribute(queues, &1u32.to_ne_bytes());
    }
}

/// struct ifinfomsg: family, type, index, flags, change mask (`IFF_UP` is bit 0).
fn link(index: u32, up: u32) -> Vec<u8> {
    [[0; 4], index.to_ne_bytes(), up.to_ne_bytes(), up.to_ne_bytes()].concat()
}

/// `RT_TABLE_MAIN` and `RTPROT_BOOT`.
const MAIN_TABLE: u8 = 254;
const BOOT: u8 = 3;

fn address(batch: &mut Batch, interface: u32, family: u8, prefix: u8, address: &[u8]) {
    const NO_DUPLICATE_DETECTION: u8 = 2;
    let header = [
        [family, prefix, NO_DUPLICATE_DETECTION, 0],
        interface.to_ne_bytes(),
    ]
    .concat();
    batch.message(NEW_ADDRESS, ACK | CREATE | EXCLUSIVE, &header, |batch| {
        batch.attribute(IFA_ADDRESS, address);
        batch.attribute(IFA_LOCAL, address);
    });
}

/// The default route of a family, from this address.
fn default_route(batch: &mut Batch, family: u8, scope: u8, address: &[u8]) {
    const UNICAST: u8 = 1;
    let header = [[family, 0, 0, 0], [MAIN_TABLE, BOOT, scope, UNICAST], [0; 4]].concat();
    batch.message(NEW_ROUTE, ACK | CREATE | EXCLUSIVE, &header, |batch| {
        batch.attribute(RTA_INTERFACE, &ETH0.to_ne_bytes());
        batch.attribute(RTA_SOURCE, address);
    });
}

/// A default route that refuses.
fn prohibit(batch: &mut Batch, family: u8) {
    const UNIVERSE: u8 = 0;
    const PROHIBIT: u8 = 8;
    let header = [[family, 0, 0, 0], [MAIN_TABLE, BOOT, UNIVERSE, PROHIBIT], [0; 4]].concat();
    batch.message(NEW_ROUTE, ACK | CREATE | EXCLUSIVE, &header, |_| {});
}
