//! Whether there is a display, and what `WebKit` needs to know of it before it starts.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Variables that name a display.
const DISPLAYS: [&str; 2] = ["WAYLAND_DISPLAY", "DISPLAY"];

/// Turns off what draws blank windows with NVIDIA's driver (<https://github.com/tauri-apps/tauri/issues/9394>).
const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Where the driver shows that it is loaded.
const NVIDIA: &str = "/proc/driver/nvidia/version";

/// Whether the environment names a display, and GTK can open it.
pub(crate) fn open() -> Result<(), String> {
    if DISPLAYS
        .into_iter()
        .all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty()))
    {
        return Err("there is no display: neither WAYLAND_DISPLAY nor DISPLAY is set".to_owned());
    }
    gtk::init().map_err(|_no_reason_given| "the display cannot be opened".to_owned())
}

/// Starts this program anew with what the graphics driver needs; the environment of a running one is not changed. Returns
/// where nothing is needed, and where it failed: a blank window is better than none.
pub(crate) fn suit_driver() {
    if std::env::var_os(NO_DMABUF).is_some() || !Path::new(NVIDIA).exists() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    #[expect(clippy::disallowed_methods, reason = "it is this very program")]
    let error = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(NO_DMABUF, "1")
        .exec();
    tracing::warn!(%error, "cannot start anew for NVIDIA's driver");
}
