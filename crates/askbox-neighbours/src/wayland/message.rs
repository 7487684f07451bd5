//! Messages of the Wayland protocol as they stand on the socket: the object, then size and opcode in one word, then arguments in
//! words of this machine's order (Wayland Protocol, "Wire Format"). Pure; takes nothing that a reader could take otherwise.

use crate::limits::WAYLAND_MESSAGE_BYTES;

/// Object, size and opcode.
const HEAD: usize = 8;

/// A whole message, of a program or of a compositor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// What it is sent to, or comes from.
    pub(super) object: u32,
    /// Which of the object's requests or events it is.
    pub(super) opcode: u16,
    /// All of it.
    pub(super) bytes: &'a [u8],
}

/// What bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("said that a message has {0} bytes")]
    Size(usize),
    #[error("sent a message whose arguments do not fit it")]
    Arguments,
}

/// The first message of these bytes and what follows it; `None` when more of it must come first.
pub(super) fn next(bytes: &[u8]) -> Result<Option<(Message<'_>, &[u8])>, Malformed> {
    let mut rest = bytes;
    let (Some(object), Some(word)) = (word(&mut rest), word(&mut rest)) else {
        return Ok(None);
    };
    let [a, b, c, d] = word.to_be_bytes();
    let (size, opcode) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let size = usize::from(size);
    if !(HEAD..=WAYLAND_MESSAGE_BYTES).contains(&size) || !size.is_multiple_of(4) {
        return Err(Malformed::Size(size));
    }
    let Some((bytes, rest)) = bytes.split_at_checked(size) else {
        return Ok(None);
    };
    let message = Message {
        object,
        opcode,
        bytes,
    };
    Ok(Some((message, rest)))
}

/// What a program binds, or a compositor announces: one of the things that everybody can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Global<'a> {
    /// Its number.
    pub(super) name: u32,
    /// What it is.
    pub(super) interface: &'a [u8],
    /// The newest version of that, or the one that is wanted.
    pub(super) version: u32,
}

impl<'a> Message<'a> {
    /// Its one argument, a number or an id.
    pub(super) fn number(self) -> Result<u32, Malformed> {
        let mut rest = self.arguments();
        let number = word(&mut rest).filter(|_| rest.is_empty());
        number.ok_or(Malformed::Arguments)
    }

    /// Its arguments as those of `wl_registry.bind`: the last one is the id that the object gets.
    pub(super) fn bind(self) -> Result<Global<'a>, Malformed> {
        let mut rest = self.arguments();
        let bound = global(&mut rest).filter(|_| word(&mut rest).is_some() && rest.is_empty());
        bound.ok_or(Malformed::Arguments)
    }

    /// Its arguments as those of `wl_registry.global`.
    pub(super) fn global(self) -> Result<Global<'a>, Malformed> {
        let mut rest = self.arguments();
        let announced = global(&mut rest).filter(|_| rest.is_empty());
        announced.ok_or(Malformed::Arguments)
    }

    fn arguments(self) -> &'a [u8] {
        self.bytes.get(HEAD..).unwrap_or_default()
    }
}

fn global<'a>(rest: &mut &'a [u8]) -> Option<Global<'a>> {
    Some(Global {
        name: word(rest)?,
        interface: string(rest)?,
        version: word(rest)?,
    })
}

fn word(rest: &mut &[u8]) -> Option<u32> {
    let (first, more) = rest.split_first_chunk()?;
    *rest = more;
    Some(u32::from_ne_bytes(*first))
}

/// A string that is there: its length with the zero byte at its end, the bytes, and what makes them whole words. One with
/// another zero byte is longer for some readers than for others, so it is none.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(word(rest)?).ok()?;
    let (padded, more) = rest.split_at_checked(length.checked_next_multiple_of(4)?)?;
    *rest = more;
    let (zero, string) = padded.get(..length)?.split_last()?;
    (*zero == 0 && !string.contains(&0)).then_some(string)
}

#[cfg(test)]
pub(super) mod tests;
