//! What the first HTTP request of a connection to the session's proxy wants. Pure. Stricter than proxies are: what two programs
//! could read in two ways is refused.

use askbox_policy::Destination;
use hyper::Request;
use hyper::header::PROXY_AUTHORIZATION;
use hyper::http::request::Parts;
use hyper::{Method, Version};

use super::token::ProxyToken;
use crate::http_head::{self, RawHead};

/// As many as hyper takes.
const HEADERS: usize = 100;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A connection, whatever is spoken on it.
    Tunnel(Destination),
    /// The answer to this one request.
    Forward(Destination),
}

/// Why there is nothing to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It comes without the session's token, or with another.
    WithoutToken,
    /// It wants nothing that could be allowed.
    Malformed(&'static str),
}

/// Where to stop reading: behind the head, or as soon as it is none.
pub(crate) fn end(bytes: &[u8]) -> Option<usize> {
    match http_head::check_raw(bytes) {
        RawHead::Refused(_) => Some(bytes.len()),
        RawHead::Sound | RawHead::Incomplete => crate::exact::end_of_head(bytes),
    }
}

/// Reads the head that ended there.
pub(crate) fn read(head: &[u8], token: &ProxyToken) -> Result<Wanted, Unfit> {
    match http_head::check_raw(head) {
        RawHead::Sound => {}
        RawHead::Refused(reason) => return Err(Unfit::Malformed(reason)),
        RawHead::Incomplete => return Err(Unfit::Malformed("an empty line before the request")),
    }
    let parts = parts(head).map_err(Unfit::Malformed)?;
    let mut logins = parts.headers.get_all(PROXY_AUTHORIZATION).iter();
    let is_known = logins
        .next()
        .is_some_and(|login| token.is_basic(login.as_bytes()));
    if !is_known || logins.next().is_some() {
        return Err(Unfit::WithoutToken);
    }
    if parts.method == Method::CONNECT {
        http_head::tunnel_of(&parts).map(Wanted::Tunnel)
    } else {
        http_head::forward_of(&parts).map(Wanted::Forward)
    }
    .map_err(Unfit::Malformed)
}

/// The head as hyper's own parser reads it.
fn parts(head: &[u8]) -> Result<Parts, &'static str> {
    const NOT_HTTP: &str = "a request that is not HTTP/1";
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(head) {
        Ok(status) if status.is_complete() => {}
        Err(httparse::Error::TooManyHeaders) => return Err("too many headers"),
        Ok(_) | Err(_) => return Err(NOT_HTTP),
    }
    let version = match parsed.version {
        Some(0) => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    let mut request = Request::builder()
        .method(parsed.method.unwrap_or_default())
        .uri(parsed.path.unwrap_or_default())
        .version(version);
    for header in parsed.headers.iter() {
        request = request.header(header.name, header.value);
    }
    let request = request.body(()).map_err(|_error| NOT_HTTP)?;
    Ok(request.into_parts().0)
}

#[cfg(test)]
mod tests;
