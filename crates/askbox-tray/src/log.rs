//! The log as windows see it: read where it lies, like the command line does, and followed while a window shows it.

use std::io::BufWriter;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::windows::Windows;
use crate::{call, downloads, review};
use askbox_audit::{Format, Reader};
use askbox_desktop::channel::Window;
use askbox_desktop::{LogQuery, TrafficQuery, WindowEvent, WindowResponse, log};
use askbox_paths::Paths;
use askbox_policy::SessionId;
use askbox_wire::{Client, ClientError, ErrorCode, Event, Follow, Request, Topic, WireError};

/// What a window wants of the log.
pub(crate) enum Wanted {
    /// Events.
    Events(LogQuery),
    /// Sessions that ended.
    PastSessions,
    /// Bytes per host.
    Traffic(TrafficQuery),
    /// All of it, as a file.
    Export,
}

/// Reads the log for a window.
pub(crate) async fn read(paths: &Paths, wanted: Wanted) -> Result<WindowResponse, WireError> {
    let paths = paths.clone();
    let read = tokio::task::spawn_blocking(move || answer(&paths, wanted)).await;
    read.unwrap_or_else(|error| Err(failed(error.to_string())))
}

fn answer(paths: &Paths, wanted: Wanted) -> Result<WindowResponse, WireError> {
    let reader = Reader::open(&paths.log()).map_err(|error| failed(call::chain(&error)))?;
    Ok(match wanted {
        Wanted::Events(query) => WindowResponse::Log(log::events(&reader, query)?),
        Wanted::PastSessions => {
            let outlook = |session: &SessionId| review::outlook(&paths.review(&session.0));
            WindowResponse::PastSessions(log::past_sessions(&reader, outlook)?)
        }
        Wanted::Traffic(query) => WindowResponse::Traffic(log::traffic(&reader, query, now_ms())?),
        // Every event as a line of JSON.
        Wanted::Export => downloads::write(paths, "log", "jsonl", |file| {
            let written = reader.export(&Format::Jsonl, 0, &mut BufWriter::new(file));
            written.map_err(|error| call::chain(&error))
        })
        .map_err(failed)?,
    })
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn failed(why: String) -> WireError {
    WireError::new(ErrorCode::Log, why).with_hint("askbox doctor")
}

/// The log as it is written, told to the main window. Ends when it is dropped. It connects on a thread of its own, since the
/// daemon may be slow.
#[derive(Debug)]
pub(crate) struct Feed {
    state: Arc<Mutex<State>>,
}

/// How far a feed is.
#[derive(Debug)]
enum State {
    /// It connects.
    Begun,
    /// It follows, on this connection, which is cut to end it: the thread waits on it.
    Following(UnixStream),
    /// Nobody wants it any more.
    Ended,
}

impl Feed {
    /// Begins. Without a daemon there is nothing to follow; it begins anew when there is one again.
    pub(crate) fn begin(windows: Windows, paths: &Paths) -> Self {
        let state = Arc::new(Mutex::new(State::Begun));
        let (socket, shared) = (paths.socket(), Arc::clone(&state));
        let thread = thread::Builder::new().name("log".to_owned());
        let started = thread.spawn(move || {
            if let Err(error) = follow(&windows, &socket, &shared) {
                tracing::warn!(%error, "the log is not followed any more");
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "the log is not followed");
        }
        Self { state }
    }
}

fn follow(windows: &Windows, socket: &Path, state: &Mutex<State>) -> Result<(), ClientError> {
    let mut client = Client::connect(socket)?;
    let followed = Request::Follow(Follow {
        topics: vec![Topic::Log],
        session: None,
    });
    client.call(followed)?;
    let copy = client.as_fd().try_clone_to_owned().map_err(ClientError::Socket)?;
    match &mut *state.lock().unwrap_or_else(PoisonError::into_inner) {
        State::Ended => return Ok(()),
        begun => *begun = State::Following(UnixStream::from(copy)),
    }
    while let Some(event) = client.next_event()? {
        if !matches!(event, Event::Stopping) {
            windows.tell(Some(Window::Main), WindowEvent::Daemon(Box::new(event)));
        }
    }
    Ok(())
}

impl Drop for Feed {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Following(connection) = std::mem::replace(&mut *state, State::Ended)
            && let Err(error) = connection.shutdown(Shutdown::Both)
        {
            tracing::debug!(%error, "the log's connection is gone already");
        }
    }
}
