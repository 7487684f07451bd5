use super::*;

#[test]
fn original_destinations_stand_for_names_addresses_or_nothing() {
    let to = |host: &str, port: u16| {
        Captured::To(Destination {
            host: Host::parse(host).unwrap(),
            port: Port::new(port).unwrap(),
        })
    };
    let table = [
        ("198.18.1.0:443", Some(to("ok.test", 443))),
        ("198.18.1.1:443", None),
        ("198.18.0.1:80", None),
        ("198.19.255.255:80", None),
        ("192.0.2.1:22", Some(to("192.0.2.1", 22))),
        ("[2001:db8::1]:443", Some(to("2001:db8::1", 443))),
        ("[::ffff:192.0.2.1]:443", Some(to("192.0.2.1", 443))),
        ("127.0.0.1:10080", None),
        ("192.0.2.1:0", None),
    ];
    let listener = "127.0.0.1:10080".parse().unwrap();
    for (original, expected) in table {
        let captured = destination(original.parse().unwrap(), listener, |address| {
            (address == Ipv4Addr::new(198, 18, 1, 0)).then(|| HostName::parse("ok.test").unwrap())
        });
        match expected {
            Some(expected) => assert_eq!(captured, expected, "{original}"),
            None => {
                assert!(
                    matches!(captured, Captured::Nowhere(..) | Captured::NoPort),
                    "{original}: {captured:?}"
                );
            }
        }
    }
}
