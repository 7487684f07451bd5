//! How a connection to a display begins (X Window System Protocol, chapter 8): what a program says first, which is read as a whole
//! and said anew with the authorization of the display. Pure but for reading and writing.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::authority::Authorization;

/// Longest name or data of an authorization that is read: those in use have 20 bytes.
const LONGEST: u16 = 1024;

/// The order of bytes in the numbers of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

/// What a program says first, without what it knows of authorizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) order: Order,
    major: u16,
    minor: u16,
}

impl Order {
    pub(crate) fn word(self, bytes: [u8; 2]) -> u16 {
        match self {
            Order::Big => u16::from_be_bytes(bytes),
            Order::Little => u16::from_le_bytes(bytes),
        }
    }

    pub(crate) fn long(self, bytes: [u8; 4]) -> u32 {
        match self {
            Order::Big => u32::from_be_bytes(bytes),
            Order::Little => u32::from_le_bytes(bytes),
        }
    }

    fn bytes(self, word: u16) -> [u8; 2] {
        match self {
            Order::Big => word.to_be_bytes(),
            Order::Little => word.to_le_bytes(),
        }
    }
}

/// Version 11.0 in our own order.
pub(crate) const OURS: Setup = Setup {
    order: Order::Little,
    major: 11,
    minor: 0,
};

/// Reads what a program says first. What it knows of authorizations is of no account: whoever reaches the session's socket is of
/// the session.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Setup> {
    let mut head = [0; 12];
    stream.read_exact(&mut head).await?;
    let [order, _, words @ .., _, _] = head;
    let order = match order {
        b'B' => Order::Big,
        b'l' => Order::Little,
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let (words, _) = words.as_chunks();
    let &[major, minor, name, data] = words else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    for length in [name, data].map(|length| order.word(length)) {
        if LONGEST < length {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut skipped = vec![0; usize::from(length).next_multiple_of(4)];
        stream.read_exact(&mut skipped).await?;
    }
    Ok(Setup {
        order,
        major: order.word(major),
        minor: order.word(minor),
    })
}

/// Says it to a display, with this authorization.
pub(crate) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    setup: Setup,
    authorization: &Authorization,
) -> io::Result<()> {
    let mut message = vec![if setup.order == Order::Big { b'B' } else { b'l' }, 0];
    let length = |part: &[u8]| u16::try_from(part.len()).map_err(io::Error::other);
    for word in [
        setup.major,
        setup.minor,
        length(&authorization.name)?,
        length(&authorization.data)?,
        0,
    ] {
        message.extend(setup.order.bytes(word));
    }
    for part in [&authorization.name, &authorization.data] {
        message.extend(part);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    stream.write_all(&message).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_authorization_of_a_program_is_left_out_and_the_displays_put_in() {
        let said = b"B\0\0\x0b\0\0\0\x05\0\x03\0\0wrong\0\0\0bad\0more";
        let mut rest = &said[..];
        let setup = read(&mut rest).await.unwrap();
        assert_eq!(rest, b"more");
        let mut heard = Vec::new();
        let own = Authorization {
            name: b"KIND".to_vec(),
            data: b"data12".to_vec(),
        };
        write(&mut heard, setup, &own).await.unwrap();
        assert_eq!(heard, b"B\0\0\x0b\0\0\0\x04\0\x06\0\0KINDdata12\0\0");
        assert_eq!(read(&mut heard.as_slice()).await.unwrap(), setup);
    }

    #[tokio::test]
    async fn what_is_no_beginning_is_refused() {
        for said in [
            &b"x\0\0\x0b\0\0\0\0\0\0\0\0"[..],
            b"l\0\x0b\0\0\0\xff\xff\0\0\0\0",
            b"l\0\x0b",
        ] {
            assert!(read(&mut { said }).await.is_err(), "{said:?}");
        }
    }
}
