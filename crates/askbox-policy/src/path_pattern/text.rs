//! The text of paths: which bytes are escaped, and how an escape is read. A path is bytes; text is UTF-8; nothing may
//! be lost between the two.

use super::PathError;

/// What is escaped beyond the backslash and bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// Nothing: the text of a path.
    Bytes,
    /// Wildcards and control characters: the text of a pattern.
    Pattern,
}

/// Characters that mean something in a pattern, or would to whoever knows a shell.
const SPECIAL: [char; 4] = ['*', '?', '[', '{'];

/// Appends the text of `bytes`.
pub(super) fn encode(bytes: &[u8], escape: Escape, text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match escape {
                _ if character == '\\' => text.push_str("\\\\"),
                Escape::Pattern if SPECIAL.contains(&character) => {
                    text.push('\\');
                    text.push(character);
                }
                Escape::Pattern if character.is_control() => {
                    let mut buffer = [0; 4];
                    encode_hex(character.encode_utf8(&mut buffer).as_bytes(), text);
                }
                Escape::Bytes | Escape::Pattern => text.push(character),
            }
        }
        encode_hex(chunk.invalid(), text);
    }
}

/// The bytes of the text of a path.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, PathError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character == '\\' {
            push(&mut bytes, escaped(&mut rest)?);
        } else {
            push(&mut bytes, Unit::Character(character));
        }
    }
    if bytes.contains(&0) {
        Err(PathError::Nul)
    } else {
        Ok(bytes)
    }
}

/// What one escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A character.
    Character(char),
    /// One byte.
    Byte(u8),
}

/// Reads what follows a backslash.
pub(super) fn escaped(rest: &mut std::str::Chars<'_>) -> Result<Unit, PathError> {
    match rest.next() {
        Some(character) if character == '\\' || SPECIAL.contains(&character) => {
            Ok(Unit::Character(character))
        }
        Some('x') => {
            let mut digit = || {
                rest.next()
                    .and_then(|digit| digit.to_digit(16))
                    .ok_or(PathError::Escape)
            };
            let value = digit()? * 16 + digit()?;
            match u8::try_from(value) {
                Ok(0) => Err(PathError::Nul),
                // A slash that is spelt out would be a second way to write a separator.
                Ok(b'/') | Err(_) => Err(PathError::Escape),
                Ok(byte) => Ok(Unit::Byte(byte)),
            }
        }
        Some(_) | None => Err(PathError::Escape),
    }
}

/// Appends the bytes of a unit.
pub(super) fn push(bytes: &mut Vec<u8>, unit: Unit) {
    match unit {
        Unit::Byte(byte) => bytes.push(byte),
        Unit::Character(character) => {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
    }
}

fn encode_hex(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        text.push_str("\\x");
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
}
