use super::*;

const GOOD: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/// The same however the bytes are divided.
fn check(text: &str, expected: Result<(), (usize, &'static str)>) {
    let whole = Frames::default().take(text.as_bytes());
    assert_eq!(
        whole.map_err(|refused| (refused.after, refused.reason)),
        expected,
        "{text:?}"
    );
    let mut frames = Frames::default();
    let by_bytes = text.as_bytes().chunks(1).try_for_each(|byte| frames.take(byte));
    assert_eq!(
        by_bytes.map_err(|refused| refused.reason),
        expected.map_err(|(_, reason)| reason),
        "{text:?}"
    );
}

#[test]
fn requests_that_end_where_they_say_go_on() {
    for text in [
        GOOD,
        "\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nab\r\n\n",
        "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3;x=y\r\n\n\n\n\r\nA \r\n0123456789\r\n0\r\nX: y\r\n\r\n",
    ] {
        check(&format!("{GOOD}{text}{GOOD}{text}"), Ok(()));
    }
}

#[test]
fn a_later_request_with_two_meanings_does_not() {
    let first = "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    for (head, line) in [
        (
            "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "\r\n",
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\ncontent-length: 4\r\n",
            "\r\n",
        ),
        (
            "POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 4\r\n",
            "\r\n",
        ),
        ("POST / HTTP/1.1\r\n", "Content-Length: +4\r\n"),
        ("POST / HTTP/1.1\r\n", "Content-Length: 4, 4\r\n"),
        ("", "GET / HTTP/1.1\n"),
        ("", "G.ET / HTTP/1.1\r\n"),
        ("", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "-1\r\n"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "2\n"),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab",
            "c\r\n",
        ),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "\n"),
    ] {
        let text = format!("{first}{head}{line}{GOOD}");
        let refused = Frames::default().take(text.as_bytes()).unwrap_err();
        assert_eq!(refused.after, first.len() + head.len(), "{text:?}");
        check(&text, Err((refused.after, refused.reason)));
    }
}

#[test]
fn a_line_without_end_is_refused() {
    let mut frames = Frames::default();
    let mut taken = 0;
    while frames.take(&[b'a'; 4096]).is_ok() {
        taken += 4096;
    }
    assert_eq!(taken, HELD);
}
