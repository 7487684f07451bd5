use std::collections::HashSet;
use std::time::Duration;

use super::*;

fn name(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

fn numbered(number: usize) -> HostName {
    name(&format!("n{number}.example.com"))
}

#[test]
fn a_name_keeps_its_address_and_an_address_its_name() {
    let now = Instant::now();
    let names = Names::new(now);
    let Assigned::Address(first) = names.address_of(&name("a.test"), now) else {
        panic!("refused")
    };
    let Assigned::Address(second) = names.address_of(&name("b.test"), now) else {
        panic!("refused")
    };
    assert_ne!(first, second);
    assert_eq!(names.address_of(&name("A.TEST."), now), Assigned::Address(first));
    assert_eq!(names.name_of(first), Some(name("a.test")));
    assert_eq!(names.name_of(second), Some(name("b.test")));
}

#[test]
fn addresses_that_were_never_given_out_have_no_name() {
    let now = Instant::now();
    let names = Names::new(now);
    names.address_of(&name("a.test"), now);
    for address in [
        "198.18.0.0",
        "198.18.0.1",
        "198.18.1.1",
        "198.19.255.255",
        "10.0.0.1",
        "255.255.255.255",
    ] {
        assert_eq!(names.name_of(address.parse().unwrap()), None, "{address}");
    }
}

#[test]
fn the_range_is_exactly_198_18_slash_15() {
    for (address, expected) in [
        ("198.17.255.255", false),
        ("198.18.0.0", true),
        ("198.18.0.1", true),
        ("198.19.255.255", true),
        ("198.20.0.0", false),
        ("127.0.0.1", false),
    ] {
        assert_eq!(is_fake(address.parse().unwrap()), expected, "{address}");
    }
    assert!(is_fake(RESOLVER));
}

#[test]
fn a_burst_beyond_the_rate_is_refused_and_told_once() {
    let start = Instant::now();
    let names = Names::new(start);
    let mut told = 0;
    let mut refused = 0;
    for number in 0..1_000 {
        if let Assigned::Refused { tell } = names.address_of(&numbered(number), start) {
            refused += 1;
            told += u32::from(tell);
        }
    }
    assert_eq!((refused, told), (900, 1));
    // A known name costs nothing, even now.
    assert!(matches!(
        names.address_of(&numbered(0), start),
        Assigned::Address(_)
    ));
    // A second later there is room again.
    let later = start + Duration::from_secs(1);
    assert!(matches!(
        names.address_of(&numbered(500), later),
        Assigned::Address(_)
    ));
}

#[test]
fn no_address_ever_stands_for_a_second_name_and_the_table_ends() {
    let start = Instant::now();
    let names = Names::new(start);
    let mut seen = HashSet::new();
    for number in 0..NAMES {
        let now = start + Duration::from_millis(10) * u32::try_from(number).unwrap();
        let Assigned::Address(address) = names.address_of(&numbered(number), now) else {
            panic!("name {number} was refused")
        };
        assert!(is_fake(address) && address != RESOLVER);
        assert!(seen.insert(address), "{address} was given twice");
    }
    let end = start + Duration::from_secs(1_000);
    assert_eq!(
        names.address_of(&name("one.too.many.test"), end),
        Assigned::Refused { tell: true }
    );
    assert!(seen.iter().all(|address| names.name_of(*address).is_some()));
}
