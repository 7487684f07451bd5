//! Programs that cannot work inside a session, so that their start is denied with a reason instead of failing without one.
//! Data, in `unusable_programs.toml`. Guards nothing: what such a program would need is not there.

use std::path::Path;
use std::sync::LazyLock;

use hashbrown::HashMap;
use toml_edit::DocumentMut;

use crate::path_pattern::CanonicalPath;

static REASONS: LazyLock<HashMap<Box<str>, Box<str>>> = LazyLock::new(read);

/// Where programs of these names are the ones that are meant: elsewhere a short name is anybody's.
const SYSTEM: [&str; 6] = [
    "/usr/bin",
    "/usr/sbin",
    "/bin",
    "/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
];

/// Why the program at this path cannot work inside, going by its file name in a directory of the system's programs.
pub fn reason(path: &CanonicalPath) -> Option<&'static str> {
    let path = path.as_path();
    let directory = path.parent()?;
    let name = path.file_name()?.to_str()?;
    let is_system = SYSTEM.iter().any(|place| directory == Path::new(place));
    REASONS.get(name).filter(|_| is_system).map(AsRef::as_ref)
}

/// What does not parse names nothing; a test holds that all of it parses.
fn read() -> HashMap<Box<str>, Box<str>> {
    let Ok(document) = include_str!("unusable_programs.toml").parse::<DocumentMut>() else {
        return HashMap::new();
    };
    let entries = document.iter();
    entries
        .filter_map(|(name, reason)| Some((name.into(), reason.as_str()?.into())))
        .collect()
}

#[cfg(test)]
mod tests;
