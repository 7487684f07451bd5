//! The ways in which a program's connection comes to us, and the words in which each is told what became of it before a server's
//! words are passed on. Pure.

use std::io::{self, ErrorKind};

use askbox_gate::Denial;
use bytes::Bytes;

use crate::explicit_proxy::socks::Reply;
use crate::http_denial;

const TUNNEL: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// How a connection came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The kernel turned it around; the program takes itself for connected.
    Captured,
    /// The program asked the session's proxy for a connection (CONNECT).
    Tunnel,
    /// The program asked the session's proxy for an `http` address; this is the head of that request.
    Forward(Bytes),
    /// The program asked the session's proxy by SOCKS.
    Socks,
}

impl Entry {
    /// Says that the server is reached.
    pub(crate) fn connected(&self) -> Option<Vec<u8>> {
        match self {
            Entry::Captured | Entry::Forward(_) => None,
            Entry::Tunnel => Some(TUNNEL.to_vec()),
            Entry::Socks => Some(Reply::Succeeded.bytes().to_vec()),
        }
    }

    /// Says that it may not be.
    pub(crate) fn denied(&self, denial: &Denial) -> Option<Vec<u8>> {
        match self {
            Entry::Captured => None,
            Entry::Tunnel | Entry::Forward(_) => Some(http_denial::raw(denial)),
            Entry::Socks => Some(Reply::Denied.bytes().to_vec()),
        }
    }

    /// Says that it cannot be.
    pub(crate) fn failed(&self, error: &io::Error) -> Option<Vec<u8>> {
        match self {
            Entry::Captured => None,
            Entry::Tunnel | Entry::Forward(_) => Some(http_denial::unreachable(error)),
            Entry::Socks => Some(reply_to(error.kind()).bytes().to_vec()),
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the many kinds only these have a number"
)]
fn reply_to(kind: ErrorKind) -> Reply {
    match kind {
        ErrorKind::ConnectionRefused => Reply::Refused,
        ErrorKind::NetworkUnreachable => Reply::NetworkUnreachable,
        ErrorKind::HostUnreachable | ErrorKind::TimedOut => Reply::HostUnreachable,
        _ => Reply::Failed,
    }
}
