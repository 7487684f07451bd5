//! A front end's end of the control socket, blocking. The command line uses it before it forks, so it starts no thread.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::Uid;

use crate::address::SocketPath;
use crate::codec::{self, CodecError, PREFIX};
use crate::descriptors;
use crate::limits::{CALL_WAIT, HELD_EVENTS, HELLO_WAIT};
use crate::message::{Event, FromClient, FromDaemon, Hello, Request, Response, VERSION, WireError};

/// Why a front end cannot speak with the daemon.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens there.
    #[error("no daemon is running")]
    NotRunning {
        /// The socket.
        path: PathBuf,
    },
    /// The socket cannot be reached.
    #[error("cannot connect to {}", path.display())]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What listens there is not of this user.
    #[error("{} belongs to a process of user {uid}", path.display())]
    Stranger {
        /// The socket.
        path: PathBuf,
        /// Whose process it is.
        uid: u32,
    },
    /// The daemon has another version.
    #[error("the daemon is version {daemon}, this askbox is {VERSION}: run `askbox daemon --restart`")]
    Version {
        /// Its version.
        daemon: String,
        /// Its process, so that it can be ended; 0 when unknown.
        pid: u32,
    },
    /// The daemon said no.
    #[error(transparent)]
    Refused(#[from] WireError),
    /// The connection failed.
    #[error("the connection to the daemon failed")]
    Socket(#[source] io::Error),
    /// The daemon is gone.
    #[error("the daemon is gone")]
    Closed,
    /// What came is no message.
    #[error("the daemon sent something unreadable")]
    Codec(#[from] CodecError),
    /// It was a message, but not one that may come now.
    #[error("the daemon sent a message out of turn")]
    OutOfTurn,
}

/// The number of a call on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallId(u64);

/// A connection to the daemon. Dropping it ends a session that was launched on it.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    next_id: u64,
    /// Events that came while a response was awaited.
    held: VecDeque<Event>,
    pid: u32,
}

impl Client {
    /// Connects and exchanges Hellos. Never starts a daemon.
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        let failed = |source| ClientError::Connect {
            path: path.to_owned(),
            source,
        };
        let short = match SocketPath::new(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ClientError::NotRunning {
                    path: path.to_owned(),
                });
            }
            short => short.map_err(failed)?,
        };
        let stream = UnixStream::connect(short.path()).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NotRunning {
                path: path.to_owned(),
            },
            _ => failed(error),
        })?;
        let peer = getsockopt(&stream, sockopt::PeerCredentials).map_err(|error| failed(error.into()))?;
        // Descriptors and command lines go to the user's own daemon only.
        if peer.uid() != Uid::effective().as_raw() {
            return Err(ClientError::Stranger {
                path: path.to_owned(),
                uid: peer.uid(),
            });
        }
        let pid = u32::try_from(peer.pid()).unwrap_or(0);
        let mut client = Self {
            stream,
            next_id: 0,
            held: VecDeque::new(),
            pid,
        };
        client.greet()?;
        Ok(client)
    }

    /// The daemon's process; 0 when it is not visible from here.
    pub fn daemon_pid(&self) -> u32 {
        self.pid
    }

    /// Sends a request and waits for its response.
    pub fn call(&mut self, request: Request) -> Result<Response, ClientError> {
        self.call_with_descriptors(request, &[])
    }

    /// The same with descriptors beside the request. The caller keeps its own copies.
    pub fn call_with_descriptors(
        &mut self,
        request: Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<Response, ClientError> {
        let call = self.reserve();
        self.send(call, request, descriptors)?;
        self.response(call)
    }

    /// The number of the next call.
    pub(crate) fn reserve(&mut self) -> CallId {
        self.next_id += 1;
        CallId(self.next_id)
    }

    /// Sends a request without waiting.
    pub(crate) fn send(
        &mut self,
        call: CallId,
        request: Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), ClientError> {
        self.write(&FromClient::Call { id: call.0, request }, descriptors)
    }

    /// Waits for the response to a request that was sent.
    fn response(&mut self, call: CallId) -> Result<Response, ClientError> {
        self.stream
            .set_read_timeout(Some(CALL_WAIT))
            .map_err(ClientError::Socket)?;
        let mut parts: Option<Response> = None;
        loop {
            match self.receive()?.ok_or(ClientError::Closed)? {
                // 0: the daemon could not even read the call.
                FromDaemon::Response { id, result, more } if id == call.0 || id == 0 => {
                    let whole = match parts.take() {
                        None => result?,
                        Some(before) => before.join(result?).ok_or(ClientError::OutOfTurn)?,
                    };
                    if !more {
                        return Ok(whole);
                    }
                    parts = Some(whole);
                }
                FromDaemon::Event(event) => self.hold(*event),
                FromDaemon::Response { .. } | FromDaemon::Hello(_) => return Err(ClientError::OutOfTurn),
            }
        }
    }

    /// The next event of what is followed; waits for it. `None` when the daemon is gone.
    pub fn next_event(&mut self) -> Result<Option<Event>, ClientError> {
        if let Some(event) = self.held.pop_front() {
            return Ok(Some(event));
        }
        self.stream.set_read_timeout(None).map_err(ClientError::Socket)?;
        match self.receive()? {
            Some(FromDaemon::Event(event)) => Ok(Some(*event)),
            Some(FromDaemon::Response { .. } | FromDaemon::Hello(_)) => Err(ClientError::OutOfTurn),
            None => Ok(None),
        }
    }

    /// Whether an event waits that came together with a response; polling the descriptor does not show those.
    pub fn has_held_event(&self) -> bool {
        !self.held.is_empty()
    }

    fn greet(&mut self) -> Result<(), ClientError> {
        self.stream
            .set_read_timeout(Some(HELLO_WAIT))
            .map_err(ClientError::Socket)?;
        self.write(&FromClient::Hello(Hello::ours()), &[])?;
        match self.receive()? {
            Some(FromDaemon::Hello(hello)) if hello == Hello::ours() => Ok(()),
            Some(FromDaemon::Hello(Hello { version })) => Err(ClientError::Version {
                daemon: version,
                pid: self.pid,
            }),
            Some(FromDaemon::Response { .. } | FromDaemon::Event(_)) => Err(ClientError::OutOfTurn),
            None => Err(ClientError::Closed),
        }
    }

    fn write(&mut self, message: &FromClient, attached: &[BorrowedFd<'_>]) -> Result<(), ClientError> {
        let frame = codec::encode(message)?;
        let lost = |error: io::Error| match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => ClientError::Closed,
            _ => ClientError::Socket(error),
        };
        let sent = loop {
            match descriptors::send(self.stream.as_fd(), &frame, attached) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => break sent.map_err(lost)?,
            }
        };
        self.stream.write_all(&frame[sent..]).map_err(lost)
    }

    /// One message, or `None` at the end of the stream.
    fn receive(&mut self) -> Result<Option<FromDaemon>, ClientError> {
        let mut prefix = [0; PREFIX];
        match self.stream.read_exact(&mut prefix) {
            Err(error) if is_end(&error) => return Ok(None),
            result => result.map_err(ClientError::Socket)?,
        }
        let mut content = vec![0; codec::length(prefix)?];
        match self.stream.read_exact(&mut content) {
            Err(error) if is_end(&error) => Ok(None),
            Err(error) => Err(ClientError::Socket(error)),
            Ok(()) => Ok(Some(codec::decode(&content)?)),
        }
    }

    fn hold(&mut self, event: Event) {
        if self.held.len() < HELD_EVENTS {
            self.held.push_back(event);
        } else if let Some(Event::Lagged { missed }) = self.held.back_mut() {
            *missed += 1;
        } else {
            self.held.push_back(Event::Lagged { missed: 1 });
        }
    }
}

impl AsFd for Client {
    /// For poll(2): readable when an event came or the daemon is gone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests;
