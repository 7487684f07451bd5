use super::*;

#[test]
fn first_bytes_name_the_protocol() {
    let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(8_000));
    let table: &[(&[u8], Class)] = &[
        (b"", Class::Undecided),
        (b"\x16", Class::Undecided),
        (b"\x16\x03", Class::Tls),
        (b"\x16\x03\x01\x02\x00\x01", Class::Tls),
        (b"\x16\x02\x00", Class::Opaque),
        (b"\x80\x2e\x01\x03\x01", Class::Opaque),
        (b"G", Class::Undecided),
        (b"GET", Class::Undecided),
        (b"GET / HTTP/1.1", Class::Undecided),
        (b"GET / HTTP/1.1\r", Class::Undecided),
        (b"GET / HTTP/1.1\r\n", Class::Http),
        (b"GET / HTTP/1.1\n", Class::Http),
        (b"\r\n\r\nGET / HTTP/1.1\r\n", Class::Http),
        (b"\r\n", Class::Undecided),
        (b"BREW / http/1.1\r\n", Class::Http),
        (b"BREW\t/\tHTTP/1.1\r\n", Class::Http),
        (b"GET /\r\n", Class::Http),
        (b"CONNECT other.test:443 HTTP/1.1\r\n", Class::Http),
        (long.as_bytes(), Class::Http),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Class::Http2),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", Class::Opaque),
        (b"EHLO example.com\r\n", Class::Opaque),
        (b"USER someone\r\n", Class::Opaque),
        (b"PING\r\n", Class::Opaque),
        (b"*1\r\n$4\r\nPING\r\n", Class::Opaque),
        (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", Class::Opaque),
        (b" GET / HTTP/1.1\r\n", Class::Http),
        (b"\t\r\nGET /\r\n", Class::Http),
        (b"GET \x00", Class::Http),
        (b"GET /x\0 HTTP/1.1\r\n", Class::Http),
        (b"GET\x0b/ HTTP/1.1\r\n", Class::Http),
        (b"SEND \x00", Class::Opaque),
        (b"SEND\x0b", Class::Opaque),
        (b"GET\r\n", Class::Opaque),
        (b"GET\r", Class::Opaque),
    ];
    for (bytes, expected) in table {
        assert_eq!(
            classify(bytes),
            *expected,
            "{:?}",
            bytes.escape_ascii().to_string()
        );
    }
}

#[test]
fn a_request_line_sent_byte_by_byte_is_never_taken_for_something_else() {
    let request = b"\r\nPROPFIND /x HTTP/1.1\r\n";
    for end in 0..request.len() {
        assert_eq!(classify(&request[..end]), Class::Undecided, "{end}");
    }
    assert_eq!(classify(request), Class::Http);
}

#[test]
fn waiting_ends() {
    let long = |start: &[u8], fill: u8| {
        let mut bytes = start.to_vec();
        bytes.resize(LONGEST_LINE + 2, fill);
        bytes
    };
    assert_eq!(classify(&long(b"A", b'A')), Class::Opaque);
    assert_eq!(classify(&long(b"SEND ", b'a')), Class::Opaque);
    assert_eq!(classify(&long(b"GET ", b'a')), Class::Http);
    assert_eq!(classify(&long(b"\r\n", b'\n')), Class::Http);
    let method = "A".repeat(1000);
    assert_eq!(
        classify(format!("{method} / HTTP/1.1\r\n").as_bytes()),
        Class::Http
    );
}
