//! The log as windows see it: read where it lies, like the command line does, and followed while a window shows it.

use std::fs::OpenOptions;
use std::io::BufWriter;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use askbox_audit::Reader;
use askbox_desktop::{LogQuery, TrafficQuery, WindowEvent, WindowResponse, log};
use askbox_paths::Paths;
use askbox_wire::{Client, ErrorCode, Event, Follow, Request, Topic, WireError};
use tauri::AppHandle;

use crate::{call, windows};

/// What a window asks of the log.
pub(crate) enum Question {
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
pub(crate) async fn read(paths: &Paths, question: Question) -> Result<WindowResponse, WireError> {
    let paths = paths.clone();
    let read = tokio::task::spawn_blocking(move || answer(&paths, question)).await;
    read.unwrap_or_else(|error| Err(failed(error.to_string())))
}

fn answer(paths: &Paths, question: Question) -> Result<WindowResponse, WireError> {
    let reader = Reader::open(&paths.log()).map_err(|error| failed(call::chain(&error)))?;
    Ok(match question {
        Question::Events(query) => WindowResponse::Log(log::events(&reader, query)?),
        Question::PastSessions => {
            let has_review = |session: &askbox_policy::SessionId| paths.review(&session.0).exists();
            WindowResponse::PastSessions(log::past_sessions(&reader, has_review)?)
        }
        Question::Traffic(query) => WindowResponse::Traffic(log::traffic(&reader, query, now_ms())?),
        Question::Export => {
            let file = export(&reader)?;
            WindowResponse::Written {
                file: askbox_policy::display::path(&file, askbox_policy::display::MAX_PATH),
            }
        }
    })
}

/// Writes every event as a line of JSON to a new file.
fn export(reader: &Reader) -> Result<PathBuf, WireError> {
    let directory =
        gtk::glib::user_special_dir(gtk::glib::UserDirectory::Downloads).unwrap_or_else(gtk::glib::home_dir);
    let path = directory.join(format!("askbox-log-{}.jsonl", now_ms() / 1000));
    let write = |path: &Path| {
        let new = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let file = new.map_err(|error| error.to_string())?;
        let written = reader.export(&mut BufWriter::new(file));
        written.map_err(|error| call::chain(&error))
    };
    write(&path).map_err(|why| failed(format!("cannot write {}: {why}", path.display())))?;
    Ok(path)
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn failed(why: String) -> WireError {
    WireError::new(ErrorCode::Log, why).with_hint("askbox doctor")
}

/// The log as it is written, told to the main window. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Feed {
    /// The connection, to cut it: the thread waits on it.
    connection: Option<UnixStream>,
}

impl Feed {
    /// Begins. Without a daemon there is nothing to follow; the window is told when there is one again.
    pub(crate) fn begin(app: &AppHandle, paths: &Paths) -> Self {
        match follow(app.clone(), paths) {
            Ok(connection) => Self {
                connection: Some(connection),
            },
            Err(error) => {
                tracing::warn!(%error, "the log is not followed");
                Self { connection: None }
            }
        }
    }
}

fn follow(app: AppHandle, paths: &Paths) -> Result<UnixStream, WireError> {
    let mut client = Client::connect(&paths.socket()).map_err(|error| call::wire_error(&error))?;
    let followed = Request::Follow(Follow {
        topics: vec![Topic::Log],
        session: None,
    });
    client.call(followed).map_err(|error| call::wire_error(&error))?;
    let copy: OwnedFd = client
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| failed(error.to_string()))?;
    let thread = thread::Builder::new().name("log".to_owned());
    let started = thread.spawn(move || {
        while let Ok(Some(event)) = client.next_event() {
            if !matches!(event, Event::Stopping) {
                windows::tell_main(&app, &WindowEvent::Daemon(Box::new(event)));
            }
        }
    });
    started.map_err(|error| failed(error.to_string()))?;
    Ok(UnixStream::from(copy))
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection
            && let Err(error) = connection.shutdown(Shutdown::Both)
        {
            tracing::debug!(%error, "the log's connection is gone already");
        }
    }
}
