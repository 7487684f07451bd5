//! The display that the app belongs to: it needs one to ask at, and ends with it, as every program of a desktop session does.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::oneshot;
use x11rb::connection::Connection;
use x11rb::rust_connection::RustConnection;

/// A connection to the display, on which nothing is drawn.
pub(crate) enum Display {
    /// A Wayland compositor.
    Wayland(UnixStream),
    /// An X server.
    X(RustConnection),
}

impl Display {
    /// Connects to the display that the environment names, as GTK does: a Wayland compositor first.
    pub(crate) fn open() -> Result<Self, String> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let (wayland, x) = (variable("WAYLAND_DISPLAY"), variable("DISPLAY"));
        if wayland.is_none() && x.is_none() {
            return Err("there is no display: neither WAYLAND_DISPLAY nor DISPLAY is set".to_owned());
        }
        if let Some(name) = wayland
            && let Ok(compositor) = UnixStream::connect(socket(name, variable("XDG_RUNTIME_DIR")))
        {
            return Ok(Self::Wayland(compositor));
        }
        let (server, _screen) =
            x11rb::connect(None).map_err(|error| format!("the display cannot be opened: {error}"))?;
        Ok(Self::X(server))
    }

    /// Waits until the display is gone.
    pub(crate) async fn gone(self) {
        let (tell, gone) = oneshot::channel::<()>();
        let started = thread::Builder::new().name("display".to_owned()).spawn(move || {
            self.read_to_its_end();
            drop(tell);
        });
        match started {
            // Either way it is told by the end of the thread.
            Ok(_thread) => drop(gone.await),
            Err(error) => {
                tracing::warn!(%error, "the end of the display will not be noticed");
                std::future::pending::<()>().await;
            }
        }
    }

    fn read_to_its_end(self) {
        match self {
            Self::Wayland(mut compositor) => {
                let mut bytes = [0; 256];
                while compositor.read(&mut bytes).is_ok_and(|read| 0 < read) {}
            }
            Self::X(server) => while server.wait_for_event().is_ok() {},
        }
    }
}

/// Where a compositor listens (wl_display_connect(3)).
fn socket(name: OsString, runtime: Option<OsString>) -> PathBuf {
    Path::new(&runtime.unwrap_or_default()).join(name)
}
