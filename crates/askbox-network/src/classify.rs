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

/// A request line longer than this is not waited for. One that begins with a known method is an HTTP request all the
/// same, and refused for its length.
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
    // Servers skip empty lines before a request (RFC 9112, section 2.2), some of them white space too, so neither hides
    // anything from us.
    let blank = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'))
        .count();
    if LONGEST_LINE < blank {
        return Class::Http;
    }
    let rest = bytes.get(blank..).unwrap_or_default();
    let method = rest.iter().take_while(|byte| is_token(**byte)).count();
    match rest.get(method) {
        None if method <= LONGEST_LINE => Class::Undecided,
        Some(b' ' | b'\t') if 0 < method => classify_line(rest, method),
        // White space to a lenient server.
        Some(0..0x20) if !rest.get(method..).is_some_and(is_line_end) && is_known(rest, method) => {
            Class::Http
        }
        _ => Class::Opaque,
    }
}

/// Classifies a line that begins with a token and white space.
fn classify_line(rest: &[u8], method: usize) -> Class {
    let end = rest.iter().position(|byte| *byte == b'\n');
    let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let odd = line.iter().any(|byte| *byte < 0x20 && *byte != b'\t');
    match end {
        // What a lenient server may make of control characters and endless lines is not for us to find out.
        _ if odd || (end.is_none() && LONGEST_LINE < rest.len()) => {
            return if is_known(rest, method) {
                Class::Http
            } else {
                Class::Opaque
            };
        }
        None => return Class::Undecided,
        Some(_) => {}
    }
    if HTTP2_PREFACE.starts_with(line) && line.ends_with(b"HTTP/2.0") {
        return Class::Http2;
    }
    if is_known(rest, method) || has_version(line) {
        Class::Http
    } else {
        Class::Opaque
    }
}

/// Whether the first so many bytes are a method that servers know.
fn is_known(rest: &[u8], method: usize) -> bool {
    rest.get(..method).is_some_and(|name| METHODS.contains(&name))
}

fn is_line_end(bytes: &[u8]) -> bool {
    matches!(bytes, [b'\n', ..] | [b'\r'] | [b'\r', b'\n', ..])
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
