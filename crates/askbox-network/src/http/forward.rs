//! What a proxy changes in a message that it passes on (RFC 9112, section 3.2.2; RFC 9110, section 7.6.1). Pure.

use hyper::header::{
    CONNECTION, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, UPGRADE,
};
use hyper::{Request, Response, Uri};

/// Not registered, and sent by many programs.
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// What is between the program and its proxy does not go on, the token least of all.
pub(super) fn to_server<B>(request: &mut Request<B>) {
    let uri = request.uri();
    if !request.headers().contains_key(HOST)
        && let Some(host) = uri.authority().and_then(|host| host.as_str().parse().ok())
    {
        request.headers_mut().insert(HOST, host);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().unwrap_or_else(|_error| Uri::from_static("/"));
    let headers = request.headers_mut();
    for name in [PROXY_AUTHORIZATION, PROXY_CONNECTION] {
        headers.remove(name);
    }
    if !headers.contains_key(UPGRADE) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// The next request may be for another server, so it comes on another connection.
pub(super) fn to_client<B>(response: &mut Response<B>) {
    let headers = response.headers_mut();
    for name in [PROXY_AUTHENTICATE, PROXY_CONNECTION] {
        headers.remove(name);
    }
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}

#[cfg(test)]
mod tests;
