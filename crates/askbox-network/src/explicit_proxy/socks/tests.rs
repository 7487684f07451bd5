use proptest::prelude::*;

use super::*;

fn to(host: &str, port: u16) -> Destination {
    Destination {
        host: Host::parse(host).unwrap(),
        port: Port::new(port).unwrap(),
    }
}

/// A request of a name.
fn named(command: u8, name: &[u8], port: u16) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    let head = [VERSION, command, 0, NAME, length];
    [head.as_slice(), name, &port.to_be_bytes()].concat()
}

/// The same of an address.
fn addressed(command: u8, address: IpAddr, port: u16) -> Vec<u8> {
    let (kind, octets) = match address {
        IpAddr::V4(address) => (IPV4, address.octets().to_vec()),
        IpAddr::V6(address) => (IPV6, address.octets().to_vec()),
    };
    let head = [VERSION, command, 0, kind];
    [head.as_slice(), &octets, &port.to_be_bytes()].concat()
}

#[test]
fn a_greeting_offers_a_password_or_does_not() {
    let table: [(&[u8], Parsed<Greeting>); 6] = [
        (
            &[5, 1, 2],
            Parsed::Whole(
                Greeting {
                    offers_password: true,
                },
                3,
            ),
        ),
        (
            &[5, 2, 0, 2],
            Parsed::Whole(
                Greeting {
                    offers_password: true,
                },
                4,
            ),
        ),
        (
            &[5, 1, 0],
            Parsed::Whole(
                Greeting {
                    offers_password: false,
                },
                3,
            ),
        ),
        (
            &[5, 0],
            Parsed::Whole(
                Greeting {
                    offers_password: false,
                },
                2,
            ),
        ),
        (&[5, 2, 0], Parsed::Incomplete),
        (&[4, 1, 0], Parsed::Broken),
    ];
    for (bytes, expected) in table {
        assert_eq!(greeting(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn a_login_has_a_name_and_a_password() {
    let expected = Login {
        name: b"ada".to_vec(),
        password: b"p:q".to_vec(),
    };
    assert_eq!(login(b"\x01\x03ada\x03p:q"), Parsed::Whole(expected, 9));
    assert_eq!(login(b"\x05\x03ada\x03p:q"), Parsed::Broken);
    assert_eq!(login(b"\x01\x03ada\x04p:q"), Parsed::Incomplete);
}

#[test]
fn a_request_names_a_destination_or_gets_its_answer() {
    const BIND: u8 = 2;
    const UDP: u8 = 3;
    let v4: IpAddr = "192.0.2.1".parse().unwrap();
    let v6: IpAddr = "2001:db8::1".parse().unwrap();
    let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
    let table = [
        (named(CONNECT, b"OK.test.", 443), Ok(to("ok.test", 443))),
        (named(CONNECT, b"10.0.0.1", 80), Ok(to("10.0.0.1", 80))),
        (addressed(CONNECT, v4, 22), Ok(to("192.0.2.1", 22))),
        (addressed(CONNECT, v6, 22), Ok(to("2001:db8::1", 22))),
        (addressed(CONNECT, mapped, 22), Ok(to("10.0.0.1", 22))),
        (named(CONNECT, b"ok.test", 0), Err(Reply::AddressNotSupported)),
        (named(CONNECT, b"", 443), Err(Reply::AddressNotSupported)),
        (named(CONNECT, b"a\0b", 443), Err(Reply::AddressNotSupported)),
        (named(CONNECT, b"\xff\xfe", 443), Err(Reply::AddressNotSupported)),
        (named(CONNECT, b"127.1", 443), Err(Reply::AddressNotSupported)),
        (named(BIND, b"ok.test", 443), Err(Reply::CommandNotSupported)),
        (addressed(UDP, v4, 0), Err(Reply::CommandNotSupported)),
        (addressed(9, v4, 1), Err(Reply::CommandNotSupported)),
    ];
    for (bytes, expected) in table {
        assert_eq!(request(&bytes), Parsed::Whole(expected, bytes.len()), "{bytes:?}");
    }
    // Nobody knows how long such an address would be.
    let unknown = Parsed::Whole(Err(Reply::AddressNotSupported), 4);
    assert_eq!(request(&[5, CONNECT, 0, 9, 1, 2, 3]), unknown);
    assert_eq!(request(&[5, CONNECT, 1, IPV4, 1, 2, 3, 4, 0, 80]), Parsed::Broken);
    assert_eq!(request(&[4, CONNECT, 0, IPV4, 1, 2, 3, 4, 0, 80]), Parsed::Broken);
}

#[test]
fn answers_have_the_numbers_of_the_standard() {
    assert_eq!(Reply::Succeeded.bytes(), [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(Reply::Denied.bytes()[1], 2);
    assert_eq!(Reply::CommandNotSupported.bytes()[1], 7);
}

proptest! {
    #[test]
    fn what_was_asked_for_is_what_is_read(name in "[a-z]{1,20}(\\.[a-z]{1,20}){1,3}", port in 1u16..) {
        let bytes = named(CONNECT, name.as_bytes(), port);
        prop_assert_eq!(request(&bytes), Parsed::Whole(Ok(to(&name, port)), bytes.len()));
    }

    #[test]
    fn every_address_is_read_as_itself(octets in any::<[u8; 16]>(), port in 1u16..) {
        let address = IpAddr::V6(Ipv6Addr::from(octets));
        let bytes = addressed(CONNECT, address, port);
        prop_assert_eq!(request(&bytes), Parsed::Whole(Ok(to(&address.to_string(), port)), bytes.len()));
    }

    #[test]
    fn any_bytes_keep_the_promises(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        crate::fuzzing::socks(&bytes);
    }

    #[test]
    fn bytes_that_begin_well_keep_the_promises(rest in proptest::collection::vec(any::<u8>(), 0..40)) {
        for start in [&[5u8, 1, 0, 3][..], &[5, 3, 0, 1], &[5, 1, 0, 4], &[1, 3]] {
            crate::fuzzing::socks(&[start, &rest].concat());
        }
    }
}
