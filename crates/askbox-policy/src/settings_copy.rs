//! Copies of settings files without the secrets in them: what a session is shown of npm's, pip's, cargo's settings and the
//! like, which hold tokens now and then and settings always.
//!
//! Pure: which files have copies, and what a copy says. A line with a secret becomes [`HIDDEN`], user and password of a URL
//! are taken out, everything else stays as it is, comments and line ends included. What cannot be understood is hidden. A
//! reference to an environment variable is no secret.

use crate::limits;
use crate::path_pattern::CanonicalPath;

mod lines;
mod secret;
mod toml;

use lines::Delimiters;

/// What stands in place of a line with a secret. A comment in each of the formats.
pub const HIDDEN: &str = "# hidden by Askbox";

/// The longest file that is understood, in bytes; of a longer one the copy says nothing.
pub const WHOLE_BYTES: u64 = limits::SETTINGS_FILE_BYTES as u64;

/// How to copy one settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redaction(Format);

/// The text formats of settings files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// `key = value` by lines; `#` and `;` start comments.
    Lines(Delimiters),
    /// TOML.
    Toml,
}

/// The files below the home directory that have copies. Such a tool reads them to know where packages come from.
const FILES: &[(&str, Format)] = &[
    (".npmrc", Format::Lines(Delimiters::Equals)),
    (".config/pnpm/rc", Format::Lines(Delimiters::Equals)),
    (".config/pnpm/auth.ini", Format::Lines(Delimiters::Equals)),
    (".config/pip/pip.conf", Format::Lines(Delimiters::EqualsOrColon)),
    (".pip/pip.conf", Format::Lines(Delimiters::EqualsOrColon)),
    (".config/go/env", Format::Lines(Delimiters::Equals)),
    (".config/uv/uv.toml", Format::Toml),
    // The private home hides both; they matter where somebody opens one.
    (".cargo/config.toml", Format::Toml),
    (".cargo/config", Format::Toml),
];

/// How a file is shown inside; `None` for a file that has no copy.
pub fn redacted(path: &CanonicalPath, home: &CanonicalPath) -> Option<Redaction> {
    let below = path.as_path().strip_prefix(home.as_path()).ok()?;
    let (_, format) = FILES
        .iter()
        .find(|(name, _)| below == std::path::Path::new(name))?;
    Some(Redaction(*format))
}

impl Redaction {
    /// The copy. A file that is longer than [`limits::SETTINGS_FILE_BYTES`] is hidden as a whole.
    pub fn apply(&self, content: &[u8]) -> Vec<u8> {
        if limits::SETTINGS_FILE_BYTES < content.len() {
            return whole();
        }
        match self.0 {
            Format::Lines(delimiters) => lines::copy(content, delimiters),
            Format::Toml => std::str::from_utf8(content)
                .ok()
                .and_then(toml::copy)
                .map_or_else(whole, String::into_bytes),
        }
    }
}

/// The copy of a file in which nothing can be told apart.
fn whole() -> Vec<u8> {
    format!("{HIDDEN}\n").into_bytes()
}

#[cfg(test)]
mod tests;
