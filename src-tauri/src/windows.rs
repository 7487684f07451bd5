//! The two windows: made when they are wanted, destroyed when they are closed, so that none costs memory while nobody looks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use askbox_desktop::channel::{Caller, FromWindows, Window};
use askbox_desktop::{Strings, WindowEvent, Zoom};
use askbox_wire::Show;
use gtk::prelude::GtkWindowExt;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Emitter, Manager, Url, WebviewUrl, WebviewWindowBuilder};

use crate::app_link::AppLink;

/// The event that windows listen to.
const EVENT: &str = "askbox";

/// Both windows.
const ALL: [Window; 2] = [Window::Main, Window::Prompt];

/// A window's label, which its capability file names too.
fn label(window: Window) -> &'static str {
    match window {
        Window::Main => "main",
        Window::Prompt => "prompt",
    }
}

/// The window of a label.
pub(crate) fn named(found: &str) -> Option<Window> {
    ALL.into_iter().find(|window| label(*window) == found)
}

/// What new windows show first: told as soon as they listen, which they do before they ask for anything.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<HashMap<Window, Option<Show>>>);

impl Pending {
    fn put(&self, window: Window, show: Option<Show>) {
        self.kept().insert(window, show);
    }

    fn take(&self, window: Window) -> Option<Show> {
        self.kept().remove(&window).flatten()
    }

    /// Keeps it for a window that does not listen yet; gives it back for one that does.
    fn replace(&self, window: Window, show: Show) -> Option<Show> {
        match self.kept().get_mut(&window) {
            Some(kept) => {
                *kept = Some(show);
                None
            }
            None => Some(show),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Window, Option<Show>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How large everything is drawn.
#[derive(Debug, Default)]
pub(crate) struct Size(Mutex<Zoom>);

impl Size {
    fn kept(&self) -> std::sync::MutexGuard<'_, Zoom> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Draws everything this large, in the windows that are there and in those that come.
pub(crate) fn zoom(app: &AppHandle, zoom: Zoom) {
    *app.state::<Size>().kept() = zoom;
    for window in ALL {
        if let Some(window) = app.get_webview_window(label(window))
            && let Err(error) = window.set_zoom(zoom.factor())
        {
            tracing::warn!(%error, "the size of a window's content cannot be changed");
        }
    }
}

/// A window listens from now on.
pub(crate) fn listens(app: &AppHandle, window: Window) {
    if let Some(show) = app.state::<Pending>().take(window) {
        tell(app, Some(window), &WindowEvent::Show(show));
    }
}

/// Shows a view: in its window if that is there, else in a new one.
pub(crate) fn show(app: &AppHandle, show: Show, caller: Caller) {
    on_main_thread(app, Window::of(show.view), Some(show), caller);
}

/// Brings the main window up as it was left.
pub(crate) fn open(app: &AppHandle, caller: Caller) {
    on_main_thread(app, Window::Main, None, caller);
}

fn on_main_thread(app: &AppHandle, window: Window, show: Option<Show>, caller: Caller) {
    let handle = app.clone();
    let done = app.run_on_main_thread(move || {
        let shown = if handle.get_webview_window(label(window)).is_some() {
            // What a person is looking at stays: a question that comes by itself joins the queue.
            if let (Some(show), Caller::Person(_)) = (show, &caller) {
                tell_of(&handle, window, show);
            }
            raise(&handle, window, &caller)
        } else {
            make(&handle, window, show, &caller)
        };
        if let Err(error) = shown {
            tracing::error!(%error, "the window cannot be shown");
        }
        say_what_is_there(&handle, None);
    });
    if let Err(error) = done {
        tracing::error!(%error, "the window cannot be shown");
    }
}

/// Says which windows there are; one that is being destroyed is there no more.
fn say_what_is_there(app: &AppHandle, gone: Option<Window>) {
    let there = ALL
        .into_iter()
        .filter(|window| Some(*window) != gone && app.get_webview_window(label(*window)).is_some());
    app.state::<AppLink>().say(FromWindows::There(there.collect()));
}

/// Tells a window what to show, once it listens.
fn tell_of(app: &AppHandle, window: Window, show: Show) {
    if let Some(show) = app.state::<Pending>().replace(window, show) {
        tell(app, Some(window), &WindowEvent::Show(show));
    }
}

fn make(app: &AppHandle, window: Window, show: Option<Show>, caller: &Caller) -> tauri::Result<()> {
    let (page, size, least) = match window {
        Window::Prompt => ("prompt.html", (780.0, 680.0), (420.0, 360.0)),
        Window::Main => ("index.html", (1040.0, 720.0), (480.0, 400.0)),
    };
    app.state::<Pending>().put(window, show);
    let made = WebviewWindowBuilder::new(app, label(window), WebviewUrl::App(page.into()))
        .title(window.title(&Strings::english()))
        .inner_size(size.0, size.1)
        .min_inner_size(least.0, least.1)
        .focused(matches!(caller, Caller::Person(_)))
        .always_on_top(window == Window::Prompt)
        // Our own pages and nothing else: a content security policy says nothing of where a window goes.
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    // GTK gives a window's keys to nothing where its page has not asked for them, and one made without the focus has not.
    let page: &tauri::Webview = made.as_ref();
    page.set_focus()?;
    let zoom = *app.state::<Size>().kept();
    made.set_zoom(zoom.factor())?;
    let handle = app.clone();
    made.on_window_event(move |event| {
        if let tauri::WindowEvent::Destroyed = event {
            say_what_is_there(&handle, Some(window));
        }
    });
    match caller {
        Caller::Person(Some(_)) => raise(app, window, caller),
        Caller::Person(None) | Caller::Nobody => Ok(()),
    }
}

/// Whether a page is one of the app's own, by Tauri's scheme for them.
fn is_ours(url: &Url) -> bool {
    url.scheme() == "tauri" && url.host_str() == Some("localhost")
}

fn raise(app: &AppHandle, window: Window, caller: &Caller) -> tauri::Result<()> {
    let Some(window) = app.get_webview_window(label(window)) else {
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
pub(crate) fn close(app: &AppHandle, window: Window) {
    if let Some(window) = app.get_webview_window(label(window))
        && let Err(error) = window.destroy()
    {
        tracing::warn!(%error, "the window cannot be closed");
    }
}

/// Tells a window, if it is there; both where none is named.
pub(crate) fn tell(app: &AppHandle, to: Option<Window>, event: &WindowEvent) {
    for window in ALL.into_iter().filter(|window| to.is_none_or(|to| to == *window)) {
        let label = label(window);
        if app.get_webview_window(label).is_some()
            && let Err(error) = app.emit_to(label, EVENT, event)
        {
            tracing::warn!(%error, label, "a window was not told");
        }
    }
}
