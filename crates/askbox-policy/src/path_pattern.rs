//! Paths in canonical form and patterns over them: absolute or `~/`, a directory means the tree below, `*` and `**`.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// An absolute path without `.`, `..`, empty or trailing components. Whether symbolic links were resolved is up to
/// whoever made it: the file system serves canonical paths by construction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CanonicalPath(PathBuf);

impl CanonicalPath {
    /// Refuses relative paths, `..` and NUL; drops `.`, double and trailing slashes.
    pub fn new(path: &Path) -> Option<Self> {
        use std::path::Component;
        let mut clean = PathBuf::new();
        for component in path.components() {
            match component {
                Component::RootDir | Component::Normal(_) => clean.push(component),
                Component::CurDir => {}
                Component::ParentDir | Component::Prefix(_) => return None,
            }
        }
        (clean.is_absolute() && !clean.as_os_str().as_encoded_bytes().contains(&0)).then_some(Self(clean))
    }

    /// The path itself.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for CanonicalPath {
    /// Lossy; for people, pass it through [`crate::display`] first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// Which paths: a path and the tree below it, or a glob. Home and project are expanded when it is parsed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PathPattern {
    text: String,
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
