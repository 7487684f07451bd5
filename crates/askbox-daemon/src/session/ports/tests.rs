use askbox_policy::Port;

use super::*;

fn publish(address: Option<&str>) -> Publish {
    Publish {
        address: address.map(|address| address.parse().unwrap()),
        port: Port::new(3000).unwrap(),
        inside: Port::new(4000).unwrap(),
    }
}

#[test]
fn a_server_is_published_on_the_loopback_unless_an_address_is_said() {
    let table = [
        (None, vec!["127.0.0.1:3000", "[::1]:3000"]),
        (Some("0.0.0.0"), vec!["0.0.0.0:3000"]),
        (Some("::1"), vec!["[::1]:3000"]),
    ];
    for (address, expected) in table {
        let found: Vec<String> = addresses(&publish(address))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn only_a_machine_without_ipv6_may_lack_one_of_the_listeners() {
    let v4: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let v6: SocketAddr = "[::1]:1".parse().unwrap();
    let error = |kind: ErrorKind| Err(io::Error::from(kind));
    let listener = || Ok(OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap()));
    let mut listeners = Vec::new();
    assert!(keep(&mut listeners, v6, error(ErrorKind::AddrNotAvailable)).is_err());
    assert!(keep(&mut listeners, v4, error(ErrorKind::AddrInUse)).is_err());
    keep(&mut listeners, v4, listener()).unwrap();
    keep(&mut listeners, v6, error(ErrorKind::AddrNotAvailable)).unwrap();
    assert!(keep(&mut listeners, v6, error(ErrorKind::AddrInUse)).is_err());
    assert_eq!(listeners.len(), 1);
}

#[test]
fn rules_for_udp_name_no_more_ports_than_the_kernel_is_to_compare() {
    let port = |number: usize| Port::new(u16::try_from(5_000 + 2 * number).unwrap()).unwrap();
    let mut wanted: Vec<(Port, Port)> = (0..limits::DATAGRAM_PORTS)
        .map(|number| (port(number), port(number)))
        .collect();
    check_number(&wanted).unwrap();
    wanted.push((port(limits::DATAGRAM_PORTS), port(limits::DATAGRAM_PORTS)));
    let refused = check_number(&wanted).unwrap_err();
    assert!(
        refused.message.contains("more than 64 different ports"),
        "{refused:?}"
    );
    assert!(refused.hint.unwrap().contains("-27100/udp"));
}
