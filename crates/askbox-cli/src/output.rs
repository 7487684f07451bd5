//! Standard output: data, readable without colour and at 60 columns. Text that a sandboxed program chose passes through
//! [`safe`], unless the daemon made it harmless already.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use askbox_policy::display;
use serde::Serialize;

use crate::context::Context;
use crate::error::CliError;
use crate::limits;

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// As standard output wants it.
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            colour: context.may_colour(),
        }
    }

    /// Without colour.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { colour: false }
    }

    /// What the eye should find first.
    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Allowed, in order.
    pub(crate) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Denied, broken.
    pub(crate) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// Open, uncertain.
    pub(crate) fn open(self, text: &str) -> String {
        self.with("33", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Writes text and flushes it.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(CliError::Output)
}

/// Writes a value as JSON over several lines.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CliError::Output(error.into()))?;
    print(&format!("{}\n", display::json(&text)))
}

/// Writes a value as JSON on one line, for streams.
pub(crate) fn print_json_line(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::Output(error.into()))?;
    print(&format!("{}\n", display::json(&text)))
}

/// Text that a sandboxed program may have chosen, made harmless for a terminal.
pub(crate) fn safe(text: &str) -> String {
    display::text(text, limits::SHOWN)
}

/// The same for whole sentences: warnings, reasons, hints.
pub(crate) fn safe_sentence(text: &str) -> String {
    display::text(text, limits::SAID)
}

/// The same for a path.
pub(crate) fn safe_path(path: &Path) -> String {
    askbox_policy::display::path(path, limits::SHOWN)
}

/// A path as a word of a command that is to be typed into a shell.
pub(crate) fn typed(path: &Path) -> String {
    display::command(&[path.to_string_lossy().into_owned()])
}

/// How long until an RFC 3339 time: `59m 30s`, `2days 4h`. The two largest units, since nobody needs more.
pub(crate) fn left(until: &str, now: SystemTime) -> Option<String> {
    let until = humantime::parse_rfc3339_weak(until).ok()?;
    Some(short(until.duration_since(now).unwrap_or_default()))
}

/// A duration in its two largest units.
pub(crate) fn short(duration: Duration) -> String {
    let whole = Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_millis() >= 500));
    let text = humantime::format_duration(whole).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// `1 thing`, `2 things`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    if number == 1 {
        format!("1 {thing}")
    } else {
        format!("{number} {thing}s")
    }
}

#[cfg(test)]
mod tests;
