//! The messages of SOCKS 5 (RFC 1928) and of its names and passwords (RFC 1929), as a server reads and writes them. Pure: what
//! a client may do is decided elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use askbox_policy::{Destination, Host, Port};

/// The first byte of a connection that speaks it.
pub(crate) const VERSION: u8 = 5;

/// The longest message: names and passwords of 255 bytes each.
pub(crate) const LONGEST: usize = 3 + 2 * 255;

/// "Username and password", the one method that is accepted.
const WITH_PASSWORD: u8 = 2;

/// The answers to a greeting.
pub(crate) const ASK_PASSWORD: [u8; 2] = [VERSION, WITH_PASSWORD];
/// None of the methods that a client offers will do.
pub(crate) const NO_METHOD: [u8; 2] = [VERSION, 0xFF];

/// The answers to a name and a password.
pub(crate) const PASSWORD_ACCEPTED: [u8; 2] = [1, 0];
/// They are not those of this session.
pub(crate) const PASSWORD_REFUSED: [u8; 2] = [1, 1];

/// What the bytes so far are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parsed<T> {
    /// The beginning of a message.
    Incomplete,
    /// A message, and how many bytes it has.
    Whole(T, usize),
    /// No message.
    Broken,
}

/// Whether a client that greets knows the one method that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub(crate) offers_password: bool,
}

/// A name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Vec<u8>,
}

/// What a client wants; an error is the answer to it.
pub(crate) type Wanted = Result<Destination, Reply>;

/// The answers to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Connected.
    Succeeded,
    /// Failed, for a reason that has no number.
    Failed,
    /// Not allowed.
    Denied,
    /// Its network cannot be reached.
    NetworkUnreachable,
    /// It cannot be reached.
    HostUnreachable,
    /// It refused the connection.
    Refused,
    /// BIND and UDP ASSOCIATE: nothing listens for a session, and only TCP goes anywhere.
    CommandNotSupported,
    /// Neither a name nor an address.
    AddressNotSupported,
}

impl Reply {
    /// As bytes. Which address of the host a connection has is nobody's business inside.
    pub(crate) fn bytes(self) -> [u8; 10] {
        let code = match self {
            Reply::Succeeded => 0,
            Reply::Failed => 1,
            Reply::Denied => 2,
            Reply::NetworkUnreachable => 3,
            Reply::HostUnreachable => 4,
            Reply::Refused => 5,
            Reply::CommandNotSupported => 7,
            Reply::AddressNotSupported => 8,
        };
        [VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0]
    }
}

const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Reads fields one after another; `None` where the bytes end too soon.
struct Fields<'a> {
    rest: &'a [u8],
    taken: usize,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            taken: 0,
        }
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        self.taken += count;
        Some(field)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A field that begins with its length.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        self.bytes(length.into())
    }
}

/// A message in the version that it must have.
fn message<'a, T>(
    bytes: &'a [u8],
    version: u8,
    read: impl FnOnce(&mut Fields<'a>) -> Option<Option<T>>,
) -> Parsed<T> {
    let mut fields = Fields::new(bytes);
    match fields.byte() {
        None => return Parsed::Incomplete,
        Some(found) if found != version => return Parsed::Broken,
        Some(_) => {}
    }
    match read(&mut fields) {
        None => Parsed::Incomplete,
        Some(None) => Parsed::Broken,
        Some(Some(value)) => Parsed::Whole(value, fields.taken),
    }
}

/// The first message of a client.
pub(crate) fn greeting(bytes: &[u8]) -> Parsed<Greeting> {
    message(bytes, VERSION, |fields| {
        let offers_password = fields.counted()?.contains(&WITH_PASSWORD);
        Some(Some(Greeting { offers_password }))
    })
}

/// The second message.
pub(crate) fn login(bytes: &[u8]) -> Parsed<Login> {
    message(bytes, 1, |fields| {
        let name = fields.counted()?.to_vec();
        let password = fields.counted()?.to_vec();
        Some(Some(Login { name, password }))
    })
}

/// The third message. What cannot be read to its end is broken; what can is answered.
pub(crate) fn request(bytes: &[u8]) -> Parsed<Wanted> {
    message(bytes, VERSION, |fields| {
        let [command, reserved] = fields.array()?;
        let kind = fields.byte()?;
        let host = match kind {
            IPV4 => Some(Host::address(IpAddr::V4(Ipv4Addr::from(fields.array::<4>()?)))),
            IPV6 => Some(Host::address(IpAddr::V6(Ipv6Addr::from(fields.array::<16>()?)))),
            NAME => {
                let name = std::str::from_utf8(fields.counted()?);
                name.ok().and_then(|name| Host::parse(name).ok())
            }
            // How long such an address is nobody knows, so nothing behind it can be read.
            _ => return Some(Some(Err(Reply::AddressNotSupported))),
        };
        let port = Port::new(u16::from_be_bytes(fields.array()?));
        if reserved != 0 {
            return Some(None);
        }
        Some(Some(match (command, host, port) {
            (CONNECT, Some(host), Some(port)) => Ok(Destination { host, port }),
            (CONNECT, ..) => Err(Reply::AddressNotSupported),
            _ => Err(Reply::CommandNotSupported),
        }))
    })
}

#[cfg(test)]
mod tests;
