//! Messages on a stream: four bytes of length, then so many bytes (section 3 of draft-miller-ssh-agent).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::limits;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// A message.
    Message(Vec<u8>),
    /// The beginning of one that is longer than any may be, or of none at all.
    Length(u32),
    /// The end.
    End,
}

/// Waits for a message. Takes no more memory than has come.
pub(crate) async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Received> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Received::End),
        other => other?,
    };
    let length = u32::from_be_bytes(length);
    if !(1..=limits::MESSAGE_BYTES).contains(&length) {
        return Ok(Received::Length(length));
    }
    let mut message = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut message).await?;
    if u32::try_from(message.len()) == Ok(length) {
        Ok(Received::Message(message))
    } else {
        Ok(Received::End)
    }
}

/// Sends a message.
pub(crate) async fn send(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    let frame = [&length.to_be_bytes(), message].concat();
    stream.write_all(&frame).await
}

#[cfg(test)]
mod tests;
