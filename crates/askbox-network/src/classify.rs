//! What a client speaks, judged by its first bytes. Pure; looks at bytes and decides nothing about permission.

/// What the first bytes of a client are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Too few bytes to say.
    Undecided,
    /// A TLS handshake record: a client hello follows.
    Tls,
    /// An HTTP/1 request line.
    Http,
    /// The preface of HTTP/2 without TLS, whose hosts we cannot read.
    Http2,
    /// Something else.
    Opaque,
}

/// Methods whose lines are HTTP even when the line does not say so (HTTP/0.9 and broken requests): the HTTP parser
/// then refuses them properly.
const METHODS: [&[u8]; 9] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT",
];

/// A method of more than this many characters is none that a server knows.
const LONGEST_METHOD: usize = 32;

/// A request line longer than this is not waited for.
const LONGEST_LINE: usize = 16 * 1024;

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// Classifies what a client has sent so far. Bytes that could still become a request line stay undecided, however
/// slowly they come: a program must not get round the HTTP parser by sending `GE` and waiting.
pub(crate) fn classify(bytes: &[u8]) -> Class {
    match bytes {
        [] | [0x16] => return Class::Undecided,
        [0x16, 3, ..] => return Class::Tls,
        _ => {}
    }
    // Servers skip empty lines before a request (RFC 9112, section 2.2), so they hide nothing from us either.
    let blank = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    let rest = bytes.get(blank..).unwrap_or_default();
    let method = rest.iter().take_while(|byte| is_token(**byte)).count();
    match rest.get(method) {
        None if method <= LONGEST_METHOD && blank <= LONGEST_LINE => Class::Undecided,
        Some(b' ' | b'\t') if 0 < method && method <= LONGEST_METHOD => classify_line(rest, method),
        _ => Class::Opaque,
    }
}

/// Classifies a line that begins with a token and white space.
fn classify_line(rest: &[u8], method: usize) -> Class {
    let end = rest.iter().position(|byte| *byte == b'\n');
    let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.iter().any(|byte| *byte < 0x20 && *byte != b'\t') {
        // Control characters: no server takes this for a request line, unless we stand in the middle of CR LF.
        return Class::Opaque;
    }
    if end.is_none() {
        return if rest.len() <= LONGEST_LINE {
            Class::Undecided
        } else {
            Class::Opaque
        };
    }
    if HTTP2_PREFACE.starts_with(line) && line.ends_with(b"HTTP/2.0") {
        return Class::Http2;
    }
    let known = rest.get(..method).is_some_and(|name| METHODS.contains(&name));
    if known || has_version(line) {
        Class::Http
    } else {
        Class::Opaque
    }
}

/// Whether a line has ` HTTP/` in it in any case: what a lenient server could read as a request line.
fn has_version(line: &[u8]) -> bool {
    line.windows(6).any(|window| match window {
        [b' ' | b'\t', version @ ..] => version.eq_ignore_ascii_case(b"HTTP/"),
        _ => false,
    })
}

/// A character of an HTTP method (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests;
