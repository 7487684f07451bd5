//! Asks an HTTP proxy for a connection (CONNECT; RFC 9110, section 9.3.6). Takes from the stream what is the proxy's answer,
//! and not a byte more: what follows is the server's.

use std::io::{self, ErrorKind};

use tokio::net::TcpStream;

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

/// Reads up to the empty line: looks at what there is, and takes no more than belongs to the head.
async fn head(stream: &TcpStream) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::new();
    let mut looked_at = [0; 1024];
    while head.len() < PROXY_ANSWER {
        let there = stream.peek(&mut looked_at).await.map_err(Failure::Unreachable)?;
        if there == 0 {
            return Err(Failure::Unreachable(ErrorKind::UnexpectedEof.into()));
        }
        let before = head.len();
        head.extend_from_slice(looked_at.get(..there).unwrap_or_default());
        let end = end_of_head(&head);
        let wanted = end.unwrap_or(head.len());
        take(stream, wanted - before)
            .await
            .map_err(Failure::Unreachable)?;
        if end.is_some() {
            head.truncate(wanted);
            return Ok(head);
        }
    }
    Err(Failure::Unintelligible)
}

/// Where the head ends, if it does.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// Takes bytes that are there.
async fn take(stream: &TcpStream, mut count: usize) -> io::Result<()> {
    let mut taken = [0; 1024];
    while 0 < count {
        stream.readable().await?;
        match stream.try_read(taken.get_mut(..count.min(1024)).unwrap_or_default()) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => count -= length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
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
