use super::*;
use askbox_policy::Port;

fn destination(text: &str, port: u16) -> Destination {
    Destination {
        host: Host::parse(text).unwrap(),
        port: Port::new(port).unwrap(),
    }
}

fn tls(text: &str) -> Opening {
    Opening::Tls(HostName::parse(text).unwrap())
}

#[test]
fn what_a_client_opens_with_decides_what_follows() {
    let port_80 = || Next::Refuse("what goes to port 80 must be HTTP".to_owned());
    let opaque_443 = || Next::OnlyByExactRule("no readable server name on port 443");
    let table = [
        (Opening::Silent, "ok.test", 443, Next::Relay),
        (Opening::Silent, "ok.test", 80, Next::Relay),
        (tls("ok.test"), "ok.test", 443, Next::Relay),
        (tls("ok.test"), "ok.test", 8443, Next::Relay),
        (tls("ok.test"), "ok.test", 80, port_80()),
        (
            tls("other.test"),
            "ok.test",
            443,
            Next::Admit(destination("other.test", 443)),
        ),
        (
            tls("other.test"),
            "ok.test",
            8443,
            Next::Admit(destination("other.test", 8443)),
        ),
        (
            tls("ok.test"),
            "192.0.2.1",
            443,
            Next::Admit(destination("ok.test", 443)),
        ),
        (
            Opening::NamelessTls,
            "ok.test",
            443,
            Next::OnlyByExactRule("TLS without a server name"),
        ),
        (Opening::NamelessTls, "192.0.2.1", 443, Next::Relay),
        (Opening::NamelessTls, "ok.test", 8443, Next::Relay),
        (
            Opening::BrokenTls("x".to_owned()),
            "ok.test",
            8443,
            Next::Refuse("x".to_owned()),
        ),
        (Opening::Http, "ok.test", 80, Next::Http),
        (Opening::Http, "ok.test", 8080, Next::Http),
        (Opening::Http, "ok.test", 443, Next::Http),
        (
            Opening::BrokenHttp("x"),
            "ok.test",
            80,
            Next::Refuse("x".to_owned()),
        ),
        (Opening::Opaque, "ok.test", 80, port_80()),
        (Opening::Opaque, "ok.test", 443, opaque_443()),
        (Opening::Opaque, "192.0.2.1", 443, opaque_443()),
        (Opening::Opaque, "ok.test", 22, Next::Relay),
    ];
    for (opening, host, port, expected) in table {
        assert_eq!(
            next(&opening, &destination(host, port)),
            expected,
            "{opening:?} to {host}:{port}"
        );
    }
}

#[test]
fn a_request_is_held_until_its_head_is_complete() {
    let request = b"GET / HTTP/1.1\r\nHost: ok.test\r\n\r\n";
    for end in 0..request.len() {
        assert_eq!(open(&request[..end]), None, "{end}");
    }
    assert_eq!(open(request), Some(Opening::Http));
    assert!(matches!(
        open(b"GET / HTTP/1.1\nHost: ok.test\r\n"),
        Some(Opening::BrokenHttp(_))
    ));
    assert!(matches!(
        open(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Some(Opening::BrokenHttp(_))
    ));
}

#[test]
fn undecided_bytes_wait_where_only_one_protocol_may_be_spoken() {
    for (bytes, port, expected) in [
        (b"GE".as_slice(), 22, true),
        (b"GE", 8443, true),
        (b"GE", 80, false),
        (b"GE", 443, false),
        (b"GET / HTTP/1.1\r\n", 22, false),
        (&[TLS_HANDSHAKE], 22, false),
        (b"", 22, false),
    ] {
        let passes = may_pass(bytes, &destination("ok.test", port));
        assert_eq!(passes, expected, "{bytes:?} to port {port}");
    }
}
