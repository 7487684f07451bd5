//! One end of an HTTP connection as hyper wants it: bytes that were held come first, everything is counted, and the
//! socket stays ours, so that it can be relayed after an upgrade or reset.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::relay::{self, Counts};

/// Which side of the relay a socket is on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// The program inside.
    Client,
    /// The server outside.
    Server,
}

/// A socket that hyper reads and writes.
#[derive(Debug)]
pub(crate) struct HttpIo {
    stream: Arc<TcpStream>,
    held: Bytes,
    counts: Arc<Counts>,
    side: Side,
}

impl HttpIo {
    /// `held` was read, and counted, before.
    pub(crate) fn new(stream: Arc<TcpStream>, held: Bytes, counts: Arc<Counts>, side: Side) -> Self {
        Self {
            stream,
            held,
            counts,
            side,
        }
    }

    /// What was held and never read.
    pub(crate) fn into_held(self) -> Bytes {
        self.held
    }

    fn counter(&self) -> &AtomicU64 {
        match self.side {
            Side::Client => &self.counts.sent,
            Side::Server => &self.counts.received,
        }
    }
}

impl AsyncRead for HttpIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.held.is_empty() {
            let count = self.held.len().min(buffer.remaining());
            buffer.put_slice(&self.held.split_to(count));
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read_buf(buffer) {
                Ok(count) => {
                    self.counter().fetch_add(count as u64, Ordering::Relaxed);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for HttpIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write_vectored(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(relay::end(&self.stream))
    }
}

/// The bytes that an upgraded connection had read beyond its last message, in the order in which they came.
pub(crate) fn left_over(read: Bytes, io: HttpIo) -> Bytes {
    let held = io.into_held();
    if held.is_empty() {
        return read;
    }
    let mut chain = read.chain(held);
    chain.copy_to_bytes(chain.remaining())
}
