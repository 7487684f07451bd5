//! Frames: a little-endian `u32` length, then that many bytes of JSON. Does no I/O.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::MAX_FRAME;

/// Bytes of the length in front of every frame.
pub const PREFIX: usize = 4;

/// Why bytes are no frame, or a message cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The message would be, or claims to be, longer than [`MAX_FRAME`].
    #[error("a message of {length} bytes is longer than {MAX_FRAME}")]
    TooLong {
        /// Its length without the prefix.
        length: usize,
    },
    /// A frame without content.
    #[error("an empty message")]
    Empty,
    /// The content is not the JSON of a message.
    #[error("not a message of this version")]
    Content(#[source] serde_json::Error),
    /// The message has no JSON form.
    #[error("a message without a JSON form")]
    Unrepresentable(#[source] serde_json::Error),
}

/// One message as a whole frame, prefix included.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, CodecError> {
    let mut frame = vec![0; PREFIX];
    serde_json::to_writer(&mut frame, message).map_err(CodecError::Unrepresentable)?;
    let length = frame.len() - PREFIX;
    match u32::try_from(length) {
        Ok(prefix) if length <= MAX_FRAME => {
            frame[..PREFIX].copy_from_slice(&prefix.to_le_bytes());
            Ok(frame)
        }
        _ => Err(CodecError::TooLong { length }),
    }
}

/// How many bytes follow this prefix.
pub fn length(prefix: [u8; PREFIX]) -> Result<usize, CodecError> {
    match usize::try_from(u32::from_le_bytes(prefix)) {
        Ok(0) => Err(CodecError::Empty),
        Ok(length) if length <= MAX_FRAME => Ok(length),
        Ok(length) => Err(CodecError::TooLong { length }),
        Err(_) => Err(CodecError::TooLong { length: usize::MAX }),
    }
}

/// The message of a frame's content.
pub fn decode<T: DeserializeOwned>(content: &[u8]) -> Result<T, CodecError> {
    serde_json::from_slice(content).map_err(CodecError::Content)
}

#[cfg(test)]
mod tests;
