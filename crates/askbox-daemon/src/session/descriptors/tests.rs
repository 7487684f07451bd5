use std::fs::File;

use askbox_wire::Network;

use super::*;

fn sorted(names: &[Descriptor]) -> Option<Listeners> {
    let descriptors = names
        .iter()
        .map(|_| OwnedFd::from(File::open("/dev/null").unwrap()));
    let sorted = sort(names, descriptors.collect()).ok()?;
    Some(sorted.sockets.listeners(ProxyToken::new([7; ProxyToken::BYTES])))
}

#[test]
fn what_a_launch_sends_says_how_connections_arrive() {
    let captured = sorted(Descriptor::of(Network::Captured)).unwrap();
    assert!(matches!(captured.arrival, Arrival::Captured { .. }));
    let by_proxy = sorted(Descriptor::of(Network::Proxy)).unwrap();
    assert!(matches!(by_proxy.arrival, Arrival::ByProxy { .. }));
}

#[test]
fn a_launch_sends_the_listeners_of_one_kind_only() {
    let by_proxy = Descriptor::of(Network::Proxy);
    for extra in [Descriptor::Tcp4, Descriptor::Rejected, Descriptor::Proxy6] {
        let names = [by_proxy, &[extra]].concat();
        assert!(sorted(&names).is_none(), "{extra:?}");
    }
    let half = Descriptor::CAPTURED.map(|name| {
        if name == Descriptor::Tcp4 {
            Descriptor::Proxy4
        } else {
            name
        }
    });
    assert!(sorted(&half).is_none());
    assert!(sorted(&by_proxy[1..]).is_none());
}
