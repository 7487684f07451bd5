//! What a client opens a connection with: its first bytes, held until it is clear what they are, and what follows from
//! that. Reads from the client; asks nobody, and lets nothing through that could be a whole line of a request.

use std::io::{self, ErrorKind};
use std::time::Duration;

use askbox_policy::{Destination, Host, HostName};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::classify::{Class, classify};
use crate::client_hello::{self, Hello};
use crate::http_head::{self, RawHead};
use crate::limits::{HELD, UNDECIDED_WAIT};
use crate::relay;
use crate::traffic::Counter;

/// Read from the client at a time while its bytes are held; a usual client hello fits.
const PIECE: usize = 4 * 1024;

/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

const IN_PIECES: &str = "an HTTP request that came in pieces";

/// What the first bytes of a client say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It ended before it said anything.
    Silent,
    /// A TLS client hello for this server.
    Tls(HostName),
    /// A TLS client hello that names no server.
    NamelessTls,
    /// A TLS client hello that cannot be read.
    BrokenTls(String),
    /// The head of an HTTP/1 request.
    Http,
    /// The head of an HTTP/1 request that could be read in two ways.
    BrokenHttp(&'static str),
    /// Something else.
    Opaque,
}

/// The first bytes of a client.
#[derive(Debug)]
pub(crate) struct Held {
    /// What they are.
    pub(crate) opening: Opening,
    /// Those that have not gone on to the server.
    pub(crate) bytes: Vec<u8>,
    /// The client will send nothing after them.
    pub(crate) ended: bool,
}

/// What follows from the first bytes of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// They may go to the destination, and everything after them.
    Relay,
    /// Requests are read one by one.
    Http,
    /// The client means another host; it has to be admitted first.
    Admit(Destination),
    /// They may not, for this reason.
    Refuse(String),
    /// They may not, unless a rule names exactly this destination.
    OnlyByExactRule(&'static str),
}

/// Reads until the client's bytes can be told apart. `bytes` is what was read before. Dropping the future loses bytes.
pub(crate) async fn hold(client: &TcpStream, mut bytes: Vec<u8>, counter: &Counter) -> io::Result<Held> {
    loop {
        if let Some(opening) = open(&bytes) {
            return Ok(Held::new(opening, bytes));
        }
        if read_more(client, &mut bytes, counter).await? == 0 {
            return Ok(Held::ended(bytes));
        }
    }
}

/// The same, for a client that says a few letters and then waits for the server: what could still become the line of a
/// request goes on after a while, and is looked at together with what follows. If it does become one, the server gets no
/// more of it: it never has a whole line that was not read here first.
pub(crate) async fn hold_for(
    (client, server): (&TcpStream, &TcpStream),
    destination: &Destination,
    counter: &Counter,
) -> io::Result<Held> {
    let mut bytes = Vec::new();
    let mut passed = 0;
    loop {
        let opening = match open(&bytes) {
            Some(Opening::Http | Opening::BrokenHttp(_)) if 0 < passed => {
                Some(Opening::BrokenHttp(IN_PIECES))
            }
            opening => opening,
        };
        if let Some(opening) = opening {
            return Ok(Held::new(opening, bytes.split_off(passed)));
        }
        let may_pass = passed < bytes.len() && may_pass(&bytes, destination);
        let wait = if may_pass { UNDECIDED_WAIT } else { Duration::MAX };
        let Ok(read) = timeout(wait, read_more(client, &mut bytes, counter)).await else {
            relay::write_all(server, bytes.get(passed..).unwrap_or_default()).await?;
            passed = bytes.len();
            continue;
        };
        if read? == 0 {
            return Ok(Held::ended(bytes.split_off(passed)));
        }
    }
}

/// Whether undecided bytes may go on before they are decided: never the beginning of TLS, and nowhere where only one
/// protocol may be spoken.
fn may_pass(bytes: &[u8], destination: &Destination) -> bool {
    !matches!(destination.port.get(), 80 | 443)
        && classify(bytes) == Class::Undecided
        && bytes.first().is_some_and(|first| *first != TLS_HANDSHAKE)
}

/// Reads what there is, at least one byte unless the client has ended. May be dropped: nothing is read then.
async fn read_more(client: &TcpStream, bytes: &mut Vec<u8>, counter: &Counter) -> io::Result<usize> {
    loop {
        client.readable().await?;
        let before = bytes.len();
        bytes.resize(before + PIECE, 0);
        let read = client.try_read(bytes.get_mut(before..).unwrap_or_default());
        bytes.truncate(before + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(count) => {
                counter.add(count);
                return Ok(count);
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

impl Held {
    fn new(opening: Opening, bytes: Vec<u8>) -> Self {
        Self {
            opening,
            bytes,
            ended: false,
        }
    }

    /// The client said no more than these.
    fn ended(bytes: Vec<u8>) -> Self {
        let opening = if bytes.is_empty() {
            Opening::Silent
        } else {
            Opening::Opaque
        };
        Self {
            opening,
            bytes,
            ended: true,
        }
    }
}

/// What the bytes are, or `None` while more are needed to say so.
fn open(bytes: &[u8]) -> Option<Opening> {
    match classify(bytes) {
        Class::Undecided => None,
        Class::Opaque => Some(Opening::Opaque),
        Class::Http2 => Some(Opening::BrokenHttp(
            "HTTP/2 in clear hides the hosts that it is for",
        )),
        Class::Tls => match client_hello::read(bytes) {
            Hello::Incomplete => None,
            Hello::Name(name) => Some(Opening::Tls(name)),
            Hello::Nameless => Some(Opening::NamelessTls),
            Hello::Malformed(reason) => Some(Opening::BrokenTls(reason)),
        },
        Class::Http => match http_head::check_raw(bytes) {
            RawHead::Incomplete if bytes.len() < HELD => None,
            RawHead::Incomplete => Some(Opening::BrokenHttp("the request head is too long")),
            RawHead::Sound => Some(Opening::Http),
            RawHead::Refused(reason) => Some(Opening::BrokenHttp(reason)),
        },
    }
}

/// What follows from an opening on a connection to `destination`, which has been admitted.
pub(crate) fn next(opening: &Opening, destination: &Destination) -> Next {
    let port = destination.port.get();
    match opening {
        Opening::BrokenHttp(reason) => Next::Refuse((*reason).to_owned()),
        Opening::BrokenTls(reason) => Next::Refuse(reason.clone()),
        Opening::Http => Next::Http,
        Opening::Tls(_) | Opening::NamelessTls | Opening::Opaque if port == 80 => {
            Next::Refuse("what goes to port 80 must be HTTP".to_owned())
        }
        Opening::Tls(name) => {
            let named = Destination {
                host: Host::Name(name.clone()),
                port: destination.port,
            };
            if named == *destination {
                Next::Relay
            } else {
                Next::Admit(named)
            }
        }
        // An address has no server name (RFC 6066, section 3), so there is nothing to hide behind.
        Opening::NamelessTls if port == 443 && matches!(destination.host, Host::Name(_)) => {
            Next::OnlyByExactRule("TLS without a server name")
        }
        Opening::Opaque if port == 443 => Next::OnlyByExactRule("no readable server name on port 443"),
        Opening::Silent | Opening::NamelessTls | Opening::Opaque => Next::Relay,
    }
}

#[cfg(test)]
mod tests;
