//! Askbox's own directories on disk: makes them, and keeps others out of them and of what they lie in.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use askbox_paths::Paths;

use crate::error::Error;

/// Makes Askbox's own directories, each for its user alone. What they lie in comes first: whoever may write there could put
/// others in their place meanwhile.
pub(crate) fn make(paths: &Paths) -> Result<(), Error> {
    if let Some(root) = paths.root() {
        make_one(root)?;
        keep_in_place(root)?;
    }
    let below = [paths.homes(), paths.stage(), paths.reviews(), paths.neighbours()];
    for path in paths.own().into_iter().chain(below.iter().map(PathBuf::as_path)) {
        make_one(path)?;
        let failed = not_private(path);
        // Only ever fewer permissions: who made a directory read-only meant it.
        let own = fs::metadata(path).map_err(&failed)?.permissions().mode() & 0o700;
        fs::set_permissions(path, Permissions::from_mode(own)).map_err(failed)?;
    }
    Ok(())
}

fn make_one(path: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(not_private(path))
}

fn not_private(path: &Path) -> impl Fn(io::Error) -> Error {
    |source| Error::Directory {
        path: path.to_owned(),
        source,
    }
}

/// Takes from others the right to put a directory of theirs in the place of one of ours. In one of root's where everybody may
/// make names and nobody move those of others, as in /tmp, they have none.
fn keep_in_place(root: &Path) -> Result<(), Error> {
    let failed = |source| Error::Root {
        path: root.to_owned(),
        source,
    };
    let metadata = fs::metadata(root).map_err(failed)?;
    let mode = metadata.permissions().mode();
    // In a user namespace that does not know root (user_namespaces(7)), somebody else owns what is root's.
    let roots = [0, fs::metadata("/").map_err(failed)?.uid()];
    let is_kept = mode & libc::S_ISVTX != 0 && roots.contains(&metadata.uid());
    if mode & 0o022 == 0 || is_kept {
        return Ok(());
    }
    fs::set_permissions(root, Permissions::from_mode(mode & 0o7755)).map_err(failed)?;
    tracing::warn!(path = %root.display(), "others could write there, and cannot any more");
    Ok(())
}
