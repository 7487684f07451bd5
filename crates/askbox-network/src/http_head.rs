//! Checks the head of an HTTP/1 request and says which destination it is for. Pure. Stricter than HTTP parsers are:
//! what two programs could read in two ways is refused, because one of them would be ours and the other the server.

use askbox_policy::{Destination, Host, Port};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, Version};

/// The port of an `http` address without one.
const HTTP_PORT: u16 = 80;

/// What the raw bytes of a head are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawHead {
    /// The empty line is not there yet; nothing is wrong so far.
    Incomplete,
    /// Complete, and only one way to read it.
    Sound,
    /// It could be read in two ways.
    Refused(&'static str),
}

/// Checks raw bytes from the first of a connection on. Later heads on the same connection are only seen after hyper has
/// parsed them; it writes what it understood, not what it read, so they cannot be read in two ways any more.
pub(crate) fn check_raw(bytes: &[u8]) -> RawHead {
    let mut rest = bytes;
    let mut fields = Fields::default();
    let mut is_request_line = true;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let Some((line, b"\n")) = rest.get(..=end).and_then(|line| line.split_at_checked(end)) else {
            break;
        };
        rest = rest.get(end + 1..).unwrap_or_default();
        let Some(line) = line.strip_suffix(b"\r") else {
            return RawHead::Refused("a line ends without a carriage return");
        };
        if line.contains(&b'\r') || line.contains(&0) {
            return RawHead::Refused("a control character in the request head");
        }
        match (line.is_empty(), is_request_line) {
            // Empty lines before the request are skipped by every server.
            (true, true) => {}
            (true, false) => return fields.verdict(),
            (false, true) if line.iter().any(u8::is_ascii_control) => {
                return RawHead::Refused("a control character in the request line");
            }
            (false, true) if line.starts_with(b" ") => {
                return RawHead::Refused("white space before the request line");
            }
            (false, true) => is_request_line = false,
            (false, false) => {
                if let Err(reason) = fields.add(line) {
                    return RawHead::Refused(reason);
                }
            }
        }
    }
    RawHead::Incomplete
}

/// The fields that decide where a request goes and where it ends.
#[derive(Debug, Default)]
struct Fields {
    hosts: u32,
    lengths: u32,
    encodings: u32,
}

impl Fields {
    fn add(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            return Err("a header is continued on a second line");
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err("a header without a colon");
        };
        let name = line.get(..colon).unwrap_or_default();
        if name.last().is_none_or(u8::is_ascii_whitespace) {
            return Err("white space before a header's colon");
        }
        self.hosts += u32::from(name.eq_ignore_ascii_case(b"host"));
        self.lengths += u32::from(name.eq_ignore_ascii_case(b"content-length"));
        self.encodings += u32::from(name.eq_ignore_ascii_case(b"transfer-encoding"));
        Ok(())
    }

    fn verdict(&self) -> RawHead {
        match self {
            Fields { hosts: 2.., .. } => RawHead::Refused(TWO_HOSTS),
            Fields {
                lengths: 1..,
                encodings: 1..,
                ..
            } => RawHead::Refused(TWO_LENGTHS),
            Fields { lengths: 2.., .. } => RawHead::Refused("two Content-Length headers"),
            Fields { .. } => RawHead::Sound,
        }
    }
}

const TWO_HOSTS: &str = "two Host headers";
const TWO_LENGTHS: &str = "both Content-Length and Transfer-Encoding";

/// The destination that a parsed request is for, on a connection to `connected`. A Host without a port means the port
/// that was connected to; in an absolute address it means 80, as everywhere else.
pub(crate) fn destination_of(request: &Parts, connected: &Destination) -> Result<Destination, &'static str> {
    if request.method == Method::CONNECT {
        return Err("CONNECT is not served");
    }
    if request.headers.contains_key(CONTENT_LENGTH) && request.headers.contains_key(TRANSFER_ENCODING) {
        return Err(TWO_LENGTHS);
    }
    let mut hosts = request.headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(TWO_HOSTS);
    }
    let host = match host.map(HeaderValue::to_str) {
        Some(Ok(host)) => Some(host),
        Some(Err(_)) => return Err(BAD_HOST),
        None => None,
    };
    match (request.uri.scheme_str(), request.uri.authority(), host) {
        (None, None, Some(host)) => parse(host, connected.port),
        // HTTP/1.0 has no Host (RFC 1945); what was connected to is all there is.
        (None, None, None) if request.version == Version::HTTP_10 => Ok(connected.clone()),
        (None, None, None) => Err("no Host header"),
        (Some(scheme), Some(authority), host) if scheme.eq_ignore_ascii_case("http") => {
            let default = Port::new(HTTP_PORT).ok_or(BAD_HOST)?;
            let meant = parse(authority.as_str(), default)?;
            match host {
                Some(host) if parse(host, default)? != meant => {
                    Err("the Host header is not the address's host")
                }
                None if request.version != Version::HTTP_10 => Err("no Host header"),
                Some(_) | None => Ok(meant),
            }
        }
        _ => Err("an address that is neither a path nor http"),
    }
}

const BAD_HOST: &str = "the Host header is not a host";

/// Parses `host`, `host:port`, `[v6]` or `[v6]:port`.
fn parse(text: &str, default: Port) -> Result<Destination, &'static str> {
    let (host, port) = match text.rsplit_once(':') {
        // The colons of an address in brackets belong to it.
        Some((_, tail)) if tail.ends_with(']') => (text, None),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_bracketed = host.starts_with('[');
    if !is_bracketed && host.contains(':') {
        return Err(BAD_HOST);
    }
    let port = match port {
        None => default,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().and_then(Port::new).ok_or("no such port")?
        }
        Some(_) => return Err("no such port"),
    };
    match Host::parse(host) {
        Ok(host) => Ok(Destination { host, port }),
        Err(_) => Err(BAD_HOST),
    }
}

#[cfg(test)]
mod tests;
