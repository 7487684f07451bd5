use super::*;

/// The fields of a request after the offer was looked at.
fn after(fields: &[(&'static str, &'static str)]) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    offer_no_http2(&mut headers);
    let text = |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
    let mut all: Vec<_> = headers.iter().map(text).collect();
    all.sort();
    all
}

#[test]
fn http2_is_not_offered() {
    for upgrade in ["h2c", "H2C", " h2c ", "h2c-14", "HTTP/2.0", "h2"] {
        let offer = [
            ("connection", "Upgrade, HTTP2-Settings"),
            ("upgrade", upgrade),
            ("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA"),
            ("accept", "*/*"),
        ];
        assert_eq!(after(&offer), ["accept: */*"], "{upgrade}");
    }
    let spread = [
        ("connection", "upgrade"),
        ("connection", "keep-alive"),
        ("upgrade", "websocket"),
        ("upgrade", "h2c"),
    ];
    assert_eq!(
        after(&spread),
        ["connection: upgrade, keep-alive", "upgrade: websocket"]
    );
    // A server may take the settings alone for an offer.
    assert_eq!(
        after(&[("connection", "HTTP2-Settings"), ("http2-settings", "AA")]),
        [""; 0]
    );
}

#[test]
fn what_else_is_offered_stays_as_it_is() {
    for fields in [
        &[("connection", "Upgrade"), ("upgrade", "websocket")][..],
        &[("connection", "Upgrade"), ("upgrade", "SPDY/3.1,tcp")],
        &[("connection", "keep-alive")],
        &[],
    ] {
        let expected: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(after(fields), expected);
    }
}
