//! The user's own ssh agent. What it says is bounded like what anybody says.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::frame::{self, Received};
use crate::limits::{AGENT_WAIT, SIGN_WAIT};
use crate::message::{self, Bind, Malformed, Sign};

/// A connection to the agent.
#[derive(Debug)]
pub(crate) struct Agent {
    stream: UnixStream,
    /// So many bindings were passed on.
    pub(crate) bound: usize,
}

/// Why the agent is of no use; the words go into the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("your ssh agent cannot be reached: {0}")]
    Connect(io::Error),
    #[error("your ssh agent belongs to somebody else")]
    NotYours,
    #[error("your ssh agent does not answer")]
    Silent,
    #[error("your ssh agent hung up")]
    Gone,
    #[error("your ssh agent answered wrongly: {0}")]
    Answer(Malformed),
    #[error("your ssh agent sent a message of {0} bytes")]
    Length(u32),
}

impl Agent {
    /// Connects to the agent of this user.
    pub(crate) async fn connect(path: &Path, user: u32) -> Result<Self, Error> {
        let connecting = timeout(AGENT_WAIT, UnixStream::connect(path));
        let stream = connecting
            .await
            .map_err(|_late| Error::Silent)?
            .map_err(Error::Connect)?;
        let peer = stream.peer_cred().map_err(Error::Connect)?;
        if peer.uid() != user {
            return Err(Error::NotYours);
        }
        Ok(Self { stream, bound: 0 })
    }

    /// The message that lists its keys.
    pub(crate) async fn list(&mut self) -> Result<Vec<u8>, Error> {
        self.ask(&message::write_list(), AGENT_WAIT).await
    }

    /// The message that has a signature.
    pub(crate) async fn sign(&mut self, sign: Sign<'_>) -> Result<Vec<u8>, Error> {
        self.ask(&message::write_sign(sign), SIGN_WAIT).await
    }

    /// Says which host this is for. An agent that knows nothing of that refuses, and is used all the same.
    pub(crate) async fn bind(&mut self, bind: Bind<'_>) -> Result<(), Error> {
        let answer = self.ask(&message::write_bind(bind), AGENT_WAIT).await?;
        self.bound += 1;
        match message::success(&answer) {
            Ok(()) | Err(Malformed::Refused) => Ok(()),
            Err(error) => Err(Error::Answer(error)),
        }
    }

    async fn ask(&mut self, request: &[u8], patience: Duration) -> Result<Vec<u8>, Error> {
        let exchange = async {
            frame::send(&mut self.stream, request).await?;
            frame::receive(&mut self.stream).await
        };
        match timeout(patience, exchange).await {
            Ok(Ok(Received::Message(answer))) => Ok(answer),
            Ok(Ok(Received::Length(length))) => Err(Error::Length(length)),
            Ok(Ok(Received::End) | Err(_)) => Err(Error::Gone),
            Err(_late) => Err(Error::Silent),
        }
    }
}
