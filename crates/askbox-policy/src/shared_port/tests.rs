use super::*;

fn port(number: u16) -> Port {
    Port::new(number).unwrap()
}

fn publish(address: Option<&str>, port_: u16, inside: u16) -> SharedPort {
    SharedPort::Published(Publish {
        address: address.map(|text| text.parse().unwrap()),
        port: port(port_),
        inside: port(inside),
    })
}

fn network(host: &str, number: u16) -> Target {
    Target::Network(Destination {
        host: Host::parse(host).unwrap(),
        port: port(number),
    })
}

fn local(host: &str, number: u16, address: &str) -> Target {
    Target::LocalNetwork {
        destination: Destination {
            host: Host::parse(host).unwrap(),
            port: port(number),
        },
        address: address.parse().unwrap(),
    }
}

#[test]
fn a_shared_port_opens_just_itself() {
    let (host, published) = (SharedPort::Host(port(5432)), publish(None, 8080, 3000));
    let table = [
        (network("127.0.0.1", 5432), [true, false]),
        (network("::1", 5432), [true, false]),
        (network("127.0.0.1", 5433), [false, false]),
        (network("127.0.0.2", 5432), [false, false]),
        (network("192.0.2.1", 5432), [false, false]),
        (network("localhost.test", 5432), [false, false]),
        (local("a.test", 5432, "127.0.0.1"), [true, false]),
        (local("a.test", 5433, "127.0.0.1"), [false, false]),
        (local("a.test", 5432, "10.0.0.1"), [false, false]),
        (network("127.0.0.1", 3000), [false, false]),
        (network("127.0.0.1", 8080), [false, false]),
        (Target::Published(port(3000)), [false, true]),
        (Target::Published(port(8080)), [false, false]),
        (Target::Published(port(5432)), [false, false]),
    ];
    for (target, expected) in table {
        let found = [host.opens(&target), published.opens(&target)];
        assert_eq!(found, expected, "{target}");
    }
    assert!(host.opens(&host.target()));
    assert!(published.opens(&published.target()));
}

#[test]
fn a_shared_port_is_told_as_it_is_typed() {
    let table = [
        (SharedPort::Host(port(5432)), "--host-port 5432"),
        (publish(None, 3000, 3000), "--publish 3000"),
        (publish(None, 8080, 3000), "--publish 8080:3000"),
        (publish(Some("0.0.0.0"), 80, 3000), "--publish 0.0.0.0:80:3000"),
        (publish(Some("::"), 3000, 3000), "--publish [::]:3000"),
    ];
    for (shared, text) in table {
        assert_eq!(shared.to_string(), text);
    }
}

#[test]
fn two_that_take_the_same_place_clash() {
    let host = SharedPort::Host(port(3000));
    assert!(host.clashes(&host));
    assert!(!host.clashes(&SharedPort::Host(port(3001))));
    assert!(!host.clashes(&publish(None, 3000, 3000)));
    let published = publish(None, 3000, 3000);
    assert!(published.clashes(&publish(None, 3000, 4000)));
    assert!(!published.clashes(&publish(None, 3001, 3000)));
    assert!(!published.clashes(&publish(Some("192.0.2.7"), 3000, 3000)));
}
