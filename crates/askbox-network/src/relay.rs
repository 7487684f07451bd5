//! Copies bytes between two sockets, as fast as the machine can and with next to no memory while nothing moves. Keeps
//! half-closed connections half-closed. Knows nothing of hosts or permits; whoever drops the future stops the copying.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::limits::{BUFFER_IDLE, LARGE_BUFFER, LARGE_BUFFERS, SMALL_BUFFER};
use crate::traffic::{Counter, Counts};

/// How a direction ended without an error of the side that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// It was closed, and the other side has been told.
    Ended,
    /// The other side takes nothing more. What it said before may still be on its way, so this is no error yet.
    Unwritable,
}

/// How many large buffers there may still be.
static LARGE: Semaphore = Semaphore::const_new(LARGE_BUFFERS);

/// What one direction reads into.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// Its place among the large ones.
    large: Option<SemaphorePermit<'static>>,
}

impl Buffer {
    /// Makes it larger because it was filled, where it may be.
    fn grow(&mut self) {
        if self.large.is_none() {
            self.large = LARGE.try_acquire().ok();
        }
        if self.large.is_some() {
            self.bytes = vec![0; LARGE_BUFFER.min(self.bytes.len() * 4)];
        }
    }
}

/// Copies one direction until `from` ends, then closes `to` for writing. A byte is counted once it has been read.
pub(crate) async fn copy(from: &TcpStream, to: &TcpStream, counter: &Counter) -> io::Result<Copied> {
    let mut buffer = Buffer::default();
    loop {
        if buffer.bytes.len() <= SMALL_BUFFER {
            from.readable().await?;
        } else if let Ok(ready) = timeout(BUFFER_IDLE, from.readable()).await {
            ready?;
        } else {
            buffer = Buffer::default();
            from.readable().await?;
        }
        if buffer.bytes.is_empty() {
            buffer.bytes = vec![0; SMALL_BUFFER];
        }
        match from.try_read(&mut buffer.bytes) {
            Ok(0) => {
                return Ok(if end(to).is_ok() {
                    Copied::Ended
                } else {
                    Copied::Unwritable
                });
            }
            Ok(count) => {
                counter.add(count);
                if write_all(to, buffer.bytes.get(..count).unwrap_or_default())
                    .await
                    .is_err()
                {
                    return Ok(Copied::Unwritable);
                }
                if count == buffer.bytes.len() && count < LARGE_BUFFER {
                    buffer.grow();
                }
            }
            // Ten thousand idle connections would hold ten thousand small buffers.
            Err(error) if error.kind() == ErrorKind::WouldBlock && buffer.bytes.len() <= SMALL_BUFFER => {
                buffer = Buffer::default();
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Copies both directions until both have ended, or one has failed.
pub(crate) async fn both(client: &TcpStream, server: &TcpStream, counts: &Counts) -> io::Result<()> {
    let up = copy(client, server, &counts.sent);
    let down = copy(server, client, &counts.received);
    match tokio::try_join!(up, down)? {
        (Copied::Ended, Copied::Ended) => Ok(()),
        (Copied::Unwritable, _) | (_, Copied::Unwritable) => Err(ErrorKind::ConnectionReset.into()),
    }
}

/// Writes everything.
pub(crate) async fn write_all(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.try_write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => to.writable().await?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Says that nothing more will be written. A peer that is gone already needs no telling.
pub(crate) fn end(to: &TcpStream) -> io::Result<()> {
    match SockRef::from(to).shutdown(Shutdown::Write) {
        Err(error) if error.kind() != ErrorKind::NotConnected => Err(error),
        _ => Ok(()),
    }
}

/// A socket that is reset when this is dropped before [`ResetOnDrop::ended`]: a connection that is cut, broken or abandoned
/// must not look as if it had come to its end.
#[derive(Debug)]
pub(crate) struct ResetOnDrop(Option<Arc<TcpStream>>);

impl ResetOnDrop {
    pub(crate) fn new(stream: Arc<TcpStream>) -> Self {
        Self(Some(stream))
    }

    /// It has come to its end.
    pub(crate) fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for ResetOnDrop {
    fn drop(&mut self) {
        if let Some(stream) = &self.0 {
            reset_on_close(stream);
        }
    }
}

/// Makes the close that follows a reset, so that the other side notices at once and does not take what it has for all.
pub(crate) fn reset_on_close(stream: &TcpStream) {
    // Fails only for a socket that is dead already, and then there is nobody to tell.
    drop(stream.set_zero_linger());
}
