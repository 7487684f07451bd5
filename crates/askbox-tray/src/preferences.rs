//! The person's choices, in a file of their own: how the desktop asks is no policy.

use std::io;

use askbox_desktop::Preferences;
use askbox_paths::{Paths, own_file};

use crate::autostart;

/// More than any choice needs.
const MAX_BYTES: u64 = 65_536;

/// The choices; the built-in ones where there are none, or none that can be read.
pub(crate) fn load(paths: &Paths) -> Preferences {
    let path = paths.preferences();
    let read = own_file::read(&path, MAX_BYTES).and_then(|content| match content {
        Some(content) => serde_json::from_slice(&content).map_err(io::Error::from),
        None => Ok(Preferences::default()),
    });
    let mut preferences = read.unwrap_or_else(|error| {
        tracing::warn!(%error, path = %path.display(), "the desktop's choices cannot be read and are left out");
        Preferences::default()
    });
    // The entry itself says it: other programs change it too.
    preferences.autostart = autostart::is_on();
    preferences.mended()
}

/// Keeps them, in the file and as the entry that starts the app.
pub(crate) async fn store(paths: Paths, preferences: Preferences) -> io::Result<()> {
    let stored = tokio::task::spawn_blocking(move || {
        if autostart::is_on() != preferences.autostart {
            autostart::set(preferences.autostart)?;
        }
        std::fs::create_dir_all(paths.config())?;
        own_file::replace(&paths.preferences(), &serde_json::to_vec_pretty(&preferences)?)
    });
    stored.await.map_err(io::Error::other)?
}
