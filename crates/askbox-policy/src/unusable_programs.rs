//! Programs that cannot work inside a session, so that their start is denied with a reason instead of failing without one.
//! Data, in `unusable_programs.toml`. Guards nothing: what such a program would need is not there.

use std::sync::LazyLock;

use hashbrown::HashMap;
use toml_edit::DocumentMut;

use crate::path_pattern::CanonicalPath;

static REASONS: LazyLock<HashMap<Box<str>, Box<str>>> = LazyLock::new(read);

/// Why the program at this path cannot work inside, going by its file name.
pub fn reason(path: &CanonicalPath) -> Option<&'static str> {
    let name = path.as_path().file_name()?.to_str()?;
    REASONS.get(name).map(AsRef::as_ref)
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
