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

/// Checks raw bytes from the first of a connection on, as far as the end of the first head.
pub(crate) fn check_raw(bytes: &[u8]) -> RawHead {
    let mut lines = Lines::default();
    let found = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| line.ends_with(b"\n"))
        .map(|line| lines.add(line));
    let mut decided = found.filter(|found| *found != RawHead::Incomplete);
    decided.next().unwrap_or(RawHead::Incomplete)
}

/// Most bytes of a method: twice as many as the longest that is registered has.
const METHOD_BYTES: usize = 32;

/// The lines of a head, one after another.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    fields: Fields,
    has_begun: bool,
}

impl Lines {
    /// Checks the next line, which ends with a line feed.
    pub(crate) fn add(&mut self, line: &[u8]) -> RawHead {
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return RawHead::Refused("a line ends without a carriage return");
        };
        if line.contains(&b'\r') || line.contains(&0) {
            return RawHead::Refused("a control character in the request head");
        }
        let added = match (line.is_empty(), self.has_begun) {
            // Empty lines before the request are skipped by every server.
            (true, false) => Ok(()),
            (true, true) => return self.fields.verdict(),
            (false, false) => {
                self.has_begun = true;
                request_line(line)
            }
            (false, true) => self.fields.add(line),
        };
        added.map_or_else(RawHead::Refused, |()| RawHead::Incomplete)
    }

    /// Whether a body in chunks follows a sound head.
    pub(crate) fn is_chunked(&self) -> bool {
        0 < self.fields.encodings
    }

    /// The length of the body that follows, where it is not in chunks.
    pub(crate) fn length(&self) -> u64 {
        self.fields.length
    }
}

fn request_line(line: &[u8]) -> Result<(), &'static str> {
    if line.iter().any(u8::is_ascii_control) {
        return Err("a control character in the request line");
    }
    if line.starts_with(b" ") {
        return Err("white space before the request line");
    }
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    if METHOD_BYTES < method.len() || !method.iter().all(is_plain) {
        return Err("a method that is none");
    }
    Ok(())
}

/// The fields that decide where a request goes and where it ends.
#[derive(Debug, Default)]
struct Fields {
    hosts: u32,
    lengths: u32,
    length: u64,
    encodings: u32,
}

impl Fields {
    fn add(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            return Err("a header is continued on a second line");
        }
        let Some((name, value)) = line
            .iter()
            .position(|byte| *byte == b':')
            .and_then(|colon| Some((line.get(..colon)?, line.get(colon + 1..)?)))
        else {
            return Err("a header without a colon");
        };
        if name.last().is_none_or(u8::is_ascii_whitespace) {
            return Err("white space before a header's colon");
        }
        self.hosts += u32::from(name.eq_ignore_ascii_case(b"host"));
        self.encodings += u32::from(name.eq_ignore_ascii_case(b"transfer-encoding"));
        if name.eq_ignore_ascii_case(b"content-length") {
            self.lengths += 1;
            self.length = number(value.trim_ascii()).ok_or("a Content-Length that is no number")?;
        }
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

fn number(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
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

/// The destination that a proxy is asked for a connection to: CONNECT with a host and a port, and nothing that could be taken
/// for another.
pub(crate) fn tunnel_of(request: &Parts) -> Result<Destination, &'static str> {
    if request.headers.contains_key(CONTENT_LENGTH) || request.headers.contains_key(TRANSFER_ENCODING) {
        return Err("a CONNECT with a body");
    }
    let (None, Some(place)) = (request.uri.scheme(), request.uri.authority()) else {
        return Err("a CONNECT without a host");
    };
    let port = place.port_u16().and_then(Port::new);
    let meant = parse(place.as_str(), port.ok_or("a CONNECT without a port")?)?;
    match request.headers.get(HOST).map(HeaderValue::to_str) {
        Some(Ok(host)) if parse(host, meant.port)? == meant => Ok(meant),
        Some(_) => Err("the Host header is not the host of the CONNECT"),
        None => Ok(meant),
    }
}

/// The destination of a request that a proxy is asked to pass on.
pub(crate) fn forward_of(request: &Parts) -> Result<Destination, &'static str> {
    let authority = request.uri.authority().filter(|_| request.uri.scheme().is_some());
    let authority = authority.ok_or("a request for the proxy itself, which serves nothing")?;
    // In an address what was connected to does not count.
    let connected = parse(authority.as_str(), Port::new(HTTP_PORT).ok_or(BAD_HOST)?)?;
    destination_of(request, &connected)
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
