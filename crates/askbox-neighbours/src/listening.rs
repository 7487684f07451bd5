//! A socket of a session at work: takes connections of programs inside, so many at a time, and hands each to what serves it.

use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;

use askbox_policy::Process;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::limits;

/// Finds out about the process of this number on the host. Answers in bounded time, with [`Process::unknown`] when it cannot
/// say.
pub type Identify = Arc<dyn Fn(u32) -> Pin<Box<dyn Future<Output = Process> + Send + 'static>> + Send + Sync>;

/// Sockets of one session, at work. Dropping it closes them and every connection to them.
#[must_use = "dropping it ends the session's neighbours"]
#[derive(Debug, Default)]
pub struct Serving {
    sockets: Vec<JoinSet<()>>,
}

impl Serving {
    /// These sockets and those.
    pub fn and(mut self, other: Self) -> Self {
        self.sockets.extend(other.sockets);
        self
    }
}

/// Serves a socket, which listens already, until the result is dropped: `converse` for each connection, of which as many are
/// taken at once as there is room for.
pub(crate) fn serve<F>(
    listener: OwnedFd,
    room: Arc<Semaphore>,
    converse: impl Fn(UnixStream) -> F + Send + 'static,
) -> io::Result<Serving>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = std::os::unix::net::UnixListener::from(listener);
    listener.set_nonblocking(true)?;
    let listener = UnixListener::from_std(listener)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(listener, room, converse));
    Ok(Serving { sockets: vec![tasks] })
}

async fn accept<F>(listener: UnixListener, room: Arc<Semaphore>, converse: impl Fn(UnixStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        // Closed by nobody.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _address)) => {
                let conversation = converse(stream);
                connections.spawn(async move {
                    conversation.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a socket of a session takes no connection");
                tokio::time::sleep(limits::ACCEPT_REST).await;
            }
        }
    }
}
