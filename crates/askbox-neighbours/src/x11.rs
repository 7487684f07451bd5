//! The user's X11 display, offered to a session. Where the display can keep programs apart, those inside are not trusted: of other
//! windows they learn that they are there. Where it cannot, or where the user says so, they have all of it, which is a use of its own.
//!
//! Bytes are passed on, descriptors are not; the user's cookie stays outside.

mod authority;
mod requests;
mod security;
mod setup;

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use askbox_gate::Permit;
use askbox_policy::{Neighbour, SocketPath};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::asking::{Asking, Caller};
use crate::listening::{self, Serving};
use crate::socket::Places;
use crate::{host_socket, limits};
use authority::Authorization;
use requests::Requests;

/// The user's display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    /// Its number.
    pub number: u32,
    /// Its socket on the host.
    pub socket: SocketPath,
    /// The file with its cookie, if any.
    pub authority: Option<PathBuf>,
}

/// Why a display is of no use; the words go into the log.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Socket(#[from] host_socket::Error),
    #[error("{0}")]
    Talk(#[from] io::Error),
    #[error("it does not answer")]
    Silent,
}

/// Serves the socket at which a session finds a display and that listens already, until the result is dropped. To be called inside
/// a tokio runtime, after the session was opened at the gate.
pub fn serve_display(
    listener: OwnedFd,
    display: Display,
    asking: Asking,
    places: &Places,
) -> io::Result<Serving> {
    let display = Arc::new(display);
    listening::serve(listener, Arc::clone(&places.connections), move |stream| {
        converse(stream, asking.clone(), Arc::clone(&display))
    })
}

/// One connection, from the question to its end.
async fn converse(stream: UnixStream, asking: Asking, display: Arc<Display>) {
    let Ok(caller) = Caller::of(stream) else {
        return;
    };
    let pid = caller.pid;
    let (neighbour, authorization) = match display.way(&asking).await {
        Ok(way) => way,
        Err(error) => {
            asking
                .refuse(pid, Neighbour::X11, format!("your display: {error}"))
                .await;
            return;
        }
    };
    // Denied, it is an event already.
    let Some(permit) = asking.admit(&caller, neighbour.clone()).await else {
        return;
    };
    let mut inside = match caller.stream() {
        Ok(inside) => inside,
        Err(error) => {
            let reason = format!("your display: {error}");
            return asking.refuse(pid, neighbour, reason).await;
        }
    };
    if let Err(error) = relay(&mut inside, &display, &authorization, &permit).await {
        let reason = format!("your display: {error}");
        // It is cut off when that is in the log.
        asking.refuse(pid, neighbour, reason).await;
    }
}

impl Display {
    /// As what a program is to be let in, and with what. Before anybody is asked, since it is what is asked about.
    async fn way(&self, asking: &Asking) -> Result<(Neighbour, Authorization), Error> {
        let own = self.authorization();
        if asking.allows(Neighbour::X11Trusted) {
            return Ok((Neighbour::X11Trusted, own));
        }
        let connection = host_socket::connect(&self.socket).await?;
        let made = soon(security::untrusted_cookie(connection, &own)).await?;
        Ok(match made {
            Some(cookie) => (Neighbour::X11, cookie),
            None => (Neighbour::X11Trusted, own),
        })
    }

    /// The user's own; none where there is none, which some displays take.
    fn authorization(&self) -> Authorization {
        let file = self.authority.as_ref().and_then(|path| {
            let is_short = std::fs::metadata(path).ok()?.len() <= limits::AUTHORITY_BYTES;
            is_short.then(|| std::fs::read(path).ok()).flatten()
        });
        file.and_then(|file| authority::cookie(&file, self.number))
            .unwrap_or_default()
    }
}

/// Passes on what a program says, with the authorization in the place of its own, and what the display says, until one side has
/// ended, or the permit has.
async fn relay(
    inside: &mut UnixStream,
    display: &Display,
    authorization: &Authorization,
    permit: &Permit,
) -> Result<(), Error> {
    let mut outside = host_socket::connect(&display.socket).await?;
    let setup = soon(setup::read(inside)).await?;
    setup::write(&mut outside, setup, authorization).await?;
    let mut requests = Requests::new(setup.order);
    let (mut hear, mut answer) = inside.split();
    let (mut from_display, mut to_display) = outside.split();
    let said = async {
        let mut bytes = vec![0; limits::RELAY_BYTES];
        loop {
            let length = hear.read(&mut bytes).await?;
            let Some(said @ [_, ..]) = bytes.get(..length) else {
                return Ok::<_, io::Error>(());
            };
            to_display.write_all(&requests.feed(said)).await?;
        }
    };
    // The end of either is the end, and so is an error: neither has more to say to the other.
    tokio::select! {
        _ended = said => {}
        _ended = tokio::io::copy(&mut from_display, &mut answer) => {}
        () = permit.revoked() => {}
    }
    Ok(())
}

/// What both a program and a display do at once.
async fn soon<T>(what: impl Future<Output = io::Result<T>>) -> Result<T, Error> {
    const PATIENCE: Duration = limits::HOST_WAIT;
    Ok(timeout(PATIENCE, what).await.map_err(|_late| Error::Silent)??)
}

#[cfg(test)]
mod tests;
