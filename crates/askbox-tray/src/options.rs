//! The app's own words on the command line. There are few: a person starts it from a menu.

use std::ffi::OsString;

/// How it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Show no window: it was started beside something else, or with the desktop session.
    pub(crate) background: bool,
}

impl Options {
    /// Reads the words, or says how they are used.
    pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Self::default();
        for word in words {
            match word.to_str() {
                Some("--background") => options.background = true,
                _ => {
                    return Err(format!(
                        "unknown argument {}\nusage: askbox-tray [--background]   the desktop app; --background shows no window",
                        askbox_policy::display::text(&word.to_string_lossy(), 80)
                    ));
                }
            }
        }
        Ok(options)
    }
}
