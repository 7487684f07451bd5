//! What the caller has of a desktop, as the environment names it: an X11 display, a Wayland display, a session bus. Connects to
//! nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use askbox_wire::{CallerDesktop, OsText};

use crate::context::Context;

/// What the caller has.
pub(crate) fn of(context: &Context) -> CallerDesktop {
    let set = |name| context.variable(name).filter(|value| !value.is_empty());
    let authority = set("XAUTHORITY").map(PathBuf::from);
    CallerDesktop {
        display: set("DISPLAY").and_then(OsStr::to_str).map(str::to_owned),
        authority: authority
            .or_else(|| set("HOME").map(|home| Path::new(home).join(".Xauthority")))
            .filter(|path| path.is_absolute())
            .map(OsText::from),
        wayland: wayland_display(set("WAYLAND_DISPLAY"), set("XDG_RUNTIME_DIR")).map(OsText::from),
        bus: set("DBUS_SESSION_BUS_ADDRESS")
            .and_then(OsStr::to_str)
            .map(str::to_owned)
            .or_else(|| bus_of_user(set("XDG_RUNTIME_DIR")?)),
    }
}

/// Where programs look for a Wayland display: below the runtime directory, where its name is no path, and by the usual name where
/// there is none (`wl_display_connect`).
fn wayland_display(name: Option<&OsStr>, runtime: Option<&OsStr>) -> Option<PathBuf> {
    let below = |name: &OsStr| Some(Path::new(runtime?).join(name));
    let socket = match name {
        Some(name) if Path::new(name).is_absolute() => name.into(),
        Some(name) => below(name)?,
        None => below("wayland-0".as_ref()).filter(|socket| socket.exists())?,
    };
    Some(socket).filter(|socket| socket.is_absolute())
}

/// Where programs look for the session bus of a user whose environment names none.
fn bus_of_user(runtime: &OsStr) -> Option<String> {
    let socket = Path::new(runtime).join("bus");
    let address = format!("unix:path={}", socket.to_str()?);
    socket.exists().then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wayland_display_is_named_by_a_path_or_below_the_runtime_directory() {
        for (name, runtime, expected) in [
            (
                Some("wayland-1"),
                Some("/run/user/1"),
                Some("/run/user/1/wayland-1"),
            ),
            (Some("/tmp/way"), None, Some("/tmp/way")),
            (Some("wayland-1"), None, None),
            (Some("wayland-1"), Some("relative"), None),
            // The usual name, only where it is there.
            (None, Some("/nonexistent"), None),
            (None, None, None),
        ] {
            let found = wayland_display(name.map(OsStr::new), runtime.map(OsStr::new));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{name:?} {runtime:?}");
        }
    }
}
