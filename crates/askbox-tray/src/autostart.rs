//! Whether the app starts with the desktop session: an entry in the user's autostart directory
//! (<https://specifications.freedesktop.org/autostart-spec/latest/>), ours to write and to remove.

use std::fs;
use std::io;
use std::path::PathBuf;

use askbox_desktop::desktop_entry;
use askbox_paths::{Paths, own_file};

/// The entry's name.
const NAME: &str = "askbox.desktop";

fn path() -> io::Result<PathBuf> {
    let directory = Paths::autostart().map_err(io::Error::other)?;
    Ok(directory.join(NAME))
}

/// Whether there is an entry that counts: one that says that it is hidden does not.
pub(crate) fn is_on() -> bool {
    let entry = path().and_then(|path| own_file::read(&path, 65_536));
    matches!(entry, Ok(Some(content)) if !desktop_entry::is_hidden(&content))
}

/// Writes the entry: one that starts the app, or one that is hidden, which also holds an entry of the system's back.
pub(crate) fn set(on: bool) -> io::Result<()> {
    let path = path()?;
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let program = std::env::current_exe()?;
    // The kernel says so of a program whose file was replaced, as an upgrade does.
    let program = program.to_string_lossy();
    let program = program.trim_end_matches(" (deleted)");
    let mut entry = desktop_entry::autostart(program);
    if !on {
        entry.push_str("Hidden=true\n");
    }
    own_file::replace(&path, entry.as_bytes())
}
