//! How the log writes paths, targets, patterns, answers and scopes: plain text that loses nothing. Pure.
//! For people's eyes it goes through `askbox_policy::display` afterwards.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration as Time, UNIX_EPOCH};

use askbox_policy::{Answer, Duration, Pattern, Scope, Target};

use crate::limits::LAST_TIME_MS;

/// A path as text without loss: a backslash is doubled, a byte that is not UTF-8 becomes `\xNN`.
pub fn path_text(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' {
                text.push('\\');
            }
            text.push(character);
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ignored = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The `target` of an event about a request.
pub fn target_text(target: &Target) -> String {
    match target {
        Target::Network(destination) => destination.to_string(),
        Target::LocalNetwork { destination, address } => format!("{destination} at {address}"),
        Target::Datagrams(_) | Target::Published(_) => target.to_string(),
        Target::Read(path) | Target::Write(path) | Target::Execute(path) => path_text(path.as_path()),
        Target::Profile(name) => name.to_string(),
        Target::Neighbour(neighbour) => neighbour.to_string(),
        Target::Growth(growth) => growth.to_string(),
    }
}

/// The `target` of an event about a grant or a rule: the kind and the pattern, as in policy.toml.
pub fn pattern_text(pattern: &Pattern) -> String {
    format!("{} {pattern}", pattern.kind())
}

/// How long an answer holds and how far it reaches.
pub(crate) fn answer_text(answer: &Answer) -> String {
    let mut text = match answer.duration {
        Duration::Once => "once".to_owned(),
        Duration::Session => "this session".to_owned(),
        Duration::For(milliseconds) => {
            format!(
                "for {}",
                humantime::format_duration(std::time::Duration::from_millis(milliseconds))
            )
        }
        Duration::Always => "always".to_owned(),
    };
    if answer.widen {
        text.push_str(", widened");
    }
    if answer.everywhere {
        text.push_str(", everywhere");
    }
    text
}

/// Whom a grant is for.
pub(crate) fn scope_text(scope: &Scope) -> String {
    match scope {
        Scope::Once { session, process } => format!("once, process {} of session {session}", process.pid),
        Scope::Session(session) => format!("session {session}"),
        Scope::Project(path) => format!("project {}", path_text(path)),
        Scope::Everywhere => "everywhere".to_owned(),
    }
}

/// A moment in milliseconds since 1970, as RFC 3339 in UTC; the last that this can write for any later one.
pub(crate) fn time_text(milliseconds: u64) -> String {
    let since = Time::from_millis(milliseconds.min(LAST_TIME_MS));
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}

#[cfg(test)]
mod tests;
