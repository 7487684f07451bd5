//! Bundles: files that a question about one of them offers together.

use std::sync::LazyLock;

use super::data;
use crate::path_pattern::{CanonicalPath, PathContext, PathPattern};
use crate::rule::Pattern;

/// Files that belong together. Paths start with `~/`; reading is all that a bundle is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bundle {
    /// What profiles call it.
    pub name: String,
    /// What they are, for people: `git configuration`.
    pub title: String,
    /// The files.
    pub paths: Vec<String>,
}

static BUNDLES: LazyLock<Vec<Bundle>> = LazyLock::new(data::bundles);

/// All of them.
pub fn bundles() -> &'static [Bundle] {
    &BUNDLES
}

/// The bundle that a file of this user belongs to.
pub fn bundle_of(path: &CanonicalPath, home: &CanonicalPath) -> Option<&'static Bundle> {
    let below = path.as_path().strip_prefix(home.as_path()).ok()?.to_str()?;
    bundles().iter().find(|bundle| {
        let mut names = bundle.paths.iter().filter_map(|own| own.strip_prefix("~/"));
        names.any(|own| own == below)
    })
}

impl Bundle {
    /// Reading each of its files, and nothing else, for a user.
    pub fn patterns(&self, home: &CanonicalPath) -> Vec<Pattern> {
        let context = PathContext { home, project: None };
        let paths = self
            .paths
            .iter()
            .filter_map(|text| PathPattern::parse(text, &context).ok());
        paths
            .map(|path| Pattern::Read(PathPattern::exact(path.anchor())))
            .collect()
    }
}
