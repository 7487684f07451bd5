//! Where askbox-init is: the first process inside a sandbox, and a program of its own.

use std::path::{Path, PathBuf};

/// Beside this program, as in a build; or where a package puts it, relative to this program's directory.
const PLACES: [&str; 3] = [
    "askbox-init",
    "../libexec/askbox/askbox-init",
    "../lib/askbox/askbox-init",
];

/// Every place, the first that counts first. `program` is this program's own path.
pub(crate) fn places(program: &Path) -> Vec<PathBuf> {
    let directory = program.parent().unwrap_or(Path::new("/"));
    PLACES.iter().map(|place| directory.join(place)).collect()
}

/// The one that is there.
pub(crate) fn find(program: &Path) -> Option<PathBuf> {
    places(program).into_iter().find(|path| path.is_file())
}
