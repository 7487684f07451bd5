//! Patterns of UDP.

use super::*;

#[test]
fn udp_is_named_with_its_ports() {
    for (text, host, ports) in [
        ("Example.com:27015/udp", "example.com", "27015"),
        ("**.example.com:5000-5100/udp", "**.example.com", "5000-5100"),
        ("*:1-65535/udp", "*", "1-65535"),
        ("[2001:db8::1]:500/udp", "2001:db8::1", "500"),
    ] {
        let pattern = pattern(text);
        assert_eq!(pattern.protocol, Protocol::Udp, "{text}");
        assert_eq!(pattern.host, HostPattern::parse(host).unwrap());
        assert_eq!(pattern.ports, Ports::parse(ports).unwrap());
        assert_eq!(pattern.to_string(), text.to_ascii_lowercase());
    }
    assert_eq!(pattern("example.com:27015").protocol, Protocol::Tcp);
    for text in [
        "example.com/udp",
        "example.com:5/UDP",
        "example.com:5/tcp",
        "/udp",
        "example.com/udp:5",
    ] {
        assert!(NetworkPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_pattern_of_one_protocol_says_nothing_of_the_other() {
    let place = |text: &str| Destination {
        host: Host::parse(text).unwrap(),
        port: Port::new(5000).unwrap(),
    };
    let (tcp, udp) = (pattern("game.test:5000"), pattern("game.test:5000/udp"));
    let datagrams = |host| Target::Datagrams(place(host));
    assert!(udp.matches_target(&datagrams("game.test")));
    assert!(!udp.matches_target(&datagrams("other.test")));
    assert!(!udp.matches_target(&Target::Network(place("game.test"))));
    assert!(!tcp.matches_target(&datagrams("game.test")));
    assert!(tcp.restricts(&datagrams("game.test")));
    assert!(!tcp.covers(&udp) && !udp.covers(&tcp) && udp.covers(&udp));
    let address = "10.1.2.3".parse().unwrap();
    let local = Target::LocalNetwork {
        destination: place("game.test"),
        address,
    };
    assert!(!pattern("10.1.2.3:5000/udp").matches_target(&local));
    assert!(!pattern("*:5000/udp").matches_target(&datagrams("10.1.2.3")));
    assert!(pattern("10.1.2.3:5000/udp").matches_target(&datagrams("10.1.2.3")));
}

#[test]
fn a_refused_pattern_of_udp_is_answered_with_what_to_write() {
    use expect_test::expect;
    check_refused(
        "example.com:53/udp",
        &expect![[
            r#""example.com:53/udp" can open nothing: at port 53 Askbox answers by UDP itself, whatever rules say"#
        ]],
    );
    for text in ["example.com/udp", "example.com:5/udp at 10.1.2.3"] {
        let error = NetworkPattern::parse(text).expect_err(text).to_string();
        assert!(error.contains("such as `example.com:27015/udp`"), "{error}");
    }
}
