//! What a refused HTTP request gets: a status and a small JSON body that says why and how to allow it.

use std::io;

use askbox_gate::{Denial, DeniedBy};
use askbox_policy::{Basis, Destination, Target};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;

/// The status: 400 for a request that names nothing that could be allowed, else 403.
fn status(denial: &Denial) -> StatusCode {
    match denial.by {
        DeniedBy::Basis(Basis::Malformed(_)) => StatusCode::BAD_REQUEST,
        DeniedBy::Basis(_)
        | DeniedBy::Answered
        | DeniedBy::TimedOut
        | DeniedBy::Quiet
        | DeniedBy::Paused
        | DeniedBy::Suspended
        | DeniedBy::TooMany
        | DeniedBy::SessionEnded
        | DeniedBy::LogFailed => StatusCode::FORBIDDEN,
    }
}

fn body(denial: &Denial) -> String {
    let destination: Option<&Destination> = match &denial.target {
        Target::Network(destination) | Target::LocalNetwork { destination, .. } => Some(destination),
        Target::Datagrams(_)
        | Target::Published(_)
        | Target::Read(_)
        | Target::Write(_)
        | Target::Execute(_)
        | Target::Profile(_)
        | Target::Neighbour(_)
        | Target::Growth(_) => None,
    };
    let body = json!({
        "error": if status(denial) == StatusCode::FORBIDDEN { "denied" } else { "malformed" },
        "reason": denial.to_string(),
        "host": destination.map(|destination| destination.host.to_string()),
        "port": destination.map(|destination| destination.port.get()),
        "question": denial.question.map(|question| question.to_string()),
        "hint": denial.hint(),
    });
    format!("{body}\n")
}

/// The answer within an HTTP exchange.
pub(crate) fn response(denial: &Denial) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body(denial)));
    *response.status_mut() = status(denial);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The same as bytes, for a connection that never became an exchange.
pub(crate) fn raw(denial: &Denial) -> Vec<u8> {
    bytes(status(denial), "", &body(denial))
}

/// The answer to a request that comes to the session's proxy without the session's token.
pub(crate) fn without_token() -> Vec<u8> {
    let body = json!({
        "error": "token",
        "reason": "this is the proxy of a sandbox, and the request does not carry the sandbox's token",
        "hint": "use the address in http_proxy as it is, with its user and password",
    });
    let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    bytes(
        status,
        "proxy-authenticate: Basic realm=\"askbox\"\r\n",
        &format!("{body}\n"),
    )
}

/// The answer to a request of which the server cannot be reached.
pub(crate) fn unreachable(error: &io::Error) -> Vec<u8> {
    let status = if error.kind() == io::ErrorKind::TimedOut {
        StatusCode::GATEWAY_TIMEOUT
    } else {
        StatusCode::BAD_GATEWAY
    };
    let body = json!({ "error": "unreachable", "reason": error.to_string() });
    bytes(status, "", &format!("{body}\n"))
}

fn bytes(status: StatusCode, fields: &str, body: &str) -> Vec<u8> {
    let (number, reason) = (status.as_u16(), status.canonical_reason().unwrap_or_default());
    let length = body.len();
    format!(
        "HTTP/1.1 {number} {reason}\r\n{fields}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
