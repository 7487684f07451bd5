use std::net::IpAddr;

use proptest::prelude::*;

use super::{HostPattern, HostPatternError, NAMES, NetworkPattern, Ports, Protocol};
use crate::host::{Host, HostName, Port};
use crate::request::{Destination, Target};

mod datagrams;

fn pattern(text: &str) -> NetworkPattern {
    NetworkPattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn destination(text: &str) -> Destination {
    let (host, port) = text.rsplit_once(':').expect("host:port");
    let port = port.parse().ok().and_then(Port::new).expect("a port");
    Destination {
        host: Host::parse(host).expect("a host"),
        port,
    }
}

fn check(text: &str, matched: &[&str], not_matched: &[&str]) {
    for target in matched {
        assert!(
            pattern(text).matches(&destination(target)),
            "{text} matches {target}"
        );
    }
    for target in not_matched {
        assert!(
            !pattern(text).matches(&destination(target)),
            "{text} does not match {target}"
        );
    }
}

#[test]
fn a_name_matches_itself_alone() {
    check(
        "ok.test:443",
        &["ok.test:443", "OK.TEST:443", "ok.test.:443"],
        &[
            "evilok.test:443",
            "ok.test.evil.test:443",
            "www.ok.test:443",
            "ok.test:22",
            "test:443",
            "127.0.0.1:443",
        ],
    );
}

#[test]
fn one_star_matches_below_and_two_match_the_apex_too() {
    check(
        "*.ok.test",
        &["a.ok.test:1", "a.b.ok.test:65535"],
        &["ok.test:443", "evilok.test:443", "a.ok.test.evil.test:443"],
    );
    check(
        "**.ok.test",
        &["ok.test:80", "a.ok.test:80"],
        &["evilok.test:80", "ok.test.evil.test:80"],
    );
}

#[test]
fn a_lone_star_matches_names_and_public_addresses_only() {
    check(
        "*",
        &["ok.test:443", "8.8.8.8:53", "[2606:4700::1]:443"],
        &[
            "127.0.0.1:80",
            "10.0.0.1:80",
            "169.254.169.254:80",
            "0.0.0.0:80",
            "100.64.0.1:80",
            "[::1]:80",
            "[fe80::1]:80",
            "[fd00::1]:80",
            "[::ffff:127.0.0.1]:80",
            "[64:ff9b::a9fe:a9fe]:80",
            "[2002:7f00:1::]:80",
        ],
    );
}

#[test]
fn addresses_and_ranges_match_addresses() {
    check(
        "10.1.2.3",
        &["10.1.2.3:22", "[::ffff:10.1.2.3]:22"],
        &["10.1.2.4:22", "ok.test:22"],
    );
    check(
        "10.1.0.0/16:22",
        &["10.1.255.255:22"],
        &["10.2.0.0:22", "10.1.0.1:23", "[::10.1.0.1]:22"],
    );
    check(
        "127.0.0.1:3000-3010",
        &["127.0.0.1:3000", "127.0.0.1:3010"],
        &["127.0.0.1:2999", "127.0.0.1:3011"],
    );
    check(
        "2001:db8::/32",
        &["[2001:db8:ffff::1]:443"],
        &["[2001:db9::]:443", "8.8.8.8:443"],
    );
    check("0.0.0.0/0", &["127.0.0.1:80", "8.8.8.8:80"], &["[::1]:80"]);
}

#[test]
fn a_name_on_the_local_network_needs_a_pattern_that_names_the_address() {
    let target = Target::LocalNetwork {
        destination: destination("nas.test:443"),
        address: IpAddr::from([10, 1, 2, 3]),
    };
    for text in [
        "nas.test:443 at 10.1.2.3",
        "**.test at 10.1.2.3",
        "* at 10.1.2.3",
        "10.1.2.3",
        "10.1.2.3:443",
        "10.0.0.0/8:400-500",
        "0.0.0.0/0",
    ] {
        assert!(pattern(text).matches_target(&target), "{text}");
    }
    for text in [
        "nas.test:443",
        "**.test",
        "*",
        "nas.test:443 at 10.1.2.4",
        "nas.test:22 at 10.1.2.3",
        "other.test at 10.1.2.3",
        "10.1.2.3:22",
        "10.2.0.0/16",
    ] {
        assert!(!pattern(text).matches_target(&target), "{text}");
    }
    assert!(!pattern("nas.test at 10.1.2.3").matches_target(&Target::Network(destination("nas.test:443"))));
}

#[test]
fn the_more_specific_pattern_is_greater() {
    let ascending = [
        "*",
        "*:1-65535",
        "*:443",
        "10.0.0.0/8",
        "10.0.0.0/8:443",
        "10.1.0.0/16",
        "**.test",
        "*.test",
        "**.b.test",
        "**.b.test:443",
        "*.b.test",
        "*.b.test:400-500",
        "*.b.test:443",
        "**.a.b.test",
        "a.b.test",
        "a.b.test:1-1000",
        "a.b.test:443",
        "a.b.test:443 at 10.1.2.3",
    ];
    for pair in ascending.windows(2) {
        let [low, high] = pair else { unreachable!() };
        assert!(
            pattern(low).specificity() < pattern(high).specificity(),
            "{low} < {high}"
        );
    }
    assert_eq!(
        pattern("a.test:443").specificity(),
        pattern("192.0.2.1:80").specificity()
    );
}

#[test]
fn a_pattern_covers_what_it_contains() {
    for (wide, narrow) in [
        ("*", "a.test:443"),
        ("*", "**.test"),
        ("*", "8.8.8.8"),
        ("**.a.test", "*.a.test"),
        ("**.a.test", "a.test:1-9"),
        ("*.a.test", "**.b.a.test"),
        ("*.a.test", "*.a.test:443"),
        ("a.test:1-65535", "a.test"),
        ("10.0.0.0/8", "10.1.0.0/16"),
        ("10.0.0.0/8", "nas.test at 10.1.2.3"),
        ("* at 10.1.2.3", "nas.test:443 at 10.1.2.3"),
    ] {
        assert!(pattern(wide).covers(&pattern(narrow)), "{wide} covers {narrow}");
        assert!(
            !pattern(narrow).covers(&pattern(wide)) || wide == "a.test:1-65535",
            "{narrow} does not cover {wide}"
        );
    }
    for (one, other) in [
        ("*", "10.0.0.1"),
        ("*", "nas.test at 10.1.2.3"),
        ("*.a.test", "a.test"),
        ("a.test:443", "a.test:22"),
        ("10.1.0.0/16", "10.0.0.0/8"),
    ] {
        assert!(
            !pattern(one).covers(&pattern(other)),
            "{one} does not cover {other}"
        );
    }
}

#[test]
fn text_forms_have_one_canonical_spelling() {
    for (text, canonical) in [
        ("Example.COM.", "example.com"),
        ("*.Example.com:443", "*.example.com:443"),
        ("**.münchen.test", "**.xn--mnchen-3ya.test"),
        ("*", "*"),
        ("*:8000-8099", "*:8000-8099"),
        ("example.com:443-443", "example.com:443"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.0/24:80", "192.0.2.0/24:80"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("2001:db8::1:443", "2001:db8::1:443"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:db8::/32:443", "[2001:db8::/32]:443"),
        ("[2001:db8::/32]:443", "[2001:db8::/32]:443"),
        ("::/0", "::/0"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("nas.test:443 at ::ffff:10.1.2.3", "nas.test:443 at 10.1.2.3"),
    ] {
        assert_eq!(pattern(text).to_string(), canonical, "{text}");
    }
}

fn check_refused(text: &str, expected: &expect_test::Expect) {
    let error = NetworkPattern::parse(text).expect_err(text);
    expected.assert_eq(&error.to_string());
}

#[test]
fn a_refused_text_is_answered_with_what_to_write() {
    use expect_test::expect;
    check_refused(
        "ex*mple.com",
        &expect![[
            r#"in "ex*mple.com", `*` can only stand in front, for whole labels: write `*.example.com` (everything below), `**.example.com` (the domain itself, too) or `*` (everything)"#
        ]],
    );
    check_refused(
        "*.*.example.com",
        &expect![[
            r#"in "*.*.example.com", `*` can only stand in front, for whole labels: write `*.example.com` (everything below), `**.example.com` (the domain itself, too) or `*` (everything)"#
        ]],
    );
    check_refused(
        "https://example.com/x",
        &expect![[
            r#""https://example.com/x" is a URL: write the host alone, such as `example.com` or `example.com:443`"#
        ]],
    );
    check_refused(
        "example.com:0",
        &expect![[r#""0" is not a port: write a number from 1 to 65535, or a range such as `8000-8099`"#]],
    );
    check_refused(
        "example.com:83424",
        &expect![[
            r#""83424" is not a port: write a number from 1 to 65535, or a range such as `8000-8099`"#
        ]],
    );
    check_refused(
        "example.com:",
        &expect![[r#""" is not a port: write a number from 1 to 65535, or a range such as `8000-8099`"#]],
    );
    check_refused(
        "example.com:90-80",
        &expect!["the ports 90-80 are in the wrong order: write `80-90`"],
    );
    check_refused(
        "192.0.2.1/24",
        &expect![
            "192.0.2.1/24 does not start its range: write `192.0.2.0/24`, or `192.0.2.1` for this address alone"
        ],
    );
    check_refused(
        "192.0.2.0/33",
        &expect![[r#""33" is not a prefix length: write a number from 0 to 32"#]],
    );
    check_refused(
        "example.com/24",
        &expect![[
            r#""example.com/24" is not a range of addresses: write an address before the `/`, such as `192.0.2.0/24`"#
        ]],
    );
    check_refused(
        "[example.com]:443",
        &expect![[
            r#""[example.com]:443" has misplaced brackets: they stand around an IPv6 address, such as `[2001:db8::1]:443`"#
        ]],
    );
    check_refused(
        "127.1:80",
        &expect![[
            r#""127.1" is not a host: an address in an unusual spelling; write it as four decimal numbers or as an IPv6 address"#
        ]],
    );
    check_refused(
        "ok.test\u{1b}[31m",
        &expect![[r#""ok.test\u{1b}[31m" is not a host: a host cannot contain '\u{1b}'"#]],
    );
}

#[test]
fn unclear_texts_are_refused() {
    for text in [
        "",
        "*.",
        "**",
        "**.",
        "***.a.test",
        ".*",
        "a.*",
        "*a.test",
        "*.127.0.0.1",
        "*.0x7f",
        "a.test:+1",
        "a.test:01",
        "a.test:1-",
        "a.test:-1",
        "a.test:1-2-3",
        "a.test:1:2",
        "[::1",
        "::1]",
        "[::1]443",
        "[::1]:",
        "192.0.2.0/",
        "192.0.2.0/+24",
        "192.0.2.0/024",
        "127.1/8",
        "fe80::1%lo",
        "a.test at",
        "a.test at b.test",
        "a.test at 127.1",
        "a.test,b.test",
        "a.test b.test",
        "user@a.test",
    ] {
        assert!(NetworkPattern::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(
        NetworkPattern::parse("0x7f.0.0.1/8"),
        Err(HostPatternError::Range("0x7f.0.0.1/8".to_owned()))
    );
}

fn names() -> impl Strategy<Value = HostName> {
    "[a-z_][a-z0-9_-]{0,9}(\\.[a-z][a-z0-9-]{0,5}){0,3}"
        .prop_filter_map("a name", |text| HostName::parse(&text).ok())
}

fn addresses() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>().prop_map(|address| address.to_canonical())
}

fn patterns() -> impl Strategy<Value = NetworkPattern> {
    let host = prop_oneof![
        names().prop_map(HostPattern::Exact),
        names().prop_map(HostPattern::Below),
        names().prop_map(HostPattern::Family),
        Just(HostPattern::Any),
        addresses().prop_map(HostPattern::Address),
        (addresses(), 0..=128u8).prop_map(|(address, prefix)| {
            let prefix = prefix.min(if address.is_ipv4() { 32 } else { 128 });
            HostPattern::Range {
                network: super::parse::first_of_range(address, prefix),
                prefix,
            }
        }),
    ];
    let ports = prop_oneof![
        Just(Ports::Any),
        (1..=u16::MAX, 1..=u16::MAX).prop_filter_map("ports", |(a, b)| Some(Ports::Range(
            Port::new(a.min(b))?,
            Port::new(a.max(b))?
        ))),
    ];
    (host, ports, proptest::option::of(addresses()), any::<bool>()).prop_map(|(host, ports, address, udp)| {
        let is_named = |(low, high): (Port, Port)| low != high || low.get() != NAMES;
        let protocol = match ports {
            Ports::Range(low, high) if udp && address.is_none() && is_named((low, high)) => Protocol::Udp,
            Ports::Range(..) | Ports::Any => Protocol::Tcp,
        };
        NetworkPattern {
            host,
            ports,
            protocol,
            address,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn every_pattern_survives_its_text(pattern in patterns()) {
        prop_assert_eq!(NetworkPattern::parse(&pattern.to_string()), Ok(pattern));
    }

    #[test]
    fn every_accepted_text_is_canonical_after_one_round(text in "(\\*{1,2}\\.?)?[a-zA-Z0-9.:/\\[\\]*-]{0,24}(:[0-9-]{0,6})?") {
        if let Ok(pattern) = NetworkPattern::parse(&text) {
            prop_assert_eq!(NetworkPattern::parse(&pattern.to_string()), Ok(pattern));
        }
    }

    #[test]
    fn what_covers_a_pattern_matches_whatever_it_matches(wide in patterns(), narrow in patterns(), name in names(), address in addresses(), port in 1..=u16::MAX) {
        let port = Port::new(port).expect("a port");
        for host in [Host::Name(name.clone()), Host::address(address)] {
            let destination = Destination { host, port };
            let local = Target::LocalNetwork { destination: destination.clone(), address };
            for target in [Target::Network(destination), local] {
                if wide.covers(&narrow) && narrow.matches_target(&target) {
                    prop_assert!(wide.matches_target(&target));
                }
            }
        }
    }
}

#[test]
fn a_name_after_at_is_called_a_name() {
    let refused = NetworkPattern::parse("x.test at y.test").unwrap_err().to_string();
    assert_eq!(
        refused,
        "\"y.test\" is a name: `at` is followed by an address, as in `example.com at 192.0.2.1`"
    );
}
