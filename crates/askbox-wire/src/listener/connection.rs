//! One connection of a front end, as the daemon holds it: a half that receives calls and a half that sends.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::Peer;
use crate::codec::{self, CodecError, PREFIX};
use crate::descriptors;
use crate::limits::HELLO_WAIT;
use crate::message::{FromClient, FromDaemon, Hello, Request};

/// Why nothing more comes from, or goes to, a front end.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The socket failed.
    #[error("the connection failed")]
    Socket(#[source] io::Error),
    /// The connection ended in the middle of a message.
    #[error("the connection ended in the middle of a message")]
    Torn,
    /// What came is no message.
    #[error("unreadable message")]
    Decode(#[source] CodecError),
    /// The answer did not go out.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The first message was no Hello, a later one was, or it did not come in time.
    #[error("no proper greeting")]
    Greeting,
    /// The other side has another version.
    #[error("the front end is version {version}")]
    Version {
        /// Its version.
        version: String,
    },
}

/// Why a message does not go to a front end.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It is no message, most likely because it is too long. The connection is as it was.
    #[error("a message cannot be sent")]
    Encode(#[source] CodecError),
    /// The socket failed.
    #[error("the connection failed")]
    Socket(#[source] io::Error),
}

/// A call as it arrived. Descriptors that nobody takes out are closed with it.
#[derive(Debug)]
pub struct Incoming {
    /// The number that the response repeats.
    pub id: u64,
    /// What is wanted.
    pub request: Request,
    /// The descriptors that came beside it.
    pub descriptors: Vec<OwnedFd>,
}

/// Both halves and who is at the other end.
#[derive(Debug)]
pub struct Connection {
    /// The half that receives.
    pub receiver: Receiver,
    /// The half that sends.
    pub sender: Sender,
    /// The other end.
    pub peer: Peer,
}

/// Receives calls.
#[derive(Debug)]
pub struct Receiver {
    stream: Arc<UnixStream>,
    frame: Partial,
}

/// Sends responses and events. Dropping both halves closes the connection.
#[derive(Debug)]
pub struct Sender {
    stream: Arc<UnixStream>,
}

/// A frame of which a part has arrived.
#[derive(Debug, Default)]
struct Partial {
    prefix: [u8; PREFIX],
    content: Vec<u8>,
    /// Bytes that have arrived, prefix included.
    filled: usize,
    descriptors: Vec<OwnedFd>,
}

impl Connection {
    pub(super) fn new(stream: UnixStream, peer: Peer) -> Self {
        let stream = Arc::new(stream);
        let receiver = Receiver {
            stream: Arc::clone(&stream),
            frame: Partial::default(),
        };
        Self {
            receiver,
            sender: Sender { stream },
            peer,
        }
    }

    /// Exchanges Hellos. Ours goes out even when theirs does not fit, so that the front end can say which versions met.
    pub async fn greet(&mut self) -> Result<(), ReceiveError> {
        self.sender.send(&FromDaemon::Hello(Hello::ours())).await?;
        let first = timeout(HELLO_WAIT, self.receiver.message()).await;
        match first {
            Ok(Ok(Some((FromClient::Hello(hello), _)))) if hello == Hello::ours() => Ok(()),
            Ok(Ok(Some((FromClient::Hello(Hello { version }), _)))) => Err(ReceiveError::Version { version }),
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) | Err(_) => Err(ReceiveError::Greeting),
        }
    }
}

impl Receiver {
    /// The next call, or `None` when the front end has closed the connection. May be dropped and called again: a
    /// message that arrived in part is not lost.
    pub async fn next(&mut self) -> Result<Option<Incoming>, ReceiveError> {
        match self.message().await? {
            Some((FromClient::Call { id, request }, descriptors)) => Ok(Some(Incoming {
                id,
                request,
                descriptors,
            })),
            Some((FromClient::Hello(_), _)) => Err(ReceiveError::Greeting),
            None => Ok(None),
        }
    }

    /// Waits until something can be received.
    #[cfg(test)]
    pub(super) async fn readable(&self) {
        self.stream.readable().await.expect("the socket is registered");
    }

    async fn message(&mut self) -> Result<Option<(FromClient, Vec<OwnedFd>)>, ReceiveError> {
        loop {
            // Exactly one frame is read at a time, so that descriptors cannot end up beside another one.
            if self.frame.missing().map_err(ReceiveError::Decode)?.0.is_empty() {
                let frame = std::mem::take(&mut self.frame);
                let message = codec::decode(&frame.content).map_err(ReceiveError::Decode)?;
                return Ok(Some((message, frame.descriptors)));
            }
            let stream = &self.stream;
            let frame = &mut self.frame;
            let received = stream
                .async_io(Interest::READABLE, || {
                    let (missing, descriptors) = frame.missing().map_err(io::Error::other)?;
                    descriptors::receive(stream.as_fd(), missing, descriptors)
                })
                .await;
            match received {
                Ok(0) if self.frame.filled == 0 => return Ok(None),
                Ok(0) => return Err(ReceiveError::Torn),
                Ok(length) => self.frame.filled += length,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(ReceiveError::Socket(error)),
            }
        }
    }
}

impl Partial {
    /// The part of the frame that has not arrived, empty when it is complete, and where its descriptors go.
    fn missing(&mut self) -> Result<(&mut [u8], &mut Vec<OwnedFd>), CodecError> {
        if self.filled < PREFIX {
            return Ok((&mut self.prefix[self.filled..], &mut self.descriptors));
        }
        let length = codec::length(self.prefix)?;
        if self.content.len() < length {
            self.content.resize(length, 0);
        }
        Ok((&mut self.content[self.filled - PREFIX..], &mut self.descriptors))
    }
}

impl Sender {
    /// Sends one message whole, and waits as long as the front end does not read: a stopped one is not a dead one.
    /// After an error of the socket, or when dropped half-way, the connection is of no use any more.
    pub async fn send(&mut self, message: &FromDaemon) -> Result<(), SendError> {
        let frame = codec::encode(message).map_err(SendError::Encode)?;
        self.write(&frame).await.map_err(SendError::Socket)
    }

    async fn write(&self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(rest) {
                Ok(length) => rest = &rest[length..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
