use std::net::{IpAddr, Ipv6Addr};

use proptest::prelude::*;

use super::{AddressClass, HostNetwork, classify, contains, nat64_prefixes};

fn v6(text: &str) -> Ipv6Addr {
    text.parse().expect("an IPv6 address")
}

fn network() -> HostNetwork {
    HostNetwork {
        own: vec![
            "203.0.113.7".parse().expect("own"),
            "2001:db8:7::7".parse().expect("own"),
        ],
        nat64: vec![
            (v6("2001:db8:64::"), 96),
            (v6("2001:db8:4800::"), 48),
            (v6("fd64::"), 32),
            (v6("2001:db8:99::"), 99),
        ],
        routes_benchmark_range: false,
    }
}

fn check(address: &str, expected: &str) {
    let class = classify(address.parse().expect("an address"), &network());
    let text = match class {
        AddressClass::Public => "public",
        AddressClass::Private => "private",
        AddressClass::Forbidden(reason) => reason,
    };
    assert_eq!(text, expected, "{address}");
}

#[test]
fn public_addresses_are_public() {
    for address in [
        "8.8.8.8",
        "192.0.2.1",
        "198.51.100.1",
        "172.15.255.255",
        "172.32.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "223.255.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "2606:4700::1111",
        "2001:db8::1",
        "2001:1::1",
        "3fff::1",
    ] {
        check(address, "public");
    }
}

#[test]
fn addresses_of_local_networks_are_private() {
    for address in [
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "::ffff:10.1.2.3",
    ] {
        check(address, "private");
    }
}

#[test]
fn addresses_that_no_name_may_lead_to_are_forbidden() {
    for (address, reason) in [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("::", "unspecified"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.255", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("169.254.0.1", "link-local"),
        ("fe80::1", "link-local"),
        ("febf:ffff::1", "link-local"),
        ("169.254.169.254", "cloud metadata service"),
        ("100.100.100.200", "cloud metadata service"),
        ("192.0.0.192", "cloud metadata service"),
        ("168.63.129.16", "cloud metadata service"),
        ("fd00:ec2::254", "cloud metadata service"),
        ("fd20:ce::254", "cloud metadata service"),
        ("::ffff:169.254.169.254", "cloud metadata service"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("240.0.0.1", "reserved range"),
        ("198.18.0.1", "benchmarking range"),
        ("198.19.255.255", "benchmarking range"),
        ("2001:2::1", "benchmarking range"),
        ("2001::1", "Teredo tunnel"),
        ("2001:0:5ef5:79fb::1", "Teredo tunnel"),
        ("100::1", "reserved range"),
        ("4000::1", "reserved range"),
        ("203.0.113.7", "this computer's own address"),
        ("::ffff:203.0.113.7", "this computer's own address"),
        ("2001:db8:7::7", "this computer's own address"),
    ] {
        check(address, reason);
    }
}

#[test]
fn embedded_addresses_decide() {
    for (address, expected) in [
        // IPv4-compatible and IPv4-translated.
        ("::8.8.8.8", "public"),
        ("::127.0.0.1", "loopback"),
        ("::10.0.0.1", "private"),
        ("::ffff:0:127.0.0.1", "loopback"),
        // The well-known NAT64 prefix.
        ("64:ff9b::8.8.8.8", "public"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b::127.0.0.1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "cloud metadata service"),
        ("64:ff9b::203.0.113.7", "this computer's own address"),
        // 6to4.
        ("2002:808:808::1", "public"),
        ("2002:a00:1::1", "private"),
        ("2002:7f00:1::", "loopback"),
        // The network's own prefixes.
        ("2001:db8:64::8.8.8.8", "public"),
        ("2001:db8:64::127.0.0.1", "loopback"),
        ("2001:db8:4800:808:8:800::", "public"),
        ("2001:db8:4800:7f00:0:100::", "loopback"),
        ("fd64:0:808:808::", "public"),
        ("fd64:0:c0a8:101::", "private"),
        ("fd64:1::", "private"),
        // A length that RFC 6052 does not have is no prefix.
        ("2001:db8:99::7f00:1", "public"),
        // The local range, with a prefix that nobody told.
        ("64:ff9b:1::8.8.8.8", "public"),
        ("64:ff9b:1::127.0.0.1", "loopback"),
        ("64:ff9b:1:808:8:800::", "public"),
        ("64:ff9b:1:7f00:0:100::", "loopback"),
        ("64:ff9b:1:a00:0:100::", "private"),
        ("64:ff9b:1::", "unspecified"),
    ] {
        check(address, expected);
    }
}

#[test]
fn every_prefix_length_of_rfc_6052_is_read() {
    // The table of RFC 6052, section 2.4, with 10.2.0.33 in place of 192.0.2.33.
    for (prefix, length, address) in [
        ("2001:db8::", 32, "2001:db8:a02:21::"),
        ("2001:db8:100::", 40, "2001:db8:10a:200:21::"),
        ("2001:db8:122::", 48, "2001:db8:122:a02:0:2100::"),
        ("2001:db8:122:300::", 56, "2001:db8:122:30a:2:21::"),
        ("2001:db8:122:344::", 64, "2001:db8:122:344:a:200:2100:0"),
        ("2001:db8:122:344::", 96, "2001:db8:122:344::10.2.0.33"),
    ] {
        let network = HostNetwork {
            nat64: vec![(v6(prefix), length)],
            ..HostNetwork::default()
        };
        assert_eq!(
            classify(IpAddr::V6(v6(address)), &network),
            AddressClass::Private,
            "{address}"
        );
    }
}

#[test]
fn the_benchmarking_range_is_public_where_the_host_routes_it() {
    let network = HostNetwork {
        routes_benchmark_range: true,
        ..HostNetwork::default()
    };
    let class = |text: &str| classify(text.parse().expect("an address"), &network);
    assert_eq!(class("198.18.0.1"), AddressClass::Public);
    assert_eq!(class("198.20.0.1"), AddressClass::Public);
    assert_eq!(class("127.0.0.1"), AddressClass::Forbidden("loopback"));
}

proptest! {
    #[test]
    fn an_ipv4_address_is_judged_alike_in_every_wrapping(bits: u32) {
        let v4 = std::net::Ipv4Addr::from(bits);
        let plain = classify(v4.into(), &network());
        prop_assert_eq!(classify(v4.to_ipv6_mapped().into(), &network()), plain);
        prop_assert_eq!(classify(v6(&format!("64:ff9b::{v4}")).into(), &network()), plain);
        prop_assert_eq!(classify(v6(&format!("2001:db8:64::{v4}")).into(), &network()), plain);
    }

    #[test]
    fn no_prefix_length_panics(a: u128, b: u128, c: u32, d: u32, prefix: u8) {
        let (a, b): (IpAddr, IpAddr) = (Ipv6Addr::from(a).into(), Ipv6Addr::from(b).into());
        let (c, d): (IpAddr, IpAddr) = (std::net::Ipv4Addr::from(c).into(), std::net::Ipv4Addr::from(d).into());
        prop_assert!(contains(a, prefix, a) && contains(c, prefix, c));
        prop_assert!(contains(a, 0, b) && contains(c, 0, d));
        prop_assert_eq!(contains(a, prefix.max(128), b), a == b);
        prop_assert_eq!(contains(c, prefix.max(32), d), c == d);
    }
}

#[test]
fn a_network_shows_the_prefix_that_it_translates_with() {
    let found = |texts: &[&str]| -> Vec<String> {
        let answers: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let prefixes = nat64_prefixes(&answers).into_iter();
        prefixes
            .map(|(prefix, length)| format!("{prefix}/{length}"))
            .collect()
    };
    // RFC 7050, section 3, and the lengths of RFC 6052, section 2.2.
    let table: [(&[&str], &[&str]); 9] = [
        (
            &["2001:db8:64::c000:aa", "2001:db8:64::c000:ab"],
            &["2001:db8:64::/96"],
        ),
        (&["2001:db8:1:2:c0:0:aa00:0"], &["2001:db8:1:2::/64"]),
        (&["2001:db8:1:c0:0:aa::"], &["2001:db8:1::/56"]),
        (&["2001:db8:1:c000:0:aa00::"], &["2001:db8:1::/48"]),
        (&["2001:db8:c000:aa::"], &["2001:db8::/32"]),
        (&["2001:db8:64::c000:ac"], &[]),
        (&["192.0.0.170"], &[]),
        (&["fd00:64::c000:aa", "64:ff9b::c000:aa"], &[]),
        (&[], &[]),
    ];
    for (answers, expected) in table {
        assert_eq!(found(answers), expected, "{answers:?}");
    }
}

#[test]
fn behind_a_networks_own_prefix_the_embedded_address_counts() {
    let answers = ["2001:db8:64::c000:aa".parse().unwrap()];
    let known = HostNetwork {
        nat64: nat64_prefixes(&answers),
        ..HostNetwork::default()
    };
    let private: IpAddr = "2001:db8:64::a01:203".parse().unwrap();
    assert_eq!(classify(private, &known), AddressClass::Private);
    assert_eq!(classify(private, &HostNetwork::default()), AddressClass::Public);
    assert_eq!(
        classify("2001:db8:64::a9fe:a9fe".parse().unwrap(), &known),
        AddressClass::Forbidden("cloud metadata service")
    );
    assert_eq!(
        classify("2001:db8:64::cb00:7105".parse().unwrap(), &known),
        AddressClass::Public
    );
}
