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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, String> {
        Options::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn words_are_known_or_refused() {
        assert_eq!(parse(&[]), Ok(Options { background: false }));
        assert_eq!(parse(&["--background"]), Ok(Options { background: true }));
        let refused = parse(&["--bäckground\n"]).unwrap_err();
        assert!(
            refused.starts_with(r"unknown argument --bäckground\n"),
            "{refused}"
        );
    }
}
