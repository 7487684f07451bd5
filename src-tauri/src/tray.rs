//! The icon in the tray, by `StatusNotifierItem`. Made when there is a host for it, changed when something is different, never
//! on a timer: a menu that is replaced while it is open closes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use askbox_desktop::Choice;
use askbox_desktop::menu::{Entry, Shape};
use tauri::image::Image;
use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry};
use tokio::sync::mpsc::Sender;

use crate::hub::News;

/// What stands out from the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ink {
    /// On a dark panel, as most desktops have.
    #[default]
    Light,
    /// On a light one.
    Dark,
}

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    /// The icon.
    pub(crate) shape: Shape,
    /// What it is drawn with.
    pub(crate) ink: Ink,
    /// The text beside it.
    pub(crate) tooltip: String,
    /// The menu.
    pub(crate) entries: Vec<Entry>,
}

/// The icon, and what it shows.
pub(crate) struct Tray {
    app: AppHandle,
    /// Touched on the main thread only; the lock is for the compiler.
    icon: Arc<Mutex<Option<TrayIcon>>>,
    shown: Option<Face>,
    /// Since when the menu is as it is.
    since: Instant,
    /// Changes of the menu so far.
    changes: u64,
}

impl Tray {
    /// Nothing yet.
    pub(crate) fn new(app: AppHandle) -> Self {
        Self {
            app,
            icon: Arc::default(),
            shown: None,
            since: Instant::now(),
            changes: 0,
        }
    }

    /// How long the menu has been as it is.
    pub(crate) fn unchanged_for(&self) -> Duration {
        self.since.elapsed()
    }

    /// A host for icons is there.
    pub(crate) fn host_appeared(&mut self) {
        self.shown = None;
    }

    /// Shows this from now on.
    pub(crate) fn show(&mut self, face: Face) {
        if self.shown.as_ref() == Some(&face) {
            return;
        }
        let before = self.shown.replace(face.clone());
        if before
            .as_ref()
            .is_none_or(|before| before.entries != face.entries)
        {
            self.since = Instant::now();
            self.changes += 1;
        }
        // Where a menu of the same form replaces another, its entries keep their numbers, and a click that was on its way to one
        // would hit what has taken its place. One line more or less makes it another form.
        let is_odd = self.changes % 2 == 1;
        let (app, icon) = (self.app.clone(), Arc::clone(&self.icon));
        let done = self.app.run_on_main_thread(move || {
            let mut icon = icon.lock().unwrap_or_else(PoisonError::into_inner);
            let result = match icon.as_ref() {
                Some(icon) => change(&app, icon, before.as_ref(), &face, is_odd),
                None => make(&app, &face, is_odd).map(|made| *icon = Some(made)),
            };
            if let Err(error) = result {
                // Where there is no host yet: made when one appears.
                tracing::warn!(%error, "the tray icon cannot be shown");
            }
        });
        if let Err(error) = done {
            tracing::warn!(%error, "the tray icon cannot be shown");
        }
    }
}

fn make(app: &AppHandle, face: &Face, is_odd: bool) -> tauri::Result<TrayIcon> {
    TrayIconBuilder::with_id("askbox")
        .icon(picture(face.shape, face.ink)?)
        .tooltip(&face.tooltip)
        .menu(&menu(app, &face.entries, is_odd)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| choose(app, event.id().as_ref()))
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                send(icon.app_handle(), Choice::Open);
            }
        })
        .build(app)
}

fn change(
    app: &AppHandle,
    icon: &TrayIcon,
    before: Option<&Face>,
    face: &Face,
    is_odd: bool,
) -> tauri::Result<()> {
    if before.is_none_or(|before| (before.shape, before.ink) != (face.shape, face.ink)) {
        icon.set_icon(Some(picture(face.shape, face.ink)?))?;
    }
    if before.is_none_or(|before| before.tooltip != face.tooltip) {
        icon.set_tooltip(Some(&face.tooltip))?;
    }
    if before.is_none_or(|before| before.entries != face.entries) {
        icon.set_menu(Some(menu(app, &face.entries, is_odd)?))?;
    }
    Ok(())
}

/// The picture of a shape, of the light or the dark set.
macro_rules! pictures {
    ($shape:expr, $set:literal) => {
        match $shape {
            Shape::Idle => include_bytes!(concat!("../../icons/tray/idle-", $set, ".png")).as_slice(),
            Shape::Running => include_bytes!(concat!("../../icons/tray/running-", $set, ".png")).as_slice(),
            Shape::Question => include_bytes!(concat!("../../icons/tray/question-", $set, ".png")).as_slice(),
            Shape::Lockdown => include_bytes!(concat!("../../icons/tray/lockdown-", $set, ".png")).as_slice(),
            Shape::Problem => include_bytes!(concat!("../../icons/tray/problem-", $set, ".png")).as_slice(),
        }
    };
}

fn picture(shape: Shape, ink: Ink) -> tauri::Result<Image<'static>> {
    Image::from_bytes(match ink {
        Ink::Light => pictures!(shape, "light"),
        Ink::Dark => pictures!(shape, "dark"),
    })
}

fn menu(app: &AppHandle, entries: &[Entry], is_odd: bool) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    if is_odd {
        // At the top hosts leave it out, or show it where it does no harm.
        menu.append(&PredefinedMenuItem::separator(app)?)?;
    }
    for entry in entries {
        menu.append(item(app, entry)?.as_ref())?;
    }
    Ok(menu)
}

fn item(app: &AppHandle, entry: &Entry) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    Ok(match entry {
        Entry::Item { label, choice } => Box::new(MenuItem::with_id(
            app,
            choice.to_string(),
            plain(label),
            true,
            None::<&str>,
        )?),
        Entry::Text(label) => Box::new(MenuItem::new(app, plain(label), false, None::<&str>)?),
        Entry::Separator => Box::new(PredefinedMenuItem::separator(app)?),
        Entry::Menu { label, entries } => {
            let below = Submenu::new(app, plain(label), true)?;
            for entry in entries {
                below.append(item(app, entry)?.as_ref())?;
            }
            Box::new(below)
        }
    })
}

/// A label without mnemonics: an ampersand, or the underscore that it becomes, marks a key and is not shown itself.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}

fn choose(app: &AppHandle, id: &str) {
    match id.parse::<Choice>() {
        Ok(choice) => send(app, choice),
        Err(_unknown) => tracing::debug!(id, "an entry of the menu without a meaning"),
    }
}

fn send(app: &AppHandle, choice: Choice) {
    let news = app.state::<Sender<News>>();
    if let Err(error) = news.try_send(News::Chosen(choice)) {
        tracing::warn!(%error, "a choice in the menu was lost");
    }
}

/// A moment, in milliseconds since 1970, as a clock on the wall shows it.
pub(crate) fn clock_time(moment_ms: u64) -> String {
    let seconds = i64::try_from(moment_ms / 1000).unwrap_or(i64::MAX);
    let local = gtk::glib::DateTime::from_unix_local(seconds);
    let text = local.and_then(|moment| moment.format("%H:%M"));
    text.map_or_else(|_no_such_moment| askbox_wire::rfc3339(moment_ms), Into::into)
}
