//! A front end's end of the control socket, blocking. The command line uses it before it forks, so it starts no thread.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, getsockopt, socket, sockopt};
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
    /// What is to be sent is no message, most likely because it is too long. The connection is as it was.
    #[error("the request cannot be sent")]
    Encode(#[source] CodecError),
    /// What came is no message.
    #[error("the daemon sent something unreadable")]
    Decode(#[source] CodecError),
    /// The daemon did not take what was sent, or did not answer, for as long as a call may take. The connection is of no
    /// use any more.
    #[error("the daemon did not answer in time")]
    TimedOut {
        /// Its process, so that it can be ended; 0 when unknown.
        pid: u32,
    },
    /// It was a message, but not one that may come now.
    #[error("the daemon sent a message out of turn")]
    OutOfTurn,
}

/// The number of a call on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallId(u64);

/// When an exchange has to be over, however many steps it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// For what may take as long as it takes.
    pub(crate) const NEVER: Self = Self(None);

    fn after(wait: Duration) -> Self {
        Self(Instant::now().checked_add(wait))
    }

    /// How long the next step of what this process does may take.
    fn left(self, pid: u32) -> Result<Option<Duration>, ClientError> {
        let Some(end) = self.0 else { return Ok(None) };
        match end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ClientError::TimedOut { pid }),
            left => Ok(Some(left)),
        }
    }
}

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
        Self::connect_until(path, Deadline::after(HELLO_WAIT))
    }

    /// Connects, makes one call and goes; all of it takes no longer than this.
    pub fn call_once(path: &Path, request: Request, wait: Duration) -> Result<Response, ClientError> {
        let deadline = Deadline::after(wait);
        let mut client = Self::connect_until(path, deadline)?;
        let call = client.reserve();
        client.send(call, request, &[], deadline)?;
        client.response(call, deadline)
    }

    fn connect_until(path: &Path, deadline: Deadline) -> Result<Self, ClientError> {
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
        let stream = dial(short.path(), deadline.left(0)?).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NotRunning {
                path: path.to_owned(),
            },
            // As many wait there already as the kernel lets wait.
            io::ErrorKind::WouldBlock => ClientError::TimedOut { pid: 0 },
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
        client.greet(deadline)?;
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
        let deadline = Deadline::after(CALL_WAIT);
        let call = self.reserve();
        self.send(call, request, descriptors, deadline)?;
        self.response(call, deadline)
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
        deadline: Deadline,
    ) -> Result<(), ClientError> {
        self.write(&FromClient::Call { id: call.0, request }, descriptors, deadline)
    }

    /// Waits for the response to a request that was sent.
    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Response, ClientError> {
        let mut parts: Option<Response> = None;
        loop {
            match self.receive(deadline)?.ok_or(ClientError::Closed)? {
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
        match self.receive(Deadline::NEVER)? {
            Some(FromDaemon::Event(event)) => Ok(Some(*event)),
            Some(FromDaemon::Response { .. } | FromDaemon::Hello(_)) => Err(ClientError::OutOfTurn),
            None => Ok(None),
        }
    }

    /// Whether an event waits that came together with a response; polling the descriptor does not show those.
    pub fn has_held_event(&self) -> bool {
        !self.held.is_empty()
    }

    fn greet(&mut self, deadline: Deadline) -> Result<(), ClientError> {
        self.write(&FromClient::Hello(Hello::ours()), &[], deadline)?;
        match self.receive(deadline)? {
            Some(FromDaemon::Hello(hello)) if hello == Hello::ours() => Ok(()),
            Some(FromDaemon::Hello(Hello { version })) => Err(ClientError::Version {
                daemon: version,
                pid: self.pid,
            }),
            Some(FromDaemon::Response { .. } | FromDaemon::Event(_)) => Err(ClientError::OutOfTurn),
            None => Err(ClientError::Closed),
        }
    }

    fn write(
        &mut self,
        message: &FromClient,
        mut attached: &[BorrowedFd<'_>],
        deadline: Deadline,
    ) -> Result<(), ClientError> {
        let frame = codec::encode(message).map_err(ClientError::Encode)?;
        let mut rest = frame.as_slice();
        while !rest.is_empty() {
            let left = deadline.left(self.pid)?;
            self.stream.set_write_timeout(left).map_err(ClientError::Socket)?;
            match descriptors::send(self.stream.as_fd(), rest, attached) {
                Ok(sent) => (rest, attached) = (&rest[sent..], &[]),
                Err(error) if is_for_now(&error) => {}
                Err(error) => {
                    return Err(match error.kind() {
                        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => ClientError::Closed,
                        _ => ClientError::Socket(error),
                    });
                }
            }
        }
        Ok(())
    }

    /// One message, or `None` at the end of the stream.
    fn receive(&mut self, deadline: Deadline) -> Result<Option<FromDaemon>, ClientError> {
        let mut prefix = [0; PREFIX];
        if !self.fill(&mut prefix, deadline)? {
            return Ok(None);
        }
        let mut content = vec![0; codec::length(prefix).map_err(ClientError::Decode)?];
        if !self.fill(&mut content, deadline)? {
            return Ok(None);
        }
        codec::decode(&content).map(Some).map_err(ClientError::Decode)
    }

    /// Reads until the buffer is full. Returns whether it is: the stream can end before.
    fn fill(&mut self, mut rest: &mut [u8], deadline: Deadline) -> Result<bool, ClientError> {
        while !rest.is_empty() {
            let left = deadline.left(self.pid)?;
            self.stream.set_read_timeout(left).map_err(ClientError::Socket)?;
            match self.stream.read(rest) {
                Ok(0) => return Ok(false),
                Ok(length) => rest = &mut rest[length..],
                Err(error) if is_for_now(&error) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
                Err(error) => return Err(ClientError::Socket(error)),
            }
        }
        Ok(true)
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

/// Connects within a time. The standard library's way waits without end where nobody takes connections any more.
fn dial(path: &Path, wait: Option<Duration>) -> io::Result<UnixStream> {
    let flags = SockFlag::SOCK_CLOEXEC;
    let stream: UnixStream = socket(AddressFamily::Unix, SockType::Stream, flags, None)?.into();
    stream.set_write_timeout(wait)?;
    connect(stream.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(stream)
}

/// Whether to try again: a signal came, or the time-out of the socket, which the deadline judges.
fn is_for_now(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
    )
}

#[cfg(test)]
mod tests;
