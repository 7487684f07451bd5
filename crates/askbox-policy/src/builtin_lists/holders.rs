//! Holders: directories that hold what belongs to different programs or people. Files below one of their entries share a
//! question and may be granted together; a holder never is. Data, and the one question that it answers.

use crate::path_pattern::CanonicalPath;

/// Below the home directory, which is one itself. Each lies in another one.
const OF_HOME: &[&str] = &[
    ".cache",
    ".config",
    ".local",
    ".local/lib",
    ".local/share",
    ".local/state",
    ".var",
    ".var/app",
    "snap",
];

/// Elsewhere, without the root directory, which is one as well. `*` is any name.
const OF_HOST: &[&str] = &[
    "etc",
    "home",
    "home/*",
    "media",
    "media/*",
    "mnt",
    "opt",
    "run",
    "run/media",
    "run/media/*",
    "run/user",
    "srv",
    "tmp",
    "usr",
    "usr/lib",
    "usr/local",
    "usr/share",
    "var",
    "var/cache",
    "var/lib",
    "var/log",
    "var/opt",
    "var/tmp",
];

/// The first directory on the way to the path that is no holder; the path itself where that is the first. `None` for
/// holders.
pub(super) fn top_directory(path: &CanonicalPath, home: &CanonicalPath) -> Option<CanonicalPath> {
    let mut top = CanonicalPath::root();
    for part in path.parts() {
        top.push(part);
        if !is_holder(&top, home) {
            return Some(top);
        }
    }
    None
}

fn is_holder(path: &CanonicalPath, home: &CanonicalPath) -> bool {
    if home.is_within(path) {
        return true;
    }
    let (names, known) = match path.parts_below(home) {
        Some(below) => (below.collect::<Vec<_>>(), OF_HOME),
        None => (path.parts().collect(), OF_HOST),
    };
    known.iter().any(|holder| {
        let wanted: Vec<&[u8]> = holder.split('/').map(str::as_bytes).collect();
        wanted.len() == names.len()
            && wanted
                .iter()
                .zip(&names)
                .all(|(wanted, name)| *wanted == b"*" || wanted == name)
    })
}

#[cfg(test)]
mod tests;
