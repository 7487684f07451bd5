//! The two windows: made when they are wanted, destroyed when they are closed, so that none costs memory while nobody looks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use askbox_desktop::{Desk, Link, WindowEvent};
use askbox_paths::Paths;
use askbox_wire::{Show, View};
use gtk::prelude::GtkWindowExt;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Emitter, Manager, Url, WebviewUrl, WebviewWindowBuilder};

use crate::log::Feed;

/// The event that windows listen to.
const EVENT: &str = "askbox";

/// The settings window and the prompt window, by their labels.
pub(crate) const MAIN: &str = "main";
/// See [`MAIN`].
const PROMPT: &str = "prompt";

/// What new windows show first, by their labels: told as soon as they listen, which they do before they ask for anything.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<HashMap<&'static str, Option<Show>>>);

/// The log as the main window hears it, while there is one.
#[derive(Debug, Default)]
pub(crate) struct LogFeed(Mutex<Option<Feed>>);

impl LogFeed {
    fn set(&self, feed: Option<Feed>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = feed;
    }
}

/// Follows the log for the main window, if there is one: from its beginning, and anew with every connection to the daemon.
pub(crate) fn follow_log(app: &AppHandle) {
    if app.get_webview_window(MAIN).is_some() {
        let feed = Feed::begin(app.clone(), &app.state::<Paths>());
        app.state::<LogFeed>().set(Some(feed));
    }
}

impl Pending {
    fn put(&self, label: &'static str, show: Option<Show>) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.insert(label, show);
    }

    fn take(&self, label: &str) -> Option<Show> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.remove(label).flatten()
    }

    /// Keeps it for a window that does not listen yet; gives it back for one that does.
    fn replace(&self, label: &'static str, show: Show) -> Option<Show> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match pending.get_mut(label) {
            Some(kept) => {
                *kept = Some(show);
                None
            }
            None => Some(show),
        }
    }
}

/// A window listens from now on.
pub(crate) fn listens(app: &AppHandle, label: &str) {
    if let Some(show) = app.state::<Pending>().take(label) {
        tell_one(app, label, &WindowEvent::Show(show));
    }
}

/// Who wants a window.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A person, with what lets it come to the front on Wayland, where the desktop gave one.
    Person(Option<String>),
    /// A question that does not reach the person otherwise: what is typed elsewhere must not go here.
    Nobody,
}

impl Caller {
    /// A person, of whom the desktop said nothing.
    pub(crate) fn person() -> Self {
        Self::Person(None)
    }
}

/// Shows a view: in its window if that is there, else in a new one.
pub(crate) fn show(app: &AppHandle, show: &Show, caller: Caller) {
    let label = if show.view == View::Prompt { PROMPT } else { MAIN };
    on_main_thread(app, label, Some(show.clone()), caller);
}

/// Brings the main window up as it was left.
pub(crate) fn open(app: &AppHandle, caller: Caller) {
    on_main_thread(app, MAIN, None, caller);
}

fn on_main_thread(app: &AppHandle, label: &'static str, show: Option<Show>, caller: Caller) {
    let handle = app.clone();
    let done = app.run_on_main_thread(move || {
        let shown = if handle.get_webview_window(label).is_some() {
            // What a person is looking at stays: a question that comes by itself joins the queue.
            if let (Some(show), Caller::Person(_)) = (show, &caller) {
                tell_of(&handle, label, show);
            }
            raise(&handle, label, &caller)
        } else {
            make(&handle, label, show, &caller)
        };
        if let Err(error) = shown {
            tracing::error!(%error, "the window cannot be shown");
        }
    });
    if let Err(error) = done {
        tracing::error!(%error, "the window cannot be shown");
    }
}

/// Tells a window what to show, once it listens.
fn tell_of(app: &AppHandle, label: &'static str, show: Show) {
    if let Some(show) = app.state::<Pending>().replace(label, show) {
        tell_one(app, label, &WindowEvent::Show(show));
    }
}

fn make(app: &AppHandle, label: &'static str, show: Option<Show>, caller: &Caller) -> tauri::Result<()> {
    let (page, title, size, least) = if label == PROMPT {
        ("prompt.html", "Askbox asks", (780.0, 680.0), (420.0, 360.0))
    } else {
        ("index.html", "Askbox", (1040.0, 720.0), (480.0, 400.0))
    };
    app.state::<Pending>().put(label, show);
    let window = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title(title)
        .inner_size(size.0, size.1)
        .min_inner_size(least.0, least.1)
        .focused(matches!(caller, Caller::Person(_)))
        .always_on_top(label == PROMPT)
        // Our own pages and nothing else: a content security policy says nothing of where a window goes.
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    if label == MAIN {
        follow_log(app);
        let app = app.clone();
        window.on_window_event(move |event| {
            if let tauri::WindowEvent::Destroyed = event {
                app.state::<LogFeed>().set(None);
            }
        });
    }
    match caller {
        Caller::Person(Some(_)) => raise(app, label, caller),
        Caller::Person(None) | Caller::Nobody => Ok(()),
    }
}

/// Whether a page is one of the app's own, by Tauri's scheme for them.
fn is_ours(url: &Url) -> bool {
    url.scheme() == "tauri" && url.host_str() == Some("localhost")
}

fn raise(app: &AppHandle, label: &str, caller: &Caller) -> tauri::Result<()> {
    let Some(window) = app.get_webview_window(label) else {
        return Ok(());
    };
    window.unminimize()?;
    window.show()?;
    match caller {
        Caller::Nobody => Ok(()),
        Caller::Person(token) => {
            if let Some(token) = token {
                window.gtk_window()?.set_startup_id(token);
            }
            window.set_focus()
        }
    }
}

/// Closes a window.
pub(crate) fn close(app: &AppHandle, label: &str) {
    if let Some(window) = app.get_webview_window(label)
        && let Err(error) = window.destroy()
    {
        tracing::warn!(%error, "the window cannot be closed");
    }
}

/// Tells every window.
pub(crate) fn tell(app: &AppHandle, event: &WindowEvent) {
    for label in [MAIN, PROMPT] {
        tell_one(app, label, event);
    }
}

/// Tells the main window.
pub(crate) fn tell_main(app: &AppHandle, event: &WindowEvent) {
    tell_one(app, MAIN, event);
}

/// Tells every window how the daemon is.
pub(crate) fn tell_link(app: &AppHandle, desk: &Desk) {
    tell(app, &WindowEvent::Link(link(desk)));
}

/// What windows are told of the connection.
pub(crate) fn link(desk: &Desk) -> Link {
    match desk.known() {
        Ok(known) => Link::Up {
            status: Box::new(known.status.clone()),
            questions: known.questions.clone(),
            missed: known.missed.clone(),
            sessions: known.sessions.clone(),
        },
        Err(absence) => Link::Down {
            reason: absence.reason.clone(),
            hint: absence.hint.clone(),
        },
    }
}

fn tell_one(app: &AppHandle, label: &str, event: &WindowEvent) {
    if app.get_webview_window(label).is_none() {
        return;
    }
    if let Err(error) = app.emit_to(label, EVENT, event) {
        tracing::warn!(%error, label, "a window was not told");
    }
}
