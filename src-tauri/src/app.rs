//! The app from its start to its end: one at a time, with a display; tasks for daemon, notifications and tray beside GTK's
//! loop, which a closed window does not end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use askbox_paths::{Paths, ROOT_VARIABLE};
use askbox_wire::{ClientError, LockError, Show, View};
use futures_util::StreamExt;
use tauri::RunEvent;
use tokio::sync::mpsc::{self, Sender};

use crate::hub::{Hub, News};
use crate::options::Options;
use crate::single::{self, Turn};
use crate::windows::{Caller, LogFeed, Pending};
use crate::{appearance, commands, display, link, notifications, preferences, windows};

/// News that may wait: more than a burst of events, less than memory would notice.
const NEWS: usize = 1024;

/// Between tries to reach the bus.
const BUS_PAUSE: Duration = Duration::from_secs(2);

/// The name of hosts for tray icons.
const TRAY_HOST: &str = "org.kde.StatusNotifierWatcher";

/// Why the app does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No place for its files.
    #[error(transparent)]
    Paths(#[from] askbox_paths::Error),
    /// No display.
    #[error("{0}")]
    Display(String),
    /// The lock cannot be had.
    #[error("{}", crate::call::chain(.0))]
    Lock(#[from] LockError),
    /// The one that runs does not listen.
    #[error("the app runs already, and does not listen: {0}")]
    Deaf(#[source] ClientError),
    /// Tauri failed.
    #[error("the desktop cannot be used: {0}")]
    Tauri(#[from] tauri::Error),
}

impl Error {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Display(_) => Some(
                "start it in a desktop session; without one, `askbox daemon` serves sessions, and `askbox questions --follow` shows what they ask",
            ),
            Self::Paths(_) | Self::Lock(_) | Self::Deaf(_) | Self::Tauri(_) => None,
        }
    }
}

/// Runs the app until it is told to quit; or tells the one that runs to show itself.
#[expect(
    clippy::exit,
    reason = "in what Tauri generates, for a build without its assets"
)]
pub(crate) fn run(options: Options) -> Result<(), Error> {
    display::suit_driver();
    let paths = Paths::new(std::env::var_os(ROOT_VARIABLE))?;
    let lock = match single::take(&paths)? {
        Turn::First(lock) => lock,
        Turn::Second if options.background => return Ok(()),
        Turn::Second => {
            let show = Show {
                view: View::Questions,
                item: None,
            };
            return single::tell(&paths, show).map_err(Error::Deaf);
        }
    };
    display::open().map_err(Error::Display)?;
    let (news, inbox) = mpsc::channel(NEWS);
    let (steps, orders) = mpsc::unbounded_channel();
    let ending = Arc::new(AtomicBool::new(false));
    let app = tauri::Builder::default()
        .manage(paths.clone())
        .manage(news.clone())
        .manage(Pending::default())
        .manage(LogFeed::default())
        .invoke_handler(tauri::generate_handler![commands::request])
        .setup(move |app| {
            let handle = app.handle().clone();
            let hub = Hub::new(
                handle.clone(),
                paths.clone(),
                preferences::load(&paths),
                steps,
                news.clone(),
                Arc::clone(&ending),
            );
            tauri::async_runtime::spawn(hub.run(inbox));
            tauri::async_runtime::spawn(notifications::serve(orders, news.clone()));
            tauri::async_runtime::spawn(single::serve(paths.clone(), lock, news.clone()));
            tauri::async_runtime::spawn(appearance::watch(news.clone()));
            tauri::async_runtime::spawn(watch_tray_hosts(news.clone()));
            link::keep(paths, news, ending);
            if !options.background {
                windows::open(&handle, Caller::person());
            }
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|_app, event| {
        // The last window is closed; the app stays in the tray.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}

/// Tells the hub of tray hosts that appear: at login the app may be there first.
async fn watch_tray_hosts(news: Sender<News>) {
    while let Err(error) = follow_tray_hosts(&news).await {
        tracing::warn!(%error, "the session bus is away: no tray icon");
        tokio::time::sleep(BUS_PAUSE).await;
    }
}

async fn follow_tray_hosts(news: &Sender<News>) -> zbus::Result<()> {
    let bus = zbus::Connection::session().await?;
    let proxy = zbus::fdo::DBusProxy::new(&bus).await?;
    let mut owners = proxy
        .receive_name_owner_changed_with_args(&[(0, TRAY_HOST)])
        .await?;
    // One that appeared before we listened.
    let mut is_there = proxy.name_has_owner(TRAY_HOST.try_into()?).await?;
    loop {
        if is_there && news.send(News::TrayHost).await.is_err() {
            return Ok(());
        }
        match owners.next().await {
            Some(owner) => is_there = owner.args()?.new_owner().is_some(),
            None => {
                return Err(zbus::Error::InputOutput(Arc::new(
                    io::ErrorKind::BrokenPipe.into(),
                )));
            }
        }
    }
}
