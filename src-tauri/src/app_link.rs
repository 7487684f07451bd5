//! The connection to the app: what it says is done, what windows ask goes there, and its responses find who waits for them.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use askbox_desktop::channel::{FromWindows, ToWindows, Window};
use askbox_desktop::{WindowRequest, WindowResponse, limits};
use askbox_wire::{ErrorCode, WireError};
use futures_util::{SinkExt, StreamExt};
use tauri::{AppHandle, Manager};
use tokio::net::UnixStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use crate::windows;

/// What came of a request.
type Outcome = Result<WindowResponse, WireError>;

/// The end of the connection that windows speak into.
#[derive(Debug)]
pub(crate) struct AppLink {
    messages: UnboundedSender<FromWindows>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Outcome>>>,
    calls: AtomicU64,
}

/// Its other half, which [`follow`] reads and writes.
#[derive(Debug)]
pub(crate) struct Lines {
    socket: StdUnixStream,
    messages: UnboundedReceiver<FromWindows>,
}

impl AppLink {
    /// Takes the socket that the app gave as standard input. Fails where it is something else.
    pub(crate) fn take() -> io::Result<(Self, Lines)> {
        let socket = StdUnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        // A file or a pipe has no peer.
        socket.peer_addr()?;
        socket.set_nonblocking(true)?;
        let (sender, messages) = unbounded_channel();
        let link = Self {
            messages: sender,
            waiting: Mutex::default(),
            calls: AtomicU64::new(0),
        };
        Ok((link, Lines { socket, messages }))
    }

    /// Has the app do something for a window.
    pub(crate) async fn ask(&self, window: Window, request: WindowRequest) -> Outcome {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let (answer, outcome) = oneshot::channel();
        self.waiting().insert(call, answer);
        self.say(FromWindows::Request {
            call,
            window,
            request: Box::new(request),
        });
        outcome
            .await
            .unwrap_or_else(|_ends| Err(WireError::new(ErrorCode::Stopping, "the app ends")))
    }

    /// Says something to the app; nothing where the connection is gone, for this process ends then.
    pub(crate) fn say(&self, message: FromWindows) {
        drop(self.messages.send(message));
    }

    fn done(&self, call: u64, outcome: Outcome) {
        let waiting = self.waiting().remove(&call);
        if let Some(waiting) = waiting {
            // A window that is gone needs no answer.
            drop(waiting.send(outcome));
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Outcome>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what the app says, until the connection ends.
pub(crate) async fn follow(app: &AppHandle, lines: Lines) {
    if let Err(error) = serve(app, lines).await {
        tracing::error!(%error, "the app is not understood");
    }
    app.state::<AppLink>().waiting().clear();
}

async fn serve(app: &AppHandle, lines: Lines) -> Result<(), LinesCodecError> {
    let Lines { socket, mut messages } = lines;
    let codec = LinesCodec::new_with_max_length(limits::CHANNEL_BYTES);
    let mut lines = Framed::new(UnixStream::from_std(socket)?, codec);
    loop {
        tokio::select! {
            line = lines.next() => match line {
                Some(line) => obey(app, serde_json::from_str(&line?).map_err(io::Error::from)?),
                None => return Ok(()),
            },
            message = messages.recv() => match message {
                Some(message) => lines.send(serde_json::to_string(&message).map_err(io::Error::from)?).await?,
                None => return Ok(()),
            },
        }
    }
}

fn obey(app: &AppHandle, message: ToWindows) {
    match message {
        ToWindows::Show { show, caller } => windows::show(app, show, caller),
        ToWindows::Open { caller } => windows::open(app, caller),
        ToWindows::Zoom(zoom) => windows::zoom(app, zoom),
        ToWindows::Response { call, result } => app.state::<AppLink>().done(call, result),
        ToWindows::Event { to, event } => windows::tell(app, to, &event),
    }
}
