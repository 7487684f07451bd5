//! Settings by lines: `.npmrc`, `pip.conf`, go's `env`. A line is understood by itself, but for one that is indented, which may
//! go on with the value before.

use super::HIDDEN;
use super::secret::{self, Shown};

/// What may stand between a key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiters {
    /// `=` alone: keys hold colons.
    Equals,
    /// `=` or `:`, whichever comes first; indented lines go on with the value.
    EqualsOrColon,
}

/// The copy of a file.
pub(super) fn copy(content: &[u8], delimiters: Delimiters) -> Vec<u8> {
    let mut copy = Vec::with_capacity(content.len());
    let mut before = Before::default();
    for line in content.split_inclusive(|&byte| byte == b'\n') {
        let end = if line.ends_with(b"\r\n") {
            2
        } else {
            usize::from(line.ends_with(b"\n"))
        };
        let (line, end) = line.split_at_checked(line.len() - end).unwrap_or((line, b""));
        let line = match std::str::from_utf8(line) {
            Ok(line) => shown(line, delimiters, &mut before),
            Err(_not_text) => {
                before = Before::Hidden;
                Shown::Hidden
            }
        };
        copy.extend_from_slice(match &line {
            Shown::As(line) => line.as_bytes(),
            Shown::Hidden => HIDDEN.as_bytes(),
        });
        copy.extend_from_slice(end);
    }
    copy
}

/// The key that an indented line may go on with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    /// None yet in this section.
    #[default]
    Nothing,
    /// A setting that is shown.
    Shown,
    /// One that is hidden.
    Hidden,
}

fn shown<'a>(line: &'a str, delimiters: Delimiters, before: &mut Before) -> Shown<'a> {
    let bare = line.trim();
    if bare.is_empty() || bare.starts_with(['#', ';']) {
        return secret::text(line);
    }
    if bare.starts_with('[') && bare.ends_with(']') {
        *before = Before::Nothing;
        return secret::text(line);
    }
    let is_indented = line.starts_with(char::is_whitespace);
    let assigned = match delimiters {
        Delimiters::Equals => line.find('='),
        Delimiters::EqualsOrColon => line.find(['=', ':']),
    };
    let parts = assigned.and_then(|at| Some((line.get(..at)?, line.get(at..at + 1)?, line.get(at + 1..)?)));
    let shown = match (is_indented, *before, delimiters) {
        (true, Before::Hidden, _) => return Shown::Hidden,
        (true, Before::Shown, Delimiters::EqualsOrColon) => return continued(line, parts),
        (true, Before::Shown, Delimiters::Equals) | (true, Before::Nothing, _) | (false, _, _) => match parts
        {
            Some((key, sign, value)) => setting(key, sign, value),
            // No setting of these formats is a word alone but switches, and a torn token looks like one.
            None => Shown::Hidden,
        },
    };
    *before = match (&shown, parts) {
        // The first line of such a value may be empty.
        (Shown::As(_), Some((key, ..))) if secret::is_secret_key(key) => Before::Hidden,
        (Shown::As(_), _) => Before::Shown,
        (Shown::Hidden, _) => Before::Hidden,
    };
    shown
}

/// A line of a value, which could also be read as a setting of its own.
fn continued<'a>(line: &'a str, parts: Option<(&'a str, &'a str, &'a str)>) -> Shown<'a> {
    match parts {
        Some((key, _, value)) if secret::value(key, value) == Shown::Hidden => Shown::Hidden,
        Some(_) | None => secret::text(line),
    }
}

fn setting<'a>(key: &'a str, sign: &str, value: &'a str) -> Shown<'a> {
    if !is_key(key) {
        return Shown::Hidden;
    }
    // Names of registries stand in keys; one with a password is hidden as a whole.
    let is_clean = |text: &str| secret::text(text) == Shown::As(text.into());
    match secret::value(key, value) {
        Shown::As(value) if is_clean(key) => Shown::As(format!("{key}{sign}{value}").into()),
        Shown::As(_) | Shown::Hidden => Shown::Hidden,
    }
}

/// Whether text can be the key of a setting: what is left of a torn secret mostly cannot.
fn is_key(key: &str) -> bool {
    let key = key.trim();
    !key.is_empty()
        && key.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/' | b'@' | b'[' | b']')
        })
}
