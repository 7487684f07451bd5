//! Netlink messages in the making: headers, attributes, nests (netlink(7), RFC 3549 section 2.3).

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

pub(super) const REQUEST: u16 = 1;
pub(super) const ACK: u16 = 4;
pub(super) const EXCLUSIVE: u16 = 0x200;
pub(super) const CREATE: u16 = 0x400;
pub(super) const APPEND: u16 = 0x800;

const NESTED: u16 = 0x8000;
const ERROR: u16 = 2;
const HEADER: usize = 16;

/// Messages that are sent as one datagram. Lengths stay far below 64 KiB by construction: the content is ours.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    acknowledged: u32,
}

/// A message that the kernel refused.
#[derive(Debug)]
struct Refused {
    /// Which one of its batch, from 1 on.
    number: u32,
    errno: i32,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = io::Error::from_raw_os_error(self.errno);
        write!(f, "netlink message {}: {error}", self.number)
    }
}

impl std::error::Error for Refused {}

/// The number of an error, errno(3), of a system call or of a message that the kernel refused.
pub(crate) fn errno(error: &io::Error) -> Option<i32> {
    let refused = error.get_ref().and_then(|inner| inner.downcast_ref::<Refused>());
    error
        .raw_os_error()
        .or_else(|| refused.map(|refused| refused.errno))
}

impl Batch {
    pub(super) fn message(&mut self, kind: u16, flags: u16, header: &[u8], body: impl FnOnce(&mut Batch)) {
        let start = self.bytes.len();
        self.acknowledged += u32::from(flags & ACK != 0);
        self.bytes.extend([0; 4]); // Length, set below.
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((flags | REQUEST).to_ne_bytes());
        self.bytes.extend(self.acknowledged.to_ne_bytes()); // Sequence number.
        self.bytes.extend([0; 4]); // Port: the kernel.
        self.raw(header);
        body(self);
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
    }

    /// Bytes as they are, padded to the alignment of four.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    pub(super) fn attribute(&mut self, kind: u16, data: &[u8]) {
        let length = u16::try_from(4 + data.len()).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.raw(data);
    }

    /// A text with its terminating NUL.
    pub(super) fn text(&mut self, kind: u16, data: &str) {
        self.attribute(kind, &[data.as_bytes(), &[0]].concat());
    }

    /// A number in network byte order, as `nf_tables` wants them.
    pub(super) fn number(&mut self, kind: u16, value: u32) {
        self.attribute(kind, &value.to_be_bytes());
    }

    pub(super) fn nest(&mut self, kind: u16, body: impl FnOnce(&mut Batch)) {
        let start = self.bytes.len();
        self.bytes.extend([0, 0]);
        self.bytes.extend((kind | NESTED).to_ne_bytes());
        body(self);
        let length = u16::try_from(self.bytes.len() - start).unwrap_or(u16::MAX);
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    }

    /// Sends everything and waits until each message that asked for it is acknowledged; the first error ends it.
    pub(super) fn send(&self, protocol: SockProtocol) -> io::Result<()> {
        let netlink = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            protocol,
        )?;
        self.send_by(&netlink)
    }

    /// The same by a socket that stays.
    pub(super) fn send_by(&self, netlink: &OwnedFd) -> io::Result<()> {
        send(netlink.as_raw_fd(), &self.bytes, MsgFlags::empty())?;
        let mut buffer = vec![0; 32 * 1024];
        let mut waiting = self.acknowledged;
        while waiting > 0 {
            let length = recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
            waiting = waiting.saturating_sub(acknowledgements(&buffer[..length])?);
        }
        Ok(())
    }
}

/// Counts the acknowledgements in a datagram from the kernel; an error in one of them is the result.
fn acknowledgements(mut rest: &[u8]) -> io::Result<u32> {
    let word = |bytes: &[u8], at: usize| {
        bytes
            .get(at..at + 4)
            .and_then(|word| word.try_into().ok())
            .map_or(0, u32::from_ne_bytes)
    };
    let mut count = 0;
    while HEADER + 4 <= rest.len() {
        if u16::from_ne_bytes([rest[4], rest[5]]) == ERROR {
            let errno = word(rest, HEADER).cast_signed();
            if errno != 0 {
                let refused = Refused {
                    number: word(rest, 8),
                    errno: -errno,
                };
                let kind = io::Error::from_raw_os_error(refused.errno).kind();
                return Err(io::Error::new(kind, refused));
            }
            count += 1;
        }
        let length = (word(rest, 0) as usize)
            .next_multiple_of(4)
            .clamp(HEADER, rest.len());
        rest = &rest[length..];
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to the message with this number.
    fn answer(number: u32, errno: i32) -> Vec<u8> {
        let mut message = Vec::new();
        message.extend(20_u32.to_ne_bytes());
        message.extend(ERROR.to_ne_bytes());
        message.extend([0; 2]);
        message.extend(number.to_ne_bytes());
        message.extend([0; 4]);
        message.extend((-errno).to_ne_bytes());
        message
    }

    #[test]
    fn a_refused_message_is_an_error_with_its_number() {
        let answers = [answer(1, 0), answer(2, 0)].concat();
        assert_eq!(acknowledgements(&answers).unwrap(), 2);
        let answers = [answer(1, 0), answer(2, libc::EPERM)].concat();
        let error = acknowledgements(&answers).unwrap_err();
        assert_eq!(errno(&error), Some(libc::EPERM));
        assert_eq!(
            error.to_string(),
            "netlink message 2: Operation not permitted (os error 1)"
        );
        assert_eq!(
            errno(&io::Error::from_raw_os_error(libc::ENOENT)),
            Some(libc::ENOENT)
        );
        assert_eq!(errno(&io::ErrorKind::InvalidData.into()), None);
    }
}
