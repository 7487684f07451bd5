//! Reads from a stream what belongs to one message, and not a byte more: what follows is for somebody else. Knows nothing of
//! what messages mean.

use std::io::{self, ErrorKind};

use tokio::net::TcpStream;

/// Looked at in one go.
const PIECE: usize = 1024;

/// Reads up to the end of a message, which `end` finds in the bytes so far; `None` when there is none within the limit.
pub(crate) async fn message(
    stream: &TcpStream,
    limit: usize,
    end: impl Fn(&[u8]) -> Option<usize>,
) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut looked_at = [0; PIECE];
    while message.len() < limit {
        let there = stream.peek(&mut looked_at).await?;
        if there == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let before = message.len();
        message.extend_from_slice(looked_at.get(..there).unwrap_or_default());
        let end = end(&message).map(|end| end.clamp(before, message.len()));
        let wanted = end.unwrap_or(message.len());
        take(stream, wanted - before).await?;
        if end.is_some() {
            message.truncate(wanted);
            return Ok(Some(message));
        }
    }
    Ok(None)
}

/// Takes bytes that are there.
async fn take(stream: &TcpStream, mut count: usize) -> io::Result<()> {
    let mut taken = [0; PIECE];
    while 0 < count {
        stream.readable().await?;
        match stream.try_read(taken.get_mut(..count.min(PIECE)).unwrap_or_default()) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => count -= length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Where the head of an HTTP message ends, if it does.
pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}
