use super::*;

// Recorded from `openssl s_client` with and without -servername.
const NAMED: &str = include_str!("recorded/named.hex");
const NAMELESS: &str = include_str!("recorded/nameless.hex");
const TLS12: &str = include_str!("recorded/tls12.hex");

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}

fn name(text: &str) -> Hello {
    Hello::Name(HostName::parse(text).unwrap())
}

/// The recorded hello with another server name of the same length.
fn renamed(to: &str) -> Vec<u8> {
    let mut hello = bytes(NAMED);
    let old = b"ok.example.com";
    assert_eq!(to.len(), old.len());
    let at = hello.windows(old.len()).position(|window| window == old).unwrap();
    hello[at..at + old.len()].copy_from_slice(to.as_bytes());
    hello
}

#[test]
fn recorded_hellos_name_their_server() {
    assert_eq!(read(&bytes(NAMED)), name("ok.example.com"));
    assert_eq!(read(&bytes(TLS12)), name("old.example.com"));
    assert_eq!(read(&bytes(NAMELESS)), Hello::Nameless);
    assert_eq!(read(&renamed("OK.EXAMPLE.COM")), name("ok.example.com"));
}

#[test]
fn an_incomplete_hello_is_incomplete_at_every_length() {
    let hello = bytes(NAMED);
    for end in 0..hello.len() {
        assert_eq!(read(&hello[..end]), Hello::Incomplete, "{end}");
    }
}

#[test]
fn a_hello_in_many_records_is_read_as_one() {
    let hello = bytes(NAMED);
    let mut split = Vec::new();
    for piece in hello[5..].chunks(7) {
        split.extend([22, 3, 1, 0, u8::try_from(piece.len()).unwrap()]);
        split.extend(piece);
    }
    assert_eq!(read(&split), name("ok.example.com"));
}

#[test]
fn what_follows_the_hello_changes_nothing() {
    let mut hello = bytes(NAMED);
    hello.extend([20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 9, 9]);
    assert_eq!(read(&hello), name("ok.example.com"));
}

#[test]
fn a_name_that_is_none_is_not_passed_on() {
    for bad in [
        "ok.example com",
        "ok@example.com",
        "ok.example.co\0",
        "ok..xample.com",
    ] {
        assert!(matches!(read(&renamed(bad)), Hello::Malformed(_)), "{bad:?}");
    }
    // An address is not a server name (RFC 6066, section 3): as good as none.
    let mut address = renamed("198.51.100.100");
    assert_eq!(read(&address), Hello::Nameless);
    address.truncate(100);
    assert_eq!(read(&address), Hello::Incomplete);
    assert!(matches!(read(b"\x16\x03\x01\x00\x05hello"), Hello::Malformed(_)));
    assert!(matches!(
        read(b"\x16\x03\x01\x00\x04\x02\x00\x00\x00"),
        Hello::Malformed(_)
    ));
}

#[test]
fn a_hello_beyond_the_limit_is_refused() {
    // Announces 16 MiB and never ends.
    let mut hello = Vec::new();
    while hello.len() < HELD {
        hello.extend([22, 3, 1, 0x10, 0]);
        hello.extend(if hello.len() == 5 {
            [1, 0xff, 0xff, 0xff]
        } else {
            [0; 4]
        });
        hello.extend([0; 4092]);
    }
    assert!(matches!(read(&hello), Hello::Malformed(_)));
}
