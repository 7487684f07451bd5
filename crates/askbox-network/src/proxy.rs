//! Asks an HTTP proxy for a connection (CONNECT; RFC 9110, section 9.3.6). Takes from the stream what is the proxy's answer,
//! and not a byte more: what follows is the server's.

use std::io;

use tokio::net::TcpStream;

use crate::exact;
use crate::limits::PROXY_ANSWER;
use crate::relay;
use crate::upstream::Proxy;

/// Why there is no connection by a proxy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The proxy itself does not answer.
    #[error("the proxy cannot be reached: {0}")]
    Unreachable(io::Error),
    /// 407.
    #[error("the proxy wants a name and a password, or others than it was given (407)")]
    WantsCredentials,
    /// Another answer that is the proxy's own decision.
    #[error("the proxy refuses it ({0})")]
    Refused(u16),
    /// 502, 503 and 504: the proxy does not reach the server.
    #[error("the proxy does not reach the server ({0})")]
    NotThere(u16),
    /// What answers is no proxy.
    #[error("what answers at its port is no HTTP proxy")]
    Unintelligible,
}

/// Asks for a connection to `place`, an address or a name with a port; the stream is that connection then.
pub(crate) async fn ask(stream: &TcpStream, place: &str, proxy: &Proxy) -> Result<(), Failure> {
    relay::write_all(stream, request(place, proxy).as_bytes())
        .await
        .map_err(Failure::Unreachable)?;
    verdict(&head(stream).await?)
}

fn request(place: &str, proxy: &Proxy) -> String {
    let authorization = proxy
        .authorization
        .as_ref()
        .map_or(String::new(), |value| format!("Proxy-Authorization: {value}\r\n"));
    format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{authorization}\r\n")
}

async fn head(stream: &TcpStream) -> Result<Vec<u8>, Failure> {
    exact::message(stream, PROXY_ANSWER, exact::end_of_head)
        .await
        .map_err(Failure::Unreachable)?
        .ok_or(Failure::Unintelligible)
}

/// What a head says.
fn verdict(head: &[u8]) -> Result<(), Failure> {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let status = std::str::from_utf8(line)
        .ok()
        .filter(|line| line.starts_with("HTTP/1."))
        .and_then(|line| line.split(' ').nth(1))
        .filter(|status| status.len() == 3)
        .and_then(|status| status.parse::<u16>().ok())
        .ok_or(Failure::Unintelligible)?;
    match status {
        200..=299 => Ok(()),
        407 => Err(Failure::WantsCredentials),
        502..=504 => Err(Failure::NotThere(status)),
        other => Err(Failure::Refused(other)),
    }
}

#[cfg(test)]
mod tests;
