//! One end of an HTTP connection as hyper wants it: bytes that were held come first, everything is counted, and the
//! socket stays ours, so that it can be relayed after an upgrade or reset.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::http_frames::{Frames, Refused};
use crate::relay;
use crate::traffic::{Counter, Counts};

/// Which side of the relay a socket is on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// The program inside.
    Client,
    /// The server outside.
    Server,
}

/// Stands for what must not go on: hyper refuses it wherever a head, or the line of a chunk, goes on.
const NO_HTTP: u8 = 0;

/// What both sides of an exchange know of the client's bytes.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// Why they do not go on.
    pub(crate) refused: OnceLock<&'static str>,
    /// Set when what comes is HTTP no more.
    pub(crate) upgraded: OnceLock<()>,
}

/// A socket that hyper reads and writes.
#[derive(Debug)]
pub(crate) struct HttpIo {
    stream: Arc<TcpStream>,
    held: Bytes,
    counts: Arc<Counts>,
    side: Side,
    frames: Frames,
    watched: Arc<Watched>,
}

impl HttpIo {
    /// `held` was read, and counted, before. Of the client's side, requests that could be read in two ways end the bytes.
    pub(crate) fn new(
        stream: Arc<TcpStream>,
        held: Bytes,
        counts: Arc<Counts>,
        side: Side,
        watched: Arc<Watched>,
    ) -> Self {
        Self {
            stream,
            held,
            counts,
            side,
            frames: Frames::default(),
            watched,
        }
    }

    /// Checks what was put behind the first `before` bytes of a buffer.
    fn watch(&mut self, buffer: &mut ReadBuf<'_>, before: usize) {
        let Side::Client = self.side else {
            return;
        };
        if self.watched.upgraded.get().is_some() {
            return;
        }
        let new = buffer.filled().get(before..).unwrap_or_default();
        if let Err(Refused { after, reason }) = self.frames.take(new) {
            buffer.set_filled(before + after);
            buffer.put_slice(&[NO_HTTP]);
            // Nothing is read after the first.
            let _is_first = self.watched.refused.set(reason);
        }
    }

    /// What was held and never read.
    pub(crate) fn into_held(self) -> Bytes {
        self.held
    }

    fn counter(&self) -> &Counter {
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
        let before = buffer.filled().len();
        if matches!(self.side, Side::Client) && self.watched.refused.get().is_some() {
            return Poll::Ready(Ok(()));
        }
        if !self.held.is_empty() {
            let count = self.held.len().min(buffer.remaining());
            buffer.put_slice(&self.held.split_to(count));
            self.watch(buffer, before);
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read_buf(buffer) {
                Ok(count) => {
                    self.counter().add(count);
                    self.watch(buffer, before);
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
