use super::*;
use hyper::Request;

fn destination(text: &str, port: u16) -> Destination {
    Destination {
        host: Host::parse(text).unwrap(),
        port: Port::new(port).unwrap(),
    }
}

fn check(raw: &str) -> RawHead {
    check_raw(raw.as_bytes())
}

#[test]
fn heads_with_one_meaning_are_sound() {
    for raw in [
        "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a.test\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    ] {
        assert_eq!(check(raw), RawHead::Sound, "{raw:?}");
    }
    for raw in [
        "",
        "\r\n",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\n",
    ] {
        assert_eq!(check(raw), RawHead::Incomplete, "{raw:?}");
    }
}

#[test]
fn heads_with_two_meanings_are_refused() {
    for raw in [
        "GET / HTTP/1.1\nHost: a.test\n\n",
        "GET / HTTP/1.1\r\nHost: a.test\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX: 1\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nHOST: a.test\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\n\tHost: b.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\rHost: b.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: a.test\r\n\r\n",
    ] {
        assert!(matches!(check(raw), RawHead::Refused(_)), "{raw:?}");
    }
}

fn decided(
    version: Version,
    uri: &str,
    hosts: &[&str],
    connected: &Destination,
) -> Result<Destination, &'static str> {
    let mut request = Request::builder().version(version).uri(uri);
    for host in hosts {
        request = request.header(HOST, *host);
    }
    destination_of(&request.body(()).unwrap().into_parts().0, connected)
}

#[test]
fn a_request_is_for_its_host() {
    let connected = || destination("ok.test", 80);
    let table: [(&str, &str, Destination); 9] = [
        ("/", "ok.test", destination("ok.test", 80)),
        ("/", "OK.test.", destination("ok.test", 80)),
        ("/", "ok.test:80", destination("ok.test", 80)),
        ("/", "ok.test:81", destination("ok.test", 81)),
        ("/", "other.test", destination("other.test", 80)),
        ("/", "[2001:db8::1]:8080", destination("2001:db8::1", 8080)),
        ("/", "[2001:db8::1]", destination("2001:db8::1", 80)),
        ("http://ok.test/x", "ok.test", destination("ok.test", 80)),
        ("http://ok.test:81/x", "ok.test:81", destination("ok.test", 81)),
    ];
    for (uri, host, expected) in table {
        assert_eq!(
            decided(Version::HTTP_11, uri, &[host], &connected()),
            Ok(expected),
            "{uri} {host}"
        );
    }
    // Without a port, the one that was connected to; in an absolute address 80.
    let odd = || destination("ok.test", 8080);
    assert_eq!(decided(Version::HTTP_11, "/", &["ok.test"], &odd()), Ok(odd()));
    let absolute = decided(Version::HTTP_11, "http://ok.test/", &["ok.test"], &odd());
    assert_eq!(absolute, Ok(destination("ok.test", 80)));
    // HTTP/1.0 may leave the Host out.
    assert_eq!(decided(Version::HTTP_10, "/", &[], &connected()), Ok(connected()));
}

#[test]
fn a_request_without_one_host_is_refused() {
    let table: [(&str, &[&str]); 14] = [
        ("/", &[]),
        ("/", &[""]),
        ("/", &["a.test", "b.test"]),
        ("/", &["ok.test@127.0.0.1"]),
        ("/", &["ok.test#x"]),
        ("/", &["ok test"]),
        ("/", &["ok.test:0"]),
        ("/", &["ok.test:83424"]),
        ("/", &["ok.test:"]),
        ("/", &["ok.test:+80"]),
        ("/", &["2001:db8::1"]),
        ("http://a.test/", &["b.test"]),
        ("https://a.test/", &["a.test"]),
        ("http://user@a.test/", &["a.test"]),
    ];
    for (uri, hosts) in table {
        let decided = decided(Version::HTTP_11, uri, hosts, &destination("ok.test", 80));
        assert!(decided.is_err(), "{uri} {hosts:?}: {decided:?}");
    }
    let connect = Request::builder()
        .method("CONNECT")
        .uri("a.test:443")
        .header(HOST, "a.test:443");
    let (parts, ()) = connect.body(()).unwrap().into_parts();
    assert!(destination_of(&parts, &destination("ok.test", 80)).is_err());
}

#[test]
fn a_parsed_request_has_one_length() {
    let connected = destination("ok.test", 80);
    let decided = |lengths: &[(hyper::header::HeaderName, &str)]| {
        let mut request = Request::builder().method("POST").uri("/").header(HOST, "ok.test");
        for (name, value) in lengths {
            request = request.header(name, *value);
        }
        destination_of(&request.body(()).unwrap().into_parts().0, &connected)
    };
    let (length, encoding) = ((CONTENT_LENGTH, "4"), (TRANSFER_ENCODING, "chunked"));
    assert_eq!(decided(&[length.clone(), encoding.clone()]), Err(TWO_LENGTHS));
    assert_eq!(decided(&[length]), Ok(connected.clone()));
    assert_eq!(decided(&[encoding]), Ok(connected.clone()));
}
