//! The app's own words on the command line. There are few: a person starts it from a menu.

use std::ffi::OsString;

/// What `--help` says.
pub(crate) const HELP: &str = "\
The desktop app of Askbox: asks by notification, shows the tray icon, and has windows

Usage: askbox-tray [OPTIONS]

Options:
      --background  Show no window
  -h, --help        Print help
  -V, --version     Print version

One app runs for each user: a second start brings the window of the first one up. It needs a display; without one,
`askbox daemon` serves sessions, and `askbox questions --follow` shows what they ask.
";

/// What it was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// To be the app.
    Run(Options),
    /// To say how it is used.
    Help,
    /// To say which version it is.
    Version,
}

/// How it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Show no window: it was started beside something else, or with the desktop session.
    pub(crate) background: bool,
}

impl Errand {
    /// Reads the words, or says which one it does not know.
    pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Options::default();
        for word in words {
            match word.to_str() {
                Some("--background") => options.background = true,
                Some("-h" | "--help") => return Ok(Self::Help),
                Some("-V" | "--version") => return Ok(Self::Version),
                _ => {
                    let shown = askbox_policy::display::text(&word.to_string_lossy(), 80);
                    return Err(format!("unexpected argument `{shown}`"));
                }
            }
        }
        Ok(Self::Run(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Errand, String> {
        Errand::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn words_are_known_or_named() {
        let run = |background| Ok(Errand::Run(Options { background }));
        assert_eq!(parse(&[]), run(false));
        assert_eq!(parse(&["--background"]), run(true));
        for help in ["-h", "--help"] {
            assert_eq!(parse(&[help]), Ok(Errand::Help));
            assert_eq!(parse(&["--background", help]), Ok(Errand::Help));
        }
        for version in ["-V", "--version"] {
            assert_eq!(parse(&[version]), Ok(Errand::Version));
        }
        for wrong in ["--windows", "-b", "rules", ""] {
            assert_eq!(parse(&[wrong]), Err(format!("unexpected argument `{wrong}`")));
        }
        let escape = parse(&["\u{1b}[2J"]).unwrap_err();
        assert!(!escape.contains('\u{1b}'), "{escape}");
    }

    #[test]
    fn help_names_every_word() {
        for word in ["--background", "-h, --help", "-V, --version"] {
            assert!(HELP.contains(word));
        }
        assert!(HELP.lines().all(|line| line.len() <= 120));
    }
}
