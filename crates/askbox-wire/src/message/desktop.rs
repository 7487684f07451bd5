//! What the caller of a session has of a desktop, as its environment says.

use serde::{Deserialize, Serialize};

use crate::OsText;

/// Where the caller finds its desktop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallerDesktop {
    /// Its X11 display, as `DISPLAY` names it.
    pub display: Option<String>,
    /// The file with the cookies of displays.
    pub authority: Option<OsText>,
    /// The socket of its Wayland display.
    pub wayland: Option<OsText>,
    /// Its session bus, as `DBUS_SESSION_BUS_ADDRESS` names it.
    pub bus: Option<String>,
}
