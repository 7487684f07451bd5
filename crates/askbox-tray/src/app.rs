//! The app from its start to its end: one at a time, with a display, which it ends with; tasks for daemon, notifications, tray
//! and windows on one thread.

use std::io;
use std::sync::Arc;

use askbox_desktop::channel::Caller;
use askbox_paths::{Paths, ROOT_VARIABLE};
use askbox_wire::{ClientError, Lock, LockError, Show, View};
use tokio::sync::{mpsc, watch};

use crate::display::Display;
use crate::ending::Ending;
use crate::hub::Hub;
use crate::options::Options;
use crate::single::{self, Turn};
use crate::windows::Windows;
use crate::{appearance, link, notifications, preferences, sleep, tray, windows};

/// News that may wait: more than a burst of events, less than memory would notice.
const NEWS: usize = 1024;

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
    /// The kernel gives no means to wait for anything.
    #[error("cannot wait for events: {0}")]
    Runtime(#[from] io::Error),
}

impl Error {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Display(_) => Some(
                "start it in a desktop session; without one, `askbox daemon` serves sessions, and `askbox questions --follow` shows what they ask",
            ),
            Self::Deaf(_) => Some(
                "quit it in its menu, or end its process (`pgrep -l askbox-tray`): sessions and questions stay with the daemon",
            ),
            Self::Paths(_) | Self::Lock(_) | Self::Runtime(_) => None,
        }
    }
}

/// Runs the app until it is told to quit or the display goes; or tells the one that runs to show itself.
pub(crate) fn run(options: Options) -> Result<(), Error> {
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
    let display = Display::open().map_err(Error::Display)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(options, paths, lock, display));
    // A call that waits for the daemon is not waited for.
    runtime.shutdown_background();
    Ok(())
}

async fn serve(options: Options, paths: Paths, lock: Lock, display: Display) {
    let (news, inbox) = mpsc::channel(NEWS);
    let (steps, notices) = mpsc::unbounded_channel();
    let (faces, shown) = watch::channel(None);
    let (windows, orders) = Windows::new();
    let ending = Arc::new(Ending::default());
    let hub = Hub::new(
        windows.clone(),
        faces,
        paths.clone(),
        preferences::load(&paths),
        steps,
        news.clone(),
        Arc::clone(&ending),
    );
    tokio::spawn(hub.run(inbox));
    tokio::spawn(notifications::serve(notices, news.clone()));
    tokio::spawn(tray::serve(shown, news.clone()));
    tokio::spawn(windows::serve(
        windows.clone(),
        orders,
        paths.clone(),
        news.clone(),
    ));
    tokio::spawn(single::serve(paths.clone(), lock, news.clone()));
    tokio::spawn(appearance::watch(news.clone()));
    tokio::spawn(sleep::watch(paths.clone(), news.clone()));
    link::keep(paths, news, Arc::clone(&ending));
    if options.background {
        tokio::spawn(windows::prefetch());
    } else {
        windows.open(Caller::person());
    }
    tokio::select! {
        () = ending.finished() => {}
        () = display.gone() => tracing::warn!("the display is gone; sessions and questions stay with the daemon"),
    }
}
