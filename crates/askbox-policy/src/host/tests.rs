use std::net::IpAddr;

use proptest::prelude::*;

use super::{Host, HostError, HostName, Port};

fn check(text: &str, expected: Result<&str, HostError>) {
    assert_eq!(
        Host::parse(text).map(|host| host.to_string()),
        expected.map(str::to_owned),
        "{text:?}"
    );
}

#[test]
fn spellings_of_one_name_become_one() {
    for (text, canonical) in [
        ("ok.test", "ok.test"),
        ("OK.TEST", "ok.test"),
        ("ok.test.", "ok.test"),
        ("oK.tEsT.", "ok.test"),
        ("ok\u{3002}test", "ok.test"),
        ("ok.test\u{ff0e}", "ok.test"),
        ("ｏｋ.test", "ok.test"),
        ("münchen.test", "xn--mnchen-3ya.test"),
        ("MÜNCHEN.test", "xn--mnchen-3ya.test"),
        ("mu\u{308}nchen.test", "xn--mnchen-3ya.test"),
        ("xn--mnchen-3ya.test", "xn--mnchen-3ya.test"),
        ("straße.test", "xn--strae-oqa.test"),
        ("_dmarc.ok.test", "_dmarc.ok.test"),
        ("my_bucket.ok.test", "my_bucket.ok.test"),
        ("r3---sn-4g5e.ok.test", "r3---sn-4g5e.ok.test"),
        ("tail-.ok.test", "tail-.ok.test"),
        ("localhost", "localhost"),
        ("1.ok", "1.ok"),
        ("0xyz", "0xyz"),
        ("0x7f.ok", "0x7f.ok"),
    ] {
        check(text, Ok(canonical));
        assert!(matches!(Host::parse(text), Ok(Host::Name(_))), "{text:?}");
    }
}

#[test]
fn addresses_have_one_spelling() {
    for (text, canonical) in [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::1", "::1"),
        ("::", "::"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("[::ffff:7f00:1]", "127.0.0.1"),
        ("::127.0.0.1", "::7f00:1"),
    ] {
        check(text, Ok(canonical));
        assert!(matches!(Host::parse(text), Ok(Host::Address(_))), "{text:?}");
    }
}

#[test]
fn odd_spellings_of_addresses_are_refused() {
    for text in [
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f.1",
        "0x7f.0.0.1",
        "0X7F000001",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "1.2.3.4.5",
        "256.256.256.256",
        "ok.test.1",
        "ok.0x7f",
        "ok.0x",
        "0",
        "１２７.0.0.1",
        "127。0。0。1",
        "127.0.0.①",
        "0x7f。1",
        "999999999999",
    ] {
        check(text, Err(HostError::OddAddress));
    }
    check("[127.0.0.1]", Err(HostError::Character('[')));
    check("fe80::1%lo", Err(HostError::Zone));
    check("[fe80::1%25lo]", Err(HostError::Zone));
}

#[test]
fn whatever_has_no_single_meaning_is_refused() {
    for (text, error) in [
        ("", HostError::Empty),
        (".", HostError::Empty),
        ("[]", HostError::Empty),
        ("ok.test@127.0.0.1", HostError::Character('@')),
        ("ok.test\r\nHost: evil.test", HostError::Character(':')),
        ("ok.test\r\n", HostError::Character('\r')),
        ("ok.test\t", HostError::Character('\t')),
        (" ok.test", HostError::Character(' ')),
        ("ok.test#", HostError::Character('#')),
        ("ok.test\0.evil.test", HostError::Character('\0')),
        ("ok.test/x", HostError::Character('/')),
        ("ok.test\\x", HostError::Character('\\')),
        ("ok.test?x", HostError::Character('?')),
        ("ok%2etest", HostError::Character('%')),
        ("ok.test:443", HostError::Character(':')),
        ("http://ok.test", HostError::Character(':')),
        ("*.ok.test", HostError::Character('*')),
        ("ok'test", HostError::Character('\'')),
        ("[::1", HostError::Character('[')),
        ("[ok.test]", HostError::Character('[')),
        ("::1]", HostError::Character(':')),
        ("ok\u{200b}.test", HostError::Character('\u{200b}')),
        ("ok\u{ad}.test", HostError::Character('\u{ad}')),
        ("ok\u{a0}test", HostError::Character('\u{a0}')),
        ("\u{202e}tset.ko", HostError::Character('\u{202e}')),
        ("ok\u{e0041}.test", HostError::Character('\u{e0041}')),
        ("ok.test\u{85}", HostError::Character('\u{85}')),
        ("℀.test", HostError::Character('/')),
        (".ok.test", HostError::EmptyLabel),
        ("ok..test", HostError::EmptyLabel),
        ("ok.test..", HostError::EmptyLabel),
        ("-ok.test", HostError::Hyphen),
        ("xn--a.test", HostError::Idna),
        ("xn--ok-.test", HostError::Idna),
    ] {
        check(text, Err(error));
    }
}

#[test]
fn lengths_have_limits() {
    let label = "a".repeat(63);
    check(&format!("{label}.test"), Ok(&format!("{label}.test")));
    check(&format!("a{label}.test"), Err(HostError::TooLong));
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    check(&longest, Ok(&longest));
    check(&format!("{longest}."), Ok(&longest));
    check(&format!("a{longest}"), Err(HostError::TooLong));
    check(&format!("{longest}a"), Err(HostError::TooLong));
    check(&"a.".repeat(1_000_000), Err(HostError::TooLong));
    check(&format!("{}.test", "ü".repeat(63)), Err(HostError::TooLong));
}

#[test]
fn the_registrable_domain_follows_the_public_suffix_list() {
    for (name, expected) in [
        ("a.b.example.co.uk", Some("example.co.uk")),
        ("example.com", Some("example.com")),
        ("a.b.test", Some("b.test")),
        ("someone.github.io", Some("someone.github.io")),
        ("x.xn--mnchen-3ya.de", Some("xn--mnchen-3ya.de")),
        ("com", None),
        ("co.uk", None),
        ("localhost", None),
    ] {
        let parsed = HostName::parse(name).expect("a name");
        assert_eq!(parsed.registrable_domain(), expected, "{name}");
    }
}

#[test]
fn port_zero_is_no_port() {
    assert_eq!(Port::new(0), None);
    assert_eq!(Port::new(443).map(Port::get), Some(443));
}

#[test]
fn stored_hosts_are_parsed_again() {
    assert!(serde_json::from_str::<Host>("\"127.1\"").is_err());
    assert!(serde_json::from_str::<HostName>("\"ok.test/x\"").is_err());
    assert_eq!(
        serde_json::from_str::<Host>("\"OK.test.\"")
            .expect("a host")
            .to_string(),
        "ok.test"
    );
}

/// What `inet_aton` of the C library takes for an address: one to four numbers, decimal, octal or hexadecimal.
fn is_address_to_c(text: &str) -> bool {
    let number = |part: &str| {
        let lower = part.to_ascii_lowercase();
        match lower.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).is_ok(),
            None => !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()),
        }
    };
    text.split('.').count() <= 4 && text.split('.').all(number)
}

fn near_hosts() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "[a-zA-Z0-9_.:%@\\[\\]-]{0,40}",
        "(0[xX])?[0-9a-f]{1,9}(\\.(0[xX])?[0-9a-f]{0,4}){0,4}\\.?",
        "[0-9a-f:.]{2,30}(%[a-z0-9]{1,4})?",
        "[a-zäöüßаеоρ一あ。．０-９①-⑨\u{200b}-\u{200f}.-]{1,20}",
        "(xn--)?[a-z0-9-]{1,20}(\\.xn--[a-z0-9]{1,10})?",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn every_host_is_its_own_canonical_form(text in near_hosts()) {
        if let Ok(host) = Host::parse(&text) {
            prop_assert_eq!(Host::parse(&host.to_string()), Ok(host));
        }
    }

    #[test]
    fn no_name_is_an_address_to_anybody(text in near_hosts()) {
        if let Ok(Host::Name(name)) = Host::parse(&text) {
            prop_assert!(name.as_str().parse::<IpAddr>().is_err());
            prop_assert!(!is_address_to_c(name.as_str()), "{}", name);
            prop_assert!(!is_address_to_c(&text), "{}", text);
        }
    }
}
