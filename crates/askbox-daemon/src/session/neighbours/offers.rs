//! Sockets of ours that stand for some of the host's in one session: made on the host, in a directory that only the user can
//! enter, and bound by the launch where programs inside look for them. They go when the session goes.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use askbox_neighbours::{Bus, Display};
use askbox_policy::{SessionId, SocketPath};
use askbox_sandbox::plan::OfferedSocket;
use askbox_wire::{ErrorCode, OsText, WireError};

/// What one socket stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::session) enum Offer {
    /// A socket of the host.
    Socket(SocketPath),
    /// The caller's X11 display.
    Display(Display),
    /// The Wayland display of a caller who is this user, by the compositor's socket.
    Wayland(SocketPath, u32),
    /// The session bus of a caller who is this user.
    Bus(Bus, u32),
}

/// What a Wayland display is called inside, whatever it is called outside.
const WAYLAND: &str = "wayland-0";

impl Offer {
    /// Where programs inside find it.
    fn place(&self) -> PathBuf {
        match self {
            Self::Socket(path) => path.as_path().to_owned(),
            // Where Xlib looks, whatever the host's socket is called.
            Self::Display(display) => format!("/tmp/.X11-unix/X{}", display.number).into(),
            Self::Wayland(_, user) => runtime(*user).join(WAYLAND),
            Self::Bus(_, user) => runtime(*user).join("bus"),
        }
    }

    /// What leads programs there.
    fn variables(&self) -> Vec<(OsText, OsText)> {
        match self {
            Self::Socket(_) => Vec::new(),
            Self::Display(display) => vec![
                ("DISPLAY".into(), format!(":{}", display.number).as_str().into()),
                // The user's cookies are closed, and nobody needs one.
                ("XAUTHORITY".into(), "/dev/null".into()),
            ],
            Self::Wayland(_, user) => vec![
                ("WAYLAND_DISPLAY".into(), WAYLAND.into()),
                // Without it programs look for no display.
                ("XDG_RUNTIME_DIR".into(), OsText::from(runtime(*user))),
            ],
            Self::Bus(..) => {
                let address = format!("unix:path={}", self.place().display());
                vec![("DBUS_SESSION_BUS_ADDRESS".into(), address.as_str().into())]
            }
        }
    }
}

/// Where programs inside look for what is the user's while the user is logged in.
fn runtime(user: u32) -> PathBuf {
    format!("/run/user/{user}").into()
}

/// The sockets of one session. Dropping it removes them; those that are served go on until they are dropped themselves.
#[derive(Debug, Default)]
pub(in crate::session) struct Offers {
    directory: Option<PathBuf>,
    planned: Vec<OfferedSocket>,
    variables: Vec<(OsText, OsText)>,
    /// Until they are served.
    listeners: Mutex<Vec<(Offer, OwnedFd)>>,
}

impl Offers {
    /// Listens for each of these, in `directory`.
    pub(in crate::session) fn listen(
        directory: &Path,
        session: &SessionId,
        offers: Vec<Offer>,
    ) -> Result<Self, WireError> {
        if offers.is_empty() {
            return Ok(Self::default());
        }
        let failed = |error: io::Error| {
            WireError::new(
                ErrorCode::Internal,
                format!("cannot make sockets for the session: {error}"),
            )
        };
        let directory = directory.canonicalize().map_err(failed)?.join(&session.0);
        DirBuilder::new().mode(0o700).create(&directory).map_err(failed)?;
        let mut made = Self {
            directory: Some(directory.clone()),
            planned: Vec::new(),
            variables: offers.iter().flat_map(Offer::variables).collect(),
            listeners: Mutex::default(),
        };
        let held = File::open(&directory).map_err(failed)?;
        let mut listeners = Vec::new();
        for (number, offer) in offers.into_iter().enumerate() {
            let name = number.to_string();
            // By a descriptor, since an address has room for a hundred characters only.
            let place = format!("/proc/self/fd/{}/{name}", held.as_raw_fd());
            let listener = UnixListener::bind(place).map_err(failed)?;
            made.planned.push(OfferedSocket {
                source: directory.join(name),
                target: offer.place(),
            });
            listeners.push((offer, listener.into()));
        }
        made.listeners = Mutex::new(listeners);
        Ok(made)
    }

    /// Where they lie, and where they are to be found inside.
    pub(in crate::session) fn planned(&self) -> Vec<OfferedSocket> {
        self.planned.clone()
    }

    /// Where they lie; only the user can enter it.
    pub(super) fn directory(&self) -> PathBuf {
        self.directory.clone().unwrap_or_default()
    }

    /// What leads programs to them.
    pub(super) fn variables(&self) -> impl Iterator<Item = (OsText, OsText)> {
        self.variables.iter().cloned()
    }

    /// What listens for which, once.
    pub(super) fn take(&self) -> Vec<(Offer, OwnedFd)> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *listeners)
    }
}

impl Drop for Offers {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory
            && let Err(error) = fs::remove_dir_all(directory)
        {
            tracing::warn!(%error, "the sockets of a session stay behind");
        }
    }
}

/// Removes what a daemon that was killed has left. To be called by the one daemon.
pub(crate) fn forget_offers(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if let Err(error) = fs::remove_dir_all(entry.path()) {
            tracing::warn!(%error, "the sockets of an earlier session stay behind");
        }
    }
}
