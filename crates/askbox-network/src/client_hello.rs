//! The server name in a TLS client hello, and the alert that refuses one. Reads only; nothing here ends TLS.

use askbox_policy::HostName;
use rustls::server::Acceptor;

use crate::limits::HELD;

/// A fatal `access_denied` alert (49) as a plain record: what is legal before any key has been agreed on. Programs then
/// say "access denied" where a reset would look like a broken network.
pub(crate) const ACCESS_DENIED: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// What a client hello says about the server that it is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hello {
    /// Not all of it is there.
    Incomplete,
    /// The name in it.
    Name(HostName),
    /// It names no server.
    Nameless,
    /// It cannot be read, or its name is none.
    Malformed(String),
}

/// Reads a client hello from the bytes that a client has sent so far, always from the beginning: a hello comes in one
/// or two pieces, so nothing is worth remembering between them.
pub(crate) fn read(bytes: &[u8]) -> Hello {
    let mut acceptor = Acceptor::default();
    let mut rest = bytes;
    loop {
        match acceptor.accept() {
            Ok(Some(accepted)) => return named(accepted.client_hello().server_name()),
            Ok(None) => {}
            Err((error, _)) => return Hello::Malformed(format!("client hello: {error}")),
        }
        match acceptor.read_tls(&mut rest) {
            Ok(0) if HELD <= bytes.len() => return Hello::Malformed("client hello: too long".to_owned()),
            Ok(0) => return Hello::Incomplete,
            Ok(_) => {}
            Err(error) => return Hello::Malformed(format!("client hello: {error}")),
        }
    }
}

fn named(name: Option<&str>) -> Hello {
    match name.map(HostName::parse) {
        None => Hello::Nameless,
        Some(Ok(name)) => Hello::Name(name),
        Some(Err(error)) => Hello::Malformed(format!("server name: {error}")),
    }
}

#[cfg(test)]
mod tests;
