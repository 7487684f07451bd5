use askbox_policy::{Host, Port};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn token() -> ProxyToken {
    ProxyToken::new([7; ProxyToken::BYTES])
}

/// A head with the token, from its other lines.
fn head(lines: &str) -> String {
    let login = STANDARD.encode(token().in_url());
    format!("{lines}\r\nProxy-Authorization: Basic {login}\r\n\r\n")
}

fn to(host: &str, port: u16) -> Destination {
    Destination {
        host: Host::parse(host).unwrap(),
        port: Port::new(port).unwrap(),
    }
}

#[test]
fn a_request_wants_a_tunnel_or_an_answer() {
    let table = [
        (
            "CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test:443",
            Wanted::Tunnel(to("ok.test", 443)),
        ),
        (
            "CONNECT OK.test:443 HTTP/1.1\r\nHost: ok.test",
            Wanted::Tunnel(to("ok.test", 443)),
        ),
        ("CONNECT ok.test:22 HTTP/1.0", Wanted::Tunnel(to("ok.test", 22))),
        (
            "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443",
            Wanted::Tunnel(to("2001:db8::1", 443)),
        ),
        (
            "GET http://ok.test/a?b HTTP/1.1\r\nHost: ok.test",
            Wanted::Forward(to("ok.test", 80)),
        ),
        (
            "POST http://ok.test:8080/ HTTP/1.1\r\nHost: ok.test:8080\r\nContent-Length: 3",
            Wanted::Forward(to("ok.test", 8080)),
        ),
        (
            "GET http://10.0.0.1/ HTTP/1.0",
            Wanted::Forward(to("10.0.0.1", 80)),
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(read(head(lines).as_bytes(), &token()), Ok(expected), "{lines}");
        let without = format!("{lines}\r\n\r\n");
        assert_eq!(
            read(without.as_bytes(), &token()),
            Err(Unfit::WithoutToken),
            "{lines}"
        );
    }
}

#[test]
fn another_token_or_two_of_them_are_none() {
    let connect = "CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test:443";
    let other = ProxyToken::new([8; ProxyToken::BYTES]);
    assert_eq!(read(head(connect).as_bytes(), &other), Err(Unfit::WithoutToken));
    let twice = head(&format!("{connect}\r\nProxy-Authorization: Basic eDp5"));
    assert_eq!(read(twice.as_bytes(), &token()), Err(Unfit::WithoutToken));
    let twice = head(head(connect).trim_end());
    assert_eq!(read(twice.as_bytes(), &token()), Err(Unfit::WithoutToken));
    // It is the proxy's header that counts, not the server's.
    let misplaced = head(connect).replace("Proxy-Authorization", "Authorization");
    assert_eq!(read(misplaced.as_bytes(), &token()), Err(Unfit::WithoutToken));
}

#[test]
fn what_could_be_read_in_two_ways_is_malformed() {
    for lines in [
        "CONNECT ok.test HTTP/1.1\r\nHost: ok.test",
        "CONNECT ok.test:0 HTTP/1.1\r\nHost: ok.test",
        "CONNECT ok.test:443 HTTP/1.1\r\nHost: evil.test:443",
        "CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test:22",
        "CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test:443\r\nHost: evil.test:443",
        "CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test:443\r\nContent-Length: 10",
        "CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test:443\r\nTransfer-Encoding: chunked",
        "CONNECT a@ok.test:443 HTTP/1.1\r\nHost: ok.test:443",
        "CONNECT /path HTTP/1.1\r\nHost: ok.test",
        "CONNECT http://ok.test:443/ HTTP/1.1\r\nHost: ok.test:443",
        "CONNECT 127.1:443 HTTP/1.1\r\nHost: 127.1:443",
        "GET / HTTP/1.1\r\nHost: ok.test",
        "GET ok.test HTTP/1.1\r\nHost: ok.test",
        "GET https://ok.test/ HTTP/1.1\r\nHost: ok.test",
        "GET ftp://ok.test/ HTTP/1.1\r\nHost: ok.test",
        "GET http://ok.test/ HTTP/1.1\r\nHost: evil.test",
        "GET http://ok.test/ HTTP/1.1",
        "GET http://evil.test@ok.test/ HTTP/1.1\r\nHost: ok.test",
        "POST http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
        "POST http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 3\r\nContent-Length: 4",
        "POST http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nX: a\r\n b",
        "GET http://ok.test/ HTTP/1.1\r\nHost : ok.test",
    ] {
        let read = read(head(lines).as_bytes(), &token());
        assert!(matches!(read, Err(Unfit::Malformed(_))), "{lines}: {read:?}");
    }
}

#[test]
fn reading_stops_behind_the_head_or_where_it_is_none() {
    let whole = head("CONNECT ok.test:443 HTTP/1.1");
    assert_eq!(end(whole.as_bytes()), Some(whole.len()));
    assert_eq!(end(format!("{whole}\x16\x03").as_bytes()), Some(whole.len()));
    assert_eq!(end(&whole.as_bytes()[..whole.len() - 1]), None);
    assert_eq!(end(b"CONNECT ok.test:443 HTTP/1.1\nHost"), Some(33));
    // More than one empty line before it, which not every parser skips, is a head of its own.
    let behind = format!("\r\n\r\n{whole}");
    assert_eq!(end(behind.as_bytes()), Some(4));
    assert!(matches!(read(b"\r\n\r\n", &token()), Err(Unfit::Malformed(_))));
}
